// The path from baseline to input: the curve, what is known at one position, and the map nearest to it. Pure.
// Knows nothing about the page, the model or colours.

import type { Tensor } from "../kernel/decode";
import type { Path, PathMeta } from "../kernel/protocol";
import { number, percent, signed, unit } from "../numbers";

export interface PathScene {
  meta: PathMeta;
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
    unit: meta.output === "output" ? "" : (meta.output ?? "").replace("_", "-"),
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

export function nearestTo(values: ArrayLike<number>, wanted: number): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    if (Math.abs(values[i]! - wanted) < Math.abs(values[best]! - wanted)) best = i;
  }
  return best;
}

/** Linear between points, constant beyond the first and the last. */
export function between(xs: ArrayLike<number>, ys: ArrayLike<number>, x: number): number {
  let right = 0;
  while (right < xs.length && xs[right]! < x) right++;
  if (right === 0) return ys[0] ?? Number.NaN;
  if (right === xs.length) return ys[right - 1]!;
  const share = (x - xs[right - 1]!) / (xs[right]! - xs[right - 1]!);
  return ys[right - 1]! + share * (ys[right]! - ys[right - 1]!);
}

/** Round numbers within [low, high], about `wanted` of them. */
export function roundTicks(low: number, high: number, wanted: number): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(span / wanted));
  const step = power * ([1, 2, 5].find((factor) => span / (factor * power) <= wanted) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

export const perAlpha = (text: string, name: string) => unit(text, name ? `${name} per α` : "per α");

/** Numbers at a position, each with what it means. */
export function positionFacts(scene: PathScene, at: Position): { text: string; title: string }[] {
  const about = at.exact ? "" : "≈ ";
  const facts = [
    { text: `F ${about}${unit(number(at.value), scene.unit)}`, title: "The model's score at this point" },
    {
      text: `slope ${about}${perAlpha(signed(at.slope), scene.unit)}`,
      title: "dF/dα: the sum of the map at this point",
    },
    {
      text: `norm ${about}${perAlpha(number(at.norm), scene.unit)}`,
      title: "L2 norm of (x − x′) times the gradient at this point",
    },
  ];
  if (at.gain !== null)
    facts.splice(1, 0, {
      text: `${percent(at.gain)} of F(x) − F(x′)`,
      title: "Share of the difference reached at this point",
    });
  return facts;
}

/** Exact numbers of one evaluated point. */
export function pointText(scene: PathScene, i: number): string {
  const parts = [
    `α ${alphaText(scene.alphas[i]!)}`,
    `F ${unit(number(scene.values[i]), scene.unit)}`,
    `slope ${perAlpha(signed(scene.slopes[i]), scene.unit)}`,
    `norm ${number(scene.norms[i])}`,
    `gradient norm ${number(scene.gradientNorms[i])}`,
  ];
  const share = scene.shares[i];
  if (share !== undefined && Number.isFinite(share)) parts.push(`${percent(share)} of Σ up to here`);
  return parts.join(" · ");
}

export function alphaText(alpha: number): string {
  return String(Number(alpha.toFixed(3)));
}

/** Where F stops changing, and what the rest of the path still holds. */
export function saturationText({ meta, rise }: PathScene): string {
  const [first, second] = meta.saturation ?? [];
  if (rise === 0) return "F(x) equals F(x′): nothing rises on this path.";
  if (!first) return "";
  const then = second ? `, ${percent(second.share)} from α ${second.alpha.toFixed(3)} on` : "";
  const kept = `F keeps at least ${percent(first.share)} of F(x) − F(x′) from α ${first.alpha.toFixed(3)} on${then}.`;
  if (meta.norm_after == null) return kept;
  return `${kept} Beyond α ${first.alpha.toFixed(3)} lies ${percent(meta.norm_after)} of the gradient norm.`;
}
