// The colour bar: its ends in numbers and words, and where zero is.
// Knows nothing about frames or what the colours are laid on.
import { number, signed } from "../numbers";
import { colorAt, css, isDiverging } from "../paint/palette";
import { isSigned, type Light } from "../scenes/answer";
import type { Scale } from "../scenes/scale";
import { make, setText } from "./dom";
import type { Drawing } from "./drawing";

const STOPS = 24;

/** What is to be read off: a colour scale with its unit, or a light. */
export interface LegendScene {
  scale: Scale;
  unit: string;
  lit?: Light | null;
}

export type Legend = Drawing<LegendScene>;

export function createLegend(along: "up" | "right"): Legend {
  const bar = make("div", { class: "whylight-legend-bar" });
  const high = make("span", { class: "whylight-legend-high" });
  const zero = make("span", { class: "whylight-legend-zero" }, "0");
  const low = make("span", { class: "whylight-legend-low" });
  const title = make("span", { class: "whylight-legend-title" });
  const numbers = make("div", { class: "whylight-legend-numbers" }, high, zero, low);
  const node = make("div", { class: `whylight-legend whylight-legend-${along}` }, title, bar, numbers);
  const direction = along === "up" ? "to top" : "to right";

  const lightUp = (signed: boolean) => {
    bar.style.background = `linear-gradient(${direction}, #1c1c1c, #fff)`;
    setText(title, "Light");
    setText(high, `where the score is most sensitive${signed ? ": warm supports, cool opposes" : ""}`);
    setText(low, "least");
  };
  const draw: Legend["draw"] = ({ scale, unit, lit = null }, { colormap, dark }) => {
    node.classList.toggle("whylight-legend-lit", lit !== null);
    if (lit) return lightUp(isDiverging(colormap) && isSigned(lit));
    const { low: from, high: to, limit } = scale;
    const empty = !(limit > 0);
    const colors = Array.from({ length: STOPS + 1 }, (_, i) => {
      const value = from + ((to - from) * i) / STOPS;
      return css(colorAt(colormap, dark, empty ? 0 : value / limit));
    });
    bar.style.background = `linear-gradient(${direction}, ${colors.join(", ")})`;
    const magnitude = !isDiverging(colormap);
    setText(title, magnitude && unit ? `|${unit}|` : unit);
    setText(high, end(to, empty, magnitude, scale.clipped, "supports"));
    setText(low, end(from, empty, magnitude, scale.clipped, "opposes"));
    node.style.setProperty("--whylight-zero", `${empty || to === from ? 50 : (100 * -from) / (to - from)}%`);
  };
  return { node, draw };
}

function end(value: number, empty: boolean, magnitude: boolean, clipped: boolean, word: string): string {
  if (empty || value === 0) return "";
  const beyond = clipped ? (value > 0 ? "≥ " : "≤ ") : "";
  return beyond + (magnitude ? number(value) : `${signed(value)} ${word}`);
}
