// What the model saw at one point of the path, and the map there: a picture, a sentence or features.
// Knows nothing about the curve, models or traits.
import { Bars } from "./bars";
import { createSurface } from "./canvas";
import { colorAt, css, isDiverging, textColor } from "./color";
import { make, setText } from "./dom";
import { given, signed } from "./format";
import { toCanvas } from "./heatmap";
import { createLegend } from "./legend";
import { alphaText, type PathScene, type Position } from "./path";
import { piecesOf } from "./pieces";
import type { FeaturesInput, Tensor, TextInput } from "./protocol";
import { mapRaster, photoRaster } from "./raster";
import { type Item, type Scale, scaleOf, type ViewOptions } from "./scene";
import type { Subject } from "./views";

export interface PathLook extends ViewOptions {
  dark: boolean;
}

export interface PathStage {
  node: HTMLElement;
  /** `start` is x' where the browser needs it: a small picture, or the values of features. */
  draw(scene: PathScene, at: Position, look: PathLook, start: Tensor | undefined): void;
}

export function createPathStage(subject: Subject, signal: AbortSignal): PathStage {
  const stage =
    subject.kind === "image"
      ? pictureStage(subject.photo, signal)
      : subject.kind === "text"
        ? textStage(subject)
        : featuresStage(subject);
  const legend = createLegend("right");
  const draw: PathStage["draw"] = (scene, at, look, start) => {
    stage.draw(scene, at, look, start);
    const scale = scaleOfAll(scene, look);
    legend.draw(scale, look.colormap, look.dark, scene.unit ? `${scene.unit} per α` : "per α");
  };
  const node = make(
    "div",
    { class: `whylight-path-stage whylight-path-${subject.kind}` },
    stage.node,
    legend.node,
  );
  return { node, draw };
}

/** One colour scale for the whole path, so that fading gradients are seen to fade. */
function scaleOfAll(scene: PathScene, look: PathLook): Scale {
  const options = scene.mapShape.length === 2 ? look : { ...look, clip: 100 };
  return scaleOf(scene.maps, options, isDiverging(look.colormap));
}

const nameOf = (scene: PathScene) => (scene.meta.multiplied === false ? "Gradient" : "(x − x′) · gradient");

function inputCaption({ baseline }: PathScene, { alpha }: Position): string {
  if (alpha === 0) return `Input at α 0: ${baseline}`;
  return alpha === 1 ? "Input at α 1: unchanged" : `Input at α ${alphaText(alpha)}`;
}

function mapCaption(scene: PathScene, { alpha, mapAlpha }: Position): string {
  const where = mapAlpha === alpha ? "evaluated here" : "the nearest kept";
  return `${nameOf(scene)} at α ${alphaText(mapAlpha)}, ${where}`;
}

function figure(title: string) {
  const caption = make("figcaption", { class: "whylight-caption" });
  const box = make("div", { class: "whylight-path-box", role: "img", "aria-label": title });
  return { caption, box, node: make("figure", { class: "whylight-pane" }, caption, box) };
}

