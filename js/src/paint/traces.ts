// Lines of a signal on a canvas: one row per channel, coloured by attribution, strong windows as bands behind them.
// Knows nothing about zoom, pointers or the page.

import { type Light, signAt } from "../scenes/answer";
import type { Palette } from "../scenes/look";
import type { Scale } from "../scenes/scale";
import { type Signal, type SignalMap, windowEnds } from "../scenes/signal/scene";
import { colorAt, css, isDiverging } from "./palette";

type Context = CanvasRenderingContext2D;

export interface Traces {
  signal: Signal;
  map: SignalMap | null;
  /** How densely the map lies, in place of bands of windows. */
  lit?: Light | null;
  scale: Scale;
  /** Samples of a window; 0 for no bands. */
  window: number;
  /** One scale for all channels. */
  common: boolean;
}

/** Where they are drawn, in device pixels, and which samples are seen. */
export interface Region {
  width: number;
  height: number;
  first: number;
  last: number;
  /** The top of every row that is seen, with its channel. */
  rows: { channel: number; top: number; height: number }[];
  ratio: number;
  /** Whether the rows wear their names: small drawings have no room beside them. */
  named?: boolean;
}

const PLAIN = { light: [128, 128, 132], dark: [150, 150, 154] } as const;
const SHADED = 0.55; // opacity in full light
const FAINT = 0.05; // of the strongest window: no band
const MARGIN = 0.08; // of a row, above and below a line
const [THIN, THICK] = [1.1, 2.6]; // CSS pixels
const DENSE = 3; // samples to a device pixel: more are drawn as their least and largest
const SHADES = 32; // steps of strength, each way

export function paintTraces(context: Context, traces: Traces, region: Region, look: Palette): void {
  for (const row of region.rows) {
    if (traces.lit) paintLight(context, traces.signal.length, traces.lit, region, row, look);
    else paintBands(context, traces, region, row, look);
    paintLine(context, traces, region, row, look);
    if (region.named) paintName(context, traces.signal.names[row.channel]!, row, region.ratio, look);
  }
}

function paintName(context: Context, name: string, { top }: Row, ratio: number, look: Palette): void {
  context.font = `${10 * ratio}px system-ui, sans-serif`;
  context.textBaseline = "top";
  context.fillStyle = look.dark ? "#ffffffb3" : "#000000b3";
  context.fillText(name, 0, top + ratio);
}

type Row = Region["rows"][number];

/** Where a sample stands, in device pixels. */
export function across({ first, last, width }: Region, sample: number): number {
  return ((sample - first) / (last - first)) * width;
}

/** Heights of values within a row. */
export function heightIn(
  { signal, common }: Traces,
  { channel, top, height }: Row,
): (value: number) => number {
  const ends = common ? signal.ends : [signal.ends[channel]!];
  const low = ends.reduce((least, [one]) => Math.min(least, one), Number.POSITIVE_INFINITY);
  const high = ends.reduce((most, [, one]) => Math.max(most, one), Number.NEGATIVE_INFINITY);
  const [start, size] = [top + MARGIN * height, (1 - 2 * MARGIN) * height];
  return (value) => start + size * (high > low ? (high - value) / (high - low) : 0.5);
}

function paintBands(context: Context, traces: Traces, region: Region, row: Row, look: Palette): void {
  const { map, window } = traces;
  if (!map || !window) return;
  const all = map.windows(window);
  const limit = all.reduce((most, one) => one.reduce((size, sum) => Math.max(size, Math.abs(sum)), most), 0);
  const sums = all[row.channel]!;
  const to = Math.min(sums.length, Math.ceil(region.last / window));
  for (let unit = Math.max(0, Math.floor(region.first / window)); unit < to && limit > 0; unit++) {
    const share = sums[unit]! / limit;
    if (Math.abs(share) < FAINT) continue;
    const [from, end] = windowEnds(traces, unit);
    const [left, right] = [across(region, from), across(region, end)];
    context.globalAlpha = 0.12 + 0.34 * Math.abs(share);
    context.fillStyle = css(
      colorAt(look.colormap, look.dark, isDiverging(look.colormap) ? 0.5 * Math.sign(share) : 0.4),
    );
    context.fillRect(left, row.top, right - left, row.height);
  }
  context.globalAlpha = 1;
}

