// Pairs of words and their interactions, and which of them are worth showing. Pure.
// Knows nothing about the page or colours.
import type { GroupScene } from "./groups";

export interface Pair {
  units: [number, number];
  interaction: number;
}

const MOST = 12;
const FAINT = 0.02; // of the strongest: not worth an arc
const known = new WeakMap<object, Pair[]>();

/** All pairs whose interaction is known, strongest first. */
export function pairsOf(scene: GroupScene): Pair[] {
  const before = known.get(scene.values);
  if (before) return before;
  const pairs: Pair[] = [];
  for (let j = 1; j < scene.count; j++) {
    for (let i = 0; i < j; i++) {
      const interaction = scene.interactionOf([i, j]);
      if (interaction !== null) pairs.push({ units: [i, j], interaction });
    }
  }
  pairs.sort((a, b) => Math.abs(b.interaction) - Math.abs(a.interaction));
  known.set(scene.values, pairs);
  return pairs;
}

/** Pairs worth showing: with one word in `of`, those of it; with several, those among them; else of all. */
export function strongest(pairs: readonly Pair[], of: readonly number[]): Pair[] {
  const least = FAINT * Math.abs(pairs[0]?.interaction ?? 0);
  const inside = ({ units }: Pair) => units.filter((unit) => of.includes(unit)).length;
  const wanted = of.length === 0 ? 0 : of.length === 1 ? 1 : 2;
  const near = pairs.filter((pair) => inside(pair) >= wanted);
  return near.slice(0, MOST).filter(({ interaction }) => Math.abs(interaction) > least);
}
