// Many rows of a table: which of them are shown, and what they have in common. Pure.
// Knows nothing about the page, the model or colours.
import type { ViewOptions } from "../kernel/options";
import type { Frame, RowLabels, TableInput } from "../kernel/protocol";
import { number, percent, signed } from "../numbers";
import { factorsOf } from "./features";
import { type Item, type ItemScene, itemScene, itemsOf, orderOf } from "./items";
import { scaleOf } from "./scale";
import { type Summary, summary } from "./statistics";
import { slopeUnit } from "./unit";

export interface RowGroup {
  /** As in the trait `subgroup`. */
  value: string;
  label: string;
  of: string;
  rows: number[];
}

/** All rows, then the groups that have any. */
export function groupsOf(input: TableInput): RowGroup[] {
  const all = { value: "", label: "All rows", of: "", rows: input.rows.map((_, i) => i) };
  return [all, ...input.groups.flatMap(membersOf)];
}

function membersOf({ name, labels, of }: RowLabels): RowGroup[] {
  const made = labels.map((label, place) => {
    const rows = of.flatMap((at, row) => (at === place ? [row] : []));
    return { value: `${name}: ${label}`, label, of: name, rows };
  });
  return made.filter(({ rows }) => rows.length > 0);
}

/** The group that is summed up, and the row that is shown instead, if any. */
export function chosen(input: TableInput, groups: RowGroup[], options: ViewOptions) {
  const group = groups.find(({ value }) => value === options.subgroup) ?? groups[0]!;
  const [row] = options.selection;
  return { group, row: row !== undefined && row >= 0 && row < input.rows.length ? row : null };
}

/** Means over the rows of a group with their spread, or the values of one row. */
export function tableScene(
  input: TableInput,
  groups: RowGroup[],
  frame: Frame | null,
  options: ViewOptions,
  diverging: boolean,
): ItemScene {
  const values = frame?.arrays.values?.data;
  const factors = factorsOf(input, frame?.meta ?? null, options);
  const { group, row } = chosen(input, groups, options);
  const width = input.names.length;
  const at = (i: number, k: number) => values![i * width + k]! * (factors?.[k] ?? 1);
  const shown = row === null ? group.rows : [row];
  const sums = values
    ? input.names.map((_, k) => summary(Float64Array.from(shown, (i) => at(i, k))))
    : undefined;
  const means = sums?.map(({ mean }) => mean);
  const marks = values && row === null && group.of ? overall(values, width, factors) : null;
  const items = itemsOf(input.names, means, undefined).map(
    (item, k): Item => (row === null && sums ? { ...item, ...spread(sums[k]!), ...marked(marks, k) } : item),
  );
  const order = orderOf(items, options.order);
  const scene = itemScene(items, frame, scaleOf(means ?? [], options, diverging));
  return { ...scene, unit: slopeUnit(frame?.meta ?? null, factors !== null), ...(order && { order }) };
}

/** The means of all rows, to compare a group with. */
function overall(values: ArrayLike<number>, width: number, factors: number[] | null): number[] {
  const means = new Array<number>(width).fill(0);
  const n = values.length / width;
  for (let i = 0; i < values.length; i++) means[i % width]! += values[i]! / n;
  return means.map((mean, k) => mean * (factors?.[k] ?? 1));
}

function spread({ std, low, high, positive }: Summary): Pick<Item, "low" | "high" | "detail"> {
  const detail = `standard deviation ${number(std)}, 90\u2009% of the rows from ${signed(low)} to ${signed(high)}, positive in ${percent(positive)}`;
  return { low, high, detail };
}

function marked(marks: number[] | null, k: number): Pick<Item, "mark"> {
  return marks ? { mark: marks[k]! } : {};
}