/** Shaded where the map is dense: warm or cool where a sign is clear, else grey. */
function paintLight(
  context: Context,
  length: number,
  { light, hue }: Light,
  region: Region,
  { channel, top, height }: Row,
  look: Palette,
): void {
  const [, cells = 1] = light.shape;
  const block = Math.ceil(length / cells);
  const middle = (cell: number) => across(region, Math.min(length, (cell + 0.5) * block));
  const [first, last] = [middle(0), middle(cells - 1)];
  const shade = context.createLinearGradient(first, 0, Math.max(first + 1, last), 0);
  for (let cell = 0; cell < cells; cell++) {
    const at = channel * cells + cell;
    const sign = isDiverging(look.colormap) ? signAt(hue.data[at]!) : 0;
    const color = colorAt(look.colormap, look.dark, 0.6 * Math.sign(sign));
    const plain = PLAIN[look.dark ? "dark" : "light"];
    const mixed = plain.map((one, i) => Math.round(one + Math.abs(sign) * (color[i]! - one)));
    const opacity = (SHADED * light.data[at]!) / 255;
    shade.addColorStop(cells > 1 ? cell / (cells - 1) : 0, `rgb(${mixed.join(" ")} / ${opacity})`);
  }
  context.fillStyle = shade;
  context.fillRect(Math.max(0, first), top, Math.min(region.width, last) - Math.max(0, first), height);
}

/** Strong values are warm or cool and thick, weak ones grey and thin: the line is seen on any page. */
function inkOf(strength: number, look: Palette): string {
  const [plain, position] = [PLAIN[look.dark ? "dark" : "light"], strength / SHADES];
  const size = Math.abs(position);
  const [diverging, share] = [isDiverging(look.colormap), Math.min(1, 4 * size)];
  const color = colorAt(
    look.colormap,
    look.dark,
    diverging ? Math.sign(position) * (0.5 + 0.4 * size) : size,
  );
  return css(
    [0, 1, 2].map((i) => Math.round((1 - share) * plain[i]! + share * color[i]!)) as [number, number, number],
  );
}

const widthOf = (strength: number) => THIN + ((THICK - THIN) * Math.abs(strength)) / SHADES;

function paintLine(context: Context, traces: Traces, region: Region, row: Row, look: Palette): void {
  const perPixel = (region.last - region.first) / region.width;
  const strengths = new Map<number, Path2D>();
  const pathOf = (from: number, to: number) => {
    const mean = traces.map?.mean(row.channel, from, to) ?? 0;
    const strength = Math.round(SHADES * traces.scale.position(mean));
    const path = strengths.get(strength) ?? new Path2D();
    strengths.set(strength, path);
    return [path, widthOf(strength) * region.ratio] as const;
  };
  const dense = perPixel > DENSE;
  if (dense) traceColumns(traces, region, row, perPixel, pathOf);
  else traceSamples(traces, region, row, pathOf);
  const ordered = [...strengths].sort(([a], [b]) => Math.abs(a) - Math.abs(b));
  context.lineJoin = context.lineCap = "round";
  for (const [strength, path] of ordered) {
    context.fillStyle = context.strokeStyle = inkOf(strength, look);
    context.lineWidth = widthOf(strength) * region.ratio;
    if (dense) context.fill(path);
    else context.stroke(path);
  }
}

type PathOf = (from: number, to: number) => readonly [Path2D, number];

/** Many samples to a pixel: from the least to the largest of each column, and of the first of the next, so that columns join. */
function traceColumns(
  { signal, ...rest }: Traces,
  region: Region,
  row: Row,
  perPixel: number,
  pathOf: PathOf,
): void {
  const height = heightIn({ signal, ...rest }, row);
  const extent = signal.extents[row.channel]!;
  for (let column = 0; column < region.width; column++) {
    const from = Math.floor(region.first + column * perPixel);
    const to = Math.min(
      signal.length,
      Math.max(from + 1, Math.floor(region.first + (column + 1) * perPixel)),
    );
    if (from >= to) break;
    const [low, high] = extent.range(from, Math.min(signal.length, to + 1));
    const [path, width] = pathOf(from, to);
    const top = height(high) - width / 2;
    path.rect(column, top, 1, height(low) + width / 2 - top);
  }
}

/** Few samples: from the middle of each to that of the next. */
function traceSamples({ signal, ...rest }: Traces, region: Region, row: Row, pathOf: PathOf): void {
  const height = heightIn({ signal, ...rest }, row);
  const values = signal.channels[row.channel]!;
  const [from, to] = [
    Math.max(0, Math.floor(region.first) - 1),
    Math.min(signal.length, Math.ceil(region.last) + 1),
  ];
  for (let i = from; i < to; i++) {
    const [path] = pathOf(i, i + 1);
    const [x, y] = [across(region, i + 0.5), height(values[i]!)];
    const [before, after] = [Math.max(from, i - 1), Math.min(to - 1, i + 1)];
    path.moveTo((across(region, before + 0.5) + x) / 2, (height(values[before]!) + y) / 2);
    path.lineTo(x, y);
    path.lineTo((across(region, after + 0.5) + x) / 2, (height(values[after]!) + y) / 2);
  }
}
