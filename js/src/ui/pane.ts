// A box for a canvas under its caption.
// Knows nothing about what is drawn in it.
import { make } from "./dom";

export interface Pane {
  node: HTMLElement;
  caption: HTMLElement;
  /** Holds the box, and what lies over it. */
  stage: HTMLElement;
  box: HTMLElement;
}

/** `name` ends the class of the whole, `style` is one more class of the box. */
export function createPane(title: string, name = title.toLowerCase(), style = ""): Pane {
  const caption = make("figcaption", { class: "whylight-caption" }, title);
  const classes = style ? `whylight-box ${style}` : "whylight-box";
  const box = make("div", { class: classes, role: "img", "aria-label": title });
  const stage = make("div", { class: "whylight-stage" }, box);
  const node = make("figure", { class: `whylight-pane whylight-pane-${name}` }, caption, stage);
  return { node, caption, stage, box };
}
