// One of several maps side by side: its name, its answer, and what is told of it.
// Knows nothing about the page or how a map is drawn.
import { settingKey } from "../../kernel/compared";
import type { Feed, State } from "../../kernel/feed";
import type { ComputeOptions, ViewOptions } from "../../kernel/options";
import type { Choices, Frame, Setting, SettingName } from "../../kernel/protocol";
import { correlation, number, unit } from "../../numbers";
import type { Scale } from "../../scenes/scale";
import { unitOf } from "../../scenes/unit";
import { labelOf } from "../../wording/settings";

/** Maps that are less like each other tell different stories. */
const ALIKE = 0.3;

export interface Tile {
  key: string;
  label: string;
  /** What differs between the tiles. */
  varies: SettingName[];
  frame: Frame | null;
  /** Why there is no frame; else empty. */
  missing: string;
  /** Of its map with those of earlier tiles, by key. */
  correlations: ReadonlyMap<string, number | null>;
  /** The same of the sums over the regions of a picture. */
  regions: ReadonlyMap<string, number | null>;
  main: boolean;
  /** Belongs to the frame on show. */
  fresh: boolean;
}

/** The main map first, then those to compare; one that is the main map again is left out. */
export function tilesOf(choices: Choices, options: ComputeOptions, feed: Feed, state: State): Tile[] {
  const settings = (options.compare ?? []).filter((setting) => !isMain(setting, options));
  if (!settings.length) return [];
  const varies = [...new Set(settings.flatMap((setting) => Object.keys(setting)))] as SettingName[];
  const tile = (setting: Setting, frame: Frame | null): Tile => ({
    key: settingKey(setting),
    label: varies
      .filter((name) => name !== "baseline" || frame?.meta.baseline !== null)
      .map((name) => labelOf(name, setting, choices, options, frame))
      .join(" · "),
    varies,
    frame,
    missing: "",
    correlations: new Map(),
    regions: new Map(),
    main: false,
    fresh: true,
  });
  const others = settings.map((setting): Tile => {
    const compared = feed.compared.get(settingKey(setting));
    const fresh = state === "static" || (compared !== undefined && compared.seq >= (feed.frame?.seq ?? 0));
    const correlations = new Map(compared?.correlations.map((one) => [settingKey(one.with), one.value]));
    return {
      ...tile(setting, compared?.frame ?? null),
      missing: compared?.missing ?? "",
      correlations,
      regions: new Map(compared?.correlations.map((one) => [settingKey(one.with), one.regions ?? null])),
      fresh,
    };
  });
  return [{ ...tile({}, feed.frame), main: true }, ...others];
}

/** What speaks against relying on one map: others, of another method or baseline, that hardly agree with the first. */
export function disagreement([first, ...others]: Tile[]): string {
  if (!first || others.some(({ frame, missing, fresh }) => !fresh || (!frame && !missing))) return "";
  const likeness = ({ regions, correlations }: Tile) =>
    Math.max(...[regions, correlations].map((known) => known.get(first.key) ?? Number.NEGATIVE_INFINITY));
  const apart = others.filter((tile) => {
    const known = tile.correlations.get(first.key) ?? null;
    return known !== null && !tile.varies.includes("target") && likeness(tile) < ALIKE;
  });
  const names = apart.map(({ label }) => label).join(", ");
  const rule = `rank correlation below ${correlation(ALIKE).slice(1)}`;
  return names && `Hardly like the map above (${rule}): ${names}. Do not rest on one map alone.`;
}

function isMain(setting: Setting, options: ComputeOptions): boolean {
  return Object.entries(setting).every(([name, value]) => options[name as SettingName] === value);
}

/** What is told below a map: how it is like the first, its scores, the ends of its own scale. */
export function tileFacts(tile: Tile, first: Tile, options: ViewOptions, scale: Scale | null): string[] {
  if (!tile.frame) return [];
  const alike = tile.correlations.get(first.key) ?? null;
  const { meta } = tile.frame;
  const told = alike === null ? "no rank correlation" : `rank correlation ${correlation(alike)}`;
  const parts = [tile.main ? "the map above" : told];
  const regions = tile.regions.get(first.key) ?? null;
  if (regions !== null) parts.push(`regions ${correlation(regions)}`);
  if (tile.varies.includes("target")) parts.push(`F(x) ${number(meta.score)}`);
  if (tile.varies.includes("baseline") && meta.baseline_score !== null)
    parts.push(`F(x′) ${number(meta.baseline_score)}`);
  if (scale && (options.scale === "own" || scale.apart)) {
    const ends = unit(`±${number(scale.limit)}`, unitOf(meta));
    parts.push(scale.apart ? `not on the shared scale: own scale ${ends}` : ends);
  }
  return parts;
}
