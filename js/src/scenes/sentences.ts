// A long text as its sentences: which words each holds, and what they add up to. Together they hold every word. Pure.
// Knows nothing about the page or colours.
import type { TextInput } from "../kernel/protocol";
import { piecesOf } from "./text-pieces";

/** Texts of fewer words are seen at a glance as they are. */
const LONG = 80;
const END = /[.!?…。！？]+["'”’)\]]*(?=\s|$)|[。！？]+|\n\s*\n/gu;

export interface Sentence {
  text: string;
  /** Numbers of its words. */
  words: number[];
}

/** Of a text that is long; else none. Markers of the model come last, as one. */
export function sentencesOf(input: TextInput): Sentence[] {
  if (input.units.length <= LONG) return [];
  const pieces = piecesOf(input, true);
  const whole = pieces.map(({ text, chip }) => (chip ? "" : text)).join("");
  const ends = [...whole.matchAll(END)].map(({ index, 0: mark }) => index + mark.length);
  if (ends.at(-1) !== whole.length) ends.push(whole.length);
  const found = ends.map(
    (end, i): Sentence => ({ text: whole.slice(ends[i - 1] ?? 0, end).trim(), words: [] }),
  );
  const [home, markers] = [new Map<number, number>(), new Set<number>()];
  let [at, sentence] = [0, 0];
  for (const { text, item, chip } of pieces) {
    while (!chip && at >= ends[sentence]! && sentence < ends.length - 1) sentence++;
    if (chip) markers.add(item);
    else if (item >= 0 && !home.has(item)) home.set(item, sentence);
    at += chip ? 0 : text.length;
  }
  for (const [word, place] of home) found[place]!.words.push(word);
  const rest = [...markers].filter((word) => !home.has(word));
  if (rest.length) found.push({ text: rest.map((word) => input.units[word]!.text).join(" "), words: rest });
  return found.filter(({ words }) => words.length > 0);
}

/** What the words of every sentence add up to. */
export function sumsOf(sentences: Sentence[], values: ArrayLike<number>): number[] {
  return sentences.map(({ words }) => words.reduce((sum, word) => sum + values[word]!, 0));
}
