// The logarithmic slider of path points, with ticks where the answer is already computed: position i stands for 2^i + 1 points.
// Knows nothing about models or runs.
import { count } from "../numbers";
import { make } from "./dom";
import { rangeField } from "./fields";

export interface StepSlider {
  node: HTMLElement;
  range: HTMLInputElement;
  sync(
    bounds: { min: number; max: number },
    steps: number | null,
    automatic: boolean,
    levels: number[],
  ): void;
}

export function createStepSlider(moved: (steps: number) => void, signal: AbortSignal): StepSlider {
  const title =
    "Points on the path from baseline to input; more are more accurate and take longer. Ticks mark what is computed";
  const bounds = { min: 0, max: 10, step: 1 };
  const field = rangeField(
    "Interpolation steps",
    bounds,
    (position) => moved(stepsAt(position)),
    signal,
    title,
  );
  const ticks = make("span", { class: "whylight-ticks", "aria-hidden": "true" });
  const rail = make("span", { class: "whylight-rail" });
  field.range.replaceWith(rail);
  rail.append(field.range, ticks);
  let marked = "";

  const sync: StepSlider["sync"] = ({ min, max }, steps, automatic, levels) => {
    const { first, last } = positions(min, max);
    field.range.min = String(first);
    field.range.max = String(last);
    const position = Math.min(last, Math.max(first, Math.round(positionOf(steps ?? 2))));
    const text = steps === null ? "–" : count(steps);
    field.show(position, text);
    field.range.setAttribute(
      "aria-valuetext",
      `${text} path points${automatic ? ", chosen automatically" : ""}`,
    );
    const key = `${first} ${last} ${levels}`;
    if (key === marked) return;
    marked = key;
    const inside = levels.filter((n) => n >= min && n <= max);
    ticks.replaceChildren(...inside.map((n) => tick((positionOf(n) - first) / (last - first))));
  };
  return { node: field.node, range: field.range, sync };
}

function tick(share: number): HTMLElement {
  const mark = make("span", { class: "whylight-tick" });
  mark.style.left = `${100 * share}%`;
  return mark;
}

export function stepsAt(position: number): number {
  return 2 ** position + 1;
}

export function positionOf(steps: number): number {
  return Math.log2(Math.max(1, steps - 1));
}

/** Whole slider positions within [min, max] path points. */
export function positions(min: number, max: number): { first: number; last: number } {
  return { first: Math.ceil(positionOf(min)), last: Math.floor(positionOf(max)) };
}
