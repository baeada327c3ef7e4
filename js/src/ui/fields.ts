// Labelled native inputs: a select and a range. Their accessible names are contracts.
// Knows nothing about what is chosen.
import { make, setText } from "./dom";

export interface Option {
  value: string;
  label: string;
  hint?: string | undefined;
}

export interface OptionGroup<T extends Option = Option> {
  label: string;
  options: T[];
}

/** Options by their values, in one group without a name. */
export function optionList(labels: Record<string, string>): OptionGroup[] {
  return [{ label: "", options: Object.entries(labels).map(([value, label]) => ({ value, label })) }];
}

/** Options under the names of their groups, in the order in which these first come. */
export function grouped<T extends Option>(
  options: readonly T[],
  name: (option: T) => string,
): OptionGroup<T>[] {
  const labels = [...new Set(options.map(name))];
  return labels.map((label) => ({ label, options: options.filter((option) => name(option) === label) }));
}

/** The options on offer; a value that is not among them is shown all the same. */
export function withValue<T extends Option>(
  offered: readonly T[] | undefined,
  value: string,
  label: string | undefined,
): OptionGroup<Option & Partial<T>>[] {
  const options: (Option & Partial<T>)[] = [...(offered ?? [])];
  if (!options.some((option) => option.value === value))
    options.unshift({ value, label: label || value || "None" } as Option & Partial<T>);
  return [{ label: "", options }];
}

export interface SelectField {
  node: HTMLElement;
  select: HTMLSelectElement;
  /** Offer these options (built again only when they changed) and show `value`. */
  offer(groups: OptionGroup[], value: string): void;
}

export function selectField(
  label: string,
  chosen: (value: string) => void,
  signal: AbortSignal,
  title = "",
): SelectField {
  const select = make("select", { class: "whylight-input whylight-select", "aria-label": label, title });
  const name = label.toLowerCase().replace(" ", "-");
  const node = make(
    "label",
    { class: `whylight-field whylight-field-${name}` },
    make("span", { class: "whylight-label" }, label),
    make("span", { class: "whylight-entry" }, select),
  );
  let offered = "";
  select.addEventListener("change", () => chosen(select.value), { signal });

  const offer = (groups: OptionGroup[], value: string) => {
    const key = JSON.stringify(groups);
    if (key !== offered) select.replaceChildren(...groups.flatMap(optionsOf));
    offered = key;
    if (select.value !== value) select.value = value;
    const hint = groups.flatMap((group) => group.options).find((option) => option.value === value)?.hint;
    select.title = hint || title;
  };
  return { node, select, offer };
}

function optionsOf({ label, options }: OptionGroup): HTMLElement[] {
  const elements = options.map((option) =>
    make("option", { value: option.value, title: option.hint || null }, option.label),
  );
  return label ? [make("optgroup", { label }, ...elements)] : elements;
}

export interface RangeField {
  node: HTMLElement;
  range: HTMLInputElement;
  show(value: number, text: string): void;
}

export function rangeField(
  label: string,
  bounds: { min: number; max: number; step: number },
  moved: (value: number) => void,
  signal: AbortSignal,
  title = "",
): RangeField {
  const range = make("input", {
    type: "range",
    class: "whylight-range",
    "aria-label": label,
    title,
    ...bounds,
  });
  const output = make("span", { class: "whylight-output", "aria-hidden": "true" });
  const caption = make("span", { class: "whylight-label" }, label);
  const node = make("label", { class: "whylight-field whylight-field-range" }, caption, range, output);
  range.addEventListener("input", () => moved(range.valueAsNumber), { signal });
  const show = (value: number, text: string) => {
    if (range.valueAsNumber !== value) range.value = String(value);
    range.setAttribute("aria-valuetext", text);
    setText(output, text);
  };
  return { node, range, show };
}
