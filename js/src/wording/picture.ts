// What is known about a picture and one of its pixels, in words.
// Knows nothing about where the words are shown.
import { count, number, percent, signed, unit } from "../numbers";
import type { PictureScene, Probe } from "../scenes/picture";
import { type RegionProbe, regionProbe } from "../scenes/region-sums";
import { unitOf } from "../scenes/unit";

/** What is said of a picture, its pixels and its panes; kinds that are drawn as pictures may say more. */
export interface PictureWords<S extends PictureScene = PictureScene> {
  probe(scene: S, row: number, column: number): string;
  /** The accessible name of the heatmap. */
  summary(scene: S): string;
  /** What stands in place of a probe until there is one. */
  hint(scene: S): string;
  /** The accessible name of the input. */
  input(scene: S): string;
}

export const PICTURE_WORDS: PictureWords = {
  probe: (scene, row, column) => {
    const [pixel, unitName] = [probeText(scene.probe(row, column), unitOf(scene.meta)), unitOf(scene.meta)];
    if (scene.regions) return regionText(regionProbe(scene.regions, row, column), unitName);
    return `${litText(scene, row, column)}${pixel}`;
  },
  summary: summaryText,
  hint: hintText,
  input: ({ rows, columns }) => `Input picture, ${columns} by ${rows} pixels`,
};

/** A region's number, sum, share of the sum of all, and rank. */
export function regionText({ region, of, sum, share, rank }: RegionProbe, unitName: string): string {
  const part = Number.isNaN(share) ? [] : [`${percent(share)} of the sum of all`];
  return [`Region ${region + 1}`, unit(signed(sum), unitName), ...part, `rank ${rank} of ${of}`].join(" · ");
}

/** How much light falls on a pixel, where there is one. */
function litText({ lit, rows, columns }: PictureScene, row: number, column: number): string {
  if (!lit) return "";
  const [height = 1, width = 1] = lit.light.shape;
  const place = Math.floor((row * height) / rows) * width + Math.floor((column * width) / columns);
  return `Light ${percent(lit.light.data[place]! / 255)} · `;
}

const RGB = ["R", "G", "B"];

export function probeText(probe: Probe, unitName: string): string {
  const parts = [placeText(probe), ...valueTexts(probe, unitName)];
  if (probe.channels.length) {
    const names = probe.channels.length === 3 ? RGB : probe.channels.map((_, c) => `channel ${c + 1}`);
    parts.push(names.map((name, c) => `${name} ${signed(probe.channels[c])}`).join("  "));
  }
  parts.push(`input ${probe.raw.join(" ")} of 255`);
  return parts.join(" · ");
}

export function placeText({ row, column }: Probe): string {
  return `Row ${row}, column ${column}`;
}

/** The value with its error, and its rank. */
export function valueTexts({ value, error, rank, of }: Probe, unitName: string): string[] {
  if (value === null) return [];
  const span = error ? ` ± ${number(error)}` : "";
  return [unit(`${signed(value)}${span}`, unitName), `rank ${count(rank)} of ${count(of)}`];
}

/** The accessible name of the heatmap. */
export function summaryText({ meta, strongest, regions }: PictureScene): string {
  if (!meta || !strongest) return "Attribution heatmap, waiting for the first picture";
  const value = unit(signed(strongest.value), unitOf(meta));
  const place = `row ${strongest.row}, column ${strongest.column}`;
  return `Attribution heatmap, ${meta.method_label} for ${meta.target.label}: strongest ${regions ? "region" : "value"} ${value} at ${place}`;
}

/** What stands in place of a probe until there is one. */
export function hintText({ meta, strongest, regions }: PictureScene): string {
  if (!meta || !strongest) return "";
  if (strongest.value === 0) return "Every value is zero.";
  const value = unit(signed(strongest.value), unitOf(meta));
  if (regions) return `Strongest region ${value}. Point at a region for its sum.`;
  return `Strongest ${value} at row ${strongest.row}, column ${strongest.column}. Point at a pixel for its value; click to pin it.`;
}
