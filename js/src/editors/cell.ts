// A value of a row as a field to change it in: a number, or one of the levels of a category; nothing is a missing value.
// Knows nothing about what becomes of it.
import { focusable, make } from "../ui/dom";

export type Cell = number | string | null;

/** Takes what was written when Enter is pressed or a level is chosen; `done` in any case. */
export function createCellEditor(
  name: string,
  value: Cell,
  levels: readonly string[] | undefined,
  take: (value: Cell) => void,
  done: () => void,
): HTMLElement {
  const label = `New value of ${name}`;
  const field = levels ? levelField(label, value, levels) : numberField(label, value);
  focusable(field);
  const finish = (keep: boolean) => {
    const now = keep ? read(field, levels !== undefined) : value;
    field.setAttribute("aria-invalid", String(now === undefined));
    if (now === undefined) return;
    if (now === value) done();
    else take(now);
  };
  field.addEventListener("keydown", (event: Event) => {
    if (!(event instanceof KeyboardEvent)) return;
    event.stopPropagation(); // the list has keys of its own
    if (event.key === "Enter") finish(true);
    else if (event.key === "Escape") finish(false);
    else return;
    event.preventDefault();
  });
  if (levels) field.addEventListener("change", () => finish(true));
  field.addEventListener("click", (event) => event.stopPropagation());
  field.addEventListener("blur", () => finish(false));
  return field;
}

function numberField(label: string, value: Cell): HTMLInputElement {
  const field = make("input", {
    class: "whylight-input whylight-cell",
    inputmode: "decimal",
    "aria-label": label,
  });
  field.placeholder = "missing";
  field.value = value === null ? "" : String(value);
  return field;
}

function levelField(label: string, value: Cell, levels: readonly string[]): HTMLSelectElement {
  const options = [...levels, ""].map((level) => make("option", { value: level }, level || "missing"));
  const field = make("select", { class: "whylight-input whylight-cell", "aria-label": label }, ...options);
  field.value = String(value ?? "");
  return field;
}

/** undefined for what is no number. */
function read({ value }: HTMLInputElement | HTMLSelectElement, level: boolean): Cell | undefined {
  const text = value.trim().replace("\u2212", "-");
  if (!text) return null;
  if (level) return value;
  const number = Number(text.replace(/^(-?\d+),(\d+)$/, "$1.$2"));
  return Number.isFinite(number) ? number : undefined;
}
