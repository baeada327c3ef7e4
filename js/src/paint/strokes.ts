// Strokes of a brush over a picture, filled with what takes their place.
// Knows nothing about the page.
import type { BrushStroke } from "../kernel/protocol";

interface Part {
  left: number;
  top: number;
  size: number;
}

type Context = CanvasRenderingContext2D;

/** Under an edge that is seen on any ground; `fill` is the picture that comes in their place. */
export function drawStrokes(
  context: Context,
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
    inside.drawImage(
      fill,
      left * fill.width,
      top * fill.height,
      size * fill.width,
      size * fill.height,
      0,
      0,
      width,
      height,
    );
  context.drawImage(canvas, 0, 0);
}

/** Where the brush is. */
export function drawRing(
  context: Context,
  at: readonly [number, number],
  diameter: number,
  part: Part,
): void {
  const [x = 0, y = 0] = placed(context, at, part);
  for (const [color, line] of [["#000", 3] as const, ["#fff", 1.5] as const]) {
    [context.strokeStyle, context.lineWidth] = [color, line * (globalThis.devicePixelRatio || 1)];
    context.beginPath();
    context.arc(x, y, (diameter / part.size / 2) * context.canvas.width, 0, 2 * Math.PI);
    context.stroke();
  }
}

function trace(
  context: Context,
  strokes: readonly BrushStroke[],
  part: Part,
  edge: number,
  color: string,
): void {
  [context.lineCap, context.lineJoin, context.strokeStyle] = ["round", "round", color];
  for (const { points, size } of strokes) {
    context.lineWidth = (size / part.size) * context.canvas.width + edge;
    context.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      const [x = 0, y = 0] = placed(context, points.slice(i, i + 2), part);
      context.lineTo(x, y);
      context.lineTo(x + 0.01, y); // a dot is a line, too
    }
    context.stroke();
  }
}

/** From shares of the picture to pixels of the canvas. */
function placed({ canvas }: Context, [x = 0, y = 0]: readonly number[], { left, top, size }: Part): number[] {
  return [((x - left) / size) * canvas.width, ((y - top) / size) * canvas.height];
}
