// What is told of one of several samples, in words.
// Knows nothing about where the words are shown.
import type { FilmSample } from "../kernel/protocol";
import { count, percent } from "../numbers";

/** What the model says of a sample. */
export function saidText({ label, probability }: FilmSample): string {
  return probability === null ? label : `${label} ${percent(probability)}`;
}

/** What is true of it, and whether the model is right. */
export function truthText({ truth, wrong }: FilmSample): string {
  if (!truth) return "";
  if (wrong === null) return `true ${truth}`;
  return wrong ? `✗ is ${truth}` : `✓ ${truth}`;
}

/** Everything, for the tip and the screen reader. */
export function sampleText(sample: FilmSample, number: number, gap: number | null | undefined): string {
  const parts = [`Sample ${number + 1}`];
  if (sample.caption) parts.push(`“${sample.caption}”`);
  if (sample.label) parts.push(saidText(sample));
  if (sample.truth) parts.push(`true: ${sample.truth}`);
  if (sample.wrong !== null) parts.push(sample.wrong ? "wrong" : "right");
  if (gap != null) parts.push(`gap ${percent(gap)}`);
  return parts.join(", ");
}

/** Which of them is on show, and how many are wrong. */
export function placeText(sample: number, total: number, samples: FilmSample[]): string {
  const known = samples.filter(({ wrong }) => wrong !== null);
  const wrong = known.filter((one) => one.wrong).length;
  const place = `Sample ${count(sample + 1)} of ${count(total)}`;
  return known.length ? `${place} · ${count(wrong)} of ${count(known.length)} wrong` : place;
}
