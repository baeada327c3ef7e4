// One card in an output cell: controls, answer and read-out of one model, painted together.
// The only file that reads and writes the model's options; knows nothing about bytes, scenes or pixels.
import { createComputeControls } from "./controls/compute";
import { createDisplay } from "./controls/display";
import { createFailure } from "./controls/failure";
import { createHeadline } from "./controls/headline";
import { createMenu, type Menu } from "./controls/menu";
import { createReadout } from "./controls/readout";
import { type Feed, type State, subscribe } from "./kernel/feed";
import { isGone } from "./kernel/link";
import { COMPUTED, PAINTED, type ViewOptions } from "./kernel/options";
import type { Choice, Choices, Model, Setting, Traits } from "./kernel/protocol";
import { ComparePanel } from "./panels/compare/panel";
import { type Panel, panelsOf } from "./panels/panel";
import type { Look } from "./scenes/look";
import { createScheduler } from "./ui/canvas";
import { disclosureRow } from "./ui/disclosure";
import { keepKeys, make } from "./ui/dom";
import { followNarrow } from "./ui/narrow";
import { followTheme } from "./ui/theme";
import { type AnswerDrawing, isComparable, kindOf, layoutsOf, readSubject, type Subject } from "./views/kind";

/** What a card stands among. */
export interface Surroundings {
  feed: Feed;
  /** The samples to choose from, above everything. */
  strip: HTMLElement;
  /** The card of the sample shown before, whose place it takes. */
  before: Card | null;
}

const DISCONNECTED = ".jupyter-widgets-disconnected";

export class Card {
  #model: Model;
  #feed: Feed;
  #root = make("div", { class: "whylight", "data-seq": 0 });
  #headline: ReturnType<typeof createHeadline>;
  #controls: ReturnType<typeof createComputeControls>;
  #display: ReturnType<typeof createDisplay>;
  #compare: ComparePanel | null = null;
  #readout = createReadout();
  #failure = createFailure();
  #menu: Menu;
  #answer: AnswerDrawing | null = null;
  #panels: Panel[] = [];
  #focus: NonNullable<Subject["focus"]> = (told) => told;
  /** What is brushed over while the pointer is still down. */
  #draft: number[] | null = null;
  #broken = "";
  #schedule: () => void = () => {};

  /** The layout of a narrow card, until a person chooses one. */
  #narrow: string | undefined;
  #isNarrow: () => boolean = () => false;

  #life = new AbortController();

