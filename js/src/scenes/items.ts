// Frame + input + view options -> what to draw: ranks, shares, cells and tokens. Pure.
// Knows nothing about the page, the model or colours.
import type { Tensor } from "../kernel/decode";
import type { Columns, FeaturesInput, Frame, Meta, TextInput, Token, Traits } from "../kernel/protocol";
import { isolated } from "../numbers";
import { type Scale, scaleOf } from "./scale";

export type ViewOptions = Pick<
  Traits,
  "colormap" | "opacity" | "clip" | "sign" | "view" | "order" | "subgroup" | "selection" | "pixel" | "scale"
>;

export interface Item {
  text: string;
  value: number | null;
  error: number | null;
  rank: number;
  share: number;
  /** Where most rows of a table lie, and another value to compare with. */
  low?: number;
  high?: number;
  mark?: number;
  /** More that is known, in words. */
  detail?: string;
}

export interface ItemScene {
  items: Item[];
  /** Places of the items from top to bottom; by rank without it. */
  order?: number[];
  scale: Scale;
  unit: string;
  final: boolean;
}

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

/** Rank 1 is the largest |value|; equal values keep their order. */
export function ranks(values: ArrayLike<number>): number[] {
  const order = Array.from(values, (_, i) => i);
  order.sort((a, b) => Math.abs(values[b] ?? 0) - Math.abs(values[a] ?? 0));
  const rank = new Array<number>(order.length);
  order.forEach((i, place) => {
    rank[i] = place + 1;
  });
  return rank;
}

export function itemsOf(
  names: string[],
  values: ArrayLike<number> | undefined,
  errors: ArrayLike<number> | undefined,
): Item[] {
  const rank = values ? ranks(values) : [];
  const total = values ? Array.from(values).reduce((sum, v) => sum + Math.abs(v), 0) : 0;
  return names.map((text, i) => {
    const value = values?.[i] ?? null;
    const share = value !== null && total > 0 ? Math.abs(value) / total : 0;
    return { text, value, error: errors?.[i] ?? null, rank: rank[i] ?? 0, share };
  });
}

/** One item per word (`view` "words") or per token of the model. */
export function textScene(
  input: TextInput,
  frame: Frame | null,
  options: ViewOptions,
  diverging: boolean,
  together: Frame[] = [],
): ItemScene {
  const words = options.view !== "tokens";
  const parts: Partial<Token>[] = words ? input.units : input.tokens;
  const names = parts.map(({ text }) => text ?? "");
  const name = words ? "units" : "values";
  const values = frame?.arrays[name]?.data;
  const errors = frame?.arrays[words ? "unit_error" : "error"]?.data;
  const scale = scaleOf(values ?? [], options, diverging, mapsOf(together, name));
  const items = itemsOf(names, values, errors).map((item, i) => ({ ...item, ...noted(parts[i]!) }));
  return itemScene(items, frame, scale);
}

/** What is to be known of a token beside its text. */
function noted({ text, name, unknown }: Partial<Token>): Pick<Item, "detail"> {
  const other = name && name !== text ? `“${isolated(name)}”` : "";
  if (unknown)
    return {
      detail: `not ${other ? `in the vocabulary: the model sees ${other}` : "all in the vocabulary"}`,
    };
  return other ? { detail: `token ${other}` } : {};
}

export function featureScene(
  input: FeaturesInput,
  frame: Frame | null,
  options: ViewOptions,
  diverging: boolean,
  together: Frame[] = [],
): ItemScene {
  const factors = factorsOf(input, frame?.meta ?? null, options);
  const values = times(frame?.arrays.values?.data, factors);
  const items = itemsOf(input.names, values, times(frame?.arrays.error?.data, factors));
  const maps = together.map(
    (one) => times(one.arrays.values?.data, factorsOf(input, one.meta, options)) ?? [],
  );
  const scene = itemScene(items, frame, scaleOf(values ?? [], options, diverging, maps));
  const order = orderOf(items, options.order);
  return { ...scene, unit: slopeUnit(frame?.meta ?? null, factors !== null), ...(order && { order }) };
}

function mapsOf(frames: Frame[], name: string): ArrayLike<number>[] {
  return frames.map((frame) => frame.arrays[name]?.data ?? []);
}

/** The columns' standard deviations, where slopes are to be shown per standard deviation. */
export function factorsOf(columns: Columns, meta: Meta | null, options: ViewOptions): number[] | null {
  if (!meta?.per_unit || !columns.scales || options.view !== "standardized") return null;
  return columns.scales.map((scale) => scale ?? 0);
}

function times(values: ArrayLike<number> | undefined, factors: number[] | null) {
  return values && factors ? Float64Array.from(values, (value, i) => value * factors[i]!) : values;
}

/** The unit of a slope, or of a share of the score. */
export function slopeUnit(meta: Meta | null, standardized: boolean): string {
  if (!meta?.per_unit) return unitOf(meta);
  const per = standardized ? "standard deviation" : "unit";
  return `${unitOf(meta) || "output"} per ${per}`;
}

/** Items from top to bottom; strongest first is left to the bars, which keep rows in place while a run refines. */
export function orderOf(items: Item[], order: string): number[] | null {
  const places = items.map((_, i) => i);
  if (order === "given") return places;
  if (order === "name") return places.sort((a, b) => compareNames(items[a]!.text, items[b]!.text));
  if (order === "signed") return places.sort((a, b) => (items[b]!.value ?? 0) - (items[a]!.value ?? 0));
  return null;
}

const compareNames = new Intl.Collator(undefined, { numeric: true }).compare;

export function itemScene(items: Item[], frame: Frame | null, scale: Scale): ItemScene {
  return { items, scale, unit: unitOf(frame?.meta ?? null), final: frame?.meta.final ?? false };
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
    strongest: map ? strongest(map.data, columns) : null,
    probe: (row, column) => probe(photo, frame, rows, columns, row, column),
  };
}

function strongest(values: ArrayLike<number>, columns: number): PictureScene["strongest"] {
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

function rankOf(values: ArrayLike<number>, value: number): number {
  let stronger = 0;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]!) > Math.abs(value)) stronger++;
  return stronger + 1;
}

export function unitOf(meta: Pick<Meta, "output"> | null): string {
  if (!meta || meta.output === "output") return "";
  return meta.output.replace("_", "-");
}
