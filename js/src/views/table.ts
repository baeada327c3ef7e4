// Many rows of a table: means and spread of a group of rows as signed bars, and a way to every single row.
// Knows nothing about traits or how values were computed.
import { decodeArray, type Tensor } from "../kernel/decode";
import type { TableInput } from "../kernel/protocol";
import { own } from "../numbers";
import { isDiverging } from "../paint/palette";
import { chosen, groupsOf, tableScene } from "../scenes/table";
import { caption } from "../wording/table";
import type { AnswerDrawing, InputKind, OnChange, Subject, SubjectActions } from "./kind";
import { createRowPicker } from "./row-picker";
import { Sheet } from "./sheet";

export class TableSubject implements Subject {
  readonly kind = "table";
  readonly input: TableInput;
  /** What stands in the table, (rows, columns); of text columns the places of their levels. */
  readonly cells: Tensor;

  constructor(input: TableInput, cells: Tensor) {
    [this.input, this.cells] = [input, cells];
  }

  answer({ change }: SubjectActions, signal: AbortSignal): AnswerDrawing {
    return createAnswer(this.input, this.cells, change, signal);
  }
}

export const table: InputKind<TableInput> = {
  name: "table",
  read: (input) => new TableSubject(input, decodeArray(input.arrays.values)),
};

function createAnswer(
  input: TableInput,
  cells: Tensor,
  change: OnChange,
  signal: AbortSignal,
): AnswerDrawing {
  const sheet = new Sheet(input, change, signal);
  const groups = groupsOf(input);
  const picker = createRowPicker(input, groups, change, signal);
  sheet.tools.prepend(...picker.nodes);
  const draw: AnswerDrawing["draw"] = ({ frame }, look) => {
    const scene = tableScene(input, groups, frame, look, isDiverging(look.colormap), cells);
    const { row } = chosen(input, groups, look);
    picker.sync(look, frame);
    const notes = row === null ? [] : input.names.map((_, k) => own(cell(input, cells, row, k)));
    return sheet.draw({ ...scene, notes, frame, words: caption(input, groups, frame, look) }, look);
  };
  return { node: sheet.node, draw };
}

function cell(input: TableInput, cells: Tensor, row: number, column: number): number | string | null {
  const value = cells.data[row * input.names.length + column]!;
  const level = input.levels?.[String(column)]?.[value];
  return level ?? (Number.isNaN(value) || input.levels?.[String(column)] ? null : value);
}
