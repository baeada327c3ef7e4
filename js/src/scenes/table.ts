// Many rows of a table: which of them are shown, and what they have in common. Pure.
// Knows nothing about the page, the model or colours.

import type { Tensor } from "../kernel/decode";
import type { ViewOptions } from "../kernel/options";
import type { Frame, RowLabels, TableInput } from "../kernel/protocol";
import { number, percent, plural, signed } from "../numbers";
import { factorsOf } from "./features";
import { type BarScene, type Item, itemScene, itemsOf, orderOf } from "./items";
import { levelDetails, MISSING } from "./levels";
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

/** Means over the rows of a group with their spread, or the values of one row; `cells` are what stands in the table. */
export function tableScene(
  input: TableInput,
  groups: RowGroup[],
  frame: Frame | null,
  options: ViewOptions,
  diverging: boolean,
  cells?: Tensor,
): BarScene {
  const answer = answerOf(input, frame, options, cells);
  const { group, row } = chosen(input, groups, options);
  const shown = row === null ? group.rows : [row];
  const sums = answer && input.names.map((_, k) => answer.over(shown, k, row !== null));
  const means = sums?.map((sum) => sum?.mean ?? Number.NaN);
  const all = input.rows.map((_, i) => i);
  const marks =
    answer && row === null && group.of ? input.names.map((_, k) => answer.over(all, k)?.mean) : [];
  const details = levelDetails(input, frame, shown, (i, k) => codeOf(input, cells, i, k));
  const seen = sums?.map((sum) => (sum ? 1 : 0));
  const items = itemsOf(input.names, means, undefined, seen?.includes(0) ? seen : undefined).map(
    (item, k) => {
      const known = row === null ? sums?.[k] : undefined;
      const missed = known ? shown.length - known.count : 0;
      const spreads = known ? spread(known, missed) : {};
      return { ...item, ...spreads, ...marked(marks[k]), ...detailed(spreads, details[k]!) };
    },
  );
  const order = orderOf(items, options.order);
  const known = (means ?? []).filter((mean) => !Number.isNaN(mean));
  const scene = itemScene(items, frame, scaleOf(known, options, diverging));
  return {
    ...scene,
    unit: slopeUnit(frame?.meta ?? null, answer?.standardized ?? false),
    ...(row === null && { named: "Mean attribution" }),
    ...(order && { order }),
  };
}

/** The numbers of all rows, and what those of some have in common. */
function answerOf(input: TableInput, frame: Frame | null, options: ViewOptions, cells: Tensor | undefined) {
  const { values, examined } = frame?.arrays ?? {};
  if (!values) return undefined;
  const factors = factorsOf(input, frame?.meta ?? null, options);
  const width = input.names.length;
  const missing = (i: number, k: number) => Number.isNaN(cells?.data[i * width + k] ?? 0);
  const at = (i: number, k: number) =>
    values.data[i * width + k]! * (missing(i, k) ? 1 : (factors?.[k] ?? 1));
  const seen = (i: number, k: number) => examined?.data[i * width + k] !== 0;
  /** Of one feature in some rows; undefined where it was examined in none. A missing number among slopes has none. */
  const over = (rows: number[], k: number, alone = false): (Summary & { count: number }) | undefined => {
    const known = rows.filter((i) => seen(i, k) && (alone || !frame?.meta.per_unit || !missing(i, k)));
    if (!known.length) return undefined;
    return { ...summary(Float64Array.from(known, (i) => at(i, k))), count: known.length };
  };
  return { over, standardized: factors !== null };
}

/** The code of the level in a cell; null of a number. */
function codeOf(input: TableInput, cells: Tensor | undefined, row: number, column: number): number | null {
  const value = cells?.data[row * input.names.length + column];
  if (value === undefined || Number.isNaN(value)) return MISSING;
  return input.levels?.[String(column)] ? value : null;
}

function spread(
  { std, low, high, positive }: Summary,
  missed: number,
): Pick<Item, "low" | "high" | "detail"> {
  const less = missed ? `, not examined in ${plural(missed, "row")}` : "";
  const detail = `standard deviation ${number(std)}, 90\u2009% of the rows from ${signed(low)} to ${signed(high)}, positive in ${percent(positive)}${less}`;
  return { low, high, detail };
}

function marked(mark: number | undefined): Pick<Item, "mark"> {
  return mark === undefined ? {} : { mark };
}

function detailed({ detail }: Pick<Item, "detail">, levels: string): Pick<Item, "detail"> {
  const both = [detail, levels].filter(Boolean).join(", ");
  return both ? { detail: both } : {};
}
