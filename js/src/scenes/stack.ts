// Planes one behind the other (D, H, W), of a volume or a video: slices, projections, the strongest place, one place probed. Pure.
// Knows nothing about the page, the model or colours.
import type { Numbers, Tensor } from "../kernel/decode";
import type { ViewOptions } from "../kernel/options";
import type { Frame } from "../kernel/protocol";
import { mapsOf } from "./answer";
import { type PictureScene, strongestOf } from "./picture";
import { type Scale, scaleOf } from "./scale";
import { rankOf } from "./statistics";

/** Along depth, rows and columns; of a video along time first. */
export type Axis = 0 | 1 | 2;
export type Place = [plane: number, row: number, column: number];

/** Numbers or bytes at every place, or means over blocks of places. */
export interface Stack {
  shape: Place;
  data: Numbers;
  /** What a value of 1 stands for. */
  unit: number;
}

export interface Plane {
  rows: number;
  columns: number;
  values: Float32Array;
}

/** The axes a slice across one axis has, rows first. */
export const ACROSS: Record<Axis, [Axis, Axis]> = { 0: [1, 2], 1: [0, 2], 2: [1, 0] };

const placeOf = (shape: readonly number[]): Place => [shape[0] ?? 1, shape[1] ?? 1, shape[2] ?? 1];

/** The map of an answer, as finely as it is known. */
export function mapStack(frame: Frame | null): Stack | null {
  const { arrays, meta } = frame ?? {};
  const fine = arrays?.fine_values;
  const map = fine ?? arrays?.values;
  if (map?.shape.length !== 3) return null;
  return {
    shape: placeOf(map.shape),
    data: map.data,
    unit: (fine && meta?.fine_scale) ?? 1, // the feed has brought the others to full size
  };
}

/** The input, as finely as it is known. */
export function inputStack(input: Tensor, frame: Frame | null): Stack {
  const found = frame?.arrays.fine_input ?? input;
  return { shape: placeOf(found.shape), data: found.data, unit: 1 };
}

/** Where a place of the whole lies in a stack of blocks. */
export function cellOf(place: number, size: number, shape: number): number {
  return Math.min(shape - 1, Math.floor(place / Math.ceil(size / shape)));
}

/** From a cell of a stack of blocks to a place in the middle of it. */
export function middleOf(cell: number, size: number, shape: number): number {
  const block = Math.ceil(size / shape);
  return Math.min(size - 1, cell * block + Math.floor(block / 2));
}

function strides([, rows, columns]: Place): Place {
  return [rows * columns, columns, 1];
}

/** The plane at one place of an axis; `size` is that of the whole. */
export function sliceOf({ shape, data, unit }: Stack, size: Place, axis: Axis, place: number): Plane {
  const [down, along] = ACROSS[axis];
  const step = strides(shape);
  const [rows, columns] = [shape[down], shape[along]];
  const start = cellOf(place, size[axis], shape[axis]) * step[axis];
  const values = new Float32Array(rows * columns);
  for (let row = 0, i = 0; row < rows; row++) {
    let at = start + row * step[down];
    for (let column = 0; column < columns; column++, at += step[along]) values[i++] = data[at]! * unit;
  }
  return { rows, columns, values };
}

const projections = new WeakMap<Numbers, Map<Axis, Plane>>();

/** Of every line along an axis the value of largest size, with its sign. */
export function projectionOf(stack: Stack, axis: Axis): Plane {
  const known = projections.get(stack.data) ?? new Map<Axis, Plane>();
  projections.set(stack.data, known);
  const made = known.get(axis) ?? project(stack, axis);
  known.set(axis, made);
  return made;
}

function project({ shape, data, unit }: Stack, axis: Axis): Plane {
  const [down, along] = ACROSS[axis];
  const step = strides(shape);
  const [rows, columns] = [shape[down], shape[along]];
  const values = new Float32Array(rows * columns);
  for (let plane = 0; plane < shape[axis]; plane++) {
    for (let row = 0, i = 0; row < rows; row++) {
      let at = plane * step[axis] + row * step[down];
      for (let column = 0; column < columns; column++, i++, at += step[along]) {
        const value = data[at]!;
        if (Math.abs(value) > Math.abs(values[i]!)) values[i] = value;
      }
    }
  }
  for (let i = 0; i < values.length; i++) values[i]! *= unit;
  return { rows, columns, values };
}

/** The projection along the first axis; of an answer to compare Python has made it. */
export function flatMap(frame: Frame | null): Plane {
  const stack = mapStack(frame);
  if (stack) return projectionOf(stack, 0);
  const { shape = [1, 1], data = [] } = frame?.arrays.values ?? {};
  const [rows = 1, columns = 1] = shape;
  return { rows, columns, values: Float32Array.from(data) };
}

