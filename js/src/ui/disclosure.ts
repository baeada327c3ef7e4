// Panels below the answer, closed at first: their names stand in one row, what is open follows below in the same order.
// Knows nothing about what the panels hold.
import { make } from "./dom";

export interface Disclosure {
  node: HTMLDetailsElement;
  body: HTMLElement;
}

/** A panel under its name; `toggled` is told when it opens or closes. */
export function createDisclosure(
  name: string,
  contents: (Node | string | null)[],
  signal: AbortSignal,
  toggled?: (open: boolean) => void,
): Disclosure {
  const body = make(
    "div",
    { class: `whylight-panel-body whylight-panel-${name.toLowerCase()}` },
    ...contents,
  );
  const node = make("details", { class: "whylight-panel" }, make("summary", {}, name), body);
  if (toggled) node.addEventListener("toggle", () => toggled(node.open), { signal });
  return { node, body };
}

/** The row of panels of one card, in the order of reading. */
export function disclosureRow(...panels: (Disclosure | null)[]): HTMLElement {
  const nodes = panels.filter((panel) => panel !== null).map((panel) => panel.node);
  return make("div", { class: "whylight-panels" }, ...nodes);
}
