// An answer over a picture -> its map, its strongest pixel, everything known about any one pixel. Pure.
// Knows nothing about the page, the model or colours.
import type { Tensor } from "../kernel/decode";
import type { ViewOptions } from "../kernel/options";
import type { Frame, Meta } from "../kernel/protocol";
import { mapsOf } from "./answer";
import { type Scale, scaleOf } from "./scale";

export interface PictureScene {
  rows: number;
  columns: number;
  photo: Tensor;
  values: ArrayLike<number> | null;
  scale: Scale;
  meta: Meta | null;
  strongest: { row: number; column: number; value: number } | null;
  /** Everything known about one pixel. */
  probe(row: number, column: number): Probe;
}

export interface Probe {
  row: number;
  column: number;
  raw: number[];
  value: number | null;
  error: number | null;
  channels: number[];
  rank: number;
  of: number;
}

export function pictureScene(
  photo: Tensor,
  frame: Frame | null,
  options: ViewOptions,
  diverging: boolean,
  together: Frame[] = [],
): PictureScene {
  const map = frame?.arrays.values;
  const [rows = 1, columns = 1] = map?.shape ?? photo.shape;
  return {
    rows,
    columns,
    photo,
    values: map?.data ?? null,
    scale: scaleOf(map?.data ?? [], options, diverging, mapsOf(together, "values")),
    meta: frame?.meta ?? null,
    strongest: map ? strongestOf(map.data, columns) : null,
    probe: (row, column) => probe(photo, frame, rows, columns, row, column),
  };
}

export function strongestOf(values: ArrayLike<number>, columns: number): PictureScene["strongest"] {
  let at = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i]!) > Math.abs(values[at]!)) at = i;
  return { row: Math.floor(at / columns), column: at % columns, value: values[at] ?? 0 };
}

function probe(
  photo: Tensor,
  frame: Frame | null,
  rows: number,
  columns: number,
  row: number,
  column: number,
): Probe {
  const i = row * columns + column;
  const [height = 1, width = 1] = photo.shape;
  const source = 3 * (Math.floor((row * height) / rows) * width + Math.floor((column * width) / columns));
  const values = frame?.arrays.values?.data;
  const value = values?.[i] ?? null;
  const error = frame?.arrays.error?.data[i];
  const channels = frame?.arrays.channels;
  const depth = channels?.shape[0] ?? 0;
  const size = rows * columns;
  return {
    row,
    column,
    raw: Array.from(photo.data.subarray(source, source + 3)),
    value,
    error: error === undefined ? null : error * (frame?.meta.error_scale ?? 1),
    channels: Array.from(
      { length: depth },
      (_, c) => channels!.data[c * size + i]! * (frame?.meta.channel_scale ?? 1),
    ),
    rank: value === null ? 0 : rankOf(values!, value),
    of: size,
  };
}

export function rankOf(values: ArrayLike<number>, value: number): number {
  let stronger = 0;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]!) > Math.abs(value)) stronger++;
  return stronger + 1;
}
