// What the model saw at one point of the path, and the map there: a picture, a sentence or features.
// Knows nothing about the curve, models or traits.

import type { Tensor } from "../../kernel/decode";
import type { FeaturesInput, TextInput } from "../../kernel/protocol";
import { given, signed } from "../../numbers";
import { isDiverging } from "../../paint/palette";
import { mapRaster, photoRaster } from "../../paint/raster";
import { itemsOf, ranks, type ViewOptions } from "../../scenes/items";
import { alphaText, type PathScene, type Position, perAlpha } from "../../scenes/path";
import { type Scale, scaleOf } from "../../scenes/scale";
import { type Piece, piecesOf } from "../../scenes/text-pieces";
import { createSurface, lay } from "../../ui/canvas";
import { make, setText } from "../../ui/dom";
import { type OptionGroup, selectField } from "../../ui/fields";
import { createLegend } from "../../ui/legend";
import { Bars } from "../../views/bars";
import { toCanvas } from "../../views/heatmap";
import { dress, pieceElement } from "../../views/tokens";
import type { OneInput } from "../../views/view";

export interface PathLook extends ViewOptions {
  dark: boolean;
}

/** What one stage draws with: the common colour scale and the ends of the bars. */
interface Shades {
  scale: Scale;
  range: [number, number];
}

export interface PathStage {
  node: HTMLElement;
  /** `answer` ranks the features as the answer does. */
  draw(scene: PathScene, at: Position, look: PathLook, answer: ArrayLike<number> | undefined): void;
}

interface Scenery {
  node: HTMLElement;
  draw(scene: PathScene, at: Position, look: PathLook, shades: Shades, answer?: ArrayLike<number>): void;
}

const SCALES: OptionGroup[] = [
  {
    label: "",
    options: [
      { value: "path", label: "Whole path", hint: "One scale for all points: gradients are seen to fade" },
      {
        value: "point",
        label: "This point",
        hint: "A scale of its own for every point: faint patterns are seen",
      },
    ],
  },
];

export function createPathStage(subject: OneInput, signal: AbortSignal): PathStage {
  const scenery =
    subject.kind === "image"
      ? pictureStage(subject.photo, signal)
      : subject.kind === "text"
        ? textStage(subject)
        : featuresStage(subject);
  const legend = createLegend("right");
  let own = "path";
  let last: Parameters<PathStage["draw"]> | null = null;
  const choose = (value: string) => {
    own = value;
    if (last) draw(...last);
  };
  const choice = selectField("Path scale", choose, signal);
  const draw: PathStage["draw"] = (scene, at, look, answer) => {
    last = [scene, at, look, answer];
    const values = own === "path" ? scene.maps : at.map;
    const clip = scene.mapShape.length === 2 ? look.clip : 100;
    const scale = scaleOf(values, { ...look, clip, scale: "own" }, isDiverging(look.colormap));
    const low = values.reduce((least, value) => Math.min(least, value), 0);
    const high = values.reduce((most, value) => Math.max(most, value), 0);
    choice.offer(SCALES, own);
    scenery.draw(scene, at, look, { scale, range: [low, high] }, answer);
    legend.draw(scale, look.colormap, look.dark, perAlpha("", scene.unit).trim());
  };
  const foot = make("div", { class: "whylight-path-scale" }, legend.node, choice.node);
  const node = make(
    "div",
    { class: `whylight-path-stage whylight-path-${subject.kind}` },
    scenery.node,
    foot,
  );
  return { node, draw };
}

const nameOf = (scene: PathScene) => (scene.meta.multiplied === false ? "Gradient" : "(x − x′) · gradient");

function inputCaption({ baseline }: PathScene, { alpha }: Position): string {
  if (alpha === 0) return `Input at α 0: ${baseline}`;
  return alpha === 1 ? "Input at α 1: unchanged" : `Input at α ${alphaText(alpha)}`;
}

function mapCaption(scene: PathScene, { alpha, mapAlpha }: Position): string {
  const nearest = mapAlpha === alpha ? "" : ", the nearest point";
  return `${nameOf(scene)} at α ${alphaText(mapAlpha)}${nearest}`;
}

function figure(title: string) {
  const caption = make("figcaption", { class: "whylight-caption" });
  const box = make("div", { class: "whylight-path-box", role: "img", "aria-label": title });
  return { caption, box, node: make("figure", { class: "whylight-pane" }, caption, box) };
}

