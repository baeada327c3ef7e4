// Numbers and pictures to pixels: the photograph, the attribution map, the map over the photograph. Pure.
// Knows nothing about canvases, zoom or the page.
import type { Tensor } from "../kernel/decode";
import type { Look, Palette } from "../scenes/look";
import type { PictureScene } from "../scenes/picture";
import { isDiverging, rowOf, table } from "./palette";

export interface Raster {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
}

export function photoRaster({ shape: [height = 1, width = 1], data }: Tensor): Raster {
  const raster = blank(width, height);
  for (let i = 0; i < width * height; i++)
    write(raster.data, i, data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!);
  return raster;
}

export type MapScene = Pick<PictureScene, "rows" | "columns" | "values" | "scale">;

export function mapRaster({ rows, columns, values, scale }: MapScene, look: Palette): Raster {
  const raster = blank(columns, rows);
  const words = new Uint32Array(raster.data.buffer); // one write per pixel
  const colors = packed(table(look.colormap, look.dark));
  const diverging = isDiverging(look.colormap);
  for (let i = 0; i < words.length; i++) {
    words[i] = colors[rowOf(scale.position(values?.[i] ?? 0), diverging)]!;
  }
  return raster;
}

/** Strong values are opaque and weak ones clear; the photograph is as it is where there is no colour, and grey under it, so that hue means attribution. */
export function overlayRaster(scene: MapScene & Pick<PictureScene, "photo">, look: Look): Raster {
  const { photo, rows, columns, values, scale } = scene;
  const [photoRows = 1, photoColumns = 1] = photo.shape;
  const [height, width] = [Math.max(rows, photoRows), Math.max(columns, photoColumns)];
  const raster = blank(width, height);
  const colors = table(look.colormap, look.dark);
  const diverging = isDiverging(look.colormap);
  for (let y = 0; y < height; y++) {
    const mapRow = Math.floor((y * rows) / height) * columns;
    const photoRow = Math.floor((y * photoRows) / height) * photoColumns;
    for (let x = 0; x < width; x++) {
      const position = scale.position(values?.[mapRow + Math.floor((x * columns) / width)] ?? 0);
      const cover = look.opacity * Math.abs(position) ** 0.75;
      const from = 3 * (photoRow + Math.floor((x * photoColumns) / width));
      const [r, g, b] = [photo.data[from]!, photo.data[from + 1]!, photo.data[from + 2]!];
      const gray = 0.2126 * r + 0.7152 * g + 0.0722 * b;
      const fade = Math.min(1, 2 * cover);
      const at = 3 * rowOf(position, diverging);
      const blend = (channel: number, color: number) =>
        (1 - cover) * (channel + fade * (gray - channel)) + cover * color;
      write(
        raster.data,
        y * width + x,
        blend(r, colors[at]!),
        blend(g, colors[at + 1]!),
        blend(b, colors[at + 2]!),
      );
    }
  }
  return raster;
}

/** A colour table as whole RGBA pixels. */
function packed(colors: Uint8Array): Uint32Array {
  const pixels = new Uint8ClampedArray(4 * 256);
  for (let row = 0; row < 256; row++)
    write(pixels, row, colors[3 * row]!, colors[3 * row + 1]!, colors[3 * row + 2]!);
  return new Uint32Array(pixels.buffer);
}

function blank(width: number, height: number): Raster {
  return { width, height, data: new Uint8ClampedArray(4 * width * height) };
}

function write(data: Uint8ClampedArray, pixel: number, r: number, g: number, b: number): void {
  data[4 * pixel] = r;
  data[4 * pixel + 1] = g;
  data[4 * pixel + 2] = b;
  data[4 * pixel + 3] = 255;
}
