// One level of the hierarchy over a picture: groups of areas that share out all of them. Pure.
// Knows nothing about the page, pixels or colours.
import type { GroupScene, ScoredGroup } from "./groups";

export interface Partition {
  groups: ScoredGroup[];
  groupOf: Int32Array;
  scores: Float32Array;
}

/** Level 0, or no hierarchy: single units. */
export function partitionOf(scene: GroupScene, level: number): Partition {
  const single = (unit: number) => ({ units: [unit], score: scene.scoreOf([unit]) ?? Number.NaN });
  const groups = scene.levels[level] ?? Array.from({ length: scene.count }, (_, unit) => single(unit));
  const groupOf = new Int32Array(scene.count);
  const scores = new Float32Array(scene.count);
  groups.forEach(({ units, score }, place) => {
    for (const unit of units) [groupOf[unit], scores[unit]] = [place, score];
  });
  return { groups, groupOf, scores };
}

/** The groups with some units drawn as one more. */
export function joined(
  { groups, groupOf, scores }: Partition,
  units: readonly number[],
  score: number,
): Partition {
  const made = { groups, groupOf: Int32Array.from(groupOf), scores: Float32Array.from(scores) };
  for (const unit of units) [made.groupOf[unit], made.scores[unit]] = [-1, score];
  return made;
}

export function strongestGroup(partition: Partition | null): ScoredGroup | null {
  const size = ({ score }: ScoredGroup) => Math.abs(score);
  return (partition?.groups ?? []).reduce<ScoredGroup | null>(
    (best, group) => (size(group) > (best ? size(best) : 0) ? group : best),
    null,
  );
}
