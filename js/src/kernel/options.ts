// The traits a person sets: those that Python computes with, and those that the browser paints with.
// Knows nothing about controls, or what the options do.
import type { Choices, Traits } from "./protocol";

export const COMPUTED = [
  "method",
  "n_steps",
  "target",
  "against",
  "baseline",
  "compare",
  "scorer",
  "units",
] as const;
export const PAINTED = [
  "colormap",
  "opacity",
  "clip",
  "sign",
  "view",
  "detail",
  "order",
  "subgroup",
  "selection",
  "pixel",
  "channel",
  "composite",
  "scale",
] as const;

/** What is computed. */
export type ComputeOptions = Pick<Traits, (typeof COMPUTED)[number]>;
/** How it is painted; Python is never needed for it. */
export type ViewOptions = Pick<Traits, (typeof PAINTED)[number]>;

export type Target = Traits["target"];
/** What is explained: a target, or its difference from another. */
export type TargetOptions = Pick<ComputeOptions, "target" | "against">;

/** Whether any of the methods takes path points. */
export function offersSteps({ methods = [] }: Choices): boolean {
  return methods.length === 0 || methods.some((method) => method.steps !== false);
}
