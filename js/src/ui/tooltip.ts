// A small note beside an element, kept inside its frame.
// Knows nothing about what it says; readers of the screen get the same words from the element's name.
import { make, setText } from "./dom";

/** Over the element; or at the foot of the frame, where it covers nothing else in it. */
type Place = "over" | "foot";

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
    const height = node.offsetHeight;
    const top = place === "over" ? target.top - height - GAP : footOf(target, around, height);
    node.style.top = `${top - around.top}px`;
  };
  return {
    node,
    show,
    hide() {
      node.hidden = true;
    },
  };
}

/** Below the frame; where that is out of sight, as low as can be seen, but below the element. */
function footOf(target: DOMRect, around: DOMRect, height: number): number {
  const lowest = globalThis.innerHeight - height - GAP;
  return Math.max(target.bottom + GAP, Math.min(around.bottom + GAP, lowest));
}
