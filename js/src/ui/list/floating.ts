// Places what floats over the page beside its field: below where there is room, else above, never wider or higher than can be seen.
// Knows nothing about what it holds.

const GAP = 4;
const HIGH = 320;
/** Less room than this below, and it opens above if there is more. */
const LITTLE = 200;

/** Where a popover stands; without popovers it stays in the flow, where nothing covers or clips it. */
export function placeFloating(floating: HTMLElement, field: HTMLElement): void {
  if (!floating.hasAttribute("popover")) return;
  const { left, right, top, bottom, width } = field.getBoundingClientRect();
  const [seenWidth, seenHeight] = [document.documentElement.clientWidth, globalThis.innerHeight];
  const [below, above] = [seenHeight - bottom - 2 * GAP, top - 2 * GAP];
  const up = below < LITTLE && above > below;
  const { style } = floating;
  style.minWidth = `${Math.min(width, seenWidth - 2 * GAP)}px`;
  style.maxWidth = `${Math.min(480, seenWidth - 2 * GAP)}px`;
  style.maxHeight = `${Math.max(80, Math.min(HIGH, up ? above : below))}px`;
  const room = seenWidth - GAP - floating.offsetWidth;
  const start = getComputedStyle(field).direction === "rtl" ? right - floating.offsetWidth : left;
  style.left = `${Math.max(GAP, Math.min(start, room))}px`;
  style.top = up ? "auto" : `${bottom + GAP}px`;
  style.bottom = up ? `${seenHeight - top + GAP}px` : "auto";
}
