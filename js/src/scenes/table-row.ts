// Some rows of a table on show: their own numbers in place of the means over all rows. Pure.
// Knows nothing about the page, the model or colours.
import { decodeArray } from "../kernel/decode";
import type { Choices, Frame, Meta, TargetChoice } from "../kernel/protocol";

/** The frame as it would be if there were only these rows: means of their scores, sums, gaps and errors. */
export function frameOfRows(frame: Frame | null, rows: number[]): Frame | null {
  if (!frame) return null;
  const of = (name: string) => frame.arrays[name]?.data;
  const own = (name: string, known: number | null): number | null => {
    const values = of(name);
    return values ? mean(rows.map((row) => values[row])) : known;
  };
  const { meta } = frame;
  const told: Partial<Meta> = {
    rows: rows.length,
    readings: {}, // of all rows
    score: own("scores", meta.score),
    baseline_score: own("baseline_scores", meta.baseline_score),
    sum: own("sums", meta.sum),
    gap: own("gaps", meta.gap),
    relative_gap: own("relative_gaps", meta.relative_gap),
    map_error: own("map_errors", meta.map_error),
  };
  const [gaps, shares] = [of("gaps"), of("relative_gaps")];
  if (gaps && shares && rows.length > 1) told.relative_gap = together(rows, gaps, shares);
  return { ...frame, meta: { ...meta, ...told } };
}

/** All gaps beside all that they are judged by. */
function together(rows: number[], gaps: ArrayLike<number>, shares: ArrayLike<number>): number | null {
  const missed = rows.filter((row) => gaps[row] !== 0);
  const size = missed.reduce((sum, row) => sum + Math.abs(gaps[row]!), 0);
  const judged = missed.reduce((sum, row) => sum + Math.abs(gaps[row]!) / shares[row]!, 0);
  return size === 0 ? 0 : finite(size / judged);
}

/** What the controls offer, the classes with means of the rows' own scores and probabilities, best first. */
export function choicesOfRows(choices: Choices, rows: number[]): Choices {
  const { rows: answers, targets, labels } = choices;
  if (!answers || !targets) return choices;
  const [scores, probabilities] = [decodeArray(answers.scores), decodeArray(answers.probabilities)];
  const count = scores.shape[1] ?? 0;
  const at = (values: ArrayLike<number>, k: number) => mean(rows.map((row) => values[row * count + k]));
  const classes = targets.filter(({ value }) => typeof value === "number");
  const named = new Map(classes.map(({ value, label }) => [value, label]));
  const best = Array.from({ length: count }, (_, k): TargetChoice => {
    const label = named.get(k) ?? labels?.[k] ?? String(k);
    return { value: k, label, score: at(scores.data, k), probability: at(probabilities.data, k) };
  }).sort((a, b) => (b.score ?? Number.NEGATIVE_INFINITY) - (a.score ?? Number.NEGATIVE_INFINITY));
  const custom = targets.filter(({ value }) => typeof value !== "number");
  return { ...choices, targets: [...custom, ...best.slice(0, classes.length)] };
}

function mean(values: (number | undefined)[]): number | null {
  return finite(values.reduce<number>((sum, value) => sum + (value ?? Number.NaN), 0) / values.length);
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
