// A text as a field to change it in: Enter takes it, Escape leaves it as it was.
// Knows nothing about what becomes of it.
import { focusable, make } from "../ui/dom";

export interface TextEditor {
  /** Opens the field. */
  button: HTMLElement;
  node: HTMLElement;
  /** With a part of the text selected, from one letter to another. */
  open(from?: number, to?: number): void;
}

/** `opened` is told when the field comes and goes. */
export function createTextEditor(
  text: string,
  take: (text: string) => void,
  opened: (open: boolean) => void,
  signal: AbortSignal,
): TextEditor {
  const field = make("textarea", {
    class: "whylight-text whylight-editor-field",
    "aria-label": "Text",
    dir: "auto",
  });
  focusable(field);
  const button = make(
    "button",
    {
      class: "whylight-button whylight-edit",
      "data-keep": "edit",
      title: "Change the text and see what the model says",
    },
    "Edit",
  );
  const apply = make("button", { class: "whylight-button", type: "submit" }, "Apply");
  const cancel = make("button", { class: "whylight-button", type: "button" }, "Cancel");
  const hint = make(
    "span",
    { class: "whylight-caption" },
    "Enter applies, Shift + Enter begins a line, Escape cancels",
  );
  const foot = make("div", { class: "whylight-editor-foot" }, apply, cancel, hint);
  const node = make("form", { class: "whylight-editor", "data-keep": "edit", hidden: true }, field, foot);
  const show = (open: boolean) => {
    node.hidden = !open;
    button.hidden = open;
    opened(open);
  };
  const close = () => {
    show(false);
    button.focus();
  };
  const open: TextEditor["open"] = (from = text.length, to = from) => {
    field.value = text;
    show(true);
    field.style.height = `${field.scrollHeight + 2}px`;
    field.focus({ preventScroll: true });
    field.setSelectionRange(from, to);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (field.value === text) close();
    else take(field.value);
  };
  button.addEventListener("click", () => open(), { signal });
  cancel.addEventListener("click", close, { signal });
  node.addEventListener("submit", submit, { signal });
  field.addEventListener(
    "keydown",
    (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter" && !event.shiftKey) submit(event);
      if (event.key === "Escape") close();
    },
    { signal },
  );
  return { button, node, open };
}