/** How deep the value lies that a projection shows at a place. */
export function depthOf({ shape, data }: Stack, size: Place, axis: Axis, place: Place): number {
  const step = strides(shape);
  const cell = place.map((p, k) => cellOf(p, size[k]!, shape[k]!));
  const start = cell.reduce((sum, c, k) => sum + (k === axis ? 0 : c * step[k]!), 0);
  let best = 0;
  for (let plane = 1; plane < shape[axis]; plane++) {
    const value = data[start + plane * step[axis]]!;
    if (Math.abs(value) > Math.abs(data[start + best * step[axis]]!)) best = plane;
  }
  return middleOf(best, size[axis], shape[axis]);
}

const peaks = new WeakMap<Numbers, number>();

/** Where the value of largest size is, and that value. */
export function strongestIn(stack: Stack, size: Place): { place: Place; value: number } {
  const { shape, data, unit } = stack;
  let at = peaks.get(data) ?? -1;
  if (at < 0) {
    at = 0;
    for (let i = 1; i < data.length; i++) if (Math.abs(data[i]!) > Math.abs(data[at]!)) at = i;
    peaks.set(data, at);
  }
  const [plane, row] = strides(shape);
  const cell = [Math.floor(at / plane), Math.floor((at % plane) / row), at % row];
  const place = cell.map((c, k) => middleOf(c, size[k]!, shape[k]!)) as Place;
  return { place, value: data[at]! * unit };
}

export function valueAt({ shape, data, unit }: Stack, size: Place, place: Place): number {
  const step = strides(shape);
  return data[place.reduce((at, p, k) => at + cellOf(p, size[k]!, shape[k]!) * step[k]!, 0)]! * unit;
}

/** The estimated error at a place; null where it is not known. */
export function errorAt(frame: Frame | null, size: Place, place: Place): number | null {
  const error = frame?.arrays.error;
  if (error?.shape.length !== 3) return null;
  const unit = frame?.meta.error_scale ?? 1;
  return valueAt({ shape: placeOf(error.shape), data: error.data, unit }, size, place);
}

/** The share of all places with a smaller |value|, from the distribution that came with an answer. */
export function shareBelow(frame: Frame | null, value: number): number | null {
  const shares = frame?.arrays.shares?.data;
  if (!shares || shares.length < 2) return null;
  const size = Math.abs(value) * (1 + 1e-3); // maps are rounded to float16
  let [low, high] = [0, shares.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (shares[middle]! <= size) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1) / (shares.length - 1);
}

/** The colour scale of maps whose distributions came with them. */
export function stackScale(
  frame: Frame | null,
  together: Frame[],
  options: ViewOptions,
  diverging: boolean,
): Scale {
  return scaleOf(frame?.arrays.shares?.data ?? [], options, diverging, mapsOf(together, "shares"));
}

/** How much lies in each plane across an axis: sums of |values|, and of values. */
export function planeSums(
  frame: Frame | null,
  axis: Axis,
): { sizes: ArrayLike<number>; sums: ArrayLike<number> } {
  const of = (name: string) => frame?.arrays[`${name}_${axis}`]?.data ?? [];
  return { sizes: of("sizes"), sums: of("sums") };
}

/** A gray picture (rows, columns, 3) of a plane of bytes. */
export function grayPhoto({ rows, columns, values }: Plane): Tensor {
  const data = new Uint8Array(3 * rows * columns);
  for (let i = 0; i < values.length; i++) data.fill(values[i]!, 3 * i, 3 * i + 3);
  return { shape: [rows, columns, 3], data };
}

/** The mean over the planes of bytes (D, h, w) or (D, h, w, 3), as a picture (h, w, 3). */
export function meanPhoto({ shape, data }: Tensor): Tensor {
  const [depth = 1, rows = 1, columns = 1, lights = 1] = shape;
  const size = rows * columns * lights;
  const sums = new Float64Array(size);
  for (let i = 0; i < data.length; i++) sums[i % size]! += data[i]!;
  const photo = new Uint8Array(3 * rows * columns);
  for (let i = 0; i < photo.length; i++)
    photo[i] = Math.round(sums[lights === 3 ? i : Math.floor(i / 3)]! / depth);
  return { shape: [rows, columns, 3], data: photo };
}

/** The place on show: the pinned one as far as it says, else that of the strongest value. */
export function shownPlace(pixel: readonly number[], size: Place, stack: Stack | null): Place {
  const best = stack ? strongestIn(stack, size).place : (size.map((n) => Math.floor(n / 2)) as Place);
  const inside = pixel.every((p, k) => Number.isInteger(p) && p >= 0 && p < size[k]!);
  if (!inside || (pixel.length !== 1 && pixel.length !== 3)) return best;
  return best.map((p, k) => pixel[k] ?? p) as Place;
}

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
    lit: null,
    regions: null,
    marks: [],
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
