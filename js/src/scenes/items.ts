// Named values to be listed: words, tokens, features, each with its rank and its share of all. Pure.
// Knows nothing about the page, the model or colours.
import type { Frame } from "../kernel/protocol";
import type { Scale } from "./scale";
import { ranks } from "./statistics";
import { unitOf } from "./unit";

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
  /** It is this one whose label is explained. */
  explained?: boolean;
  /** Stands in place of a value that there is not: what was not examined. */
  unknown?: string;
}

export const NOT_EXAMINED = "not examined";

export interface ItemScene {
  items: Item[];
  /** Places of the items from top to bottom; by rank without it. */
  order?: number[];
  scale: Scale;
  unit: string;
  final: boolean;
}

/** Items as bars. */
export interface BarScene extends ItemScene {
  /** Stand beside the names: the values of features. */
  notes?: string[];
  /** What the track spans, by default the values. */
  range?: [number, number];
  /** Items whose ranks order the bars, by default its own. */
  ranked?: Item[];
  /** What the bars show, where that is no attribution: heads their column. */
  named?: string;
  /** The one that was chosen. */
  chosen?: number | null;
}

/** `seen` is 0 where nothing was examined: no value, no share, ranked last. */
export function itemsOf(
  names: string[],
  values: ArrayLike<number> | undefined,
  errors: ArrayLike<number> | undefined,
  seen?: ArrayLike<number>,
): Item[] {
  const known = (i: number) => seen?.[i] !== 0;
  const order = values && seen ? Float64Array.from(values, (v, i) => (known(i) ? v : Number.NaN)) : values;
  const rank = order ? ranks(order) : [];
  const total = values ? Array.from(values).reduce((sum, v, i) => sum + (known(i) ? Math.abs(v) : 0), 0) : 0;
  return names.map((text, i): Item => {
    const place = rank[i] ?? 0;
    if (values && !known(i))
      return { text, value: null, error: null, rank: place, share: 0, unknown: NOT_EXAMINED };
    const value = values?.[i] ?? null;
    const share = value !== null && total > 0 ? Math.abs(value) / total : 0;
    return { text, value, error: errors?.[i] ?? null, rank: place, share };
  });
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
