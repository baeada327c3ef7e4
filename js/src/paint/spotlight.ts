// A photograph lit where the answer lies on it: sharp, dark where there is no light, tinted where the sign is clear. Pure.
// Knows nothing about canvases, zoom or how the light was made.
import type { Tensor } from "../kernel/decode";
import { type Light, signAt } from "../scenes/answer";
import type { Look } from "../scenes/look";
import { colorAt, isDiverging } from "./palette";
import { photoRaster, type Raster } from "./raster";

/** What is seen of the photograph in the dark. */
const DARK = 0.12;
/** Of the tint where the sign is clearest. */
const TINT = 0.6;

export interface Lit extends Light {
  photo: Tensor;
}

export function spotlightRaster({ photo, light, hue }: Lit, look: Look): Raster {
  const raster = photoRaster(photo);
  const { width, height, data } = raster;
  const [brightness, sign] = [between(light, width, height), between(hue, width, height)];
  const tinted = isDiverging(look.colormap);
  const [warm, cool] = [colorAt(look.colormap, true, 0.7), colorAt(look.colormap, true, -0.7)];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      const seen = 1 - look.opacity * (1 - DARK) * (1 - brightness(x, y) / 255);
      const signed = tinted ? signAt(sign(x, y)) : 0;
      const cover = TINT * look.opacity * Math.abs(signed);
      const gray = 0.2126 * data[at]! + 0.7152 * data[at + 1]! + 0.0722 * data[at + 2]!;
      const color = signed > 0 ? warm : cool;
      for (let c = 0; c < 3; c++) {
        const tint = color[c]! * (0.15 + (0.85 * gray) / 255);
        data[at + c] = seen * ((1 - cover) * data[at + c]! + cover * tint);
      }
    }
  return raster;
}

/** A small map at any pixel of a larger picture, straight between the middles of its places. */
export function between(
  { shape: [rows = 1, columns = 1], data }: Tensor,
  width: number,
  height: number,
): (x: number, y: number) => number {
  const across = steps(width, columns);
  const down = steps(height, rows);
  return (x, y) => {
    const [left, right, beside] = [across.first[x]!, across.second[x]!, across.share[x]!];
    const [above, below] = [down.first[y]! * columns, down.second[y]! * columns];
    const top = data[above + left]! * (1 - beside) + data[above + right]! * beside;
    const bottom = data[below + left]! * (1 - beside) + data[below + right]! * beside;
    return top + (bottom - top) * down.share[y]!;
  };
}

/** Of each of `size` pixels: the places before and after it of `count`, and how far it is on the way. */
function steps(size: number, count: number) {
  const places = Float64Array.from({ length: size }, (_, i) =>
    Math.min(count - 1, Math.max(0, ((i + 0.5) * count) / size - 0.5)),
  );
  return {
    first: Int32Array.from(places, Math.floor),
    second: Int32Array.from(places, (place) => Math.min(count - 1, Math.floor(place) + 1)),
    share: places.map((place) => place - Math.floor(place)),
  };
}
