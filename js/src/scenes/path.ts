// The path from baseline to input: the curve, what is known at one position, and the map nearest to it. Pure.
// Knows nothing about the page, the model or colours.
import type { Tensor } from "../kernel/decode";
import type { ViewOptions } from "../kernel/options";
import type { Path } from "../kernel/protocol";
import { type ItemScene, itemsOf } from "./items";
import { type Scale, scaleOf } from "./scale";
import { between, nearestTo } from "./statistics";
import { perAlpha, unitOf } from "./unit";

export interface PathScene {
  meta: Path["meta"];
  unit: string;
  baseline: string;
  /** Points evaluated, ascending. */
  alphas: ArrayLike<number>;
  values: ArrayLike<number>;
  slopes: ArrayLike<number>;
  norms: ArrayLike<number>;
  gradientNorms: ArrayLike<number>;
  shares: ArrayLike<number>;
  /** alpha and F of the points, and of both ends where only F is known. */
  curve: { alpha: number; value: number }[];
  /** F(x) − F(x'), or null where an end is unknown. */
  rise: number | null;
  /** Every map after the other, in the unit of the score per unit of alpha. */
  maps: Float32Array;
  mapAlphas: ArrayLike<number>;
  mapShape: number[];
  /** x' where it has values to show: a small picture, or the values of features. */
  start: Tensor | undefined;
}

export interface Position {
  alpha: number;
  /** Evaluated exactly here; otherwise numbers are linear between the neighbours. */
  exact: boolean;
  value: number;
  /** Share of F(x) − F(x') reached, or null where that is unknown or zero. */
  gain: number | null;
  slope: number;
  norm: number;
  map: Float32Array;
  mapAlpha: number;
}

/** One position ready to be drawn, with the scale of its colours and the ends of its bars. */
export interface PathPoint {
  path: PathScene;
  at: Position;
  scale: Scale;
  range: [number, number];
  /** Ranks features as the answer does. */
  answer: ArrayLike<number> | undefined;
}

const scenes = new WeakMap<Path, PathScene>();

/** What a path message says, with its maps in full; null where it holds no path. */
export function pathScene(path: Path): PathScene | null {
  if (path.meta.missing || !path.arrays.alphas) return null;
  const known = scenes.get(path);
  const scene = known ?? readPath(path);
  scenes.set(path, scene);
  return scene;
}

function readPath({ meta, arrays }: Path): PathScene {
  const of = (name: string) => arrays[name]?.data ?? [];
  const [alphas, values] = [of("alphas"), of("values")];
  const points = new Map<number, number>();
  if (meta.baseline_score != null) points.set(0, meta.baseline_score);
  if (meta.score != null) points.set(1, meta.score);
  for (let i = 0; i < alphas.length; i++) points.set(alphas[i]!, values[i]!);
  const curve = [...points].map(([alpha, value]) => ({ alpha, value })).sort((a, b) => a.alpha - b.alpha);
  return {
    meta,
    unit: unitOf(meta),
    baseline: meta.baseline ?? "",
    alphas,
    values,
    slopes: of("slopes"),
    norms: of("norms"),
    gradientNorms: of("gradient_norms"),
    shares: of("shares"),
    curve,
    rise: meta.score != null && meta.baseline_score != null ? meta.score - meta.baseline_score : null,
    maps: restore(arrays.maps, meta.map_scales ?? []),
    mapAlphas: of("map_alphas"),
    mapShape: arrays.maps?.shape.slice(1) ?? [],
    start: arrays.baseline_picture ?? arrays.baseline_values,
  };
}

/** Stored maps times their scales; pictures are stored as bytes around 128. */
function restore(maps: Path["arrays"]["maps"], scales: (number | null)[]): Float32Array {
  if (!maps) return new Float32Array();
  const { data, shape } = maps;
  const size = data.length / (shape[0] || 1);
  const bytes = data instanceof Uint8Array;
  return Float32Array.from(data, (stored, i) => {
    const scale = scales[Math.floor(i / size)] ?? 0;
    return scale * (bytes ? (stored - 128) / 127 : stored);
  });
}

export function positionAt(scene: PathScene, alpha: number): Position {
  const { alphas, curve, rise, mapAlphas, maps } = scene;
  const along = curve.map((point) => point.alpha);
  const heights = curve.map((point) => point.value);
  const value = between(along, heights, alpha);
  const start = scene.meta.baseline_score;
  const nearest = nearestTo(mapAlphas, alpha);
  const size = maps.length / (mapAlphas.length || 1);
  return {
    alpha,
    exact: Array.prototype.includes.call(alphas, alpha),
    value,
    gain: rise && start != null ? (value - start) / rise : null,
    slope: between(alphas, scene.slopes, alpha),
    norm: between(alphas, scene.norms, alpha),
    map: maps.subarray(nearest * size, (nearest + 1) * size),
    mapAlpha: mapAlphas[nearest] ?? alpha,
  };
}

/** The scale and the ends that fit some values: those of the whole path, or of one position. */
export function scaleAndRange(
  { mapShape }: PathScene,
  values: Float32Array,
  options: ViewOptions,
  diverging: boolean,
): Pick<PathPoint, "scale" | "range"> {
  const clip = mapShape.length === 2 ? options.clip : 100;
  const low = values.reduce((least, value) => Math.min(least, value), 0);
  const high = values.reduce((most, value) => Math.max(most, value), 0);
  return { scale: scaleOf(values, { ...options, clip, scale: "own" }, diverging), range: [low, high] };
}

/** Values at one position as items. */
export function pathItems({ path, scale }: PathPoint, names: string[], values: ArrayLike<number>): ItemScene {
  return { items: itemsOf(names, values, undefined), scale, unit: perAlpha(path.unit), final: true };
}
