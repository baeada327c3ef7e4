// Small multiples: maps of one size side by side, each under its name, the main one first.
// Knows nothing about traits, controls or what was chosen.

import type { Wanted } from "../../controls/compute";
import type { Choices, Frame, Kind, Setting } from "../../kernel/protocol";
import { correlation, number, own, unit } from "../../numbers";
import { isDiverging } from "../../paint/palette";
import { mapRaster, overlayRaster } from "../../paint/raster";
import {
  featureScene,
  type ItemScene,
  pictureScene,
  textScene,
  unitOf,
  type ViewOptions,
} from "../../scenes/items";
import type { Scale } from "../../scenes/scale";
import { icon, make, setText } from "../../ui/dom";
import { Bars } from "../../views/bars";
import { dress, tokenElements } from "../../views/tokens";
import type { OneInput } from "../../views/view";
import { summaryText } from "../../wording/picture";

export interface Tile {
  key: string;
  label: string;
  /** What differs between the tiles. */
  varies: Kind[];
  frame: Frame | null;
  /** Why there is no frame; else empty. */
  missing: string;
  /** Of its map with those of earlier tiles, by key. */
  correlations: ReadonlyMap<string, number | null>;
  main: boolean;
  /** Belongs to the frame on show. */
  fresh: boolean;
}

interface Drawing {
  node: HTMLElement;
  draw(frame: Frame, all: Frame[], options: ViewOptions, dark: boolean): Scale;
}

interface Small {
  node: HTMLElement;
  caption: HTMLElement;
  fact: HTMLElement;
  drawing: Drawing;
}

export class Tiles {
  readonly node: HTMLElement;
  #subject: OneInput;
  #small = new Map<string, Small>();
  #tiles: Tile[] = [];

  constructor(subject: OneInput) {
    this.#subject = subject;
    const attributes = { class: "whylight-tiles", role: "list", "aria-label": "Compared maps" };
    this.node = make("div", attributes);
    this.node.dataset.kind = subject.kind;
  }

