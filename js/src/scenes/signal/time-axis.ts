// Where the samples of a signal stand: counted, in seconds, on dates or at numbers; and round marks on that axis. Pure.
// Knows nothing about values or the page.
import { decodeArray } from "../../kernel/decode";
import type { SignalInput } from "../../kernel/protocol";
import { place } from "../../numbers";
import { roundTicks } from "../statistics";

export interface TimeAxis {
  unit: string;
  at(sample: number): number;
  /** The place of a sample in words, without its unit. */
  text(sample: number): string;
}

export interface Tick {
  /** In samples, not whole. */
  sample: number;
  label: string;
}

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];
const CLOCK = [1, 5, 15, 30]
  .flatMap((n) => [n * SECOND, n * MINUTE])
  .concat([1, 3, 6, 12].map((n) => n * HOUR));
const CALENDAR = [1, 2, 7, 14].map((n) => n * DAY);
const STEPS = [...CLOCK, ...CALENDAR].sort((a, b) => a - b);
const MONTHS = [1, 3, 6, 12, 24, 60, 120];

export function timeAxis({ unit, start, step, arrays }: SignalInput): TimeAxis {
  const stored = arrays.places && decodeArray(arrays.places);
  const places = stored && new Float64Array(Uint8Array.from(stored.data).buffer);
  const at = (sample: number) => places?.[sample] ?? start + sample * step;
  const apart = places ? step / 10 : step;
  const text = (sample: number) => (unit === "date" ? clock(at(sample), step) : place(at(sample), apart));
  return { unit, at, text };
}

/** As much of date and time as neighbours differ in; what is told is the clock on the wall. */
function clock(place: number, step: number): string {
  const [date = "", time = ""] = new Date(Math.round(place)).toISOString().split("T");
  if (step >= DAY) return date;
  return `${date} ${time.slice(0, step >= MINUTE ? 5 : step >= SECOND ? 8 : 12)}`;
}

/** About `wanted` round places between two samples. */
export function ticksOf(axis: TimeAxis, first: number, last: number, wanted: number): Tick[] {
  const [low, high] = [axis.at(Math.floor(first)), axis.at(Math.ceil(last))];
  const found = axis.unit === "date" ? dateTicks(low, high, wanted) : numberTicks(low, high, wanted);
  return found.map(([place, label]) => ({ sample: sampleAt(axis, place, first, last), label }));
}

function numberTicks(low: number, high: number, wanted: number): [number, string][] {
  const ticks = roundTicks(low, high, wanted);
  const apart = ticks.length > 1 ? ticks[1]! - ticks[0]! : 0;
  return ticks.map((at) => [at, place(at, apart)]);
}

function dateTicks(low: number, high: number, wanted: number): [number, string][] {
  const span = (high - low) / wanted;
  const step = STEPS.find((one) => one >= span);
  if (span < SECOND / 2)
    return roundTicks(low, high, wanted).map((place) => [place, clock(place, 1).slice(17)]);
  if (!step) return monthTicks(low, high, MONTHS.find((n) => n * 30.4 * DAY >= span) ?? 240);
  const begin = Math.ceil(low / step) * step;
  const places = Array.from(
    { length: Math.max(0, Math.floor((high - begin) / step) + 1) },
    (_, i) => begin + i * step,
  );
  return places.map((place) => [place, step >= DAY ? clock(place, step) : clockLabel(place, step)]);
}

function clockLabel(place: number, step: number): string {
  const text = clock(place, step);
  return step >= HOUR ? text.slice(5) : text.slice(11);
}

function monthTicks(low: number, high: number, months: number): [number, string][] {
  const from = new Date(low);
  const ticks: [number, string][] = [];
  const first = Math.floor((from.getUTCFullYear() * 12 + from.getUTCMonth()) / months) * months;
  for (let month = first; ; month += months) {
    const place = Date.UTC(Math.floor(month / 12), month % 12, 1);
    if (place > high) return ticks;
    if (place >= low) ticks.push([place, new Date(place).toISOString().slice(0, months >= 12 ? 4 : 7)]);
  }
}

/** The sample that stands at a place, between two samples; places increase. */
function sampleAt(axis: TimeAxis, place: number, first: number, last: number): number {
  let [low, high] = [Math.floor(first), Math.ceil(last)];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (axis.at(middle) <= place) low = middle;
    else high = middle;
  }
  const [before, after] = [axis.at(low), axis.at(high)];
  return after > before ? low + (place - before) / (after - before) : low;
}
