// A photograph lit where the answer lies: closed forms of the light between its places, of brightness and of tint.
import { describe, expect, test } from "vitest";
import { cases } from "../dev/cases";
import type { Frame, Traits } from "../src/kernel/protocol";
import { between, spotlightRaster } from "../src/paint/spotlight";
import type { Look } from "../src/scenes/look";
import { pictureScene } from "../src/scenes/picture";
import { marksOf, regionProbe, regionSums } from "../src/scenes/region-sums";
import { regionText } from "../src/wording/picture";
import { readingOf } from "../src/wording/reading";
import { LOOK, named, painted, QUERY, show } from "./harness";

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

describe("the sentence", () => {
  const readings = {
    spotlight: "The most sensitive area",
    regions: "Region 3 <b>",
    pixels: "The strongest area",
  };

  test("follows the detail on show, above the picture and in its accessible name", async () => {
    const made = cases.image!(QUERY);
    const { root, model } = show("image", {
      _input: { ...made.state._input!, details: ["spotlight", "regions", "pixels"] } as Traits["_input"],
      _frame: { ...made.state._frame!, meta: { ...made.state._frame!.meta, readings } } as Traits["_frame"],
    });
    for (const detail of ["spotlight", "regions", "pixels"] as const) {
      model.set("detail", detail);
      await painted();
      expect(root.querySelector(".whylight-reading")!.textContent).toBe(readings[detail]);
      const name = root.querySelector('[role="img"][aria-label^="Attribution heatmap"]')!;
      expect(name.getAttribute("aria-label")!.endsWith(`. ${readings[detail]}`)).toBe(true);
    }
  });

  test("is the only one where there is no choice, and Detail is not offered", async () => {
    const { root } = show("image");
    await painted();
    expect(named(root, "Detail")).toBeNull();
    expect(readingOf({ readings: { "": "All of it" } }, "pixels")).toBe("All of it");
  });
});

describe("regionSums", () => {
  const labels = bytes([2, 2], [0, 1, 1, 2]);
  const map = { shape: [4, 4], data: Float32Array.from({ length: 16 }, (_, i) => i - 8) };
  const found = regionSums(labels, map);

  test("add up to the sum of the map, and every pixel has its region's", () => {
    expect([...found.sums].reduce((sum, one) => sum + one, 0)).toBe(-8);
    expect([...found.sums]).toEqual([-22, -4, 18]);
    expect(found.values[0]).toBe(-22);
    expect(found.values[15]).toBe(18);
    expect(found.at(0, 3)).toBe(1);
  });

  test("the two that matter most each way are marked inside themselves", () => {
    expect(marksOf(found, 4, 4).map(({ text }) => text)).toEqual(["3", "2", "1"]);
    for (const { text, row, column } of marksOf(found, 4, 4)) expect(found.at(row, column) + 1).toBe(+text);
  });

  test("a region is told with its sum, share and rank", () => {
    expect(regionProbe(found, 3, 3)).toEqual({ region: 2, of: 3, sum: 18, share: -2.25, rank: 2 });
    expect(regionText(regionProbe(found, 0, 0), "logit")).toMatch(
      /^Region 1 · −22\.0\slogit · 275\s% of the sum of all · rank 1 of 3$/,
    );
  });
});

describe("Detail", () => {
  const frame = {
    seq: 1,
    meta: { output: "logit" } as Frame["meta"],
    arrays: {
      values: { shape: [2, 2], data: Float32Array.of(1, 2, 3, -4) },
      light: bytes([1, 1], [255]),
      hue: neither,
    },
  };
  const sceneOf = (detail: Look["detail"]) =>
    pictureScene(plain(2, 2, 50), frame, { ...LOOK, detail }, true, [], bytes([1, 2], [0, 1]));

  test("goes from a light over sums to pixels", () => {
    expect(sceneOf("spotlight").lit).not.toBeNull();
    expect([...(sceneOf("regions").values as Float64Array)]).toEqual([4, -2, 4, -2]);
    expect(sceneOf("regions").scale.limit).toBe(4);
    expect([...(sceneOf("pixels").values as Float32Array)]).toEqual([1, 2, 3, -4]);
    expect(sceneOf("pixels").lit).toBeNull();
  });
});