  sync(tiles: Tile[]): void {
    this.#tiles = tiles;
    const small = new Map(tiles.map(({ key }) => [key, this.#small.get(key) ?? create(this.#subject)]));
    const nodes = [...small.values()].map(({ node }) => node);
    if (nodes.length !== this.node.children.length || nodes.some((node, i) => this.node.children[i] !== node))
      this.node.replaceChildren(...nodes);
    this.#small = small;
    this.node.hidden = tiles.length === 0;
  }

  draw(options: ViewOptions, dark: boolean): void {
    const all = this.#tiles.flatMap(({ frame }) => (frame ? [frame] : []));
    for (const tile of this.#tiles) {
      const small = this.#small.get(tile.key);
      if (!small) continue;
      setText(small.caption, tile.label);
      small.node.title = tile.label;
      small.node.classList.toggle("whylight-outdated", !tile.fresh);
      const scale = tile.frame ? small.drawing.draw(tile.frame, all, options, dark) : null;
      small.drawing.node.hidden = tile.missing !== "";
      small.fact.replaceChildren(...factsOf(tile, this.#tiles[0]!, options, scale));
    }
  }
}

function create(subject: OneInput): Small {
  const caption = make("figcaption", { class: "whylight-tile-name" });
  const fact = make("div", {
    class: "whylight-tile-fact",
    title:
      "Spearman's rank correlation with the first map: 1 means the same order of values, 0 none, −1 reversed",
  });
  const drawing = drawingOf(subject);
  const node = make("figure", { class: "whylight-tile", role: "listitem" }, caption, drawing.node, fact);
  return { node, caption, fact, drawing };
}

function factsOf(tile: Tile, first: Tile, options: ViewOptions, scale: Scale | null): (Node | string)[] {
  if (tile.missing) return [make("span", { class: "whylight-tile-failure" }, icon("error"), tile.missing)];
  if (!tile.frame) return ["Waiting"];
  const alike = tile.correlations.get(first.key) ?? null;
  const { meta } = tile.frame;
  const told = alike === null ? "no rank correlation" : `rank correlation ${correlation(alike)}`;
  const parts = [tile.main ? "the map above" : told];
  if (tile.varies.includes("target")) parts.push(`F(x) ${number(meta.score)}`);
  if (tile.varies.includes("baseline") && meta.baseline_score !== null)
    parts.push(`F(x′) ${number(meta.baseline_score)}`);
  if (scale && (options.scale === "own" || scale.apart)) {
    const ends = unit(`±${number(scale.limit)}`, unitOf(meta));
    parts.push(scale.apart ? `own scale ${ends}` : ends);
  }
  return parts.flatMap((part) => [make("span", {}, part), " "]);
}

function drawingOf(subject: OneInput): Drawing {
  if (subject.kind === "image") return pictureDrawing(subject.photo);
  return subject.kind === "text" ? textDrawing(subject) : featureDrawing(subject);
}

function pictureDrawing(photo: Extract<OneInput, { kind: "image" }>["photo"]): Drawing {
  const [height = 1, width = 1] = photo.shape;
  const node = make("canvas", { class: "whylight-tile-map", role: "img", width, height });
  const draw: Drawing["draw"] = (frame, all, options, dark) => {
    const scene = pictureScene(photo, frame, options, isDiverging(options.colormap), all);
    const look = { ...options, dark };
    const { width, height, data } =
      options.view === "overlay" ? overlayRaster(scene, look) : mapRaster(scene, look);
    [node.width, node.height] = [width, height];
    node.style.imageRendering = width > node.clientWidth * (globalThis.devicePixelRatio || 1) ? "auto" : "";
    node.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
    node.setAttribute("aria-label", summaryText(scene).replace(/^Attribution heatmap/, "Small map"));
    return scene.scale;
  };
  return { node, draw };
}

function textDrawing(input: Extract<OneInput, { kind: "text" }>): Drawing {
  const node = make("div", { class: "whylight-text whylight-tile-text", dir: "auto" });
  let shown = "";
  const draw: Drawing["draw"] = (frame, all, options, dark) => {
    if (shown !== options.view) node.replaceChildren(...tokenElements(input, options.view));
    node.dataset.view = options.view;
    shown = options.view;
    const scene = textScene(input, frame, options, isDiverging(options.colormap), all);
    for (const child of node.children) {
      child.removeAttribute("role");
      dress(child as HTMLElement, scene, { ...options, dark });
    }
    return scene.scale;
  };
  return { node, draw };
}

function featureDrawing(input: Extract<OneInput, { kind: "features" }>): Drawing {
  const bars = new Bars("Features");
  const notes = input.values.map(own);
  const draw: Drawing["draw"] = (frame, all, options, dark) => {
    const sceneOf = (one: Frame) => featureScene(input, one, options, isDiverging(options.colormap), all);
    const scene = sceneOf(frame);
    const scenes = all.map(sceneOf);
    const alone = options.scale === "own" || scene.scale.apart;
    const range = rangeOf(alone ? [scene] : [scene, ...scenes.filter(({ scale }) => !scale.apart)]);
    bars.draw(scene, { ...options, dark }, notes, range, scenes[0]?.items);
    return scene.scale;
  };
  return { node: bars.node, draw };
}

/** From the least to the largest value, with zero in between. */
function rangeOf(scenes: ItemScene[]): [number, number] {
  const values = scenes.flatMap(({ items }) => items.map(({ value }) => value ?? 0));
  return values.reduce<[number, number]>(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [0, 0]);
}

/** What a setting is called, or what the main map has in its place. */
export function labelOf(
  kind: Kind,
  setting: Setting,
  choices: Choices,
  wanted: Wanted,
  frame: Frame | null,
): string {
  const value = kind in setting ? setting[kind] : wanted[kind];
  if (kind === "target") {
    if (!(kind in setting) && wanted.against != null && frame) return frame.meta.target.label;
    const listed = choices.targets?.find((choice) => choice.value === value)?.label;
    const named = typeof value === "number" ? choices.labels?.[value] : undefined;
    return listed ?? named ?? frame?.meta.target.label ?? String(value ?? "");
  }
  const list = kind === "method" ? choices.methods : choices.baselines;
  const listed = list?.find((choice) => choice.value === value)?.label;
  const told = kind === "method" ? frame?.meta.method_label : frame?.meta.baseline?.label;
  return listed ?? told ?? String(value ?? "");
}
