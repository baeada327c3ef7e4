// An answer over a picture -> its map, its strongest pixel, everything known about any one pixel; of many channels the map of one
// or of all, and what each adds. Pure.
// Knows nothing about the page, the model or colours.
import type { Tensor } from "../kernel/decode";
import type { ViewOptions } from "../kernel/options";
import type { Frame, Meta } from "../kernel/protocol";
import { mapsOf } from "./answer";
import { type BarScene, itemScene, itemsOf } from "./items";
import { type Mark, marksOf, type RegionSums, regionSums } from "./region-sums";
import { type Scale, scaleOf, UNCLIPPED } from "./scale";
import { rankOf } from "./statistics";

export interface PictureScene {
  rows: number;
  columns: number;
  photo: Tensor;
  values: ArrayLike<number> | null;
  scale: Scale;
  meta: Meta | null;
  /** The light it is seen by, and its hue; null where pixels are on show. */
  lit: { light: Tensor; hue: Tensor } | null;
  /** Sums of regions, where these are on show: `values` are their region's then. */
  regions: RegionSums | null;
  strongest: { row: number; column: number; value: number } | null;
  /** Numbers to be written on the map. */
  marks: Mark[];
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
  labels: Tensor | null = null,
): PictureScene {
  const map = frame?.arrays.values;
  const [rows = 1, columns = 1] = map?.shape ?? photo.shape;
  const regions = options.detail === "regions" && labels && map ? regionSums(labels, map) : null;
  const values = regions?.values ?? map?.data ?? null;
  const scale = regions
    ? scaleOf(regions.sums, { ...options, clip: 100, scale: "own" }, diverging)
    : scaleOf(map?.data ?? [], options, diverging, mapsOf(together, "values"));
  return {
    rows,
    columns,
    photo,
    values,
    scale,
    meta: frame?.meta ?? null,
    lit: options.detail === "spotlight" ? lightOf(frame) : null,
    regions,
    marks: regions ? marksOf(regions, rows, columns) : [],
    strongest: values && map ? strongestOf(values, columns) : null,
    probe: (row, column) => probe(photo, frame, rows, columns, row, column),
  };
}

function lightOf(frame: Frame | null): PictureScene["lit"] {
  const { light, hue } = frame?.arrays ?? {};
  return light && hue ? { light, hue } : null;
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

/** The channels of a picture, each with its name and what its bytes stand for. */
export interface ChannelStack {
  rows: number;
  columns: number;
  names: string[];
  ranges: (number | null)[][];
  /** Which are red, green and blue. */
  usual: number[];
  /** Bytes (C, h, w), means over blocks where there are many. */
  planes: Tensor;
}

export interface ChannelScene extends PictureScene {
  /** The one on show; null for their sum. */
  channel: number | null;
  names: string[];
}

/** One channel at one pixel: its number, its attribution where that is known, about how large it is itself. */
export interface ChannelValue {
  name: string;
  value: number | null;
  input: number | null;
}

/** Which channels are red, green and blue. */
export function chosenOf({ usual, names }: ChannelStack, composite: readonly number[]): number[] {
  const inside = composite.length === 3 && composite.every((c) => c >= -1 && c < names.length);
  return inside ? [...composite] : usual;
}

/** The channel on show; null for the sum. */
export function channelOf({ names }: ChannelStack, channel: number | null): number | null {
  return channel !== null && Number.isInteger(channel) && channel >= 0 && channel < names.length
    ? channel
    : null;
}

/** Three channels as a picture (h, w, 3); one that is −1 is dark. */
export function compositePhoto({ planes }: ChannelStack, chosen: readonly number[]): Tensor {
  const [, height = 1, width = 1] = planes.shape;
  const size = height * width;
  const data = new Uint8Array(3 * size);
  chosen.forEach((channel, light) => {
    if (channel < 0) return;
    for (let i = 0; i < size; i++) data[3 * i + light] = planes.data[channel * size + i]!;
  });
  return { shape: [height, width, 3], data };
}

const maps = new WeakMap<Frame, Map<number, Tensor>>();

/** The map of one channel, in full; null while it is not known. */
export function channelMap(frame: Frame, channel: number): Tensor | null {
  const all = frame.arrays.channels;
  if (!all) return null;
  const known = maps.get(frame) ?? new Map<number, Tensor>();
  maps.set(frame, known);
  const [, height = 1, width = 1] = all.shape;
  const size = height * width;
  const scale = frame.meta.channel_scale ?? 1;
  const made = known.get(channel) ?? {
    shape: [height, width],
    data: Float32Array.from(all.data.subarray(channel * size, (channel + 1) * size), (v) => v * scale),
  };
  known.set(channel, made);
  return made;
}

export function channelScene(
  stack: ChannelStack,
  photo: Tensor,
  frame: Frame | null,
  options: ViewOptions,
  diverging: boolean,
  together: Frame[] = [],
): ChannelScene {
  const channel = channelOf(stack, options.channel);
  const shown = frame && channel !== null ? only(frame, channel) : frame;
  const scene = pictureScene(photo, shown, options, diverging, channel === null ? together : []);
  return { ...scene, channel, names: stack.names };
}

/** The answer with the map of one channel in place of the sum; without it there is none. */
function only(frame: Frame, channel: number): Frame {
  const map = channelMap(frame, channel);
  return { ...frame, arrays: map ? { values: map } : {} };
}

/** Every channel at one place of the picture, in fractions of it, strongest first. */
export function channelsAt(stack: ChannelStack, frame: Frame | null, x: number, y: number): ChannelValue[] {
  const all = frame?.arrays.channels;
  const scale = frame?.meta.channel_scale ?? 1;
  const found = stack.names.map((name, c) => {
    const byte = stack.planes.data[placeIn(stack.planes, c, x, y)] ?? 0;
    const [low, high] = stack.ranges[c] ?? [];
    return {
      name,
      value: all ? all.data[placeIn(all, c, x, y)]! * scale : null,
      input: low == null || high == null ? null : low + (byte / 255) * (high - low),
    };
  });
  return found.sort((a, b) => Math.abs(b.value ?? 0) - Math.abs(a.value ?? 0));
}

function placeIn(
  { shape: [, height = 1, width = 1] }: Tensor,
  channel: number,
  x: number,
  y: number,
): number {
  const within = (share: number, size: number) => Math.min(size - 1, Math.floor(share * size));
  return (channel * height + within(y, height)) * width + within(x, width);
}

/** What each channel adds up to, as bars; its share is that of its |values| in all of them. */
export function channelBars(
  { names }: ChannelStack,
  frame: Frame | null,
  chosen: number | null,
  diverging: boolean,
): BarScene {
  const sizes = frame?.arrays.channel_sizes?.data;
  const all = Array.from(sizes ?? []).reduce((sum, size) => sum + size, 0);
  const items = itemsOf(names, frame?.arrays.channel_sums?.data, undefined).map((item, c) => ({
    ...item,
    share: sizes && all > 0 ? sizes[c]! / all : 0,
  }));
  const values = items.map(({ value }) => value ?? 0);
  const scene = itemScene(items, frame, scaleOf(values, UNCLIPPED, diverging));
  return { ...scene, order: items.map((_, c) => c), chosen };
}
