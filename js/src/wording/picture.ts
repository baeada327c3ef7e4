// What is known about a picture and one of its pixels, in words.
// Knows nothing about where the words are shown.
import { count, number, signed, unit } from "../numbers";
import type { PictureScene, Probe } from "../scenes/picture";
import { unitOf } from "../scenes/unit";

const RGB = ["R", "G", "B"];

export function probeText(probe: Probe, unitName: string): string {
  const parts = [`Row ${probe.row}, column ${probe.column}`];
  if (probe.value !== null) {
    const error = probe.error ? ` ± ${number(probe.error)}` : "";
    parts.push(unit(`${signed(probe.value)}${error}`, unitName));
    parts.push(`rank ${count(probe.rank)} of ${count(probe.of)}`);
  }
  if (probe.channels.length) {
    const names = probe.channels.length === 3 ? RGB : probe.channels.map((_, c) => `channel ${c + 1}`);
    parts.push(names.map((name, c) => `${name} ${signed(probe.channels[c])}`).join("  "));
  }
  parts.push(`input ${probe.raw.join(" ")} of 255`);
  return parts.join(" · ");
}

/** The accessible name of the heatmap. */
export function summaryText({ meta, strongest }: PictureScene): string {
  if (!meta || !strongest) return "Attribution heatmap, waiting for the first picture";
  const value = unit(signed(strongest.value), unitOf(meta));
  const place = `row ${strongest.row}, column ${strongest.column}`;
  return `Attribution heatmap, ${meta.method_label} for ${meta.target.label}: strongest value ${value} at ${place}`;
}

/** What stands in place of a probe until there is one. */
export function hintText({ meta, strongest }: PictureScene): string {
  if (!meta || !strongest) return "";
  if (strongest.value === 0) return "Every value is zero.";
  const value = unit(signed(strongest.value), unitOf(meta));
  return `Strongest ${value} at row ${strongest.row}, column ${strongest.column}. Point at a pixel for its value; click to pin it.`;
}
