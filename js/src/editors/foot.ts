// What every editor has: the button that opens it, and its end with "Apply" and "Cancel".
// Knows nothing about what is edited.
import { make } from "../ui/dom";

export function editButton(title: string): HTMLButtonElement {
  return make(
    "button",
    { class: "whylight-button whylight-edit", type: "button", "data-keep": "edit", title },
    "Edit",
  );
}

/** The first button submits the form that it stands in. */
export function createEditorFoot(words: string) {
  const apply = make("button", { class: "whylight-button", type: "submit" }, "Apply");
  const cancel = make("button", { class: "whylight-button", type: "button" }, "Cancel");
  const hint = make("span", { class: "whylight-caption" }, words);
  return { apply, cancel, hint, node: make("div", { class: "whylight-editor-foot" }, apply, cancel, hint) };
}
