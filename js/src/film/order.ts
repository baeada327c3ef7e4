// In which order the samples of a strip stand. Pure.
// Knows nothing about the page.
import type { FilmSample } from "../kernel/protocol";

export type FilmOrder = "given" | "wrong" | "unsure";

/** Numbers of samples: as given (those made by hand after the one they were made from), wrong ones first, or those first whose prediction is least probable. */
export function ordered(samples: FilmSample[], order: FilmOrder): number[] {
  const numbers = samples.map((_, i) => i);
  const home = (i: number) => samples[i]?.source ?? i;
  numbers.sort((a, b) => home(a) - home(b) || a - b);
  if (order === "given") return numbers;
  const chance = (i: number) => samples[i]?.probability ?? 1;
  if (order === "unsure") return numbers.sort((a, b) => chance(a) - chance(b));
  const wrong = (i: number) => (samples[i]?.wrong ? 0 : 1);
  return numbers.sort((a, b) => wrong(a) - wrong(b));
}
