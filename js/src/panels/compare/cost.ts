// What an answer to compare costs, what all of them take, and which three to begin with. Pure.
// Knows nothing about the page.
import { settingKey } from "../../kernel/compared";
import type { Feed } from "../../kernel/feed";
import type { ComputeOptions } from "../../kernel/options";
import type { Choice, Choices, Setting } from "../../kernel/protocol";
import { count } from "../../numbers";
import { methodOf, type Pace, passesOf, passesText, referencesOf, timeText } from "../../wording/cost";

/** Taken for a method that knows its passes only on the way. */
const UNKNOWN = 250;
/** More passes than this are nothing to begin with. */
const DEAR = 400;
const FIRST = 3;

export interface Cost {
  /** Null where it is not known before. */
  passes: number | null;
  method: Partial<Choice>;
  computed: boolean;
}

export function costOf(setting: Setting, choices: Choices, options: ComputeOptions, feed: Feed): Cost {
  const known = feed.compared.get(settingKey(setting));
  const seq = feed.frame?.seq ?? 0;
  const method = methodOf(choices, setting.method ?? options.method) ?? { value: "", label: "" };
  if (known?.frame && known.seq >= seq)
    return { passes: known.frame.meta.n_evaluations, method, computed: true };
  const taken = method.gradients == null ? feed.frame?.meta.n_steps : null; // as many as the map above needed
  const steps = options.n_steps ?? taken ?? null;
  const references = referencesOf(choices, setting.baseline ?? options.baseline);
  return { passes: passesOf(method, steps, references), method, computed: false };
}

export function costText({ passes, method, computed }: Cost): string {
  if (computed) return "computed";
  return passes === null ? "cost unknown" : passesText(passes, method);
}

/** All of them together: passes, and seconds where it is known what one takes. */
export function together(costs: Cost[], pace: Pace): { passes: number; time: number | null } {
  const open = costs.filter(({ computed }) => !computed);
  const passes = open.reduce((sum, { passes: own }) => sum + (own ?? UNKNOWN), 0);
  return { passes, time: pace.time(passes) };
}

export function togetherText(costs: Cost[], pace: Pace): string {
  const { passes, time } = together(costs, pace);
  return [`≈ ${count(passes)} passes`, timeText(time)].filter(Boolean).join(", ");
}

/** Three methods beside the one on show, each of another question first, the cheapest of each. */
export function threeOf(choices: Choices, options: ComputeOptions): Setting[] {
  const references = referencesOf(choices, options.baseline);
  const price = (choice: Choice) => passesOf(choice, options.n_steps, references) ?? UNKNOWN;
  const others = (choices.methods ?? []).filter(
    (choice) => choice.value !== options.method && price(choice) <= DEAR,
  );
  const questions = [...new Set(others.map(({ question }) => question))];
  const ranked = questions.map((question) =>
    others.filter((choice) => choice.question === question).sort((a, b) => price(a) - price(b)),
  );
  const inTurn = Array.from({ length: FIRST }, (_, i) => ranked.flatMap((group) => group[i] ?? [])).flat();
  return inTurn.slice(0, FIRST).map(({ value }) => ({ method: value }));
}
