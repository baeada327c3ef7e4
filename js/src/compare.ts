// The Compare panel: which methods, targets or baselines stand beside the map, their small multiples, the one colour scale.
// Knows nothing about traits, bytes or how a map is drawn.
import { createChecks } from "./checks";
import type { Wanted } from "./controls";
import { createDisclosure, type Disclosure } from "./disclosure";
import { make, setText } from "./dom";
import type { Feed, State } from "./feed";
import { settingKey } from "./feed";
import { type OptionGroup, selectField } from "./fields";
import { number, unit } from "./format";
import { createLegend } from "./legend";
import type { Choices, Frame, Kind, Setting } from "./protocol";
import { type Scale, unitOf, type ViewOptions } from "./scene";
import { labelOf, type Tile, Tiles } from "./tiles";
import type { Subject } from "./views";

export interface Compare {
  panel: Disclosure;
  /** What is compared now; the frames that share the colour scale. */
  sync(choices: Choices, wanted: Wanted, feed: Feed, state: State): Frame[];
  draw(options: ViewOptions, dark: boolean, scale: Scale): void;
}

export interface CompareActions {
  ask(compare: Setting[]): void;
  set(changes: Partial<ViewOptions>): void;
  /** The panel was opened or closed. */
  opened(): void;
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

export function createCompare(subject: Subject, actions: CompareActions, signal: AbortSignal): Compare {
  let kind: Kind = "method";
  let last: Parameters<Compare["sync"]> | null = null;
  let scale: Scale | null = null;
  let count = 0;
  const again = () => last && compare.sync(...last);
  const pick = (value: string) => {
    kind = value as Kind;
    again();
  };
  const by = selectField("Compare by", pick, signal, "What differs from map to map");
  const scales = selectField(
    "Color scale",
    (value) => actions.set({ scale: value === "locked" ? (scale?.limit ?? 0) : value }),
    signal,
    "One scale makes colours mean the same on every map; a locked one keeps its numbers whatever is chosen",
  );
  const checks = createChecks(actions.ask, signal);
  const hint = make("p", { class: "whylight-hint" });
  const legend = createLegend("right");
  const tiles = new Tiles(subject);
  const head = make("div", { class: "whylight-compare-head" }, by.node, scales.node, legend.node);
  const panel = createDisclosure("Compare", [head, checks.node, hint, tiles.node], signal, actions.opened);

  const compare: Compare = {
    panel,
    sync(choices, wanted, feed, state) {
      last = [choices, wanted, feed, state];
      const settings = wanted.compare ?? [];
      if (settings.length && !count) panel.node.open = true;
      if (settings.length && !count) kind = (Object.keys(settings[0]!)[0] as Kind) ?? kind;
      count = settings.length;
      by.offer(KINDS, kind);
      checks.sync(kind, choices, wanted, feed, state === "static");
      const shown = shownTiles(choices, wanted, feed, state);
      tiles.sync(shown);
      hint.hidden = settings.length > 0;
      setText(hint, state === "static" ? "Nothing was compared; run the cell to do so." : EMPTY);
      legend.node.hidden = settings.length === 0;
      return panel.node.open ? shown.slice(1).flatMap(({ frame }) => (frame ? [frame] : [])) : [];
    },
    draw(options, dark, now) {
      scale = now;
      scales.offer(scalesFor(options, now, unitOf(last?.[2].frame?.meta ?? null)), scaleName(options));
      if (!panel.node.open) return;
      if (options.scale === "own") legend.node.hidden = true;
      legend.draw(now, options.colormap, dark, unitOf(last?.[2].frame?.meta ?? null));
      tiles.draw(options, dark);
    },
  };
  return compare;
}

/** The main map first, then those to compare; one that is the main map again is left out. */
function shownTiles(choices: Choices, wanted: Wanted, feed: Feed, state: State): Tile[] {
  const settings = (wanted.compare ?? []).filter((setting) => !isMain(setting, wanted));
  if (!settings.length) return [];
  const varies = [...new Set(settings.flatMap((setting) => Object.keys(setting)))] as Kind[];
  const tile = (key: string, setting: Setting, frame: Frame | null): Tile => ({
    key,
    label: varies.map((kind) => labelOf(kind, setting, choices, wanted, frame)).join(" · "),
    varies,
    frame,
    correlation: null,
    main: false,
    fresh: true,
  });
  const beside = settings.map((setting): Tile => {
    const frame = feed.beside.get(settingKey(setting)) ?? null;
    const fresh = state === "static" || (frame !== null && frame.seq >= (feed.frame?.seq ?? 0));
    return { ...tile(settingKey(setting), setting, frame), correlation: frame?.correlation ?? null, fresh };
  });
  return [{ ...tile("main", {}, feed.frame), main: true }, ...beside];
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
