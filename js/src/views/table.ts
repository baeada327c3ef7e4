// Many rows of a table: means and spread of a group of rows as signed bars, and a way to every single row.
// Knows nothing about traits or how values were computed.
import { type Cell, createCellEditor } from "../editors/cell";
import { decodeArray, type Tensor } from "../kernel/decode";
import type { ViewOptions } from "../kernel/options";
import type { TableInput } from "../kernel/protocol";
import { own } from "../numbers";
import { isDiverging } from "../paint/palette";
import { chosen, groupsOf, type RowGroup, tableScene } from "../scenes/table";
import { choicesOfRows, frameOfRows } from "../scenes/table-row";
import { caption } from "../wording/table";
import type { AnswerDrawing, InputKind, Subject, SubjectActions, Told } from "./kind";
import { createRowPicker } from "./row-picker";
import { Sheet } from "./sheet";

export class TableSubject implements Subject {
  readonly kind = "table";
  readonly input: TableInput;
  /** What stands in the table, (rows, columns); of text columns the places of their levels. */
  readonly cells: Tensor;
  #groups: RowGroup[];

  constructor(input: TableInput, cells: Tensor) {
    [this.input, this.cells, this.#groups] = [input, cells, groupsOf(input)];
  }

  answer(actions: SubjectActions, signal: AbortSignal): AnswerDrawing {
    return createAnswer(this.input, this.cells, this.#groups, actions, signal);
  }

  /** A row on show, or a group of them, has its own prediction, score and gap. */
  focus(told: Told, look: ViewOptions): Told {
    const { group, row } = chosen(this.input, this.#groups, look);
    const rows = row === null ? group.rows : [row];
    if (rows.length === this.input.rows.length) return told;
    return { choices: choicesOfRows(told.choices, rows), frame: frameOfRows(told.frame, rows) };
  }
}

export const table: InputKind<TableInput> = {
  name: "table",
  read: (input) => new TableSubject(input, decodeArray(input.arrays.values)),
};

function createAnswer(
  input: TableInput,
  cells: Tensor,
  groups: RowGroup[],
  { change, edit }: SubjectActions,
  signal: AbortSignal,
): AnswerDrawing {
  let shown: number | null = null;
  const editor = (column: number, done: () => void) => {
    const row = shown;
    if (row === null) return null;
    const take = (value: Cell) => edit?.({ row, column, value });
    const value = cell(input, cells, row, column);
    return createCellEditor(input.names[column]!, value, input.levels?.[String(column)], take, done);
  };
  const sheet = new Sheet(input, change, signal, edit && editor);
  const picker = createRowPicker(input, groups, change, signal);
  sheet.tools.prepend(...picker.nodes);
  const draw: AnswerDrawing["draw"] = ({ frame }, look) => {
    const scene = tableScene(input, groups, frame, look, isDiverging(look.colormap), cells);
    const { row } = chosen(input, groups, look);
    shown = row;
    picker.sync(look, frame);
    const notes = row === null ? [] : input.names.map((_, k) => own(cell(input, cells, row, k)));
    return sheet.draw(
      { ...scene, notes, frame, words: caption(input, groups, frame, look), fixed: row === null },
      look,
    );
  };
  return { node: sheet.node, draw };
}

function cell(input: TableInput, cells: Tensor, row: number, column: number): number | string | null {
  const value = cells.data[row * input.names.length + column]!;
  const level = input.levels?.[String(column)]?.[value];
  return level ?? (Number.isNaN(value) || input.levels?.[String(column)] ? null : value);
}
