// The Compare panel: which methods, targets or baselines stand beside the map, their small multiples, the one colour scale.
// Knows nothing about traits, bytes or how a map is drawn.
import type { Feed, State } from "../../kernel/feed";
import type { ComputeOptions, ViewOptions } from "../../kernel/options";
import type { Choices, Frame, Setting, SettingName } from "../../kernel/protocol";
import { number, unit } from "../../numbers";
import type { Look } from "../../scenes/look";
import type { Scale } from "../../scenes/scale";
import { unitOf } from "../../scenes/unit";
import { createDisclosure, type Disclosure } from "../../ui/disclosure";
import { make, setText } from "../../ui/dom";
import { type OptionGroup, optionList, type SelectField, selectField } from "../../ui/fields";
import { createLegend } from "../../ui/legend";
import type { Comparable } from "../../views/kind";
import { Pace, timeText } from "../../wording/cost";
import { type Checkboxes, createCheckboxes } from "./checkboxes";
import { createCorrelations } from "./correlations";
import { type Cost, costOf, threeOf, together, togetherText } from "./cost";
import { SmallMultiples } from "./small-multiples";
import { disagreement, type Tile, tilesOf } from "./tile";

export interface CompareActions {
  ask(compare: Setting[]): void;
  set(changes: Partial<ViewOptions>): void;
  /** The panel was opened or closed. */
  toggled(): void;
}

const VARIED = optionList({ method: "Methods", target: "Targets", baseline: "Baselines" });
const EMPTY = "Tick what to see beside the map above. Gradients already computed are used again.";
/** Seconds that a comparison may take without being asked for. */
const SHORT = 3;
const SCALE_HINT =
  "On one scale a colour means the same on every map; one of much larger or smaller values keeps its own. A locked scale keeps its numbers whatever is chosen";

export class ComparePanel {
  readonly disclosure: Disclosure;
  #varied: SettingName = "method";
  #by: SelectField;
  #scales: SelectField;
  #checkboxes: Checkboxes;
  #maps: SmallMultiples;
  #tiles: Tile[] = [];
  #correlations = createCorrelations();
  #hint = make("p", { class: "whylight-hint" });
  #start = make("button", { type: "button", class: "whylight-button" });
  /** What is proposed, and not asked for yet; null before that. */
  #proposed: Setting[] | null = null;
  #pace = new Pace();
  #ask: CompareActions["ask"];
  #legend = createLegend("right");
  #scale: Scale | null = null;
  #last: Parameters<ComparePanel["sync"]> | null = null;

