// The controls that decide what is computed: method, target, baseline, steps, stop.
// Knows nothing about traits, frames' bytes or drawing.
import type { State } from "../kernel/feed";
import type { ComputeOptions } from "../kernel/options";
import type { Choice, Choices, Frame, Meta } from "../kernel/protocol";
import { number } from "../numbers";
import { icon, make } from "../ui/dom";
import { type Option, type OptionGroup, selectField, withValue } from "../ui/fields";
import { createStepSlider } from "../ui/step-slider";
import { createThumbnail } from "../ui/thumbnail";
import { createTargetField } from "./target";

export interface Engine {
  ask(changes: Partial<ComputeOptions>): void;
  stop(): void;
}

export interface ComputeControls {
  choices: HTMLElement;
  steps: HTMLElement;
  sync(choices: Choices, options: ComputeOptions, frame: Frame | null, state: State): void;
}

const RANGE = { min: 2, max: 1025 };

export function createComputeControls(engine: Engine, signal: AbortSignal): ComputeControls {
  const method = selectField("Method", (value) => engine.ask({ method: value }), signal);
  const baseline = selectField("Baseline", (value) => engine.ask({ baseline: value }), signal);
  const target = createTargetField((changes) => engine.ask(changes), signal);
  const steps = createStepSlider((value) => engine.ask({ n_steps: value }), signal);
  const thumbnail = createThumbnail();
  baseline.select.before(thumbnail.node);
  const stop = make(
    "button",
    { type: "button", class: "whylight-button", title: "End the run; what was computed stays" },
    icon("stop"),
    "Stop",
  );
  stop.addEventListener("click", () => engine.stop(), { signal });
  const auto = make(
    "button",
    { type: "button", class: "whylight-button", title: "Take as many steps as an accurate picture needs" },
    "Auto",
  );
  auto.addEventListener("click", () => engine.ask({ n_steps: null }), { signal });
  const row = make("div", { class: "whylight-steps" }, steps.node, auto, stop);
  const inputs = [method.select, baseline.select, steps.range, auto, ...target.inputs];

  const sync: ComputeControls["sync"] = (choices, options, frame, state) => {
    const meta = frame?.meta;
    method.offer(withValue(choices.methods, options.method, meta?.method_label), options.method);
    target.sync(choices, options, meta?.target);
    const reference = options.baseline ?? meta?.baseline?.value ?? "";
    baseline.offer(scored(withValue(choices.baselines, reference, meta?.baseline?.label), meta), reference);
    thumbnail.sync(
      choices.baselines?.find((choice) => choice.value === reference) ?? { value: reference, label: "" },
      frame,
    );
    const automatic = options.n_steps === null;
    const points = options.n_steps ?? meta?.requested ?? meta?.n_steps ?? null;
    steps.sync(choices.n_steps ?? RANGE, points, automatic, meta?.levels ?? []);
    auto.setAttribute("aria-pressed", String(automatic));
    const chosen = choices.methods?.find((choice) => choice.value === options.method);
    for (const input of inputs) input.disabled = state === "static";
    const path = offersAny(choices, "steps");
    steps.node.hidden = auto.hidden = !path;
    baseline.node.hidden = !offersAny(choices, "baseline");
    if (chosen?.steps === false) steps.range.disabled = auto.disabled = true;
    if (chosen?.baseline === false) baseline.select.disabled = true;
    stop.disabled = state !== "running" && state !== "queued";
    row.hidden = !path && stop.disabled;
  };
  const choices = make("div", { class: "whylight-choices" }, method.node, target.node, baseline.node);
  return { choices, steps: row, sync };
}

/** Whether any of the methods takes path points, or a baseline. */
export function offersAny(choices: Choices, what: "steps" | "baseline"): boolean {
  return (choices.methods ?? []).some((method) => method[what] !== false) || !choices.methods?.length;
}

/** Baselines with F(x′) behind their names, once it is known. */
function scored([group]: OptionGroup<Option & Partial<Choice>>[], meta: Meta | undefined): OptionGroup[] {
  const options = (group?.options ?? []).map((choice) => {
    const told = meta?.baseline?.value === choice.value ? meta.baseline_score : null;
    const score = choice.score ?? told;
    return score === null ? choice : { ...choice, label: `${choice.label} · F(x′) ${number(score)}` };
  });
  return [{ label: "", options }];
}
