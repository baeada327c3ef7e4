// A reference input at a glance: a small picture, or the word that stands for it.
// Knows nothing about controls.
import { decodeArray, type Tensor } from "../kernel/decode";
import type { Choice, Frame } from "../kernel/protocol";
import { photoRaster } from "../paint/raster";
import { make, setText } from "./dom";

export interface Thumbnail {
  node: HTMLElement;
  /** The picture of a frame's baseline, else what the choice offers. */
  sync(choice: Choice | undefined, frame?: Frame | null): void;
}

export function createThumbnail(): Thumbnail {
  const canvas = make("canvas", { class: "whylight-thumbnail", hidden: true });
  const word = make("span", { class: "whylight-thumbnail-word", hidden: true });
  const node = make("span", { class: "whylight-thumb", "aria-hidden": "true" }, canvas, word);
  let shown: unknown;
  const sync: Thumbnail["sync"] = (choice, frame) => {
    const own =
      frame && frame.meta.baseline?.value === choice?.value ? frame.arrays.baseline_picture : undefined;
    const source = own ?? choice?.picture ?? null;
    canvas.hidden = source === null;
    word.hidden = source !== null || !choice?.text;
    setText(word, choice?.text ?? "");
    if (source && source !== shown) paint(canvas, own ?? decodeArray(choice!.picture!));
    shown = source;
  };
  return { node, sync };
}

function paint(canvas: HTMLCanvasElement, picture: Tensor): void {
  const [height = 0, width = 0] = picture.shape;
  if (!height || !width) return;
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d")?.putImageData(new ImageData(photoRaster(picture).data, width, height), 0, 0);
}