function pictureStage(photo: Tensor, signal: AbortSignal): Scenery {
  const [input, map] = [figure("Input on the path"), figure("Gradient on the path")];
  const picture = toCanvas(photoRaster(photo));
  let alpha = 1;
  let baseline: HTMLCanvasElement | null = null;
  let colors: HTMLCanvasElement | null = null;
  let fine = true;
  let from: Tensor | undefined;
  const inputSurface = createSurface(
    input.box,
    (context, width, height) => {
      context.globalAlpha = 1;
      if (baseline) lay(context, baseline, width, height, !fine);
      context.globalAlpha = baseline ? alpha : 1;
      lay(context, picture, width, height);
      context.globalAlpha = 1;
    },
    signal,
  );
  const mapSurface = createSurface(
    map.box,
    (context, width, height) => colors && lay(context, colors, width, height),
    signal,
  );
  const [photoRows = 1, photoColumns = 1] = photo.shape;
  const node = make("div", { class: "whylight-path-pictures" }, input.node, map.node);
  node.style.setProperty("--whylight-aspect", String(photoColumns / photoRows));
  const draw: Scenery["draw"] = (scene, at, look, { scale }) => {
    if (scene.start && scene.start !== from) baseline = toCanvas(photoRaster(scene.start));
    from = scene.start;
    alpha = at.alpha;
    fine = scene.meta.block === 1;
    const [rows = 1, columns = 1] = scene.mapShape;
    colors = toCanvas(mapRaster({ rows, columns, values: at.map, scale }, look));
    setText(input.caption, inputCaption(scene, at));
    setText(map.caption, mapCaption(scene, at));
    input.box.setAttribute("aria-label", inputCaption(scene, at));
    map.box.setAttribute("aria-label", `${mapCaption(scene, at)}: strongest value ${strongest(at.map)}`);
    inputSurface.paint();
    mapSurface.paint();
  };
  return { node, draw };
}

function strongest(values: Float32Array): string {
  return signed(values.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0));
}

/** Words fade in from the baseline; below, their shares of the slope. */
function textStage(input: TextInput): Scenery {
  const [faded, colored] = [sentence(), sentence()];
  const [above, below] = [caption(), caption()];
  const node = make("div", { class: "whylight-path-sentences" }, above, faded, below, colored);
  let view = "";
  const draw: Scenery["draw"] = (scene, at, look, { scale }) => {
    const words = look.view !== "tokens";
    if (view !== look.view)
      for (const line of [faded, colored]) fill(line, piecesOf(input, words), look.view);
    view = look.view;
    setText(above, `${inputCaption(scene, at)}; words fade in from: ${scene.baseline}`);
    setText(below, mapCaption(scene, at));
    for (const word of wordsOf(faded)) word.style.opacity = (0.12 + 0.88 * at.alpha).toFixed(3);
    const values = words ? perWord(input, at.map) : at.map;
    const names = (words ? input.units : input.tokens).map((part) => part.text);
    const items = itemsOf(names, values, undefined);
    const drawn = {
      items,
      scale,
      unit: perAlpha("", scene.unit).trim(),
      final: true,
    };
    for (const word of wordsOf(colored)) {
      dress(word, drawn, look);
      word.title = word.getAttribute("aria-label") ?? "";
    }
  };
  return { node, draw };
}

function perWord(input: TextInput, perToken: ArrayLike<number>): Float32Array {
  const sums = new Float32Array(input.units.length);
  input.tokens.forEach((token, i) => {
    sums[token.unit]! += perToken[i] ?? 0;
  });
  return sums;
}

const caption = () => make("p", { class: "whylight-caption" });
const sentence = () => make("div", { class: "whylight-text", dir: "auto" });
const wordsOf = (line: HTMLElement) => line.querySelectorAll<HTMLElement>(".whylight-token");

function fill(line: HTMLElement, pieces: Piece[], view: string): void {
  line.dataset.view = view;
  line.replaceChildren(...pieces.map(pieceElement));
}

function featuresStage(input: FeaturesInput): Scenery {
  const bars = new Bars("Features on the path");
  const above = caption();
  const node = make("div", { class: "whylight-path-features" }, above, bars.node);
  const draw: Scenery["draw"] = (scene, at, look, { scale, range }, answer) => {
    setText(above, `Values at α ${alphaText(at.alpha)}; bars: ${mapCaption(scene, at)}`);
    const rank = ranks(answer ?? at.map);
    const items = itemsOf(input.names, at.map, undefined).map((item, i) => ({ ...item, rank: rank[i]! }));
    const notes = input.values.map((x, i) => valueNote(x, scene.start?.data[i], at.alpha));
    const drawn = {
      items,
      scale,
      unit: perAlpha("", scene.unit).trim(),
      final: true,
    };
    bars.draw(drawn, look, notes, range);
  };
  return { node, draw };
}

/** x' + α (x − x'). */
function valueNote(x: number | string | null, start: number | undefined, alpha: number): string {
  if (typeof x !== "number" || start === undefined) return x === null ? "missing" : `= ${x}`;
  return `= ${given(start + alpha * (x - start))}`;
}
