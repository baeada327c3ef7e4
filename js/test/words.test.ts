// Numbers as words, the step slider, colours.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Meta } from "../src/kernel/protocol";
import * as numbers from "../src/numbers";
import { colorAt, isDiverging, luminance, type Rgb, table, textColor } from "../src/paint/palette";
import { ladderOf, positionOf, stepsAt } from "../src/ui/step-slider";
import { factsOf, isDoubtful, messageOf } from "../src/wording/run";

describe("numbers are written as Python writes them", () => {
  const path = join(import.meta.dirname, "../../tests/contract/numbers.json");
  const said: Record<string, unknown[][]> = JSON.parse(readFileSync(path, "utf-8"));
  const functions = numbers as unknown as Record<string, (...args: unknown[]) => string>;
  const infinite = (value: unknown) => (value === "inf" ? Infinity : value === "-inf" ? -Infinity : value);

  test.each(Object.keys(said))("%s", (name) => {
    const written = said[name]!.map((row) => {
      const args = row.slice(0, -1).map(infinite);
      return [...row.slice(0, -1), functions[name]!(...args)];
    });
    expect(written).toEqual(said[name]);
  });

  test("no number is a dash", () => {
    const { number, signed, percent, given } = numbers;
    for (const write of [number, signed, percent])
      expect([write(null), write(undefined)]).toEqual(["–", "–"]);
    for (const write of [number, signed, percent, given]) expect(write(Number.NaN)).toBe("–");
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

describe("the verdict", () => {
  const meta = { zero: true, relative_gap: 0, map_error: 0 } as Meta;

  test("a map of zeros says so first, and is doubtful", () => {
    expect(messageOf("done", {}, meta, "live")).toMatch(/^Every value is zero/);
    expect(isDoubtful(meta)).toBe(true);
    expect(messageOf("done", {}, { ...meta, zero: undefined } as unknown as Meta, "live")).toMatch(
      /^The parts add up/,
    );
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
