// A text, or a pair of them, as fields to change it in: Enter takes what was written, Escape leaves it as it was.
// Knows nothing about what becomes of it.
import { focusable, make } from "../ui/dom";
import { createEditorFoot, editButton } from "./foot";

export interface TextEditor {
  /** Opens the fields. */
  button: HTMLElement;
  node: HTMLElement;
  /** With a part of one of the texts selected, from one letter to another. */
  open(which?: number, from?: number, to?: number): void;
}

/** `opened` is told when the fields come and go. */
export function createTextEditor(
  texts: readonly string[],
  titles: readonly string[],
  take: (texts: string[]) => void,
  opened: (open: boolean) => void,
  signal: AbortSignal,
): TextEditor {
  const fields = titles.map((title) => fieldOf(title || "Text"));
  const button = editButton("Change the text and see what the model says");
  const foot = createEditorFoot("Enter applies, Shift + Enter begins a line, Escape cancels");
  const labels = fields.map((field, i) =>
    titles[i] ? make("label", { class: "whylight-editor-part" }, titles[i], field) : field,
  );
  const node = make(
    "form",
    { class: "whylight-editor", "data-keep": "edit", hidden: true },
    ...labels,
    foot.node,
  );
  const show = (open: boolean) => {
    node.hidden = !open;
    button.hidden = open;
    opened(open);
  };
  const close = () => {
    show(false);
    button.focus();
  };
  const open: TextEditor["open"] = (which = 0, from = texts[which]?.length ?? 0, to = from) => {
    show(true);
    for (const [i, field] of fields.entries()) {
      field.value = texts[i] ?? "";
      field.style.height = `${field.scrollHeight + 2}px`;
    }
    fields[which]?.focus({ preventScroll: true });
    fields[which]?.setSelectionRange(from, to);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const written = fields.map(({ value }) => value);
    if (written.every((text, i) => text === texts[i])) close();
    else take(written);
  };
  const key = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey && event.target instanceof HTMLTextAreaElement)
      submit(event);
    if (event.key === "Escape") close();
  };
  button.addEventListener("click", () => open(), { signal });
  foot.cancel.addEventListener("click", close, { signal });
  node.addEventListener("submit", submit, { signal });
  node.addEventListener("keydown", key, { signal });
  return { button, node, open };
}

function fieldOf(label: string): HTMLTextAreaElement {
  const field = make("textarea", {
    class: "whylight-text whylight-editor-field",
    "aria-label": label,
    dir: "auto",
  });
  focusable(field);
  return field;
}
