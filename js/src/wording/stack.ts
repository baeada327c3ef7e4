// What is known about a volume or a video and one of its places, in words.
// Knows nothing about where the words are shown.

import type { Frame } from "../kernel/protocol";
import { count, given, number, percent, signed, unit } from "../numbers";
import type { Axis, Place } from "../scenes/stack";
import { unitOf } from "../scenes/unit";

/** What the three axes of a stack are called. */
export type AxisNames = readonly [string, string, string];
export const VOLUME_AXES: AxisNames = ["Depth", "Row", "Column"];
export const VIDEO_AXES: AxisNames = ["Frame", "Row", "Column"];

/** The distribution of |values| is known to this share of them. */
const LEAST = 0.001;

export interface StackProbe {
  place: Place;
  /** The axis along which the value is the strongest one, where a projection is on show. */
  across: Axis | null;
  value: number | null;
  error: number | null;
  /** The share of smaller |values|. */
  below: number | null;
  /** What the input is there; null where it is not told. */
  input: number | null;
}

export function placeText(names: AxisNames, place: Place): string {
  return place.map((p, k) => `${k ? names[k]!.toLowerCase() : names[0]} ${count(p)}`).join(", ");
}

export function stackProbeText(names: AxisNames, probe: StackProbe, frame: Frame | null): string {
  const along = probe.across === null ? "" : `Strongest along ${names[probe.across].toLowerCase()}: `;
  const parts = [along + placeText(names, probe.place)];
  if (probe.value !== null) {
    const error = probe.error ? ` ± ${number(probe.error)}` : "";
    parts.push(unit(`${signed(probe.value)}${error}`, unitOf(frame?.meta ?? null)));
    if (probe.below !== null && probe.value !== 0)
      parts.push(`in the strongest ${percent(Math.max(LEAST, 1 - probe.below))}`);
  }
  if (probe.input !== null) parts.push(`input ${given(probe.input)}`);
  return parts.join(" · ");
}

/** The accessible name of the attribution. */
export function stackSummary(
  names: AxisNames,
  frame: Frame | null,
  best: { place: Place; value: number } | null,
): string {
  if (!frame || !best) return "Attribution heatmap, waiting for the first picture";
  const { meta } = frame;
  const value = unit(signed(best.value), unitOf(meta));
  const place = placeText(names, best.place).toLowerCase();
  return `Attribution heatmap, ${meta.method_label} for ${meta.target.label}: strongest value ${value} at ${place}`;
}

/** What a strip says of the plane it stands at. */
export function planeText(
  name: string,
  at: number,
  total: number,
  { sizes, sums }: { sizes: ArrayLike<number>; sums: ArrayLike<number> },
): string {
  const all = Array.from(sizes).reduce((sum, size) => sum + size, 0);
  const where = `${name} ${count(at)} of 0–${count(total - 1)}`;
  if (!all) return where;
  return `${where} · Σ ${signed(sums[at])} · ${percent((sizes[at] ?? 0) / all)} of all |values|`;
}
