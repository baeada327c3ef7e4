// The widget's entry: wires one model to one view. Wiring only; every thought lives in another file.
import type { RenderProps } from "@anywidget/types";
import { createScheduler } from "./canvas";
import { createControls } from "./controls";
import { createDisplay } from "./display";
import { make } from "./dom";
import { createFailure } from "./failure";
import { createFeed, type Feed } from "./feed";
import { assertVersion, decodeArray, type Model, on, type Traits, type WireInput } from "./protocol";
import { createReadout } from "./readout";
import type { ViewOptions } from "./scene";
import { followTheme } from "./theme";
import { createView, type Subject, type View } from "./views";

const COMPUTED = ["method", "n_steps", "target", "baseline"] as const;
const PAINTED = ["colormap", "opacity", "clip", "sign", "view", "selection"] as const;

export default () => {
  let feed: Feed | undefined;
  return {
    initialize({ model, signal }: { model: Model; signal: AbortSignal }) {
      feed = createFeed(model, signal);
    },
    render({ model, el, signal }: RenderProps<Traits>) {
      return renderView(model, el, signal, feed);
    },
  };
};

function renderView(model: Model, el: HTMLElement, hostSignal: AbortSignal, shared: Feed | undefined) {
  const life = new AbortController();
  const { signal } = life;
  hostSignal?.addEventListener("abort", () => life.abort(), { once: true });
  const feed = shared ?? createFeed(model, signal);
  const set = (changes: Partial<ViewOptions>) => {
    for (const [name, value] of Object.entries(changes)) model.set(name as keyof ViewOptions, value);
    model.save_changes();
  };
  const controls = createControls(feed, signal);
  const display = createDisplay(model.get("_input").kind, set, signal);
  const readout = createReadout();
  const failure = createFailure();
  const stage = make("div", { class: "whylight-main" });
  const view = viewOf(model.get("_input"), (selection) => set({ selection }), signal);
  stage.append("node" in view ? view.node : "");
  if (display.view) controls.choices.append(display.view);
  const card = make(
    "div",
    { class: "whylight-card" },
    readout.progress,
    controls.choices,
    failure.node,
    stage,
    controls.steps,
    readout.node,
    display.panel,
  );
  const root = make("div", { class: "whylight", "data-seq": 0 }, card);
  el.append(root);

  const paint = () => {
    const { frame, status } = feed;
    const broken = view instanceof Error ? view : null;
    const state = broken ? "error" : feed.state;
    const options = Object.fromEntries(
      PAINTED.map((name) => [name, model.get(name)]),
    ) as unknown as ViewOptions;
    const wanted = Object.fromEntries(COMPUTED.map((name) => [name, model.get(name)]));
    controls.sync(
      model.get("_choices") ?? {},
      wanted as unknown as Pick<Traits, (typeof COMPUTED)[number]>,
      frame,
      state,
    );
    display.sync(options);
    if (!(view instanceof Error)) view.draw(frame, options, root.dataset.theme === "dark");
    readout.draw(state, status, frame);
    if (state === "error") failure.show(broken?.message ?? status.message ?? "", status.detail ?? "");
    else failure.hide();
    root.dataset.state = state;
    root.dataset.seq = String(frame?.seq ?? 0);
  };
  const schedule = createScheduler(paint, signal);
  for (const name of [...COMPUTED, ...PAINTED]) on(model, `change:${name}`, schedule, signal);
  feed.addEventListener("change", schedule, { signal });
  followTheme(root, el, schedule, signal);
  signal.addEventListener("abort", () => root.remove(), { once: true });
  paint();
  return () => life.abort();
}

function viewOf(input: WireInput, pin: (selection: number[]) => void, signal: AbortSignal): View | Error {
  try {
    return createView(subjectOf(input), pin, signal);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function subjectOf(input: WireInput): Subject {
  if (!input.kind)
    throw new Error("There is nothing to explain in this widget; make it with whylight.explain.");
  assertVersion(input.v);
  return input.kind === "image" ? { kind: "image", photo: decodeArray(input.arrays.pixels) } : input;
}