function pictureStage(photo: Tensor, signal: AbortSignal): PathStage {
  const [input, map] = [figure("Input on the path"), figure("Gradient on the path")];
  const picture = toCanvas(photoRaster(photo));
  let alpha = 1;
  let baseline: HTMLCanvasElement | null = null;
  let colors: HTMLCanvasElement | null = null;
  let fine = true;
  let from: Tensor | undefined;
  const lay = (
    context: CanvasRenderingContext2D,
    canvas: HTMLCanvasElement,
    w: number,
    h: number,
    smooth: boolean,
  ) => {
    context.imageSmoothingEnabled = smooth || canvas.width > w;
    context.drawImage(canvas, 0, 0, w, h);
  };
  const inputSurface = createSurface(
    input.box,
    (context, width, height) => {
      context.globalAlpha = 1;
      if (baseline) lay(context, baseline, width, height, !fine);
      context.globalAlpha = baseline ? alpha : 1;
      lay(context, picture, width, height, false);
      context.globalAlpha = 1;
    },
    signal,
  );
  const mapSurface = createSurface(
    map.box,
    (context, width, height) => colors && lay(context, colors, width, height, false),
    signal,
  );
  const [photoRows = 1, photoColumns = 1] = photo.shape;
  const node = make("div", { class: "whylight-path-pictures" }, input.node, map.node);
  node.style.setProperty("--whylight-aspect", String(photoColumns / photoRows));
  const draw: PathStage["draw"] = (scene, at, look, start) => {
    if (start && start !== from) baseline = toCanvas(photoRaster(start));
    from = start;
    alpha = at.alpha;
    fine = scene.meta.block === 1;
    const [rows = 1, columns = 1] = scene.mapShape;
    colors = toCanvas(mapRaster({ rows, columns, values: at.map, scale: scaleOfAll(scene, look) }, look));
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

/** Words fade in from the baseline; their shares of the slope are their colours. */
function textStage(input: TextInput): PathStage {
  const words = piecesOf(input, true);
  const [faded, colored] = [sentence(words), sentence(words)];
  const [above, below] = [caption(), caption()];
  const node = make("div", { class: "whylight-path-sentences" }, above, faded.node, below, colored.node);
  const draw: PathStage["draw"] = (scene, at, look) => {
    setText(above, `${inputCaption(scene, at)}; words fade in from ${scene.baseline}`);
    setText(below, mapCaption(scene, at));
    const perUnit = new Float32Array(input.units.length);
    input.tokens.forEach((token, i) => {
      perUnit[token.unit]! += at.map[i] ?? 0;
    });
    const scale = scaleOfAll(scene, look);
    for (const { element } of faded.words) element.style.opacity = (0.12 + 0.88 * at.alpha).toFixed(3);
    for (const { element, item } of colored.words) dress(element, perUnit[item]!, scale, look, scene.unit);
  };
  return { node, draw };
}

const caption = () => make("p", { class: "whylight-caption" });

function sentence(pieces: ReturnType<typeof piecesOf>) {
  const words: { element: HTMLElement; item: number }[] = [];
  const parts = pieces.map(({ text, item, chip }) => {
    if (item < 0) return document.createTextNode(text);
    const element = make("span", { class: chip ? "whylight-token whylight-chip" : "whylight-token" }, text);
    words.push({ element, item });
    return element;
  });
  return { words, node: make("div", { class: "whylight-text", dir: "auto" }, ...parts) };
}

function dress(word: HTMLElement, value: number, scale: Scale, look: PathLook, unitName: string): void {
  const position = scale.position(value);
  const color = colorAt(look.colormap, look.dark, position);
  const plain = Math.abs(position) < 0.02;
  word.style.background = plain ? "" : css(color);
  word.style.color = plain ? "" : textColor(color);
  word.title = `${signed(value)} ${unitName} per α`;
}

function featuresStage(input: FeaturesInput): PathStage {
  const bars = new Bars("Features on the path");
  const above = caption();
  const node = make("div", { class: "whylight-path-features" }, above, bars.node);
  const draw: PathStage["draw"] = (scene, at, look, start) => {
    setText(above, mapCaption(scene, at));
    const size = input.names.length;
    const most = new Float32Array(size);
    scene.maps.forEach((value, i) => {
      most[i % size] = Math.max(most[i % size]!, Math.abs(value));
    });
    const order = Array.from(most.keys()).sort((a, b) => most[b]! - most[a]!);
    const total = at.map.reduce((sum, value) => sum + Math.abs(value), 0);
    const items = input.names.map((text, i): Item => {
      const value = at.map[i] ?? 0;
      return {
        text,
        value,
        error: null,
        rank: order.indexOf(i) + 1,
        share: total ? Math.abs(value) / total : 0,
      };
    });
    const notes = input.values.map((x, i) => valueNote(x, start?.data[i], at.alpha));
    const range: [number, number] = [Math.min(0, ...scene.maps), Math.max(0, ...scene.maps)];
    bars.draw({ items, scale: scaleOfAll(scene, look), unit: scene.unit, final: false }, look, notes, range);
  };
  return { node, draw };
}

/** x' + α (x − x'). */
function valueNote(x: number | null, start: number | undefined, alpha: number): string {
  if (x === null || start === undefined) return "missing";
  return `= ${given(start + alpha * (x - start))}`;
}
