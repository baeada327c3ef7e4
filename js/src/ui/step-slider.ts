// The logarithmic slider of path points: the value at its thumb, what it would cost while one chooses, ticks where the answer is computed.
// Knows nothing about models or runs.
import { count } from "../numbers";
import { arrowOf, make, setText } from "./dom";
import { rangeField } from "./fields";
import { remembered } from "./remembered";

export interface StepsShown {
  bounds: { min: number; max: number };
  steps: number | null;
  automatic: boolean;
  /** Step counts computed already; the one on show. */
  levels: number[];
  reached: number | null;
  /** What so many points cost, in words. */
  cost(steps: number): string;
  /** Whether so many take so long that they are asked for only once the thumb is let go. */
  costly(steps: number): boolean;
}

export interface StepSlider {
  node: HTMLElement;
  range: HTMLInputElement;
  sync(shown: StepsShown): void;
}

const TITLE =
  "Points on the path from baseline to input; more are more accurate and take longer. Ticks mark what is computed";

export function createStepSlider(moved: (steps: number) => void, signal: AbortSignal): StepSlider {
  let shown: StepsShown | null = null;
  let ladder: number[] = [];
  let marked = "";
  const known = remembered<number[]>();
  /** What the thumb stands at while it is not let go. */
  let held: number | null = null;
  const bounds = { min: 0, max: 10, step: "any" as unknown as number };
  const field = rangeField("Interpolation steps", bounds, (at) => drag(at), signal, TITLE);
  const { range } = field;
  const value = make("span", { class: "whylight-thumb-value" });
  const cost = make("span", { class: "whylight-thumb-cost" });
  const bubble = make("span", { class: "whylight-thumb-note", "aria-hidden": "true" }, value, cost);
  const ticks = make("span", { class: "whylight-ticks", "aria-hidden": "true" });
  const rail = make("span", { class: "whylight-rail" });
  range.replaceWith(rail);
  rail.append(range, ticks, bubble);
  field.node.querySelector(".whylight-output")?.remove();

  const tell = () => {
    if (!shown) return;
    const { steps, automatic, bounds: ends } = shown;
    const now = held ?? steps;
    const text = now === null ? "–" : count(now);
    const words = now === null ? "" : shown.cost(now);
    const share = shareOf(now ?? ends.min, ends);
    range.value = String(positionOf(now ?? 2));
    bubble.style.setProperty("--whylight-at", String(share));
    setText(value, text);
    setText(cost, words);
    const chosen = automatic && held === null ? ", chosen automatically" : "";
    range.setAttribute("aria-valuetext", [`${text} path points${chosen}`, words].filter(Boolean).join(", "));
  };
  const go = (steps: number) => {
    held = null;
    if (shown) shown = { ...shown, steps, automatic: false };
    tell();
    moved(steps);
  };
  const drag = (at: number) => {
    held = nearest(ladder, stepsAt(at));
    if (shown?.costly(held)) tell();
    else go(held);
  };
  range.addEventListener("change", () => held !== null && go(held), { signal });
  range.addEventListener("blur", () => held !== null && go(held), { signal });
  const key = (event: KeyboardEvent) => {
    const to = shown && keyed(event, ladder, held ?? shown.steps ?? shown.bounds.min);
    if (to === null || range.disabled) return;
    event.preventDefault();
    if (to !== (held ?? shown?.steps) || shown?.automatic) go(to);
  };
  range.addEventListener("keydown", key, { signal });

  const sync: StepSlider["sync"] = (next) => {
    shown = next;
    const { min, max } = next.bounds;
    const ends = [positionOf(min), positionOf(max)].map(String);
    [range.min, range.max] = ends as [string, string];
    ladder = known([min, max], () => ladderOf(min, max));
    tell();
    const mark = `${ends} ${next.levels} ${next.reached}`;
    if (mark === marked) return;
    marked = mark;
    const inside = next.levels.filter((n) => n >= min && n <= max);
    ticks.replaceChildren(...inside.map((n) => tick(shareOf(n, next.bounds), n === next.reached)));
  };
  return { node: field.node, range, sync };
}

function keyed(event: KeyboardEvent, ladder: number[], now: number): number | null {
  const [first, last] = [ladder[0]!, ladder.at(-1)!];
  const inside = (steps: number) => nearest(ladder, Math.max(first, Math.min(last, steps)));
  const up = () => ladder.find((n) => n > now) ?? last;
  const down = () => ladder.findLast((n) => n < now) ?? first;
  const moves: Partial<Record<string, () => number>> = {
    ArrowRight: up,
    ArrowUp: up,
    ArrowLeft: down,
    ArrowDown: down,
    PageUp: () => inside(2 * (now - 1) + 1),
    PageDown: () => inside((now - 1) / 2 + 1),
    Home: () => first,
    End: () => last,
  };
  return moves[arrowOf(event)]?.() ?? null;
}

function tick(share: number, reached: boolean): HTMLElement {
  const mark = make("span", { class: reached ? "whylight-tick whylight-tick-reached" : "whylight-tick" });
  mark.style.left = `${100 * share}%`;
  return mark;
}

export function stepsAt(position: number): number {
  return 2 ** position + 1;
}

export function positionOf(steps: number): number {
  return Math.log2(Math.max(1, steps - 1));
}

function shareOf(steps: number, { min, max }: StepsShown["bounds"]): number {
  const [first, last] = [positionOf(min), positionOf(max)];
  return last > first ? Math.max(0, Math.min(1, (positionOf(steps) - first) / (last - first))) : 0;
}

/** Counts of points within [min, max], each about a quarter more than the one before; every third doubles the intervals. */
export function ladderOf(min: number, max: number): number[] {
  const counts = new Set<number>();
  for (let notch = 0; 2 ** (notch / 3) < 2 * max; notch++) {
    const intervals = 2 ** (notch / 3);
    const unit = 2 ** Math.max(0, Math.floor(notch / 3) - 3);
    const points = Math.round(intervals / unit) * unit + 1;
    if (points >= min && points <= max) counts.add(points);
  }
  return counts.size ? [...counts] : [min];
}

function nearest(ladder: number[], steps: number): number {
  const off = (n: number) => Math.abs(positionOf(n) - positionOf(steps));
  return ladder.reduce((best, n) => (off(n) < off(best) ? n : best), ladder[0]!);
}
