// The axis that bars grow along: what its ends are, where a value lies on it, and its round numbers. Pure.
// Knows nothing about the page or what the values mean.
import { given } from "../numbers";
import type { Item } from "./items";
import { roundTicks } from "./statistics";

const [FEW, MANY] = [3, 5]; // round numbers
const LONG = 5; // letters of one

export interface Tick {
  value: number;
  text: string;
  /** Zero and the outermost: they stay where there is room for a few only. */
  major: boolean;
}

export interface BarAxis {
  low: number;
  span: number;
  ticks: Tick[];
  /** Where a value lies, as CSS. */
  at(value: number): string;
}

/** From the least to the largest of all values and spreads, or over `range`; zero is always on it. */
export function barAxis(items: Item[], range?: [number, number]): BarAxis {
  const ends = range ?? items.flatMap(({ value, low, high }) => [value ?? 0, low ?? 0, high ?? 0]);
  const low = ends.reduce((least, value) => Math.min(least, value), 0);
  const high = ends.reduce((most, value) => Math.max(most, value), 0);
  const span = high - low || 1;
  const at = (value: number) => `${((100 * (value - low)) / span).toFixed(3)}%`;
  return { low, span, ticks: high > low ? ticksOf(low, high) : [], at };
}

function ticksOf(low: number, high: number): Tick[] {
  const round = (wanted: number) =>
    roundTicks(low, high, wanted).map((value) => ({ value, text: given(value) }));
  const many = round(MANY);
  const found = many.some(({ text }) => text.length > LONG) ? round(FEW) : many;
  const last = found.length - 1;
  return found.map((tick, i) => ({ ...tick, major: tick.value === 0 || i === 0 || i === last }));
}
