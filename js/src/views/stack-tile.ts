// A volume or video small beside others: the strongest value behind every point.
// Knows nothing about what the planes are.

import type { Frame } from "../kernel/protocol";
import { isDiverging } from "../paint/palette";
import { mapRaster } from "../paint/raster";
import { mapStack, type Plane, projectionOf, stackScale } from "../scenes/stack";
import { make } from "../ui/dom";
import type { AnswerDrawing } from "./kind";

export function stackTile(): AnswerDrawing {
  const node = make("canvas", { class: "whylight-tile-map", role: "img" });
  const draw: AnswerDrawing["draw"] = ({ frame, together }, look) => {
    const scale = stackScale(frame, together, look, isDiverging(look.colormap));
    const { width, height, data } = mapRaster({ ...flat(frame), scale }, look);
    [node.width, node.height] = [width, height];
    node.style.imageRendering = width > node.clientWidth * (globalThis.devicePixelRatio || 1) ? "auto" : "";
    node.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
    const of = frame ? `, ${frame.meta.method_label} for ${frame.meta.target.label}` : "";
    node.setAttribute("aria-label", `Small map, maximum projection${of}`);
    return scale;
  };
  return { node, draw };
}

/** The projection along the first axis; of an answer to compare Python has made it. */
function flat(frame: Frame | null): Plane {
  const stack = mapStack(frame);
  if (stack) return projectionOf(stack, 0);
  const { shape = [1, 1], data = [] } = frame?.arrays.values ?? {};
  const [rows = 1, columns = 1] = shape;
  return { rows, columns, values: Float32Array.from(data) };
}
