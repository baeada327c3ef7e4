// What is told of one of several samples, in words.
// Knows nothing about where the words are shown.
import type { FilmSample } from "../kernel/protocol";
import { count, percent } from "../numbers";

type Said = Pick<FilmSample, "label" | "probability">;

/** What the model says of a sample: a class or a number, and how probable it is. */
export function saidParts({ label, probability }: Said): [string, string] {
  return [label, probability === null ? "" : ` ${percent(probability)}`];
}

const saidText = (sample: Said): string => saidParts(sample).join("");

/** What is true of it, and whether the model is right. */
export function truthText({ truth, wrong }: FilmSample): string {
  if (!truth) return "";
  if (wrong === null) return `true ${truth}`;
  return wrong ? `✗ is ${truth}` : `✓ ${truth}`;
}

/** What became of the answer of a sample that was made by hand: of the class that its source was given. */
export function shiftText({ was, before, after, label }: FilmSample): string {
  if (!was || !label) return "";
  return before === null || after === null
    ? `${was} → ${label}`
    : `${saidText({ label: was, probability: before })} → ${percent(after)}`;
}

/** What a sample is called. */
export function nameText(number: number, samples: FilmSample[]): string {
  const source = samples[number]?.source ?? null;
  const only = samples.filter((one) => one.source === null).length === 1;
  const made = samples.slice(0, number + 1).filter((one) => one.source !== null).length;
  if (source !== null) return only ? `Edited ${made}` : `Sample ${count(source + 1)}, edited`;
  return only && samples.length > 1 ? "Original" : `Sample ${count(number + 1)}`;
}

/** Everything, for the tip and the screen reader. */
export function sampleText(number: number, samples: FilmSample[], gap: number | null | undefined): string {
  const sample = samples[number]!;
  const parts = [nameText(number, samples)];
  if (sample.edit) parts.push(sample.edit, shiftText(sample));
  if (sample.caption) parts.push(`“${sample.caption}”`);
  if (sample.label) parts.push(saidText(sample));
  if (sample.truth) parts.push(`true: ${sample.truth}`);
  if (sample.wrong !== null) parts.push(sample.wrong ? "wrong" : "right");
  if (gap != null) parts.push(`gap ${percent(gap)}`);
  return parts.filter(Boolean).join(", ");
}

/** Which of them is on show, what was changed in it, and how many are wrong. */
export function placeText(number: number, total: number, samples: FilmSample[]): string {
  const sample = samples[number];
  const name = nameText(number, samples);
  if (sample?.edit) return [name, sample.edit, shiftText(sample)].filter(Boolean).join(" · ");
  const known = samples.filter(({ wrong }) => wrong !== null);
  const wrong = known.filter((one) => one.wrong).length;
  const given = total - samples.filter(({ source }) => source !== null).length;
  const place = given > 1 ? `${name} of ${count(given)}` : name;
  return known.length ? `${place} · ${count(wrong)} of ${count(known.length)} wrong` : place;
}
