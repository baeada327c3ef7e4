// What is told of one of several samples, in words.
// Knows nothing about where the words are shown.
import type { FilmSample } from "../kernel/protocol";
import { count, percent } from "../numbers";

/** What the model says of a sample. */
function saidText({ label, probability }: FilmSample): string {
  return probability === null ? label : `${label} ${percent(probability)}`;
}

/** What is true of it, and whether the model is right. */
export function truthText({ truth, wrong }: FilmSample): string {
  if (!truth) return "";
  if (wrong === null) return `true ${truth}`;
  return wrong ? `✗ is ${truth}` : `✓ ${truth}`;
}

/** What became of the answer of a sample that was made by hand: of the class that its source was given. */
export function shiftText({ source, after, label }: FilmSample, samples: FilmSample[]): string {
  const was = source === null ? undefined : samples[source];
  if (!was?.label) return "";
  if (after === null || was.probability === null) return `${was.label} → ${label}`;
  return `${was.label} ${percent(was.probability)} → ${percent(after)}`;
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
  if (sample.edit) parts.push(sample.edit, shiftText(sample, samples));
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
  if (sample?.edit) return [name, sample.edit, shiftText(sample, samples)].filter(Boolean).join(" · ");
  const known = samples.filter(({ wrong }) => wrong !== null);
  const wrong = known.filter((one) => one.wrong).length;
  const given = total - samples.filter(({ source }) => source !== null).length;
  const place = given > 1 ? `${name} of ${count(given)}` : name;
  return known.length ? `${place} · ${count(wrong)} of ${count(known.length)} wrong` : place;
}
