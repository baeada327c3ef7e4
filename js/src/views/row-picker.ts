// Which rows of a table are summed up, and which single one is looked at: two lists, and buttons that step through a group.
// Knows nothing about how rows are drawn.
import type { ViewOptions } from "../kernel/options";
import type { Frame, TableInput } from "../kernel/protocol";
import { count, number } from "../numbers";
import { chosen, type RowGroup } from "../scenes/table";
import { make } from "../ui/dom";
import { type OptionGroup, selectField } from "../ui/fields";
import type { OnChange } from "./kind";

export function createRowPicker(
  input: TableInput,
  groups: RowGroup[],
  change: OnChange,
  signal: AbortSignal,
) {
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

  const sync = (options: ViewOptions, frame: Frame | null) => {
    const now = chosen(input, groups, options);
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
  const rowField = make("div", { class: "whylight-picker" }, row.node, back, forth);
  return { nodes: [group.node, rowField], sync };
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

function groupOptions(groups: RowGroup[]): OptionGroup[] {
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
