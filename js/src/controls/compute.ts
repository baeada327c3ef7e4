// The controls that decide what is computed: method, baseline, steps, stop. What a method does not take is not there.
// Knows nothing about traits, frames' bytes or drawing.
import type { State } from "../kernel/feed";
import type { ComputeOptions } from "../kernel/options";
import type { Choice, Choices, Frame, Meta } from "../kernel/protocol";
import { number } from "../numbers";
import { icon, make } from "../ui/dom";
import { grouped, type Option, type OptionGroup, selectField, withValue } from "../ui/fields";
import { createStepSlider, type StepsShown } from "../ui/step-slider";
import { createThumbnail } from "../ui/thumbnail";
import { methodOf, Pace, passesOf, passesText, referencesOf, timeText } from "../wording/cost";

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
/** Seconds from which points are asked for only once the thumb is let go. */
const LONG = 1;

export function createComputeControls(engine: Engine, signal: AbortSignal): ComputeControls {
  const method = selectField("Method", (value) => engine.ask({ method: value }), signal);
  const baseline = selectField("Baseline", (value) => engine.ask({ baseline: value }), signal);
  const steps = createStepSlider((value) => engine.ask({ n_steps: value }), signal);
  const thumbnail = createThumbnail();
  baseline.select.before(thumbnail.node);
  const stop = buttonOf("End the run; what was computed stays", icon("stop"), "Stop");
  stop.addEventListener("click", () => engine.stop(), { signal });
  const auto = buttonOf("Take as many steps as an accurate picture needs", "Auto");
  auto.addEventListener("click", () => engine.ask({ n_steps: null }), { signal });
  const row = make("div", { class: "whylight-steps" }, steps.node, auto, stop);
  const node = make("div", { class: "whylight-choices" }, method.node, baseline.node);
  const pace = new Pace();

  const sync: ComputeControls["sync"] = (choices, options, frame, state) => {
    const meta = frame?.meta;
    const chosen = methodOf(choices, options.method);
    const [path, compares] = [chosen?.steps !== false, chosen?.baseline !== false];
    pace.learn(meta);
    const [offered] = withValue(choices.methods, options.method, meta?.method_label);
    method.offer(
      grouped(offered?.options ?? [], ({ question }) => question ?? ""),
      options.method,
    );
    const reference = options.baseline ?? meta?.baseline?.value ?? "";
    baseline.offer(scored(withValue(choices.baselines, reference, meta?.baseline?.label), meta), reference);
    baseline.node.hidden = !compares;
    const shown = choices.baselines?.find((choice) => choice.value === reference);
    thumbnail.sync(shown ?? { value: reference, label: "" }, frame);
    steps.sync(stepsShown(choices, options, meta, chosen, pace));
    steps.node.hidden = auto.hidden = !path;
    auto.setAttribute("aria-pressed", String(options.n_steps === null));
    for (const input of [method.select, baseline.select, steps.range, auto])
      input.disabled = state === "static";
    stop.disabled = state !== "running" && state !== "queued";
    stop.hidden = !path && stop.disabled;
    row.hidden = !path;
    const place = path ? row : node; // without a slider there is no row for it
    if (stop.parentElement !== place) place.append(stop);
  };
  return { choices: node, steps: row, sync };
}

function buttonOf(title: string, ...children: (Node | string)[]): HTMLButtonElement {
  return make("button", { type: "button", class: "whylight-button", title }, ...children);
}

function stepsShown(
  choices: Choices,
  options: ComputeOptions,
  meta: Meta | undefined,
  chosen: Choice | undefined,
  pace: Pace,
): StepsShown {
  const references = referencesOf(choices, options.baseline);
  const passes = (steps: number) => (chosen && passesOf(chosen, steps, references)) ?? steps;
  const levels = meta?.levels ?? [];
  const done = (steps: number) => levels.includes(steps);
  const time = (steps: number) => (done(steps) ? 0 : pace.time(passes(steps)));
  return {
    bounds: choices.n_steps ?? RANGE,
    steps: options.n_steps ?? meta?.requested ?? meta?.n_steps ?? null,
    automatic: options.n_steps === null,
    levels,
    reached: meta?.n_steps ?? null,
    cost: (steps) =>
      done(steps)
        ? "computed"
        : [passesText(passes(steps), chosen ?? {}), timeText(time(steps))].filter(Boolean).join(", "),
    costly: (steps) => (time(steps) ?? 0) > LONG,
  };
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
