// What Python said about groups of words or areas -> lookups: scores, parts, interactions, levels. Pure.
// Knows nothing about the page, the model, traits or colours.
import type { Tensor } from "../kernel/decode";
import type { GroupScore, Groups, GroupsMeta } from "../kernel/protocol";
import { type Scale, scaleOf, UNCLIPPED } from "./scale";

/** Some units and their score; NaN while it is not known. */
export interface ScoredGroup {
  units: number[];
  score: number;
}

export interface GroupScene {
  meta: GroupsMeta;
  /** Single units: words of a sentence, areas of a picture. */
  count: number;
  /** The score of units in any order; null while it is not known. */
  scoreOf(units: readonly number[]): number | null;
  /** Words: connected runs where there are several, else single words. Areas: single ones. */
  partsOf(units: readonly number[]): number[][];
  /** Its score beyond the sum of its parts' scores; null for one unit, and while a score is not known. */
  interactionOf(units: readonly number[]): number | null;
  /** From single units up to the whole input; [] until the hierarchy was begun. */
  levels: ScoredGroup[][];
  /** Whether pairs of units are scored, as of short texts. */
  paired: boolean;
  /** Of a picture: the unit of every pixel (H, W). */
  labels?: Tensor;
  /** Of a signal: the first sample of every window. */
  starts?: Tensor;
  selected: readonly number[];
  /** The hierarchy can be built at a click. */
  growable: boolean;
  /** Every score known at first: single units, spans and levels. One colour scale fits them all. */
  values: Float64Array;
}

const ROUNDING = 2e-6;

type Index = Omit<GroupScene, "selected" | "growable">;

const indices = new WeakMap<Groups, Index>();

/** Null where there are no scores; `meta.missing` says why. */
export function groupScene(groups: Groups, selected: readonly number[], growable = false): GroupScene | null {
  if (groups.meta.missing || !groups.arrays.scores) return null;
  const index = indices.get(groups) ?? indexOf(groups.meta as GroupsMeta, groups.arrays);
  indices.set(groups, index);
  return { ...index, selected: ascending(selected).filter((unit) => unit < index.count), growable };
}

/** Full colour at the largest score known, so that colours stay while one brushes. */
export function groupScale({ values }: GroupScene, diverging: boolean): Scale {
  return scaleOf(values, UNCLIPPED, diverging);
}

export function ascending(units: readonly number[]): number[] {
  return [...new Set(units)].sort((a, b) => a - b);
}

/** What a score has beyond the sum of its parts'; null while one is not known. Rounding errors of float32 are no interaction. */
export function beyond(whole: number, parts: readonly (number | null)[]): number | null {
  let [rest, size] = [whole, Math.abs(whole)];
  for (const part of parts) {
    if (part === null) return null;
    rest -= part;
    size += Math.abs(part);
  }
  return Math.abs(rest) < ROUNDING * size ? 0 : rest;
}

/** Runs of numbers that follow each other. */
export function runsOf(units: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const unit of ascending(units)) {
    const last = runs.at(-1);
    if (last?.at(-1) === unit - 1) last.push(unit);
    else runs.push([unit]);
  }
  return runs;
}

function indexOf(meta: GroupsMeta, arrays: Groups["arrays"]): Index {
  const { labels, starts } = arrays;
  const count = arrays.scores?.data.length ?? 0;
  const scores = scoresIn(meta, arrays);
  const scoreOf = (units: readonly number[]) => {
    const asked = ascending(units);
    return scores.get(asked.join()) ?? squareScore(asked, arrays);
  };
  const partsOf = (units: readonly number[]) => {
    const runs = labels ? [] : runsOf(units);
    return runs.length > 1 ? runs : ascending(units).map((unit) => [unit]);
  };
  const interactionOf = (units: readonly number[]) => {
    const [whole, parts] = [scoreOf(units), partsOf(units).map(scoreOf)];
    return whole === null || parts.length < 2 ? null : beyond(whole, parts);
  };
  const scored = ({ units, score }: GroupScore): ScoredGroup => ({ units, score: score ?? Number.NaN });
  const levels = meta.levels.map((level) => level.map(scored));
  const values = Float64Array.from([
    ...(arrays.scores?.data ?? []),
    ...(arrays.spans?.data ?? []),
    ...levels.flat().map(({ score }) => score),
  ]);
  const paired = arrays.pairs !== undefined;
  const where = { ...(labels && { labels }), ...(starts && { starts }) };
  return { meta, count, scoreOf, partsOf, interactionOf, levels, values, paired, ...where };
}

function scoresIn(meta: GroupsMeta, arrays: Groups["arrays"]): Map<string, number> {
  const scores = new Map<string, number>();
  const keep = (units: readonly number[], score: number | null | undefined) => {
    if (score != null && Number.isFinite(score)) scores.set(units.join(), score);
  };
  for (const { units, score } of [...(meta.levels ?? []).flat(), ...(meta.known ?? [])]) keep(units, score);
  arrays.scores?.data.forEach((score, unit) => {
    keep([unit], score);
  });
  return scores;
}

/** spans[first, last] is the score of a run, pairs[first, last] that of two units. */
function squareScore(units: readonly number[], { spans, pairs }: Groups["arrays"]): number | null {
  const [first = 0, last = 0] = [units[0], units.at(-1)];
  const run = units.length > 0 && last - first === units.length - 1;
  const at = (square: Tensor | undefined) => square?.data[first * (square.shape[1] ?? 0) + last];
  const found = [run ? at(spans) : undefined, units.length === 2 ? at(pairs) : undefined];
  return found.find(Number.isFinite) ?? null;
}
