// A photograph lit where the answer lies: closed forms of the light between its places, of brightness and of tint.
import { describe, expect, test } from "vitest";
import { between, spotlightRaster } from "../src/paint/spotlight";
import { LOOK } from "./harness";

const bytes = (shape: number[], values: number[]) => ({ shape, data: Uint8Array.from(values) });
const plain = (rows: number, columns: number, level: number) =>
  bytes([rows, columns, 3], new Array(rows * columns * 3).fill(level));
const neither = bytes([1, 1], [128]);

describe("between", () => {
  test("is straight between the middles of places, and even beyond the outer ones", () => {
    const at = between(bytes([1, 2], [0, 100]), 8, 1);
    expect(Array.from({ length: 8 }, (_, x) => at(x, 0))).toEqual([0, 0, 12.5, 37.5, 62.5, 87.5, 100, 100]);
  });

  test("of one place is that value everywhere", () => {
    expect(between(bytes([1, 1], [7]), 5, 3)(4, 2)).toBe(7);
  });
});

describe("spotlightRaster", () => {
  test("full light leaves the photograph as it is, sharp", () => {
    const photo = bytes([1, 2, 3], [10, 20, 30, 250, 240, 230]);
    const { data } = spotlightRaster({ photo, light: bytes([1, 1], [255]), hue: neither }, LOOK);
    expect([...data]).toEqual([10, 20, 30, 255, 250, 240, 230, 255]);
  });

  test("the dark is darker, never black, and opacity is how dark", () => {
    const dark = (opacity: number) =>
      spotlightRaster(
        { photo: plain(1, 1, 200), light: bytes([1, 1], [0]), hue: neither },
        { ...LOOK, opacity },
      ).data[0]!;
    expect(dark(1)).toBe(24);
    expect(dark(0.5)).toBe(112);
    expect(dark(0)).toBe(200);
  });

  test("warm where it supports, cool where it opposes, and no tint in a scale of magnitudes", () => {
    const pixel = (hue: number, colormap: "RdBu" | "gray" = "RdBu") =>
      spotlightRaster(
        { photo: plain(1, 1, 120), light: bytes([1, 1], [255]), hue: bytes([1, 1], [hue]) },
        { ...LOOK, colormap },
      ).data;
    const [warm, cool] = [pixel(255), pixel(1)];
    expect(warm[0]! - warm[2]!).toBeGreaterThan(40);
    expect(cool[2]! - cool[0]!).toBeGreaterThan(40);
    expect([...pixel(255, "gray")]).toEqual([120, 120, 120, 255]);
  });
});
