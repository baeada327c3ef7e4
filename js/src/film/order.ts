// In which order the samples of a strip stand. Pure.
// Knows nothing about the page.
import type { FilmSample } from "../kernel/protocol";

export type FilmOrder = "given" | "wrong" | "unsure";

/** Numbers of samples: as given, wrong ones first, or those first whose prediction is least probable. */
export function ordered(samples: FilmSample[], order: FilmOrder): number[] {
  const numbers = samples.map((_, i) => i);
  if (order === "given") return numbers;
  const chance = (i: number) => samples[i]?.probability ?? 1;
  if (order === "unsure") return numbers.sort((a, b) => chance(a) - chance(b));
  const wrong = (i: number) => (samples[i]?.wrong ? 0 : 1);
  return numbers.sort((a, b) => wrong(a) - wrong(b));
}
