// Areas of a picture to pixels and lines: coloured by score, what is not selected dimmed, outlines, the stroke of a lasso.
// Knows nothing about pointers, words or where scores come from.
import type { Tensor } from "../kernel/decode";
import type { Line, Point, UnitMap } from "../scenes/areas";
import type { Palette } from "../scenes/look";
import type { Scale } from "../scenes/scale";
import { colorAt } from "./palette";
import type { Raster } from "./raster";

/** How much of the photograph shines through the colours. */
const GHOST = 0.22;
const VEIL = 0.6;
const FADE = 0.35;
const paper = (dark: boolean) => (dark ? 24 : 255);

/** Every area in the colour of its score, as on the legend but for the faint photograph in it; without a score (NaN) a faded grey photograph. */
export function regionRaster(
  photo: Tensor,
  map: UnitMap,
  scores: Float32Array,
  scale: Scale,
  look: Palette,
): Raster {
  const { rows, columns, labels } = map;
  const data = new Uint8ClampedArray(4 * rows * columns);
  const colors = Array.from(scores, (score) => colorAt(look.colormap, look.dark, scale.position(score)));
  const light = lightOf(photo, map);
  const shaded = look.dark
    ? (channel: number, gray: number) => channel + GHOST * gray * (255 - channel)
    : (channel: number, gray: number) => channel - GHOST * (1 - gray) * channel;
  const faded = (gray: number) => 255 * gray * (1 - FADE) + paper(look.dark) * FADE;
  labels.forEach((unit, i) => {
    const gray = light(i);
    const known = Number.isFinite(scores[unit]);
    const color = colors[unit]!;
    for (let c = 0; c < 3; c++) data[4 * i + c] = known ? shaded(color[c]!, gray) : faded(gray);
    data[4 * i + 3] = 255;
  });
  return { width: columns, height: rows, data };
}

/** How light the photograph is under each pixel of the map, 0..1. */
function lightOf({ shape: [height = 1, width = 1], data }: Tensor, { rows, columns }: UnitMap) {
  return (i: number) => {
    const row = Math.floor((Math.floor(i / columns) * height) / rows);
    const at = 3 * (row * width + Math.floor(((i % columns) * width) / columns));
    return (0.2126 * data[at]! + 0.7152 * data[at + 1]! + 0.0722 * data[at + 2]!) / 255;
  };
}

/** A veil over everything but some units. */
export function veilRaster(
  { rows, columns, labels }: UnitMap,
  units: readonly number[],
  dark: boolean,
): Raster {
  const data = new Uint8ClampedArray(4 * rows * columns);
  const inside = new Set(units);
  labels.forEach((unit, i) => {
    if (inside.has(unit)) return;
    data.fill(paper(dark), 4 * i, 4 * i + 3);
    data[4 * i + 3] = 255 * VEIL;
  });
  return { width: columns, height: rows, data };
}

/** A pen over a picture of `columns` by `rows` pixels that fills a canvas. */
export class Pen {
  #context: CanvasRenderingContext2D;
  #scale: Point;
  #ratio = globalThis.devicePixelRatio || 1;

  constructor(context: CanvasRenderingContext2D, { columns, rows }: UnitMap) {
    this.#context = context;
    this.#scale = [context.canvas.width / columns, context.canvas.height / rows];
  }

  /** Thin lines, seen on any ground but no louder than the picture. */
  faint(lines: readonly Line[], strength: number): void {
    if (!lines.length) return;
    this.#trace(lines);
    this.#stroke(`rgb(0 0 0 / ${0.6 * strength})`, 1);
    this.#stroke(`rgb(255 255 255 / ${strength})`, 0.5);
  }

  /** White on black: seen on any ground. */
  bold(lines: readonly Line[], width: number): void {
    if (!lines.length) return;
    this.#trace(lines);
    this.#stroke("#000", width + 2);
    this.#stroke("#fff", width);
  }

  lasso(points: readonly Point[]): void {
    if (!points.length) return;
    const { width, height } = this.#context.canvas;
    this.#context.beginPath();
    for (const [x, y] of points) this.#context.lineTo(x * width, y * height);
    this.#stroke("rgb(0 0 0 / 0.6)", 3.5);
    this.#stroke("#fff", 1.5);
  }

  #trace(lines: readonly Line[]): void {
    const [sx, sy] = this.#scale;
    this.#context.beginPath();
    for (const [x0, y0, x1, y1] of lines) {
      this.#context.moveTo(x0 * sx, y0 * sy);
      this.#context.lineTo(x1 * sx, y1 * sy);
    }
  }

  #stroke(color: string, width: number): void {
    this.#context.lineCap = "square";
    this.#context.lineJoin = "round";
    this.#context.strokeStyle = color;
    this.#context.lineWidth = width * this.#ratio;
    this.#context.stroke();
  }
}
