// One card in an output cell: controls, answer and read-out of one model, painted together.
// The only file that reads and writes the model's options; knows nothing about bytes, scenes or pixels.

import { createControls, offersAny } from "./controls/compute";
import { createDisplay } from "./controls/display";
import { createFailure } from "./controls/failure";
import { createReadout } from "./controls/readout";
import { assertVersion, decodeArray } from "./kernel/decode";
import type { Feed, State } from "./kernel/feed";
import { type Model, on, type Setting, type Traits, type WireInput } from "./kernel/protocol";
import { Compare } from "./panels/compare/panel";
import { createGroupsPanel, type GroupActions, type GroupsPanel } from "./panels/groups/panel";
import { phraseKind } from "./panels/groups/phrases";
import { regionKind } from "./panels/groups/regions";
import { createPathPanel, type PathPanel } from "./panels/path/panel";
import type { ViewOptions } from "./scenes/items";
import { createScheduler } from "./ui/canvas";
import { disclosureRow } from "./ui/disclosure";
import { make } from "./ui/dom";
import { followTheme } from "./ui/theme";
import { createView, type Subject, type View } from "./views/view";

const COMPUTED = [
  "method",
  "n_steps",
  "target",
  "against",
  "baseline",
  "compare",
  "scorer",
  "units",
] as const;
const PAINTED = [
  "colormap",
  "opacity",
  "clip",
  "sign",
  "view",
  "order",
  "subgroup",
  "selection",
  "pixel",
  "scale",
] as const;
const DISCONNECTED = ".jupyter-widgets-disconnected";

export class Card {
  #model: Model;
  #feed: Feed;
  #root = make("div", { class: "whylight", "data-seq": 0 });
  #controls: ReturnType<typeof createControls>;
  #display: ReturnType<typeof createDisplay>;
  #compare: Compare | null = null;
  #readout = createReadout();
  #failure = createFailure();
  #view: View | null = null;
  #path: PathPanel | null = null;
  #groups: GroupsPanel | null = null;
  /** What is brushed over while the pointer is still down. */
  #draft: number[] | null = null;
  #broken = "";
  #schedule: () => void = () => {};

  constructor(model: Model, host: HTMLElement, feed: Feed, signal: AbortSignal) {
    this.#model = model;
    this.#feed = feed;
    this.#controls = createControls(feed, signal);
    this.#display = createDisplay(model.get("_input").kind, this.#set, signal);
    const schedule = createScheduler(() => this.#paint(), signal);
    this.#schedule = schedule;
    try {
      const subject = subjectOf(model.get("_input"));
      this.#view = createView(subject, this.#set, this.#pick, signal);
      const actions = {
        ask: (compare: Setting[]) => feed.ask({ compare }),
        set: this.#set,
        toggled: schedule,
      };
      if (subject.kind !== "table") this.#compare = new Compare(subject, actions, signal);
      const paths = offersAny(model.get("_choices"), "steps");
      if (subject.kind !== "table" && paths) this.#path = createPathPanel(subject, feed, signal);
      this.#groups = this.#createGroups(subject, signal);
    } catch (error) {
      this.#broken = error instanceof Error ? error.message : String(error);
    }
    this.#assemble(host);
    for (const name of [...COMPUTED, ...PAINTED]) on(model, `change:${name}`, schedule, signal);
    feed.addEventListener("change", schedule, { signal });
    followTheme(this.#root, host, schedule, signal);
    const connection = new MutationObserver(schedule);
    connection.observe(host, { attributes: true, attributeFilter: ["class"] });
    signal.addEventListener("abort", () => connection.disconnect(), { once: true });
    signal.addEventListener("abort", () => this.#root.remove(), { once: true });
    this.#paint();
  }

  #assemble(host: HTMLElement): void {
    if (this.#display.view) this.#controls.choices.append(this.#display.view);
    const card = make(
      "div",
      { class: "whylight-card" },
      this.#readout.progress,
      this.#controls.choices,
      this.#failure.node,
      make("div", { class: "whylight-main" }, this.#view?.node ?? null),
      this.#controls.steps,
      this.#readout.node,
      disclosureRow(
        this.#groups?.disclosure ?? null,
        this.#path?.disclosure ?? null,
        this.#compare?.panel ?? null,
        this.#display.panel,
      ),
    );
    this.#root.append(card);
    host.append(this.#root);
  }

  #set = (changes: Partial<ViewOptions>): void => {
    for (const [name, value] of Object.entries(changes)) this.#model.set(name as keyof ViewOptions, value);
    this.#model.save_changes();
  };

  /** Choose words or areas; the model hears of it when the pointer is up. */
  #pick = (selection: number[], done = true): void => {
    this.#draft = done ? null : selection;
    if (done) this.#set({ selection });
    this.#schedule();
  };

  #createGroups(subject: Subject, signal: AbortSignal): GroupsPanel | null {
    const { scorers } = this.#model.get("_choices") ?? {};
    if (!scorers?.length || (subject.kind !== "text" && subject.kind !== "image")) return null;
    const feed = this.#feed;
    const actions: GroupActions = {
      follow: (open) => feed.follow("groups", open),
      ask: (changes) => feed.ask(changes),
      grow: () => feed.grow(),
      pick: this.#pick,
    };
    const kind = subject.kind === "image" ? regionKind(subject.photo) : phraseKind(subject);
    return createGroupsPanel(kind, actions, signal);
  }

  #paint(): void {
    const { frame, status } = this.#feed;
    const state = this.#state();
    const options = this.#read(PAINTED);
    if (this.#draft) options.selection = this.#draft;
    const [choices, wanted] = [this.#model.get("_choices"), this.#read(COMPUTED)];
    const dark = this.#root.dataset.theme === "dark";
    this.#controls.sync(choices, wanted, frame, state);
    this.#display.sync(options);
    const shown = this.#compare?.sync(choices, wanted, this.#feed, state) ?? [];
    const scale = this.#view?.draw(frame, options, dark, shown);
    if (scale) this.#compare?.draw(options, dark, scale);
    this.#path?.draw(frame, this.#feed.path, { ...options, dark }, state);
    const { colormap, selection: selected } = options;
    const { groups } = this.#feed;
    this.#groups?.draw({ frame, groups, choices, wanted, state, selected, colormap, dark });
    this.#readout.draw(state, status, frame);
    if (state === "error") this.#failure.show(this.#broken || status.message || "", status.detail ?? "");
    else this.#failure.hide();
    this.#root.dataset.state = state;
    this.#root.dataset.seq = String(frame?.seq ?? 0);
  }

  /** A page without a kernel shows what was saved; the host marks such views on the element it gave us. */
  #state(): State {
    if (this.#broken) return "error";
    const cut = this.#root.closest(DISCONNECTED) !== null;
    return cut && this.#feed.state !== "error" ? "static" : this.#feed.state;
  }

  #read<K extends (typeof COMPUTED)[number] | (typeof PAINTED)[number]>(names: readonly K[]) {
    const pairs = names.map((name) => [name, this.#model.get(name)]);
    return Object.fromEntries(pairs) as Pick<Traits, K>;
  }
}

function subjectOf(input: WireInput): Subject {
  if (!input.kind)
    throw new Error("There is nothing to explain in this widget; make it with whylight.explain.");
  assertVersion(input.v);
  if (input.kind === "image") return { kind: "image", photo: decodeArray(input.arrays.pixels) };
  return input.kind === "table" ? { ...input, cells: decodeArray(input.arrays.values) } : input;
}
