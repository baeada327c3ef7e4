// What Python and the browser say to each other (docs/wire.md): the traits and the messages, typed. Types only.
// Knows nothing about drawing, controls or the page.
import type { AnyModel } from "@anywidget/types";
import type { Decoded, WireArray, WireMessage } from "./decode";

export type WireFrame = WireMessage<Meta>;
export type WirePath = WireMessage<PathMeta>;
export type WireGroups = WireMessage<GroupsMeta>;

export type Frame = Decoded<Meta>;
/** The path from baseline to input that the frame with the same number rests on. */
export type Path = Decoded<PathMeta>;
/** Scores of groups of units (words, tiles), and the hierarchy they form, for the target of the frame with the same number. */
export type Groups = Decoded<GroupsMeta>;

export interface Meta {
  final: boolean;
  method: string;
  method_label: string;
  n_steps: number | null;
  n_evaluations: number;
  requested: number | null;
  levels: number[];
  target: { value: number | string | null; label: string };
  baseline: { value: string; label: string } | null;
  output: string;
  score: number | null;
  baseline_score: number | null;
  sum: number | null;
  gap: number | null;
  relative_gap: number | null;
  map_error: number | null;
  /** What n_evaluations counts: gradients, or predictions. */
  counted?: string;
  /** The numbers are output per unit of input. */
  per_unit?: boolean;
  /** More than 1 for a table; scores are means over its rows then. */
  rows?: number;
  seconds: number | null;
  device: string;
  notes: string[];
  channel_scale?: number;
  error_scale?: number;
  value_scale?: number;
}

/** What differs from the main settings. */
export type Setting = Partial<Pick<Traits, "method" | "target" | "baseline">>;
export type SettingName = keyof Setting;

/** An answer to compare with the frame of the same number, or what went wrong. */
export interface Compared {
  seq: number;
  setting: Setting;
  /** Why there is no frame; else empty. */
  missing: string;
  frame: Frame | null;
  /** Spearman's rank correlation of its map with the main one (no setting) and with those asked for before it. */
  correlations: { with: Setting; value: number | null }[];
}

export interface WireCompared extends WireMessage<Meta & { missing?: string }> {
  setting?: Setting;
  correlations?: Compared["correlations"];
}

export interface PathMeta {
  /** Why there is no path; then there is nothing else. */
  missing: string;
  notes: string[];
  target?: string;
  baseline?: string;
  /** All of the answer, and the place of the one the path starts from. */
  baselines?: string[];
  which?: number;
  output?: string;
  score?: number | null;
  baseline_score?: number | null;
  saturation?: { share: number; alpha: number }[];
  norm_after?: number | null;
  multiplied?: boolean;
  block?: number;
  map_scales?: (number | null)[];
}

/** Some units and their score φ; null while it is not known. */
export interface ScoredGroup<Score = number> {
  units: number[];
  score: Score;
}

export interface GroupsMeta {
  /** Why there are no scores; then there is nothing else. */
  missing: string;
  target: { value: number | string | null; label: string };
  output: string;
  scorer: string;
  scorer_label: string;
  /** F(x). */
  score: number | null;
  /** Whether a group's score and that of the rest add up to F(x). */
  exact: boolean;
  count: number;
  /** The hierarchy as far as it has grown: partitions, from single units to the whole input. */
  levels: ScoredGroup[][];
  growing: boolean;
  grown: boolean;
  evaluated: number;
  /** Groups that were asked for. */
  known: ScoredGroup<number | null>[];
  notes: string[];
}

export interface Token {
  text: string;
  unit: number;
  special: boolean;
  /** The vocabulary does not have it, or not all of it. */
  unknown?: boolean;
  /** What the tokenizer calls it. */
  name?: string;
}

export type ImageInput = { v: number; kind: "image"; arrays: { pixels: WireArray } };
export type TextInput = {
  v: number;
  kind: "text";
  text: string;
  tokens: Token[];
  units: Omit<Token, "unit" | "name">[];
  segments: [string, number][];
};
/** What is known of a table's columns: what kind of numbers they hold, and their standard deviations. */
export interface Columns {
  names: string[];
  kinds?: string[];
  scales?: (number | null)[] | null;
}
export type FeaturesInput = Columns & { v: number; kind: "features"; values: (number | string | null)[] };
/** One way to group the rows of a table; `of` gives every row's label by its place, −1 for none. */
export interface RowGrouping {
  name: string;
  labels: string[];
  of: number[];
}
export type TableInput = Columns & {
  v: number;
  kind: "table";
  rows: string[];
  levels: Record<string, string[]>;
  groups: RowGrouping[];
  arrays: { values: WireArray };
};
export type WireInput =
  | ImageInput
  | TextInput
  | FeaturesInput
  | TableInput
  | { kind?: undefined; v?: number };

export interface Choice {
  value: string;
  label: string;
  hint?: string;
  steps?: boolean;
  baseline?: boolean;
  /** Of a baseline: what stands for it in words, or a small picture of it; F at it, for the target on show. */
  text?: string;
  picture?: WireArray | null;
  score?: number | null;
}

export interface TargetChoice {
  value: number | string;
  label: string;
  score?: number | null;
  probability?: number | null;
}

export interface Choices {
  v?: number;
  live?: boolean;
  methods?: Choice[];
  baselines?: Choice[];
  targets?: TargetChoice[];
  labels?: string[] | null;
  /** How groups are scored, and what groups of a picture are made of. */
  scorers?: Choice[];
  units?: Choice[];
  n_steps?: { min: number; max: number };
}

export type RunState = "queued" | "running" | "done" | "stopped" | "error";

export interface Status {
  v?: number;
  state?: RunState;
  message?: string;
  detail?: string;
  done?: number;
  total?: number | null;
}

export interface Traits {
  _input: WireInput;
  _choices: Choices;
  _frame: WireFrame;
  _path: WirePath;
  _groups: WireGroups;
  _status: Status;
  _compared: { v?: number; tiles?: WireCompared[] };
  method: string;
  n_steps: number | null;
  target: number | string | null;
  /** The target's difference from this one is explained. */
  against: number | string | null;
  baseline: string | null;
  compare: Setting[];
  scorer: string;
  /** Side of a picture's tiles, "slic", the area of every pixel, or null for the default. */
  units: number | number[][] | "slic" | null;
  colormap: string;
  opacity: number;
  clip: number;
  sign: string;
  view: string;
  order: string;
  subgroup: string;
  /** Units selected: words of a sentence, tiles of a picture, the row of a table. */
  selection: number[];
  /** The pinned pixel of a picture, [row, column], or []. */
  pixel: number[];
  /** "shared": one colour scale for all maps; "own": one for each; a number: locked there. */
  scale: string | number;
}

export type Model = AnyModel<Traits>;
