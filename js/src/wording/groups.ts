// What is known of the group selected, in words: its score, its parts alone, its interaction, the rest of the input.
// Knows nothing about where the words are shown.
import { fixed, signed, unit } from "../numbers";
import type { GroupScene } from "../scenes/groups";
import { unitOf } from "../scenes/items";

export interface GroupWords {
  /** Words in quotes, or how many areas. */
  named(units: readonly number[]): string;
  /** One part of a group by itself; "" where parts have no names. */
  part(units: readonly number[]): string;
  /** What is explained: the sentence, the picture. */
  whole: string;
}

export interface GroupFact {
  text: string;
  title: string;
}

const MOST = 6; // parts named one by one

export function groupFacts(scene: GroupScene, words: GroupWords, live: boolean): GroupFact[] {
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
function aloneFact(
  scene: GroupScene,
  words: GroupWords,
  written: (value: number | null) => string,
): GroupFact {
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

function restFact(scene: GroupScene, words: GroupWords, rest: number): GroupFact {
  const total = unit(signed(scene.meta.score), unitOf(scene.meta));
  return {
    text: `the rest of the ${words.whole} ${signed(rest)}`,
    title: `Together with the group's score this is F(x) = ${total}`,
  };
}