  constructor(model: Model, host: HTMLElement, { feed, strip, before }: Surroundings, ended: AbortSignal) {
    this.#model = model;
    this.#feed = feed;
    ended.addEventListener("abort", () => this.#life.abort(), { once: true, signal: this.#life.signal });
    const { signal } = this.#life;
    this.#headline = createHeadline((changes) => feed.ask(changes), signal);
    this.#controls = createComputeControls(feed, signal);
    const input = model.get("_input");
    this.#display = createDisplay(
      { ...kindOf(input), layouts: layoutsOf(input), offered: input.details },
      this.#set,
      signal,
    );
    this.#menu = createMenu(feed.files, () => largestCanvas(this.#root), signal);
    this.#headline.end.append(this.#menu.node);
    const schedule = createScheduler(() => this.#paint(), signal);
    this.#schedule = schedule;
    this.#narrow = kindOf(input)?.narrow;
    this.#isNarrow = followNarrow(this.#root, schedule, signal);
    subscribe(model, "change:view", () => this.#chosen(), signal);
    try {
      this.#open(readSubject(model.get("_input")), signal);
    } catch (error) {
      this.#broken = error instanceof Error ? error.message : String(error);
    }
    const focused = before ? focusIn(strip) : null;
    const edited = before ? focusIn(before.#root)?.closest<HTMLElement>("[data-keep]")?.dataset.keep : null;
    this.#assemble(strip);
    if (before) this.#replace(before);
    else host.append(this.#root);
    focused?.focus({ preventScroll: true });
    for (const name of [...COMPUTED, ...PAINTED]) subscribe(model, `change:${name}`, schedule, signal);
    feed.addEventListener("change", schedule, { signal });
    host.classList.add("whylight-host");
    followTheme(this.#root, host, schedule, signal);
    keepKeys(this.#root, signal);
    const connection = new MutationObserver(schedule);
    connection.observe(host, { attributes: true, attributeFilter: ["class"] });
    signal.addEventListener("abort", () => connection.disconnect(), { once: true });
    signal.addEventListener("abort", () => this.#root.remove(), { once: true });
    this.#paint();
    if (edited)
      this.#root.querySelector<HTMLElement>(`[data-keep="${edited}"]`)?.focus({ preventScroll: true });
  }

  /** Everything that depends on the input. */
  #open(subject: Subject, signal: AbortSignal): void {
    const [feed, choices] = [this.#feed, this.#model.get("_choices")];
    if (subject.focus) this.#focus = subject.focus.bind(subject);
    const editOf = (part: number) => {
      const edit = (change: Parameters<Feed["edit"]>[0]) => feed.edit(part ? { ...change, part } : change);
      return choices.editable?.[part] ? { edit } : {};
    };
    const fills = () => fillsOf(this.#model.get("_choices"), this.#model.get("baseline"));
    const actions = { change: this.#set, select: this.#select, fills, editOf, ...editOf(0) };
    this.#answer = subject.answer(actions, signal);
    if (this.#isResult()) return;
    if (isComparable(subject)) {
      const ask = (compare: Setting[]) => feed.ask({ compare });
      const actions = { ask, set: this.#set, toggled: this.#schedule };
      this.#compare = new ComparePanel(subject, actions, signal);
    }
    this.#panels = panelsOf({ subject, feed, choices, select: this.#select }, signal);
  }

  /** Take the place of another card: panels that were open there are open here. */
  #replace(before: Card): void {
    const opened = [...before.#root.querySelectorAll("details[open] > summary")].map((s) => s.textContent);
    before.#root.before(this.#root);
    for (const summary of this.#root.querySelectorAll("details > summary"))
      if (opened.includes(summary.textContent)) (summary.parentElement as HTMLDetailsElement).open = true;
    before.#life.abort();
  }

  #assemble(strip: HTMLElement): void {
    this.#controls.choices.append(...this.#display.layout);
    const card = make(
      "div",
      { class: "whylight-card" },
      this.#readout.progress,
      strip,
      this.#headline.node,
      this.#readout.verdict,
      this.#failure.node,
      make("div", { class: "whylight-main" }, this.#answer?.node ?? null),
      this.#controls.choices,
      this.#controls.steps,
      this.#readout.node,
      disclosureRow(
        ...this.#panels.map(({ disclosure }) => disclosure),
        this.#compare?.disclosure ?? null,
        this.#display.panel,
      ),
    );
    this.#root.append(card);
  }

  #set = (changes: Partial<ViewOptions>): void => {
    for (const [name, value] of Object.entries(changes)) this.#model.set(name as keyof ViewOptions, value);
    if (!isGone(this.#feed.kernel)) this.#model.save_changes(); // nobody hears it, and hosts would say so in the console
    if ("view" in changes) this.#chosen();
  };

  /** A person chose a layout, it may be the one that was there. */
  #chosen(): void {
    this.#narrow = undefined;
    this.#schedule();
  }

  /** Choose words or areas; the model hears of it when the pointer is up. */
  #select = (selection: number[], done = true): void => {
    this.#draft = done ? null : selection;
    if (done) this.#set({ selection });
    this.#schedule();
  };

  #paint(): void {
    const { frame, status } = this.#feed;
    const state = this.#state();
    const [choices, options] = [this.#model.get("_choices"), this.#read(COMPUTED)];
    const look = this.#look();
    this.#feed.tellTheme(look.dark);
    const told = this.#focus({ choices, frame }, look);
    this.#headline.sync(told.choices, options, told.frame, state, look.detail);
    this.#controls.sync(told.choices, options, told.frame, state);
    this.#display.sync(look);
    this.#menu.sync(frame, !this.#cut() && !isGone(this.#feed.kernel));
    const together = this.#compare?.sync(choices, options, this.#feed, state) ?? [];
    const scale = this.#answer?.draw({ frame, together, units: options.units }, look);
    if (scale) this.#compare?.draw(scale, look);
    const { path, groups } = this.#feed;
    for (const panel of this.#panels) panel.draw({ frame, path, groups, choices, options, state }, look);
    const result = this.#isResult();
    const finished = result && frame !== null && state === "static" && !this.#cut();
    this.#readout.draw(finished ? "done" : state, status, told.frame, this.#feed.kernel);
    this.#root.toggleAttribute("data-result", result);
    if (state === "error") this.#failure.show(this.#broken || status.message || "", status.detail ?? "");
    else if (status.refused) this.#failure.show(status.refused, "");
    else this.#failure.hide();
    this.#root.dataset.state = state;
    this.#root.dataset.seq = String(frame?.seq ?? 0);
  }

  /** A page without a kernel shows what was saved; the host marks such views on the element it gave us. */
  #state(): State {
    if (this.#broken) return "error";
    return this.#cut() && this.#feed.state !== "error" ? "static" : this.#feed.state;
  }

  /** An answer with no engine behind it and nothing beside it: there is nothing to compute. */
  #isResult(): boolean {
    return !this.#model.get("_choices")?.methods?.length && !this.#model.get("_compared")?.tiles?.length;
  }

  #cut(): boolean {
    return this.#root.closest(DISCONNECTED) !== null;
  }

  #look(): Look {
    const look = { ...this.#read(PAINTED), dark: this.#root.dataset.theme === "dark" };
    if (this.#narrow && this.#isNarrow()) look.view = this.#narrow;
    return this.#draft ? { ...look, selection: this.#draft } : look;
  }

  #read<K extends (typeof COMPUTED)[number] | (typeof PAINTED)[number]>(names: readonly K[]) {
    const pairs = names.map((name) => [name, this.#model.get(name)]);
    return Object.fromEntries(pairs) as Pick<Traits, K>;
  }
}

/** What can take the place of what is erased: single baselines, that on show first. */
function fillsOf({ baselines = [] }: Choices, shown: string | null): Choice[] {
  const single = baselines.filter(({ value }) => !value.includes(" + "));
  return [...single].sort((a, b) => Number(b.value === shown) - Number(a.value === shown));
}

/** The picture, as it is painted. */
function largestCanvas(root: HTMLElement): HTMLCanvasElement | null {
  const seen = [...root.querySelectorAll<HTMLCanvasElement>(".whylight-main canvas")].filter(
    (c) => c.offsetParent,
  );
  return seen.sort((a, b) => b.width * b.height - a.width * a.height)[0] ?? null;
}

/** What has the focus, if that is in here. */
function focusIn(node: HTMLElement): HTMLElement | null {
  const { activeElement } = node.getRootNode() as Document | ShadowRoot;
  return activeElement instanceof HTMLElement && node.contains(activeElement) ? activeElement : null;
}
