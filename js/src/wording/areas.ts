// What is known about areas of a picture, in words.
// Knows nothing about where the words are shown.
import { count, plural, signed, unit } from "../numbers";
import { boundsOf, type UnitMap } from "../scenes/areas";
import type { GroupScene, ScoredGroup } from "../scenes/groups";
import { unitOf } from "../scenes/unit";

export function areas(units: readonly number[]): string {
  return plural(units.length, "area");
}

/** Where a group lies and what it scores. */
export function groupText(scene: GroupScene, map: UnitMap | null, units: readonly number[]): string {
  return [areas(units), map ? placeText(map, units) : "", scoreText(scene, scene.scoreOf(units))]
    .filter(Boolean)
    .join(" · ");
}

/** Ends included; counted from 0, as in the heatmap. */
function placeText(map: UnitMap, units: readonly number[]): string {
  const { top, bottom, left, right } = boundsOf(map, units);
  return `${range("row", top, bottom)}, ${range("column", left, right)}`;
}

function range(noun: string, first: number, last: number): string {
  return first === last ? `${noun} ${count(first)}` : `${noun}s ${count(first)}–${count(last)}`;
}

function scoreText({ meta }: GroupScene, score: number | null): string {
  return score === null ? "…" : unit(signed(score), unitOf(meta));
}

/** Beside the slider. */
export function levelText(level: number, top: number, groups: number, whole: string): string {
  const what = plural(groups, level === 0 ? "area" : "group");
  return `${count(level)} of ${count(Math.max(top, 0))} · ${groups === 1 ? `whole ${whole}` : what}`;
}

export function captionOf(level: number, groups: readonly ScoredGroup[]): string {
  const known = groups.filter(({ score }) => Number.isFinite(score)).length;
  const some = known < groups.length ? `, ${count(known)} of ${count(groups.length)} known` : "";
  return `Score of each ${level ? "group" : "area"}${some}`;
}

/** What stands in place of a probe until there is one. */
export function hintText(
  scene: GroupScene,
  map: UnitMap | null,
  best: ScoredGroup | null,
  growable: boolean,
): string {
  if (best) return `Strongest: ${groupText(scene, map, best.units)}`;
  if (scene.values.some((score) => score === 0)) return "Every score is zero.";
  return `No area is scored yet${growable ? ": select some, or build the hierarchy" : ""}.`;
}

/** The accessible name of the picture. */
export function summaryText(scene: GroupScene, hint: string, whole: string): string {
  const { scorer_label, target } = scene.meta;
  return `Regions of the ${whole}, ${scorer_label} for ${target.label}. ${hint}`;
}
