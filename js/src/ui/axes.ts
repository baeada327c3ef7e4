// Round numbers below and beside a picture, for what its rows and columns count. They follow the zoom.
// Knows nothing about what is in the picture.
import type { PlaneAxis } from "../kernel/protocol";
import { given } from "../numbers";
import { roundTicks } from "../scenes/statistics";
import { make } from "./dom";
import type { Lens } from "./zoom";

export interface Axes {
  /** For a picture of so many rows and columns, of which a part is seen. */
  draw(picture: { rows: number; columns: number }, lens: Lens): void;
}

/** Most numbers below and beside, and the pixels each needs. */
const [ACROSS, DOWN] = [5, 4];
const [WIDE, HIGH] = [48, 22];

/** Beside and below what the stage holds. */
export function createAxes(stage: HTMLElement, [rows, columns]: readonly PlaneAxis[]): Axes {
  const left = make("div", { class: "whylight-axis whylight-axis-rows", "aria-hidden": "true" });
  const below = make("div", { class: "whylight-axis whylight-axis-columns", "aria-hidden": "true" });
  stage.classList.add("whylight-stage-axes");
  stage.append(left, below);
  let shown = "";
  return {
    draw(picture, lens) {
      const across = room(stage.clientWidth, WIDE, ACROSS);
      const down = room(stage.clientHeight, HIGH, DOWN);
      const now = [picture.rows, picture.columns, lens.left, lens.top, lens.size, across, down].join();
      if (now === shown) return;
      shown = now;
      if (rows) ticks(left, rows, picture.rows, lens.top, lens.size, down, "top");
      if (columns) ticks(below, columns, picture.columns, lens.left, lens.size, across, "left");
    },
  };
}

function room(length: number, each: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(length / each)));
}

function ticks(
  node: HTMLElement,
  { label, step, unit }: PlaneAxis,
  count: number,
  start: number,
  size: number,
  wanted: number,
  edge: "top" | "left",
): void {
  const [low, high] = [start * count * step, (start + size) * count * step];
  const marks = roundTicks(low, high, wanted).map((value) => {
    const mark = make("span", { class: "whylight-axis-tick" }, given(value));
    mark.style[edge] = `${(100 * (value - low)) / (high - low)}%`;
    return mark;
  });
  const name = make("span", { class: "whylight-axis-name" }, unit ? `${label}, ${unit}` : label);
  node.replaceChildren(...marks, name);
}
