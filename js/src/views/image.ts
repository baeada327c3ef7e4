// Pictures: input and attribution side by side or overlaid, small maps to compare, and the way from the baseline.
// Knows nothing about traits or how values were computed.
import { decodeArray, type Tensor } from "../kernel/decode";
import type { ImageInput, PlaneAxis } from "../kernel/protocol";
import { answerRaster } from "../paint/answer";
import { isDiverging } from "../paint/palette";
import { mapRaster, type Raster } from "../paint/raster";
import type { Answer } from "../scenes/answer";
import type { Look } from "../scenes/look";
import { pictureScene } from "../scenes/picture";
import type { Scale } from "../scenes/scale";
import { flatMap, stackScale } from "../scenes/stack";
import { unitOf } from "../scenes/unit";
import { make } from "../ui/dom";
import { createLegend } from "../ui/legend";
import { PICTURE_WORDS, summaryText } from "../wording/picture";
import { planeWords } from "../wording/plane";
import { Heatmap } from "./heatmap";
import { imagePathPoint } from "./image-path";
import type { AnswerDrawing, InputKind, OnChange, Subject, SubjectActions } from "./kind";

export class ImageSubject implements Subject {
  readonly kind: string = "image";
  /** The picture, (H, W, 3) bytes. */
  readonly photo: Tensor;
  /** What its rows and columns count, where that is told. */
  readonly axes: PlaneAxis[];

  /** The region of every block of pixels, where these are told. */
  readonly regions: Tensor | null;

  constructor(photo: Tensor, axes: PlaneAxis[] = [], regions: Tensor | null = null) {
    this.photo = photo;
    this.axes = axes;
    this.regions = regions;
  }

  answer({ change }: SubjectActions, signal: AbortSignal): AnswerDrawing {
    return createAnswer(this, change, signal);
  }

  tile(): AnswerDrawing {
    return createTile(pictureTile(this));
  }

  pathPoint(signal: AbortSignal) {
    return imagePathPoint(this.photo, signal);
  }
}

export const image: InputKind<ImageInput> = {
  name: "image",
  layouts: { side: "Side by side", overlay: "Overlay", swipe: "Swipe" },
  narrow: "overlay",
  overlay: true,
  read: (input) => new ImageSubject(...imageOf(input)),
};

/** The picture, its axes, and its regions where they are told. */
export function imageOf({ arrays, axes }: ImageInput): [Tensor, PlaneAxis[] | undefined, Tensor | null] {
  return [decodeArray(arrays.pixels), axes, arrays.regions ? decodeArray(arrays.regions) : null];
}

export function createAnswer(
  { photo, axes, regions }: ImageSubject,
  change: OnChange,
  signal: AbortSignal,
): AnswerDrawing & { heatmap: Heatmap } {
  const legend = createLegend("up");
  const aside = make("div", { class: "whylight-aside" }, legend.node);
  const words = axes.length ? planeWords(axes) : PICTURE_WORDS;
  const heatmap = new Heatmap(aside, (pixel) => change({ pixel }), signal, words, axes);
  const draw: AnswerDrawing["draw"] = ({ frame, together }, look) => {
    const scene = pictureScene(photo, frame, look, isDiverging(look.colormap), together, regions);
    heatmap.draw(scene, look);
    legend.draw({ scale: scene.scale, unit: unitOf(scene.meta), lit: scene.lit }, look);
    return scene.scale;
  };
  return { node: heatmap.node, draw, heatmap };
}

/** A small map, its colour scale, and its accessible name. */
interface TileScene {
  raster: Raster;
  scale: Scale;
  name: string;
}

const pictureTile =
  ({ photo, regions }: ImageSubject) =>
  ({ frame, together }: Answer, look: Look): TileScene => {
    const scene = pictureScene(photo, frame, look, isDiverging(look.colormap), together, regions);
    const raster = answerRaster(scene, look);
    const name = summaryText(scene).replace(/^Attribution heatmap/, "Small map");
    return { raster, scale: scene.scale, name };
  };

/** Of a volume or a video: the strongest value behind every point. */
export function projectedTile({ frame, together }: Answer, look: Look): TileScene {
  const scale = stackScale(frame, together, look, isDiverging(look.colormap));
  const raster = mapRaster({ ...flatMap(frame), scale }, look);
  const of = frame ? `, ${frame.meta.method_label} for ${frame.meta.target.label}` : "";
  return { raster, scale, name: `Small map, maximum projection${of}` };
}

export function createTile(sceneOf: (answer: Answer, look: Look) => TileScene): AnswerDrawing {
  const node = make("canvas", { class: "whylight-tile-map", role: "img" });
  const draw: AnswerDrawing["draw"] = (answer, look) => {
    const { raster, scale, name } = sceneOf(answer, look);
    const { width, height, data } = raster;
    [node.width, node.height] = [width, height];
    node.style.imageRendering = width > node.clientWidth * (globalThis.devicePixelRatio || 1) ? "auto" : "";
    node.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
    node.setAttribute("aria-label", name);
    return scale;
  };
  return { node, draw };
}
