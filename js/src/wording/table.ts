// What bars of features show, in sentences.
// Knows nothing about where the words are shown.
import type { ViewOptions } from "../kernel/options";
import type { Frame, Meta, TableInput } from "../kernel/protocol";
import { number, plural } from "../numbers";
import { chosen, type RowGroup } from "../scenes/table";

/** What the bars show, in words. */
export function caption(
  input: TableInput,
  groups: RowGroup[],
  frame: Frame | null,
  options: ViewOptions,
): string {
  const { group, row } = chosen(input, groups, options);
  if (row !== null) {
    const score = frame?.arrays.scores?.data[row];
    return `Row ${input.rows[row]}${score === undefined ? "" : `, F(x) ${number(score)}`}.`;
  }
  const which = group.of ? ` (${group.of}: ${group.label})` : "";
  const mark = group.of ? "; ticks: means of all rows" : "";
  return `Means of ${plural(group.rows.length, "row")}${which}; lines hold 90\u2009% of them${mark}.`;
}

/** What the two sides of the zero line mean. */
export function sides(meta: Meta | null): string {
  if (!meta) return "";
  const score = meta.target.label === "output" ? "the output" : `the score of “${meta.target.label}”`;
  if (meta.per_unit) return `Right: more of the feature raises ${score}; left: it lowers it.`;
  return `Right: raises ${score}; left: lowers it.`;
}
