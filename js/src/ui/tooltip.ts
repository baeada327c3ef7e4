// A small note beside an element, kept inside its frame.
// Knows nothing about what it says; readers of the screen get the same words from the element's name.
import { make, setText } from "./dom";

/** Over the element; close under it where there is room; or at the foot of the frame, where it covers nothing else in it. */
type Place = "over" | "under" | "foot";

const GAP = 4;

export interface Tooltip {
  node: HTMLElement;
  show(beside: HTMLElement, text: string, place?: Place): void;
  hide(): void;
}

export function createTooltip(frame: HTMLElement): Tooltip {
  const node = make("div", { class: "whylight-tip", "aria-hidden": "true", hidden: true });
  const show: Tooltip["show"] = (beside, text, place = "over") => {
    setText(node, text);
    node.hidden = false;
    const around = frame.getBoundingClientRect();
    const [target = beside.getBoundingClientRect()] = beside.getClientRects();
    const middle = target.left - around.left + target.width / 2 - node.offsetWidth / 2;
    node.style.left = `${Math.max(0, Math.min(middle, around.width - node.offsetWidth))}px`;
    node.style.top = `${topOf(place, target, around, node.offsetHeight) - around.top}px`;
  };
  return {
    node,
    show,
    hide() {
      node.hidden = true;
    },
  };
}

function topOf(place: Place, target: DOMRect, around: DOMRect, height: number): number {
  const lowest = globalThis.innerHeight - height - GAP;
  // at the foot, but as low as can be seen, and below the element
  if (place === "foot") return Math.max(target.bottom + GAP, Math.min(around.bottom + GAP, lowest));
  const under = place === "under" && target.bottom <= Math.min(around.bottom - height - GAP, lowest);
  return under ? target.bottom : target.top - height - GAP;
}
