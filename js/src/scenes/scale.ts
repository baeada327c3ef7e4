// Values of a map -> its colour scale, its own or one shared with the maps beside it. Pure.
// Knows nothing about frames, the page or colours.
import type { ViewOptions } from "../kernel/options";
import { quantile } from "./statistics";

export type ScaleOptions = Pick<ViewOptions, "clip" | "sign" | "scale">;

/** A scale of its own that fits every value. */
export const UNCLIPPED: ScaleOptions = { clip: 100, sign: "all", scale: "own" };

/** The colour scale: symmetric around zero, full colour at ±limit. */
export interface Scale {
  limit: number;
  /** Ends of the legend. */
  low: number;
  high: number;
  /** Some values lie beyond full colour. */
  clipped: boolean;
  /** Its own, because its values are so unlike in size to those of the map it would share one with. */
  apart: boolean;
  /** Value -> −1..1, after the sign filter. */
  position(value: number): number;
}

/** Maps whose full colours differ by more than this factor share no scale: one of them would be blank. */
const UNLIKE = 3;

const sorted = new WeakMap<object, Float64Array>();

/** Finite |values| other than 0 in order: zeros are most of a map with one small blob; sorted once per map, so that recolouring is cheap. */
function magnitudes(values: ArrayLike<number>): Float64Array {
  let sizes = sorted.get(values);
  if (!sizes) {
    sizes = Float64Array.from(values, Math.abs)
      .filter((size) => size > 0 && size < Infinity)
      .sort();
    sorted.set(values, sizes);
  }
  return sizes;
}

/** |value| that gets full colour: the percentile (linear between order statistics) of those that are not 0. */
export function colorLimit(values: ArrayLike<number>, clip: number): number {
  return quantile(magnitudes(values), clip / 100) ?? 0;
}

/** Whether two maps can share a colour scale and both be read; a map of zeros is blank on any. */
export function alike(limit: number, main: number): boolean {
  return limit === 0 || (limit <= UNLIKE * main && main <= UNLIKE * limit);
}

/** |value| of full colour of maps on show together, the main one first: the largest of those that are like it in size. */
function sharedLimit([main = 0, ...others]: number[]): number {
  return Math.max(main, ...others.filter((limit) => alike(limit, main)));
}

/** `together` are the maps on show that may share a scale, the main one first, by default this one alone. */
export function scaleOf(
  values: ArrayLike<number>,
  { clip, sign, scale }: ScaleOptions,
  diverging: boolean,
  together: ArrayLike<number>[] = [],
): Scale {
  const own = colorLimit(values, clip);
  const limits = scale === "shared" ? together.map((map) => colorLimit(map, clip)) : [];
  const apart = !alike(own, limits[0] ?? own);
  const limit = typeof scale === "number" ? scale : apart || !limits.length ? own : sharedLimit(limits);
  const shown = signFilter(sign);
  const magnitude = !diverging || sign === "absolute";
  const position = (value: number) => {
    if (!(limit > 0) || !Number.isFinite(value)) return 0;
    const scaled = Math.max(-1, Math.min(1, shown(value) / limit));
    return magnitude ? Math.abs(scaled) : scaled;
  };
  const low = magnitude || sign === "positive" ? 0 : -limit;
  const high = !magnitude && sign === "negative" ? 0 : limit;
  const clipped = (magnitudes(values).at(-1) ?? 0) > limit;
  return { limit, low, high, clipped, apart, position };
}

function signFilter(sign: string): (value: number) => number {
  if (sign === "positive") return (value) => Math.max(0, value);
  if (sign === "negative") return (value) => Math.min(0, value);
  return (value) => value;
}
