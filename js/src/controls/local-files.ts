// Files of what a page without Python still has: the picture as painted, the numbers of the last frame.
// Knows nothing about menus.
import type { Frame } from "../kernel/protocol";

/** What a file of this ending holds; null where nothing here can make it. */
export function localFile(
  format: string,
  frame: Frame | null,
  canvas: HTMLCanvasElement | null,
): Promise<Blob> | null {
  if (format === "png") return canvas && painted(canvas);
  const found = frame?.arrays.values ?? frame?.arrays.units;
  if (!frame || !found) return null;
  const { data, shape } = found;
  const places = shape.filter((_, axis) => axis > 0 || shape[0] !== 1 || shape.length === 1);
  const values = [...data];
  if (format === "csv") return Promise.resolve(new Blob([csv(values, places)], { type: "text/csv" }));
  if (format !== "json") return null;
  const text = JSON.stringify({ meta: frame.meta, shape: places, values });
  return Promise.resolve(new Blob([text], { type: "application/json" }));
}

function painted(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((made, failed) => {
    canvas.toBlob((blob) => (blob ? made(blob) : failed(new Error("The picture is empty"))), "image/png");
  });
}

/** One place a line, as from Python. */
function csv(values: number[], shape: number[]): string {
  const names = shape.length === 1 ? ["place"] : ["plane", "row", "column"].slice(-shape.length);
  const lines = values.map((value, i) => {
    let rest = i;
    const place = shape.map((_, axis) => {
      const size = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
      const at = Math.floor(rest / size);
      rest -= at * size;
      return at;
    });
    return [...place, value].join(",");
  });
  return `${[...names, "attribution"].join(",")}\n${lines.join("\n")}\n`;
}
