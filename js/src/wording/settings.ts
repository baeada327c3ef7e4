// What is explained and compared, by name: targets, what is subtracted from them, settings that differ.
// Knows nothing about where the names are shown.
import type { ComputeOptions, Target, TargetOptions } from "../kernel/options";
import type { Choices, Frame, Meta, Setting, SettingName } from "../kernel/protocol";

/** The target, as a class where it is one; of a contrast the frame tells only its name. */
export function classOf(
  choices: Choices,
  { target }: TargetOptions,
  explained: Meta["target"] | undefined,
): Target {
  const seen = explained?.value;
  return target ?? (typeof seen === "number" ? seen : (choices.targets?.[0]?.value ?? null));
}

/** What is subtracted from the target, null for nothing. */
export function againstOf(
  choices: Choices,
  options: TargetOptions,
  explained: Meta["target"] | undefined,
): Target {
  const against = options.against ?? null;
  return against === classOf(choices, options, explained) ? null : against;
}

export function targetLabel({ labels, targets }: Choices, value: number | string): string {
  const named = typeof value === "number" ? labels?.[value] : undefined;
  return named ?? targets?.find((choice) => choice.value === value)?.label ?? String(value);
}

/** What a setting is called, or what the main map has in its place. */
export function labelOf(
  name: SettingName,
  setting: Setting,
  choices: Choices,
  options: ComputeOptions,
  frame: Frame | null,
): string {
  const value = name in setting ? setting[name] : options[name];
  if (name === "target") {
    if (!(name in setting) && options.against != null && frame) return frame.meta.target.label;
    const listed = choices.targets?.find((choice) => choice.value === value)?.label;
    const named = typeof value === "number" ? choices.labels?.[value] : undefined;
    return listed ?? named ?? frame?.meta.target.label ?? String(value ?? "");
  }
  const list = name === "method" ? choices.methods : choices.baselines;
  const listed = list?.find((choice) => choice.value === value)?.label;
  const told = name === "method" ? frame?.meta.method_label : frame?.meta.baseline?.label;
  return listed ?? told ?? String(value ?? "");
}
