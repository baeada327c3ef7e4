// Numbers as words, the step slider, colours.
import { describe, expect, test } from "vitest";
import type { Meta } from "../src/kernel/protocol";
import {
  correlation,
  count,
  fixed,
  given,
  number,
  percent,
  plural,
  seconds,
  signed,
  unit,
} from "../src/numbers";
import { colorAt, isDiverging, luminance, type Rgb, table, textColor } from "../src/paint/palette";
import { ladderOf, positionOf, stepsAt } from "../src/ui/step-slider";
import { factsOf } from "../src/wording/run";

describe("numbers", () => {
  test.each([
    [0, "0"],
    [8.414, "8.41"],
    [-0.01234, "−0.0123"],
    [12345, "12\u2009345"],
    [999.9, "1000"],
    [0.0000123, "1.23\u2009×\u200910⁻⁵"],
    [-2.5e9, "−2.50\u2009×\u200910⁹"],
    [null, "–"],
    [Number.NaN, "–"],
  ])("%s is %s", (value, text) => {
    expect(number(value)).toBe(text);
  });

  test.each([
    [0.546, "+0.55"],
    [1, "+1.00"],
    [-0.098, "−0.10"],
    [-0.004, "0.00"],
  ])("the correlation %s is %s", (value, text) => {
    expect(correlation(value)).toBe(text);
  });

  test("numbers of one scale have the same decimals, three significant digits of the largest", () => {
    expect([1.2345, -0.0042, 0.125, 0].map((value) => fixed(value, 3.2))).toEqual([
      "+1.23",
      "0.00",
      "+0.13",
      "0",
    ]);
    expect([fixed(-12.34, 40), fixed(123.4, 456), fixed(0.00123, 0.05)]).toEqual([
      "−12.3",
      "+123",
      "+0.0012",
    ]);
    expect([fixed(2e-6, 3e-6), fixed(0, 0), fixed(Number.NaN, 1)]).toEqual([
      "+2.00\u2009×\u200910⁻⁶",
      "0",
      "–",
    ]);
  });

  test("signs, shares, counts and units", () => {
    expect([signed(0.5), signed(-0.5), signed(0)]).toEqual(["+0.500", "−0.500", "0"]);
    expect([0, 0.00001, 0.0005, 0.005, 0.97, 0.9999, 1].map(percent)).toEqual(
      ["0", "< 0.01", "0.05", "0.5", "97", "99.9", "100"].map((text) => `${text}\u2009%`),
    );
    expect([10, 10.1, 1.0861e18, Infinity, -0.5, -1e-9, -1e9].map(percent)).toEqual(
      ["1000", "> 1000", "> 1000", "> 1000", "−50", "> −0.01", "< −1000"].map((text) => `${text}\u2009%`),
    );
    expect([null, undefined, Number.NaN].map(percent)).toEqual(["–", "–", "–"]);
    expect([count(1025), count(50176), plural(1, "gradient"), plural(33, "gradient")]).toEqual([
      "1025",
      "50\u2009176",
      "1 gradient",
      "33 gradients",
    ]);
    expect([unit("1", "logit"), unit("1", ""), seconds(0.214), seconds(212.4)]).toEqual([
      "1\u2009logit",
      "1",
      "0.21\u2009s",
      "212\u2009s",
    ]);
    expect([given(5.1), given(-0.2), given(1234.56)]).toEqual(["5.1", "−0.2", "1235"]);
  });
});

describe("the step slider", () => {
  test("is logarithmic over 2, 3, 5, 9 …", () => {
    expect([0, 1, 2, 3, 10].map(stepsAt)).toEqual([2, 3, 5, 9, 1025]);
    for (let i = 0; i <= 10; i++) expect(positionOf(stepsAt(i))).toBe(i);
  });
});

test("a key goes a quarter further, three keys twice as far", () => {
  const counts = ladderOf(2, 1025);
  expect(counts.slice(0, 17)).toEqual([2, 3, 4, 5, 6, 7, 9, 11, 14, 17, 21, 27, 33, 41, 53, 65, 81]);
  expect(counts.at(-1)).toBe(1025);
  for (let i = 0; i <= 10; i++) expect(counts).toContain(2 ** i + 1);
  const far = counts.slice(counts.indexOf(9));
  for (const [i, n] of far.slice(1).entries()) {
    const more = (n - 1) / (far[i]! - 1);
    expect(more, `${far[i]} to ${n}`).toBeGreaterThan(1.2);
    expect(more, `${far[i]} to ${n}`).toBeLessThanOrEqual(1.3);
  }
  expect(ladderOf(4, 20)).toEqual([4, 5, 6, 7, 9, 11, 14, 17]);
});

describe("colours", () => {
  const themes = [false, true];

  test.each(["RdBu", "PuOr"])("%s: zero is neutral, warm supports", (name) => {
    for (const dark of themes) {
      const [r, g, b] = colorAt(name, dark, 0);
      expect(new Set([r, g, b]).size).toBe(1);
      const [warmRed, , warmBlue] = colorAt(name, dark, 0.6);
      const [coolRed, , coolBlue] = colorAt(name, dark, -0.6);
      expect(warmRed).toBeGreaterThan(warmBlue);
      expect(coolBlue).toBeGreaterThan(coolRed);
    }
  });

  test.each([
    ["RdBu", false, "173f75", "f5f5f5", "82131f"],
    ["RdBu", true, "b4dcff", "1c1c1c", "ffc3ac"],
    ["PuOr", false, "33145f", "f5f5f5", "6b3504"],
    ["PuOr", true, "d9ccff", "1c1c1c", "ffd79f"],
  ] as const)("%s, dark %s, runs from end to end through its centre", (name, dark, ...anchors) => {
    const hex = (position: number) =>
      colorAt(name, dark, position)
        .map((byte) => byte.toString(16).padStart(2, "0"))
        .join("");
    expect([-1, 0, 1].map(hex)).toEqual(anchors);
  });

  test("text reads on every colour of every map", () => {
    for (const name of ["RdBu", "PuOr", "viridis", "gray"]) {
      for (const dark of themes) {
        expect(table(name, dark).length).toBe(768);
        for (let p = isDiverging(name) ? -1 : 0; p <= 1; p += 1 / 64) {
          const color: Rgb = colorAt(name, dark, p);
          const light = luminance(color) + 0.05;
          const contrast = textColor(color) === "#ffffff" ? 1.05 / light : light / 0.05;
          expect(contrast).toBeGreaterThanOrEqual(4.5);
        }
      }
    }
  });
});

describe("the error of the map", () => {
  const told = (map_error: number | null, relative_gap: number | null, final = true) => {
    const meta = {
      map_error,
      relative_gap,
      final,
      score: 1,
      baseline_score: null,
      sum: null,
      n_evaluations: 1,
    };
    return factsOf({ ...meta, output: "logit", seconds: null, device: "cpu" } as unknown as Meta)
      .map(({ text }) => text)
      .filter((text) => text.startsWith("map"));
  };

  test.each([
    [null, 0.1, true, ["map error unknown"]],
    [null, null, true, ["map error unknown"]],
    [null, null, false, []],
    [0, 0, true, ["map exact"]],
    [0, null, true, []],
    [0, 0, false, []],
    [0.05, null, true, ["map error ≈ 5.0\u2009%"]],
    [1e-6, 0, true, ["map error < 0.01\u2009%"]],
    [40, 0, true, ["map error > 1000\u2009%"]],
  ])("%s beside a gap of %s, final: %s", (error, gap, final, facts) => {
    expect(told(error, gap, final)).toEqual(facts);
  });
});
