// The table view: features as signed bars under a small row of controls; of many rows the summary, or one of them.
// Knows nothing about models, messages or how values were computed.

import type { Tensor } from "../kernel/decode";
import type { Columns, FeaturesInput, Frame, Meta, TableInput } from "../kernel/protocol";
import { count, number, own } from "../numbers";
import { featureScene, type ItemScene, type ViewOptions } from "../scenes/items";
import type { Scale } from "../scenes/scale";
import { caption, chosen, type Group, groupsOf, tableScene } from "../scenes/table";
import { make, setText } from "../ui/dom";
import { type OptionGroup, selectField } from "../ui/fields";
import { type BarLook, Bars } from "./bars";

export type Change = (changes: Partial<ViewOptions>) => void;

const ORDERS: OptionGroup[] = options([
  ["magnitude", "Strongest first"],
  ["signed", "From + to −"],
  ["name", "By name"],
  ["given", "As given"],
]);
const UNITS: OptionGroup[] = options([
  ["standardized", "Per standard deviation"],
  ["raw", "Per unit"],
]);
const ORDER_HINT = "How the features are sorted";
const UNITS_HINT = "Standard deviations make features of different units comparable";

/** What one row and many have in common on the page: controls above, bars, a caption that says how to read them. */
class Sheet {
  readonly node: HTMLElement;
  readonly tools = make("div", { class: "whylight-sheet-tools" });
  #bars = new Bars("Features");
  #caption = make("p", { class: "whylight-sheet-caption" });
  #order: ReturnType<typeof selectField>;
  #units: ReturnType<typeof selectField>;
  #columns: Columns;

  constructor(columns: Columns, change: Change, signal: AbortSignal) {
    this.#columns = columns;
    this.#order = selectField("Order", (order) => change({ order }), signal, ORDER_HINT);
    this.#units = selectField("Units", (view) => change({ view }), signal, UNITS_HINT);
    this.tools.append(this.#order.node, this.#units.node);
    this.node = make("div", { class: "whylight-sheet" }, this.tools, this.#bars.node, this.#caption);
  }

  draw(
    scene: ItemScene,
    frame: Frame | null,
    look: ViewOptions & BarLook,
    notes: string[],
    words: string,
  ): Scale {
    this.#order.offer(ORDERS, look.order);
    this.#units.offer(UNITS, look.view === "raw" ? "raw" : "standardized");
    this.#units.node.hidden = !frame?.meta.per_unit || !this.#columns.scales;
    this.#bars.draw(scene, look, notes);
    const unit = scene.unit ? `Unit: ${scene.unit}.` : "";
    setText(this.#caption, [words, sides(frame?.meta ?? null), unit].filter(Boolean).join(" "));
    return scene.scale;
  }
}

/** What the two sides of the zero line mean. */
function sides(meta: Meta | null): string {
  if (!meta) return "";
  const score = meta.target.label === "output" ? "the output" : `the score of “${meta.target.label}”`;
  if (meta.per_unit) return `Right: more of the feature raises ${score}; left: it lowers it.`;
  return `Right: raises ${score}; left: lowers it.`;
}

function options(listed: [string, string][]): OptionGroup[] {
  return [{ label: "", options: listed.map(([value, label]) => ({ value, label })) }];
}

/** One row: every feature with its own value. */
export function createFeatures(input: FeaturesInput, change: Change, signal: AbortSignal) {
  const sheet = new Sheet(input, change, signal);
  const notes = input.values.map(own);
  const draw = (frame: Frame | null, look: ViewOptions & BarLook, diverging: boolean, together: Frame[]) =>
    sheet.draw(featureScene(input, frame, look, diverging, together), frame, look, notes, "");
  return { node: sheet.node, draw };
}

/** Many rows: means and spread of a group, and a way to every single row. */
export function createTable(input: TableInput, cells: Tensor, change: Change, signal: AbortSignal) {
  const sheet = new Sheet(input, change, signal);
  const groups = groupsOf(input);
  const picker = createPicker(input, groups, change, signal);
  sheet.tools.prepend(...picker.nodes);
  const draw = (frame: Frame | null, look: ViewOptions & BarLook, diverging: boolean) => {
    const scene = tableScene(input, groups, frame, look, diverging);
    const { row } = chosen(input, groups, look);
    picker.sync(look, frame);
    const notes = row === null ? [] : input.names.map((_, k) => own(cell(input, cells, row, k)));
    return sheet.draw(scene, frame, look, notes, caption(input, groups, frame, look));
  };
  return { node: sheet.node, draw };
}

function cell(input: TableInput, cells: Tensor, row: number, column: number): number | string | null {
  const value = cells.data[row * input.names.length + column]!;
  const level = input.levels[String(column)]?.[value];
  return level ?? (Number.isNaN(value) || input.levels[String(column)] ? null : value);
}

/** Which rows are summed up, and which single one is looked at: two lists and two buttons that step through the group. */
function createPicker(input: TableInput, groups: Group[], change: Change, signal: AbortSignal) {
  const group = selectField(
    "Group",
    (subgroup) => change({ subgroup, selection: [] }),
    signal,
    "Which rows are summed up",
  );
  const row = selectField(
    "Row",
    (value) => change({ selection: value ? [Number(value)] : [] }),
    signal,
    "A single row",
  );
  let rows: number[] = [];
  let at = -1;
  const step = (by: number) => {
    const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
    if (next !== undefined) change({ selection: [next] });
  };
  const back = stepButton("Previous row", "‹", () => step(-1), signal);
  const forth = stepButton("Next row", "›", () => step(1), signal);
  let offered: unknown[] = [];
  let rowGroups: OptionGroup[] = [];

  const sync = (look: ViewOptions, frame: Frame | null) => {
    const now = chosen(input, groups, look);
    rows = now.group.rows;
    at = now.row === null ? -1 : rows.indexOf(now.row);
    group.offer(groupOptions(groups), now.group.value);
    group.node.hidden = groups.length < 2;
    const scores = frame?.arrays.scores?.data;
    if (offered[0] !== now.group || offered[1] !== scores) rowGroups = rowOptions(input, rows, scores);
    offered = [now.group, scores];
    row.offer(rowGroups, now.row === null ? "" : String(now.row));
    back.disabled = at === 0;
    forth.disabled = at === rows.length - 1;
  };
  const picker = make("div", { class: "whylight-picker" }, row.node, back, forth);
  return { nodes: [group.node, picker], sync };
}

function stepButton(name: string, sign: string, act: () => void, signal: AbortSignal): HTMLButtonElement {
  const button = make(
    "button",
    { type: "button", class: "whylight-button whylight-step", "aria-label": name, title: name },
    sign,
  );
  button.addEventListener("click", act, { signal });
  return button;
}

function groupOptions(groups: Group[]): OptionGroup[] {
  const names = [...new Set(groups.map(({ of }) => of))];
  const listed = (of: string) => groups.filter((group) => group.of === of);
  return names.map((of) => ({
    label: of,
    options: listed(of).map(({ value, label, rows }) => ({
      value,
      label: `${label} (${count(rows.length)})`,
    })),
  }));
}

function rowOptions(input: TableInput, rows: number[], scores: ArrayLike<number> | undefined): OptionGroup[] {
  const single = rows.map((i) => {
    const score = scores ? ` · F(x) ${number(scores[i])}` : "";
    return { value: String(i), label: `${input.rows[i]}${score}` };
  });
  const whole = { value: "", label: "All together" };
  return [
    { label: "", options: [whole] },
    { label: "Rows", options: single },
  ];
}
