// A small note beside an element, kept inside its frame.
// Knows nothing about what it says; readers of the screen get the same words from the element's name.
import { make, setText } from "./dom";

export interface Tip {
  node: HTMLElement;
  show(beside: HTMLElement, text: string): void;
  hide(): void;
}

export function createTip(frame: HTMLElement): Tip {
  const node = make("div", { class: "whylight-tip", "aria-hidden": "true", hidden: true });
  const show = (beside: HTMLElement, text: string) => {
    setText(node, text);
    node.hidden = false;
    const around = frame.getBoundingClientRect();
    const [target = beside.getBoundingClientRect()] = beside.getClientRects();
    const middle = target.left - around.left + target.width / 2 - node.offsetWidth / 2;
    node.style.left = `${Math.max(0, Math.min(middle, around.width - node.offsetWidth))}px`;
    node.style.top = `${target.top - around.top - node.offsetHeight - 4}px`;
  };
  return {
    node,
    show,
    hide() {
      node.hidden = true;
    },
  };
}
