// Pictures: input and attribution side by side or overlaid, small maps to compare, and the way from the baseline.
// Knows nothing about traits or how values were computed.
import { decodeArray, type Tensor } from "../kernel/decode";
import type { ImageInput, PlaneAxis } from "../kernel/protocol";
import { isDiverging } from "../paint/palette";
import { mapRaster, overlayRaster } from "../paint/raster";
import { pictureScene } from "../scenes/picture";
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

  constructor(photo: Tensor, axes: PlaneAxis[] = []) {
    this.photo = photo;
    this.axes = axes;
  }

  answer({ change }: SubjectActions, signal: AbortSignal): AnswerDrawing {
    return createAnswer(this, change, signal);
  }

  tile(): AnswerDrawing {
    return createTile(this.photo);
  }

  pathPoint(signal: AbortSignal) {
    return imagePathPoint(this.photo, signal);
  }
}

export const image: InputKind<ImageInput> = {
  name: "image",
  layouts: { side: "Side by side", overlay: "Overlay", swipe: "Swipe" },
  overlay: true,
  read: ({ arrays, axes }) => new ImageSubject(decodeArray(arrays.pixels), axes),
};

function createAnswer({ photo, axes }: ImageSubject, change: OnChange, signal: AbortSignal): AnswerDrawing {
  const legend = createLegend("up");
  const aside = make("div", { class: "whylight-aside" }, legend.node);
  const words = axes.length ? planeWords(axes) : PICTURE_WORDS;
  const heatmap = new Heatmap(aside, (pixel) => change({ pixel }), signal, words, axes);
  const draw: AnswerDrawing["draw"] = ({ frame, together }, look) => {
    const scene = pictureScene(photo, frame, look, isDiverging(look.colormap), together);
    heatmap.draw(scene, look);
    legend.draw({ scale: scene.scale, unit: unitOf(scene.meta) }, look);
    return scene.scale;
  };
  return { node: heatmap.node, draw };
}

function createTile(photo: Tensor): AnswerDrawing {
  const [height = 1, width = 1] = photo.shape;
  const node = make("canvas", { class: "whylight-tile-map", role: "img", width, height });
  const draw: AnswerDrawing["draw"] = ({ frame, together }, look) => {
    const scene = pictureScene(photo, frame, look, isDiverging(look.colormap), together);
    const raster = look.view === "overlay" ? overlayRaster(scene, look) : mapRaster(scene, look);
    const { width, height, data } = raster;
    [node.width, node.height] = [width, height];
    node.style.imageRendering = width > node.clientWidth * (globalThis.devicePixelRatio || 1) ? "auto" : "";
    node.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
    node.setAttribute("aria-label", summaryText(scene).replace(/^Attribution heatmap/, "Small map"));
    return scene.scale;
  };
  return { node, draw };
}
