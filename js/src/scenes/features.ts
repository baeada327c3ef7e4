// An answer over one row of features -> one item per feature. Pure.
// Knows nothing about the page, the model or colours.
import type { ViewOptions } from "../kernel/options";
import type { FeaturesInput, Frame, Meta, NamedColumns } from "../kernel/protocol";
import { type Item, type ItemScene, itemScene, itemsOf, orderOf } from "./items";
import { levelDetails, MISSING } from "./levels";
import { scaleOf } from "./scale";
import { slopeUnit } from "./unit";

export function featureScene(
  input: FeaturesInput,
  frame: Frame | null,
  options: ViewOptions,
  diverging: boolean,
  together: Frame[] = [],
): ItemScene {
  const factors = ownFactors(input, frame?.meta ?? null, options);
  const values = times(frame?.arrays.values?.data, factors);
  const seen = frame?.arrays.examined?.data;
  const details = levelDetails(input, frame, [0], (_, k) => codeOf(input, k));
  const items = itemsOf(input.names, values, times(frame?.arrays.error?.data, factors), seen).map(
    (item, k): Item => (details[k] ? { ...item, detail: details[k] } : item),
  );
  const maps = together.map(
    (one) => times(one.arrays.values?.data, ownFactors(input, one.meta, options)) ?? [],
  );
  const scene = itemScene(items, frame, scaleOf(values ?? [], options, diverging, maps));
  const order = orderOf(items, options.order);
  return { ...scene, unit: slopeUnit(frame?.meta ?? null, factors !== null), ...(order && { order }) };
}

/** The columns' standard deviations, where slopes are to be shown per standard deviation. */
export function factorsOf(columns: NamedColumns, meta: Meta | null, options: ViewOptions): number[] | null {
  if (!meta?.per_unit || !columns.scales || options.view !== "standardized") return null;
  return columns.scales.map((scale) => scale ?? 0);
}

/** The same for one row: what a missing number is worth is no slope. */
function ownFactors(input: FeaturesInput, meta: Meta | null, options: ViewOptions): number[] | null {
  const factors = factorsOf(input, meta, options);
  return factors?.map((factor, k) => (input.values[k] === null ? 1 : factor)) ?? null;
}

/** The code of the level in a column of the row; null of a number. */
function codeOf({ levels, values }: FeaturesInput, column: number): number | null {
  const value = values[column];
  if (value == null) return MISSING;
  return levels?.[String(column)]?.indexOf(String(value)) ?? null;
}

function times(values: ArrayLike<number> | undefined, factors: number[] | null) {
  return values && factors ? Float64Array.from(values, (value, i) => value * factors[i]!) : values;
}

/** From the least to the largest value, with zero in between. */
export function rangeOf(scenes: ItemScene[]): [number, number] {
  const values = scenes.flatMap(({ items }) => items.map(({ value }) => value ?? 0));
  return values.reduce<[number, number]>(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [0, 0]);
}
