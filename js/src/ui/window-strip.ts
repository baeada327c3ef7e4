// A bar for every window of a signal, up where it supports and down where it opposes, under the same axis as its lines.
// Knows nothing about what the numbers are.
import { colorAt, css, isDiverging } from "../paint/palette";
import type { Palette } from "../scenes/look";
import type { Scale } from "../scenes/scale";
import { createSurface, type Surface } from "./canvas";
import { make } from "./dom";

export interface Strip {
  /** One number per bar; NaN where it is not known. */
  values: ArrayLike<number>;
  /** The first sample of every bar, and where the last one ends. */
  edges: ArrayLike<number>;
  scale: Scale;
  /** Samples seen. */
  first: number;
  last: number;
  selected: readonly number[];
  pointed: readonly number[];
}

type Context = CanvasRenderingContext2D;

export class WindowStrip {
  readonly box = make("div", { class: "whylight-strip", role: "img" });
  #surface: Surface;
  #last: [Strip, Palette] | null = null;

  constructor(signal: AbortSignal) {
    this.#surface = createSurface(
      this.box,
      (context, w, h) => this.#last && paint(context, w, h, ...this.#last),
      signal,
    );
  }

  draw(strip: Strip, look: Palette): void {
    this.#last = [strip, look];
    this.#surface.paint();
  }
}

function paint(context: Context, width: number, height: number, strip: Strip, look: Palette): void {
  const { values, edges, first, last, selected, pointed } = strip;
  const ratio = globalThis.devicePixelRatio || 1;
  context.clearRect(0, 0, width, height);
  const across = (sample: number) => Math.round(((sample - first) / (last - first)) * width);
  const known = Array.from(values).filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...known), Math.max(0, ...known)];
  const pad = 3 * ratio;
  const up = (value: number) => pad + ((high - value) / (high - low || 1)) * (height - 2 * pad);
  const ink = look.dark ? "#ffffff" : "#000000";
  for (let k = 0; k < values.length; k++) {
    const [left, right] = [across(edges[k]!), across(edges[k + 1]!)];
    if (right < 0 || left > width) continue;
    shade(context, ink, left, right - left, height, selected.includes(k), pointed.includes(k));
    const value = values[k]!;
    if (!Number.isFinite(value)) continue;
    const position = strip.scale.position(value);
    const strong = isDiverging(look.colormap)
      ? Math.sign(position) * (0.5 + 0.5 * Math.abs(position))
      : position;
    context.fillStyle = css(colorAt(look.colormap, look.dark, value === 0 ? 0 : strong));
    const gap = right - left > 4 * ratio ? ratio : 0;
    const [top, foot] = [Math.min(up(value), up(0)), Math.max(up(value), up(0))];
    context.fillRect(left, top, Math.max(1, right - left - gap), Math.max(ratio, foot - top));
  }
  context.globalAlpha = 0.45;
  context.fillStyle = ink;
  context.fillRect(0, Math.round(up(0)), width, Math.max(1, Math.round(ratio)));
  context.globalAlpha = 1;
}

/** What is selected or pointed at stands on a darker ground with a line above and below. */
function shade(
  context: Context,
  ink: string,
  left: number,
  width: number,
  height: number,
  selected: boolean,
  pointed: boolean,
): void {
  if (!selected && !pointed) return;
  const ratio = globalThis.devicePixelRatio || 1;
  context.fillStyle = ink;
  context.globalAlpha = selected ? 0.14 : 0.07;
  context.fillRect(left, 0, width, height);
  context.globalAlpha = 0.8;
  if (selected) for (const y of [0, height - 2 * ratio]) context.fillRect(left, y, width, 2 * ratio);
  context.globalAlpha = 1;
}
