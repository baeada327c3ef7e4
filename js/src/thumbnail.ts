// The baseline as a small picture beside its name.
// Knows nothing about controls.
import { make } from "./dom";
import type { Frame, Tensor } from "./protocol";
import { photoRaster } from "./raster";

export interface Thumbnail {
  node: HTMLCanvasElement;
  sync(frame: Frame | null, baseline: string): void;
}

export function createThumbnail(): Thumbnail {
  const node = make("canvas", { class: "whylight-thumbnail", "aria-hidden": "true", hidden: true });
  let shown: Tensor | undefined;
  const sync = (frame: Frame | null, baseline: string) => {
    const picture = frame?.arrays.baseline_picture;
    const [height = 0, width = 0] = picture?.shape ?? [];
    const known = frame?.meta.baseline?.value === baseline;
    node.classList.toggle("whylight-outdated", !known);
    if (!picture || picture === shown || !height) return;
    shown = picture;
    node.hidden = false;
    [node.width, node.height] = [width, height];
    node.getContext("2d")?.putImageData(new ImageData(photoRaster(picture).data, width, height), 0, 0);
  };
  return { node, sync };
}
