// What the model says, for the headline: its likeliest classes and the one explained, or its number, or the place explained. Pure.
// Knows nothing about the page.
import { decodeArray } from "../kernel/decode";
import type { Target, TargetOptions } from "../kernel/options";
import type { Choices, Meta, TargetChoice } from "../kernel/protocol";
import { count, number, percent, plural, unit } from "../numbers";
import { unitOf } from "../scenes/unit";
import { againstOf, classOf, targetLabel } from "./settings";

type Explained = Meta["target"] | undefined;

export interface Answers {
  /** Words before everything. */
  lead: string;
  /** What is said where there are no classes. */
  number: string;
  note: string;
  classes: {
    /** JSON of the target. */
    value: string;
    name: string;
    percent: string;
    share: number;
    explained: boolean;
    /** Left out where room is short. */
    spare: boolean;
  }[];
}

/** So many classes are in sight wherever there is room for them; one more where there is much. */
const SHOWN = 3;

export function answersOf(choices: Choices, shown: Target, meta: Meta | null): Answers {
  const many = (meta?.rows ?? 1) > 1;
  const rows = many ? `mean of ${plural(meta?.rows ?? 1, "row")}` : "";
  const classes = likelyOf(choices).filter(({ probability }) => probability != null);
  if (classes.length > 1) return { lead: "", number: "", note: rows, classes: bars(choices, shown, meta) };
  return { ...placeOf(choices, shown, meta, rows), classes: [] };
}

/** The likeliest classes; the one explained is always among them, the last of them where it is unlikely. */
function bars(choices: Choices, shown: Target, meta: Meta | null): Answers["classes"] {
  const likely = likelyOf(choices)
    .filter(({ probability }) => probability != null)
    .map(({ value }) => value);
  const first = likely.slice(0, SHOWN);
  const last = first.includes(shown) || shown === null ? likely.slice(SHOWN, SHOWN + 1) : [shown];
  return [...first, ...last].map((value, i) => {
    const chance = chanceOf(choices, value);
    const score = value === shown ? number(meta?.score) : "";
    return {
      value: JSON.stringify(value),
      name: nameOf(choices, value, meta?.target),
      percent: chance === null ? score : percent(chance),
      share: Math.max(0, Math.min(1, chance ?? 0)),
      explained: value === shown,
      spare: i === SHOWN && value !== shown,
    };
  });
}

/** Of a model without classes its number; of an output with many places the one explained. */
function placeOf(choices: Choices, shown: Target, meta: Meta | null, rows: string): Omit<Answers, "classes"> {
  const dense = denseOf(choices);
  const place = dense.find(({ value }) => value === shown);
  const named = shown === null && !meta ? "" : nameOf(choices, shown, meta?.target);
  if (place || dense.length) {
    const share = place?.probability == null ? "" : percent(place.probability);
    const covers = place?.group === "Regions" ? " of the picture" : "";
    const among = place ? `one of ${count(dense.length)} ${(place.group ?? "").toLowerCase()}` : "";
    return { lead: named, number: share && `${share}${covers}`, note: among };
  }
  if (!meta) return { lead: "", number: "", note: "" };
  const said = unit(number(meta.score), unitOf(meta));
  const name = named === "output" || named === "Model output" ? "Prediction" : named;
  return { lead: name, number: said, note: rows };
}

/** What is explained; of a contrast, what it is taken from. */
export function shownOf(choices: Choices, options: TargetOptions, explained: Explained): Target {
  if (againstOf(choices, options, explained) !== null) return classOf(choices, options, explained);
  return options.target ?? explained?.value ?? choices.targets?.[0]?.value ?? null;
}

/** Whether there is more than one thing to explain. */
export function isChoice({ labels, targets }: Choices): boolean {
  return Math.max(labels?.length ?? 0, targets?.length ?? 0) > 1;
}

/** The targets within dense outputs: tokens, regions, boxes, steps. */
export function denseOf({ targets = [] }: Choices): TargetChoice[] {
  return targets.filter(({ group }) => group);
}

/** Classes and targets of a person's own, the likeliest first. */
export function likelyOf({ targets = [] }: Choices): TargetChoice[] {
  return targets.filter(({ group }) => !group);
}

/** The probability of a target, or what stands in its place; null where there is none. */
export function chanceOf(choices: Choices, value: Target): number | null {
  const listed = choices.targets?.find((choice) => choice.value === value)?.probability;
  return listed ?? (typeof value === "number" ? (chancesOf(choices)?.[value] ?? null) : null);
}

/** A target's name as it is written: of the one explained the frame may know more. */
export function nameOf(choices: Choices, value: Target, explained: Explained): string {
  if (value === null) return explained?.label || "Model output";
  const known = targetLabel(choices, value);
  return known === String(value) && explained?.value === value ? explained.label : known;
}

/** Probabilities of all classes, where they are told. */
export function chancesOf({ probabilities }: Choices): ArrayLike<number> | null {
  return probabilities ? decodeArray(probabilities).data : null;
}
