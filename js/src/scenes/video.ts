// An answer over a video -> one frame of it as a picture with its map. Pure.
// Knows nothing about the page, the model or colours.
import type { Tensor } from "../kernel/decode";
import type { ViewOptions } from "../kernel/options";
import type { Frame } from "../kernel/protocol";
import { type PictureScene, rankOf, strongestOf } from "./picture";
import { errorAt, mapStack, middleOf, type Place, sliceOf, stackScale } from "./stack";

export interface VideoScene extends PictureScene {
  /** The frame on show, of so many. */
  at: number;
  count: number;
}

/** The frame number `at` of a video of some size, from bytes (T, h, w, 3). */
export function videoScene(
  { size, frames }: { size: Place; frames: Tensor },
  frame: Frame | null,
  at: number,
  options: ViewOptions,
  diverging: boolean,
  together: Frame[],
): VideoScene {
  const photo = photoAt(frame?.arrays.fine_input ?? frames, at);
  const stack = mapStack(frame);
  const plane = stack && sliceOf(stack, size, 0, at);
  const [rows = 1, columns = 1] = plane ? [plane.rows, plane.columns] : photo.shape;
  const values = plane?.values ?? null;
  return {
    at,
    count: size[0],
    rows,
    columns,
    photo,
    values,
    scale: stackScale(frame, together, options, diverging),
    meta: frame?.meta ?? null,
    strongest: values && strongestOf(values, columns),
    probe: (row, column) => {
      const value = values?.[row * columns + column] ?? null;
      const place: Place = [at, middleOf(row, size[1], rows), middleOf(column, size[2], columns)];
      return {
        row,
        column,
        raw: rawAt(photo, row / rows, column / columns),
        value,
        error: errorAt(frame, size, place),
        channels: [],
        rank: value === null ? 0 : rankOf(values!, value),
        of: rows * columns,
      };
    },
  };
}

/** One frame as a picture (h, w, 3). */
export function photoAt({ shape, data }: Tensor, at: number): Tensor {
  const [, height = 1, width = 1] = shape;
  const size = 3 * height * width;
  return { shape: [height, width, 3], data: data.subarray(at * size, (at + 1) * size) };
}

function rawAt({ shape: [height = 1, width = 1], data }: Tensor, y: number, x: number): number[] {
  const at = 3 * (Math.floor(y * height) * width + Math.floor(x * width));
  return Array.from(data.subarray(at, at + 3));
}
