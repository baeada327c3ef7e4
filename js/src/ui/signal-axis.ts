// The axis below the lines of a signal: round marks, and what they count.
// Knows nothing about the lines.
import type { Signal } from "../scenes/signal/scene";
import { ticksOf } from "../scenes/signal/time-axis";
import { make } from "./dom";

const TICK = 88; // CSS pixels that a mark takes
const EDGE = 2; // per cent
const USUAL = 600; // CSS pixels, where nothing is laid out yet
const NAMES: Partial<Record<string, string>> = { s: "seconds", samples: "samples" };

export function createAxis(): HTMLElement {
  return make("div", { class: "whylight-signal-axis", "aria-hidden": "true" });
}

/** Mark samples first to last, not whole. */
export function markAxis(node: HTMLElement, { axis, length }: Signal, first: number, last: number): void {
  const wanted = Math.max(2, (node.clientWidth || USUAL) / TICK);
  const now = [first, last, wanted].join();
  if (node.dataset.marked === now) return;
  node.dataset.marked = now;
  const marks = ticksOf(axis, first, Math.min(last, length - 1), wanted).map(({ sample, label }) => {
    const mark = make("span", {}, label);
    const left = (100 * (sample + 0.5 - first)) / (last - first);
    mark.style.left = `${left}%`;
    if (left < EDGE) mark.dataset.edge = "start"; // its label would be cut in half
    return mark;
  });
  node.replaceChildren(...marks, make("em", {}, NAMES[axis.unit] ?? ""));
}
