// What is known of the group selected, in words: its score, its parts alone, its interaction, the rest of the input.
// Knows nothing about where the words are shown.
import type { State } from "../kernel/feed";
import type { Frame, Groups, Traits } from "../kernel/protocol";
import { fixed, plural, signed, unit } from "../numbers";
import type { GroupScene } from "../scenes/groups";
import { unitOf } from "../scenes/unit";
import type { Fact } from "./run";

export interface GroupWords {
  /** Words in quotes, or how many areas. */
  named(units: readonly number[]): string;
  /** One part of a group by itself; "" where parts have no names. */
  part(units: readonly number[]): string;
  /** What is explained: the sentence, the picture. */
  whole: string;
}

const MOST = 6; // parts named one by one

export function groupFacts(scene: GroupScene, words: GroupWords, live: boolean): Fact[] {
  const { meta, selected } = scene;
  const score = scene.scoreOf(selected);
  const name = words.named(selected);
  if (score === null)
    return [{ text: live ? `${name} …` : `${name}: run the cell to score this group.`, title: "" }];
  const facts = [
    {
      text: `${name} ${unit(signed(score), unitOf(meta))} for ${meta.target.label}`,
      title: `${meta.scorer_label}: what this group contributes to the score`,
    },
  ];
  const interaction = scene.interactionOf(selected);
  const scores = scene.partsOf(selected).map(scene.scoreOf);
  const largest = Math.max(...[score, interaction, ...scores].map((value) => Math.abs(value ?? 0)));
  const written = (value: number | null) => (value === null ? "…" : fixed(value, largest));
  if (selected.length > 1) facts.push(aloneFact(scene, words, written));
  if (interaction !== null)
    facts.push({
      text: `interaction ${written(interaction)}`,
      title: "The group's score beyond the sum of its parts: what they say only together",
    });
  const everything = selected.length === scene.count;
  if (meta.exact && meta.score !== null && !everything)
    facts.push(restFact(scene, words, meta.score - score));
  return facts.filter(({ text }) => text !== "");
}

/** Strong parts by name, the others in one number. */
function aloneFact(scene: GroupScene, words: GroupWords, written: (value: number | null) => string): Fact {
  const parts = scene.partsOf(scene.selected).map((units) => ({ units, score: scene.scoreOf(units) }));
  const size = ({ score }: { score: number | null }) => Math.abs(score ?? 0);
  const strong = new Set(
    parts.length > MOST ? parts.toSorted((a, b) => size(b) - size(a)).slice(0, MOST - 1) : parts,
  );
  const named = parts.filter((part) => strong.has(part) && words.part(part.units) !== "");
  const rest = parts.filter((part) => !named.includes(part));
  const said = named.map(({ units, score }) => `${words.part(units)} ${written(score)}`);
  const sum = rest.some(({ score }) => score === null)
    ? null
    : rest.reduce((total, { score }) => total + score!, 0);
  const others = named.length ? `the other ${rest.length} add up to` : `${rest.length} parts add up to`;
  if (rest.length) said.push(`${others} ${written(sum)}`);
  return { text: `alone: ${said.join(", ")}`, title: "The score of each part by itself" };
}

function restFact(scene: GroupScene, words: GroupWords, rest: number): Fact {
  const total = unit(signed(scene.meta.score), unitOf(scene.meta));
  return {
    text: `the rest of the ${words.whole} ${signed(rest)}`,
    title: `Together with the group's score this is F(x) = ${total}`,
  };
}

/** How far the hierarchy has grown; "" where there is nothing to say. */
export function growthText({ meta, levels }: GroupScene, state: State): string {
  const scored = `${plural(meta.evaluated, "group")} scored.`;
  if (meta.growing) return `Building the hierarchy: ${scored}`;
  const begun = levels.length > 0 || state === "stopped";
  return begun && !meta.grown && meta.evaluated > 0 ? `The hierarchy is not complete: ${scored}` : "";
}

/** Why there are no scores to show. */
export function whyNoGroups(frame: Frame | null, groups: Groups | null, state: State): string {
  if (groups?.meta.missing && groups.seq === frame?.seq) return groups.meta.missing;
  if (state === "static")
    return "The scores of groups were not saved with this picture. Run the cell, open this panel, and save again to keep them.";
  const runs = state === "queued" || state === "running";
  return runs ? "The scores appear when the run ends." : "Scoring.";
}

/** What groups are made of, where no choice on offer says so. */
export function unitsLabel(units: Traits["units"]): string {
  if (Array.isArray(units)) return "Areas of your own";
  return units === 1 ? "Single pixels" : `Tiles of ${units} pixels`;
}
