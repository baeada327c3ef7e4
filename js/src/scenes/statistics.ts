// Statistics of a few numbers: ranks, a summary, lines between points, round numbers on an axis. Pure.
// Knows nothing about what the numbers mean.
import { quantileSorted } from "d3-array";

/** Rank 1 is the largest |value|; equal values keep their order, and what is no number comes last. */
export function ranks(values: ArrayLike<number>): number[] {
  const order = Array.from(values, (_, i) => i);
  const size = (i: number) => (Number.isNaN(values[i]) ? -1 : Math.abs(values[i] ?? 0));
  order.sort((a, b) => size(b) - size(a));
  const rank = new Array<number>(order.length);
  order.forEach((i, place) => {
    rank[i] = place + 1;
  });
  return rank;
}

/** The number with a share of some ascending ones below it, linear between order statistics; undefined of none. */
export function quantile(ascending: ArrayLike<number>, share: number): number | undefined {
  return quantileSorted(ascending as number[], share); // its types do not know typed arrays
}

/** Rows outside of these shares are not covered by the line of a summary. */
const ENDS = [0.05, 0.95] as const;

export interface Summary {
  mean: number;
  std: number;
  low: number;
  high: number;
  positive: number;
}

/** What some values have in common; quantiles are linear between order statistics. */
export function summary(values: Float64Array): Summary {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n);
  const sorted = values.slice().sort();
  const [low, high] = ENDS.map((share) => quantile(sorted, share)!) as [number, number];
  return { mean, std, low, high, positive: values.filter((value) => value > 0).length / n };
}

export function nearestTo(values: ArrayLike<number>, wanted: number): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    if (Math.abs(values[i]! - wanted) < Math.abs(values[best]! - wanted)) best = i;
  }
  return best;
}

/** Linear between points, constant beyond the first and the last. */
export function between(xs: ArrayLike<number>, ys: ArrayLike<number>, x: number): number {
  let right = 0;
  while (right < xs.length && xs[right]! < x) right++;
  if (right === 0) return ys[0] ?? Number.NaN;
  if (right === xs.length) return ys[right - 1]!;
  const share = (x - xs[right - 1]!) / (xs[right]! - xs[right - 1]!);
  return ys[right - 1]! + share * (ys[right]! - ys[right - 1]!);
}

/** Round numbers within [low, high], about `wanted` of them. */
export function roundTicks(low: number, high: number, wanted: number): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(span / wanted));
  const step = power * ([1, 2, 5].find((factor) => span / (factor * power) <= wanted) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

/** From 1 for the largest |value|. */
export function rankOf(values: ArrayLike<number>, value: number): number {
  let stronger = 0;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]!) > Math.abs(value)) stronger++;
  return stronger + 1;
}
