// What numbers are counted in: the unit of the score, and of its slopes.
// Knows nothing about the numbers.
import type { Meta } from "../kernel/protocol";

export function unitOf(meta: Partial<Pick<Meta, "output">> | null): string {
  const output = meta?.output ?? "output";
  return output === "output" ? "" : output.replace("_", "-");
}

/** The unit of a slope, or of a share of the score. */
export function slopeUnit(meta: Meta | null, standardized: boolean): string {
  if (!meta?.per_unit) return unitOf(meta);
  const per = standardized ? "standard deviation" : "unit";
  return `${unitOf(meta) || "output"} per ${per}`;
}

/** The unit of what is told per unit of the path's length. */
export function perAlpha(unit: string): string {
  return unit ? `${unit} per α` : "per α";
}
