// What an answer costs before it is asked for: passes through the model, and the time they took last. In words.
// Knows nothing about the page.
import type { Choice, Choices, Meta } from "../kernel/protocol";
import { plural, seconds } from "../numbers";

/** Passes of a method through the model for one input, null where they show only on the way. */
export function passesOf(choice: Choice, steps: number | null, references: number): number | null {
  const { gradients = null, per_step: slope = 0 } = choice;
  const own = steps !== null && slope ? Math.round(slope * steps) : gradients;
  return own === null ? null : own * (choice.baseline ? references : 1);
}

/** How many reference inputs a baseline stands for: rows of a background, or several baselines under one name. */
export function referencesOf({ baselines = [] }: Choices, baseline: string | null): number {
  const of = (name: string) => baselines.find(({ value }) => value === name)?.references ?? 1;
  return (baseline ?? "").split(" + ").reduce((sum, name) => sum + of(name), 0);
}

/** The method's choice that is on show. */
export function methodOf({ methods = [] }: Choices, value: string): Choice | undefined {
  return methods.find((choice) => choice.value === value);
}

export function passesText(passes: number | null, { counted, at_most }: Partial<Choice>): string {
  return passes === null ? "" : `${at_most ? "≤" : "≈"} ${plural(passes, counted ?? "gradient")}`;
}

export function timeText(time: number | null): string {
  if (time === null) return "";
  if (time < 0.1) return "< 0.1\u2009s";
  if (time < 100) return seconds(time);
  return time < 6000 ? `${Math.round(time / 60)}\u2009min` : `${Math.round(time / 3600)}\u2009h`;
}

/** Remembers how long a pass took. Runs that used earlier passes again look faster than they are, so the slowest counts. */
export class Pace {
  #slowest = 0;

  learn(meta: Meta | null | undefined): void {
    if (!meta?.seconds || !meta.n_evaluations) return;
    this.#slowest = Math.max(this.#slowest, meta.seconds / meta.n_evaluations);
  }

  time(passes: number | null): number | null {
    return this.#slowest && passes !== null ? passes * this.#slowest : null;
  }
}
