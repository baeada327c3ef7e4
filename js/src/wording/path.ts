// What is known of the path from baseline to input, and of positions on it, in words.
// Knows nothing about where the words are shown.
import type { State } from "../kernel/feed";
import type { Frame, Path } from "../kernel/protocol";
import { number, percent, place, plural, signed, unit } from "../numbers";
import type { PathScene, Position } from "../scenes/path";
import { perAlpha } from "../scenes/unit";
import type { Fact } from "./run";

/** Numbers at a position, each with what it means. */
export function positionFacts(scene: PathScene, at: Position): Fact[] {
  const about = at.exact ? "" : "≈ ";
  const facts = [
    { text: `F ${about}${unit(number(at.value), scene.unit)}`, title: "The model's score at this point" },
    {
      text: `slope ${about}${unit(signed(at.slope), perAlpha(scene.unit))}`,
      title: "dF/dα: the sum of the map at this point",
    },
    {
      text: `norm ${about}${unit(number(at.norm), perAlpha(scene.unit))}`,
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
    `slope ${unit(signed(scene.slopes[i]), perAlpha(scene.unit))}`,
    `norm ${number(scene.norms[i])}`,
    `gradient norm ${number(scene.gradientNorms[i])}`,
  ];
  const share = scene.shares[i];
  if (share !== undefined && Number.isFinite(share)) parts.push(`${percent(share)} of Σ up to here`);
  return parts.join(" · ");
}

export function alphaText(alpha: number): string {
  return place(alpha, 0.1);
}

/** Where F stops changing, and what the rest of the path still holds. */
export function saturationText({ meta, rise }: PathScene): string {
  const [first, second] = meta.saturation ?? [];
  if (rise === 0) return "F(x) equals F(x′): nothing rises on this path.";
  if (!first) return "";
  const then = second ? `, ${percent(second.share)} from α ${alphaText(second.alpha)} on` : "";
  const kept = `F keeps at least ${percent(first.share)} of F(x) − F(x′) from α ${alphaText(first.alpha)} on${then}.`;
  if (meta.norm_after == null) return kept;
  return `${kept} Beyond α ${alphaText(first.alpha)} lies ${percent(meta.norm_after)} of the gradient norm.`;
}

const nameOf = (scene: PathScene) => (scene.meta.multiplied === false ? "Gradient" : "(x − x′) · gradient");

/** Over the input at a position. */
export function inputCaption({ baseline }: PathScene, { alpha }: Position): string {
  if (alpha === 0) return `Input at α 0: ${baseline}`;
  return alpha === 1 ? "Input at α 1: unchanged" : `Input at α ${alphaText(alpha)}`;
}

/** Over the map at a position. */
export function mapCaption(scene: PathScene, { alpha, mapAlpha }: Position): string {
  const nearest = mapAlpha === alpha ? "" : ", the nearest point";
  return `${nameOf(scene)} at α ${alphaText(mapAlpha)}${nearest}`;
}

/** A position, for readers of the screen. */
export function spokenPosition(scene: PathScene, at: Position): string {
  const gain = at.gain === null ? "" : `, ${percent(at.gain)} of the difference`;
  return `alpha ${alphaText(at.alpha)}, F ${number(at.value)} ${scene.unit}${gain}`;
}

/** The accessible name of the curve. */
export function curveSummary({ meta, unit, baseline, curve, alphas }: PathScene): string {
  const name = unit ? ` ${unit}` : "";
  const [first, last] = [curve[0]!, curve[curve.length - 1]!];
  const reached = meta.saturation?.[0];
  const saturated = reached
    ? `; at least ${percent(reached.share)} of the difference from alpha ${alphaText(reached.alpha)} on`
    : "";
  return `Score along the path from ${baseline} to the input: from ${number(first.value)} to ${number(last.value)}${name}, ${plural(alphas.length, "point")}${saturated}`;
}

/** Why there is no path to show. */
export function whyNoPath(frame: Frame | null, path: Path | null, state: State): string {
  if (path?.meta.missing) return path.meta.missing;
  if (frame && frame.meta.baseline === null)
    return `${frame.meta.method_label} follows no path from a baseline to the input.`;
  if (state === "static")
    return "The path was not saved with this picture. Run the cell, open this panel, and save again to keep it.";
  const runs = state === "queued" || state === "running";
  return runs ? "The path appears when the run ends." : "Reading the path.";
}
