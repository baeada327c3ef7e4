// Numbers and pictures to pixels: the photograph, the attribution map, the map over the photograph. Pure.
// Knows nothing about canvases, zoom or the page.
import { isDiverging, rowOf, table } from "./color";
import type { Tensor } from "./protocol";
import type { PictureScene } from "./scene";

export interface Raster {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
}

export interface Paint {
  colormap: string;
  dark: boolean;
  opacity: number;
}

export function photoRaster({ shape: [height = 1, width = 1], data }: Tensor): Raster {
  const raster = blank(width, height);
  for (let i = 0; i < width * height; i++)
    write(raster.data, i, data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!);
  return raster;
}

export function mapRaster({ rows, columns, values, scale }: PictureScene, paint: Paint): Raster {
  const raster = blank(columns, rows);
  const colors = table(paint.colormap, paint.dark);
  const diverging = isDiverging(paint.colormap);
  for (let i = 0; i < rows * columns; i++) {
    const at = 3 * rowOf(scale.position(values?.[i] ?? 0), diverging);
    write(raster.data, i, colors[at]!, colors[at + 1]!, colors[at + 2]!);
  }
  return raster;
}

/** Strong values are opaque and weak ones clear; the photograph turns grey under colour, so that hue means attribution. */
export function overlayRaster(scene: PictureScene, paint: Paint): Raster {
  const { photo, rows, columns, values, scale } = scene;
  const [photoRows = 1, photoColumns = 1] = photo.shape;
  const [height, width] = [Math.max(rows, photoRows), Math.max(columns, photoColumns)];
  const raster = blank(width, height);
  const colors = table(paint.colormap, paint.dark);
  const diverging = isDiverging(paint.colormap);
  for (let y = 0; y < height; y++) {
    const mapRow = Math.floor((y * rows) / height) * columns;
    const photoRow = Math.floor((y * photoRows) / height) * photoColumns;
    for (let x = 0; x < width; x++) {
      const position = scale.position(values?.[mapRow + Math.floor((x * columns) / width)] ?? 0);
      const cover = paint.opacity * Math.sqrt(Math.abs(position));
      const from = 3 * (photoRow + Math.floor((x * photoColumns) / width));
      const [r, g, b] = [photo.data[from]!, photo.data[from + 1]!, photo.data[from + 2]!];
      const gray = 0.2126 * r + 0.7152 * g + 0.0722 * b;
      const fade = Math.min(1, 0.7 * paint.opacity + cover);
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

function blank(width: number, height: number): Raster {
  return { width, height, data: new Uint8ClampedArray(4 * width * height) };
}

function write(data: Uint8ClampedArray, pixel: number, r: number, g: number, b: number): void {
  data[4 * pixel] = r;
  data[4 * pixel + 1] = g;
  data[4 * pixel + 2] = b;
  data[4 * pixel + 3] = 255;
}
