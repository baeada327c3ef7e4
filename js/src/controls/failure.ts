// The card that says what went wrong, why, and what to do; the traceback is folded.
// Knows nothing about runs.
import { make, setText } from "../ui/dom";

export interface Failure {
  node: HTMLElement;
  show(message: string, detail: string): void;
  hide(): void;
}

export function createFailure(): Failure {
  const message = make("p", { class: "whylight-failure-message" });
  const detail = make("pre", { class: "whylight-failure-detail" });
  const folded = make("details", {}, make("summary", {}, "Details"), detail);
  const node = make("div", { class: "whylight-failure", role: "alert", hidden: true }, message, folded);
  return {
    node,
    show(text, trace) {
      node.hidden = false;
      setText(message, text);
      setText(detail, trace);
      folded.hidden = !trace;
    },
    hide() {
      node.hidden = true;
      setText(message, "");
    },
  };
}
