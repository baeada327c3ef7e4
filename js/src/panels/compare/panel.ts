// The Compare panel: which methods, targets or baselines stand beside the map, their small multiples, the one colour scale.
// Knows nothing about traits, bytes or how a map is drawn.

import type { Wanted } from "../../controls/compute";
import { type Feed, type State, settingKey } from "../../kernel/feed";
import type { Choices, Frame, Kind, Setting } from "../../kernel/protocol";
import { number, unit } from "../../numbers";
import { unitOf, type ViewOptions } from "../../scenes/items";
import type { Scale } from "../../scenes/scale";
import { createDisclosure, type Disclosure } from "../../ui/disclosure";
import { make, setText } from "../../ui/dom";
import { type OptionGroup, type SelectField, selectField } from "../../ui/fields";
import { createLegend } from "../../ui/legend";
import type { OneInput } from "../../views/view";
import { type Checks, createChecks } from "./checkboxes";
import { createMatrix } from "./correlations";
import { labelOf, type Tile, Tiles } from "./small-multiples";

export interface CompareActions {
  ask(compare: Setting[]): void;
  set(changes: Partial<ViewOptions>): void;
  /** The panel was opened or closed. */
  toggled(): void;
}

const KINDS: OptionGroup[] = [
  {
    label: "",
    options: [
      { value: "method", label: "Methods" },
      { value: "target", label: "Targets" },
      { value: "baseline", label: "Baselines" },
    ],
  },
];
const EMPTY = "Tick what to see beside the map above. Gradients already computed are used again.";
const SCALE_HINT =
  "On one scale a colour means the same on every map; one of much larger or smaller values keeps its own. A locked scale keeps its numbers whatever is chosen";

export class Compare {
  readonly panel: Disclosure;
  #kind: Kind = "method";
  #by: SelectField;
  #scales: SelectField;
  #checks: Checks;
  #tiles: Tiles;
  #matrix = createMatrix();
  #hint = make("p", { class: "whylight-hint" });
  #legend = createLegend("right");
  #scale: Scale | null = null;
  #last: Parameters<Compare["sync"]> | null = null;

  constructor(subject: OneInput, actions: CompareActions, signal: AbortSignal) {
    this.#tiles = new Tiles(subject);
    this.#checks = createChecks(actions.ask, signal);
    this.#by = selectField(
      "Compare by",
      (kind) => this.#pick(kind as Kind),
      signal,
      "What differs from map to map",
    );
    const lock = (scale: string) =>
      actions.set({ scale: scale === "locked" ? (this.#scale?.limit ?? 0) : scale });
    this.#scales = selectField("Color scale", lock, signal, SCALE_HINT);
    const fields = [this.#by.node, this.#scales.node, this.#legend.node];
    const contents = [
      make("div", { class: "whylight-compare-head" }, ...fields),
      this.#checks.node,
      this.#hint,
    ];
    this.panel = createDisclosure(
      "Compare",
      [...contents, this.#tiles.node, this.#matrix.node],
      signal,
      actions.toggled,
    );
  }

  /** Take what is compared now; the frames on show together, which may share a colour scale, the main one first. */
  sync(choices: Choices, wanted: Wanted, feed: Feed, state: State): Frame[] {
    const settings = wanted.compare ?? [];
    const begun = settings.length > 0 && !this.#last?.[1].compare?.length;
    this.#last = [choices, wanted, feed, state];
    if (begun) this.panel.node.open = true;
    if (begun) this.#kind = (Object.keys(settings[0]!)[0] as Kind) ?? this.#kind;
    this.#by.offer(KINDS, this.#kind);
    this.#checks.sync(this.#kind, choices, wanted, feed, state === "static");
    const shown = shownTiles(choices, wanted, feed, state);
    this.#tiles.sync(shown);
    this.#matrix.sync(shown);
    this.#hint.hidden = settings.length > 0;
    setText(this.#hint, state === "static" ? "Nothing was compared; run the cell to do so." : EMPTY);
    return this.panel.node.open ? shown.flatMap(({ frame }) => (frame ? [frame] : [])) : [];
  }

  /** Paint on the colour scale of the main map, or each on its own. */
  draw(options: ViewOptions, dark: boolean, scale: Scale): void {
    this.#scale = scale;
    const unitName = unitOf(this.#last?.[2].frame?.meta ?? null);
    this.#scales.offer(scalesFor(options, scale, unitName), scaleName(options));
    if (!this.panel.node.open) return;
    this.#legend.node.hidden = options.scale === "own" || this.#tiles.node.hidden;
    this.#legend.draw(scale, options.colormap, dark, unitName);
    this.#tiles.draw(options, dark);
  }

  #pick(kind: Kind): void {
    this.#kind = kind;
    if (this.#last) this.sync(...this.#last);
  }
}

/** The main map first, then those to compare; one that is the main map again is left out. */
function shownTiles(choices: Choices, wanted: Wanted, feed: Feed, state: State): Tile[] {
  const settings = (wanted.compare ?? []).filter((setting) => !isMain(setting, wanted));
  if (!settings.length) return [];
  const varies = [...new Set(settings.flatMap((setting) => Object.keys(setting)))] as Kind[];
  const tile = (setting: Setting, frame: Frame | null): Tile => ({
    key: settingKey(setting),
    label: varies
      .filter((kind) => kind !== "baseline" || frame?.meta.baseline !== null)
      .map((kind) => labelOf(kind, setting, choices, wanted, frame))
      .join(" · "),
    varies,
    frame,
    missing: "",
    correlations: new Map(),
    main: false,
    fresh: true,
  });
  const beside = settings.map((setting): Tile => {
    const told = feed.beside.get(settingKey(setting));
    const fresh = state === "static" || (told !== undefined && told.seq >= (feed.frame?.seq ?? 0));
    const correlations = new Map(told?.correlations.map((one) => [settingKey(one.with), one.value]));
    return { ...tile(setting, told?.frame ?? null), missing: told?.missing ?? "", correlations, fresh };
  });
  return [{ ...tile({}, feed.frame), main: true }, ...beside];
}

function isMain(setting: Setting, wanted: Wanted): boolean {
  return Object.entries(setting).every(([kind, value]) => wanted[kind as Kind] === value);
}

function scaleName({ scale }: ViewOptions): string {
  return typeof scale === "number" ? "locked" : scale;
}

function scalesFor({ scale }: ViewOptions, { limit }: Scale, unitName: string): OptionGroup[] {
  const at = unit(`±${number(typeof scale === "number" ? scale : limit)}`, unitName);
  const options = [
    { value: "shared", label: "One for all maps" },
    { value: "own", label: "Each map its own" },
    { value: "locked", label: typeof scale === "number" ? `Locked at ${at}` : `Lock at ${at}` },
  ];
  return [{ label: "", options }];
}