  constructor(subject: Comparable, actions: CompareActions, signal: AbortSignal) {
    this.#maps = new SmallMultiples(subject);
    this.#ask = actions.ask;
    this.#start.addEventListener("click", () => this.#begin(), { signal });
    this.#checkboxes = createCheckboxes(actions.ask, signal);
    this.#by = selectField(
      "Compare by",
      (name) => this.#vary(name as SettingName),
      signal,
      "What differs from map to map",
    );
    const lock = (scale: string) =>
      actions.set({ scale: scale === "locked" ? (this.#scale?.limit ?? 0) : (scale as "shared" | "own") });
    this.#scales = selectField("Color scale", lock, signal, SCALE_HINT);
    const fields = [this.#by.node, this.#scales.node, this.#legend.node];
    const contents = [
      make("div", { class: "whylight-compare-head" }, ...fields),
      this.#checkboxes.node,
      make("div", { class: "whylight-compare-foot" }, this.#start, this.#hint),
    ];
    this.disclosure = createDisclosure(
      "Compare",
      [...contents, this.#maps.node, this.#correlations.node],
      signal,
      () => this.#toggled(actions.toggled),
    );
  }

  #toggled(told: () => void): void {
    if (this.disclosure.node.open) this.#propose();
    told();
  }

  /** Three methods to begin with, once; at once where they take no time. */
  #propose(): void {
    if (this.#proposed || !this.#last) return;
    const [choices, options, feed, state] = this.#last;
    if (state === "static" || options.compare?.length) return;
    this.#proposed = threeOf(choices, options);
    const costs = this.#proposed.map((setting) => costOf(setting, choices, options, feed));
    const { time } = together(costs, this.#pace);
    if (time !== null && time <= SHORT) this.#begin();
  }

  #begin(): void {
    if (this.#proposed?.length) this.#ask(this.#proposed);
    this.#proposed = [];
  }

  /** Take what is compared now; the frames on show together, which may share a colour scale, the main one first. */
  sync(choices: Choices, options: ComputeOptions, feed: Feed, state: State): Frame[] {
    const settings = options.compare ?? [];
    if (!this.#last && this.disclosure.node.open) this.#proposed = []; // it was open for the sample before
    const begun = settings.length > 0 && !this.#last?.[1].compare?.length;
    this.#last = [choices, options, feed, state];
    if (begun) this.disclosure.node.open = true;
    if (begun) this.#varied = (Object.keys(settings[0]!)[0] as SettingName) ?? this.#varied;
    this.#by.offer(VARIED, this.#varied);
    this.#pace.learn(feed.frame?.meta);
    if (settings.length && this.#proposed) this.#proposed = [];
    const proposed = this.#varied === "method" && state !== "static" ? (this.#proposed ?? []) : [];
    const ticked = proposed.length ? { ...options, compare: proposed } : options;
    this.#checkboxes.sync(this.#varied, choices, ticked, feed, state === "static");
    this.#tiles = tilesOf(choices, options, feed, state);
    this.#correlations.sync(this.#tiles);
    const costs = (list: Setting[]) => list.map((setting) => costOf(setting, choices, options, feed));
    this.#start.hidden = proposed.length === 0;
    setText(this.#start, `Compare these, ${togetherText(costs(proposed), this.#pace)}`);
    setText(this.#hint, this.#told(settings, costs(settings), state));
    this.#hint.hidden = this.#hint.textContent === "" || !this.#start.hidden;
    return this.disclosure.node.open ? this.#tiles.flatMap(({ frame }) => (frame ? [frame] : [])) : [];
  }

  /** Paint on the colour scale of the main map, or each on its own. */
  draw(scale: Scale, look: Look): void {
    this.#scale = scale;
    const unitName = unitOf(this.#last?.[2].frame?.meta ?? null);
    this.#scales.offer(scalesFor(look, scale, unitName), scaleName(look));
    if (!this.disclosure.node.open) return;
    this.#legend.node.hidden = look.scale === "own" || this.#tiles.length === 0;
    this.#legend.draw({ scale, unit: unitName }, look);
    this.#maps.draw(this.#tiles, look);
  }

  /** Where nothing is compared what to do, and while it is how long that goes on. */
  #told(settings: Setting[], costs: Cost[], state: State): string {
    if (state === "static" && !settings.length) return "Nothing was compared; run the cell to do so.";
    if (!settings.length) return EMPTY;
    const open = costs.filter(({ computed }) => !computed);
    if (!open.length || (state !== "running" && state !== "queued")) return disagreement(this.#tiles);
    const left = timeText(together(open, this.#pace).time);
    const done = costs.length - open.length;
    return `Comparing: ${done} of ${costs.length} done${left ? `, about ${left} left` : ""}`;
  }

  #vary(name: SettingName): void {
    this.#varied = name;
    if (this.#last) this.sync(...this.#last);
  }
}

function scaleName({ scale }: ViewOptions): string {
  return typeof scale === "number" ? "locked" : scale;
}

function scalesFor({ scale }: ViewOptions, { limit }: Scale, unitName: string): OptionGroup[] {
  const at = unit(`±${number(typeof scale === "number" ? scale : limit)}`, unitName);
  const options = [
    { value: "shared", label: "Same for all maps" },
    { value: "own", label: "Own for each map" },
    { value: "locked", label: typeof scale === "number" ? `Locked at ${at}` : `Lock at ${at}` },
  ];
  return [{ label: "", options }];
}
