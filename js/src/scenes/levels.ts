// What switching a category to its other levels does, for one row or as means over some. Pure.
// Knows nothing about the page, the model or colours.
import type { Frame, NamedColumns } from "../kernel/protocol";
import { plural, signed } from "../numbers";

/** The code of a missing value. */
export const MISSING = -1;
/** Levels told one by one. */
const TOLD = 6;

/** The code of what stands in a row and column now; null where it is a number. */
export type Present = (row: number, column: number) => number | null;

/** By column, the changes to its other levels over these rows, in words; "" where there are none. */
export function levelDetails(
  columns: NamedColumns,
  frame: Frame | null,
  rows: number[],
  present: Present,
): string[] {
  const { changes, change_columns, change_codes } = frame?.arrays ?? {};
  const found = columns.names.map((): [string, number][] => []);
  if (!changes || !change_columns || !change_codes) return found.map(() => "");
  const width = change_columns.data.length;
  for (let level = 0; level < width; level++) {
    const [column, code] = [change_columns.data[level]!, change_codes.data[level]!];
    const elsewhere = rows
      .filter((row) => present(row, column) !== code)
      .map((row) => changes.data[row * width + level]!);
    const known = elsewhere.filter((change) => !Number.isNaN(change));
    if (!known.length) continue;
    const mean = known.reduce((sum, change) => sum + change, 0) / known.length;
    found[column]?.push([nameOf(columns, column, code), mean]);
  }
  return found.map(words);
}

function nameOf(columns: NamedColumns, column: number, code: number): string {
  return code === MISSING ? "missing" : (columns.levels?.[String(column)]?.[code] ?? String(code));
}

function words(changes: [string, number][]): string {
  if (!changes.length) return "";
  const strongest = changes.toSorted(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  const told = strongest.slice(0, TOLD).map(([name, change]) => `${name} ${signed(change)}`);
  const rest = changes.length - told.length;
  return `switched to ${told.join(", ")}${rest > 0 ? `, and ${plural(rest, "other level")}` : ""}`;
}
