// What the model saw at one point of the path to a picture: baseline and picture mixed, and the map there.
// Knows nothing about the curve, models or traits.
import type { Tensor } from "../kernel/decode";
import { signed } from "../numbers";
import { mapRaster, photoRaster } from "../paint/raster";
import type { PathPoint } from "../scenes/path";
import { createSurface, stretch, toCanvas } from "../ui/canvas";
import { make, setText } from "../ui/dom";
import type { Drawing } from "../ui/drawing";
import { inputCaption, mapCaption } from "../wording/path";

export function imagePathPoint(photo: Tensor, signal: AbortSignal): Drawing<PathPoint> {
  const [input, map] = [figure("Input on the path"), figure("Gradient on the path")];
  const picture = toCanvas(photoRaster(photo));
  let alpha = 1;
  let baseline: HTMLCanvasElement | null = null;
  let colors: HTMLCanvasElement | null = null;
  let fine = true;
  let start: Tensor | undefined;
  const inputSurface = createSurface(
    input.box,
    (context, width, height) => {
      context.globalAlpha = 1;
      if (baseline) stretch(context, baseline, width, height, !fine);
      context.globalAlpha = baseline ? alpha : 1;
      stretch(context, picture, width, height);
      context.globalAlpha = 1;
    },
    signal,
  );
  const mapSurface = createSurface(
    map.box,
    (context, width, height) => colors && stretch(context, colors, width, height),
    signal,
  );
  const [photoRows = 1, photoColumns = 1] = photo.shape;
  const node = make("div", { class: "whylight-path-pictures" }, input.node, map.node);
  node.style.setProperty("--whylight-aspect", String(photoColumns / photoRows));
  const draw: Drawing<PathPoint>["draw"] = ({ path, at, scale }, look) => {
    if (path.start && path.start !== start) baseline = toCanvas(photoRaster(path.start));
    start = path.start;
    alpha = at.alpha;
    fine = path.meta.block === 1;
    const [rows = 1, columns = 1] = path.mapShape;
    colors = toCanvas(mapRaster({ rows, columns, values: at.map, scale }, look));
    setText(input.caption, inputCaption(path, at));
    setText(map.caption, mapCaption(path, at));
    input.box.setAttribute("aria-label", inputCaption(path, at));
    map.box.setAttribute("aria-label", `${mapCaption(path, at)}: strongest value ${strongest(at.map)}`);
    inputSurface.paint();
    mapSurface.paint();
  };
  return { node, draw };
}

function figure(title: string) {
  const caption = make("figcaption", { class: "whylight-caption" });
  const box = make("div", { class: "whylight-path-box", role: "img", "aria-label": title });
  return { caption, box, node: make("figure", { class: "whylight-pane" }, caption, box) };
}

function strongest(values: Float32Array): string {
  return signed(values.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0));
}
