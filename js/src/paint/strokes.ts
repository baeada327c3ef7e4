// Strokes of a brush over a picture, filled with what takes their place.
// Knows nothing about the page.
import type { BrushStroke } from "../kernel/protocol";

interface Part {
  left: number;
  top: number;
  size: number;
}

/** Under an edge that is seen on any ground; `fill` is the picture that comes in their place. */
export function drawStrokes(
  context: CanvasRenderingContext2D,
  strokes: readonly BrushStroke[],
  part: Part,
  fill: HTMLCanvasElement | null,
): void {
  const { width, height } = context.canvas;
  const edge = 2 * (globalThis.devicePixelRatio || 1);
  context.clearRect(0, 0, width, height);
  trace(context, strokes, part, 2 * edge, "#000");
  trace(context, strokes, part, edge, "#fff");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const inside = canvas.getContext("2d");
  if (!inside) return;
  trace(inside, strokes, part, 0, "#808080");
  inside.globalCompositeOperation = "source-in";
  const { left, top, size } = part;
  if (fill)
    inside.drawImage(fill, (-left / size) * width, (-top / size) * height, width / size, height / size);
  context.drawImage(canvas, 0, 0);
}

/** Where the brush is. */
export function drawRing(
  context: CanvasRenderingContext2D,
  [x, y]: readonly [number, number],
  diameter: number,
  { left, top, size }: Part,
): void {
  const { width, height } = context.canvas;
  const ratio = globalThis.devicePixelRatio || 1;
  for (const [color, line] of [["#000", 3] as const, ["#fff", 1.5] as const]) {
    [context.strokeStyle, context.lineWidth] = [color, line * ratio];
    context.beginPath();
    const radius = ((diameter / size) * width) / 2;
    context.arc(((x - left) / size) * width, ((y - top) / size) * height, radius, 0, 2 * Math.PI);
    context.stroke();
  }
}

function trace(
  context: CanvasRenderingContext2D,
  strokes: readonly BrushStroke[],
  { left, top, size }: Part,
  edge: number,
  color: string,
): void {
  const { width, height } = context.canvas;
  [context.lineCap, context.lineJoin, context.strokeStyle] = ["round", "round", color];
  for (const { points, size: diameter } of strokes) {
    context.lineWidth = (diameter / size) * width + edge;
    context.beginPath();
    for (let i = 0; i < points.length; i += 2)
      context.lineTo(((points[i]! - left) / size) * width, ((points[i + 1]! - top) / size) * height);
    if (points.length === 2)
      context.lineTo(((points[0]! - left) / size) * width + 0.01, ((points[1]! - top) / size) * height);
    context.stroke();
  }
}
