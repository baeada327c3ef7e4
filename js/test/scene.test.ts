// Frames and view options to what is drawn.
import { describe, expect, test } from "vitest";
import type { ViewOptions } from "../src/kernel/options";
import type { Frame, TextInput } from "../src/kernel/protocol";
import { pictureScene } from "../src/scenes/picture";
import { colorLimit, scaleOf } from "../src/scenes/scale";
import { ranks } from "../src/scenes/statistics";
import { textScene } from "../src/scenes/text";
import { piecesOf } from "../src/scenes/text-pieces";

const OPTIONS: ViewOptions = {
  colormap: "RdBu",
  opacity: 1,
  clip: 100,
  sign: "all",
  view: "words",
  order: "magnitude",
  subgroup: "",
  selection: [],
  pixel: [],
  channel: null,
  composite: [],
  scale: "shared",
};

function frame(arrays: Record<string, [number[], number[]]>, meta = {}): Frame {
  const tensors = Object.entries(arrays).map(([name, [shape, values]]) => [
    name,
    { shape, data: Float32Array.from(values) },
  ]);
  return {
    seq: 1,
    meta: { output: "logit", final: true, ...meta } as Frame["meta"],
    arrays: Object.fromEntries(tensors),
  };
}

describe("colorLimit", () => {
  // The same numbers stand in tests/unit/test_color.py.
  test.each([
    [100, 5],
    [75, 4],
    [90, 4.6],
    [50, 3],
  ])("percentile %d of |1 −2 3 −4 5| is %d", (clip, limit) => {
    expect(colorLimit([1, -2, 3, -4, 5], clip)).toBeCloseTo(limit, 12);
  });

  test("mostly zero falls back to the largest; all zero and nothing are 0", () => {
    expect(colorLimit([0, 0, 0, 0, -2], 50)).toBe(2);
    expect(colorLimit([...new Array(1000).fill(0), 1, 2, 3, 4, 5], 75)).toBe(4); // a blob keeps its shades
    expect(colorLimit([0, 0], 99)).toBe(0);
    expect(colorLimit([], 99)).toBe(0);
    expect(colorLimit([Number.NaN, 3], 100)).toBe(3);
  });
});

describe("scaleOf", () => {
  const values = [-4, -1, 0, 2];

  test("is symmetric around zero and clips", () => {
    const scale = scaleOf(values, { ...OPTIONS, clip: 50 }, true);
    expect(scale.limit).toBe(2);
    expect([scale.low, scale.high]).toEqual([-2, 2]);
    expect(values.map(scale.position)).toEqual([-1, -1 / 2, 0, 1]);
  });

  test.each([
    ["positive", [0, 0, 0, 0.5], [0, 4]],
    ["negative", [-1, -0.25, 0, 0], [-4, 0]],
    ["absolute", [1, 0.25, 0, 0.5], [0, 4]],
  ])("sign %s", (sign, positions, ends) => {
    const scale = scaleOf(values, { ...OPTIONS, sign: sign as ViewOptions["sign"] }, true);
    expect(values.map((v) => scale.position(v) + 0)).toEqual(positions);
    expect([scale.low, scale.high].map((v) => v + 0)).toEqual(ends);
  });

  test("sequential maps paint magnitudes", () => {
    const scale = scaleOf(values, OPTIONS, false);
    expect(values.map(scale.position)).toEqual([1, 0.25, 0, 0.5]);
    expect(scale.low).toBe(0);
  });

  test("an all-zero map is neutral", () => {
    const scale = scaleOf([0, 0], OPTIONS, true);
    expect(scale.position(0)).toBe(0);
    expect(scale.position(3)).toBe(0);
  });
});

test("ranks go by size; equal sizes keep their order", () => {
  expect(ranks([1, -3, 3, 0])).toEqual([3, 1, 2, 4]);
});

describe("pictureScene", () => {
  const photo = { shape: [2, 2, 3], data: Uint8Array.from({ length: 12 }, (_, i) => i) };
  const arrays = {
    values: [
      [2, 2],
      [1, -4, 0, 2],
    ],
    error: [
      [2, 2],
      [0.5, 1, 0, 0],
    ],
    channels: [
      [2, 2, 2],
      [1, 2, 3, 4, 5, 6, 7, 8],
    ],
  } as Record<string, [number[], number[]]>;
  const scene = pictureScene(photo, frame(arrays, { error_scale: 0.1, channel_scale: 2 }), OPTIONS, true);

  test("finds the strongest pixel", () => {
    expect(scene.strongest).toEqual({ row: 0, column: 1, value: -4 });
  });

  test("probes a pixel exactly", () => {
    expect(scene.probe(0, 1)).toEqual({
      row: 0,
      column: 1,
      raw: [3, 4, 5],
      value: -4,
      error: 0.1,
      channels: [4, 12],
      rank: 1,
      of: 4,
    });
    expect(scene.probe(1, 1).rank).toBe(2);
  });

  test("draws the input before the first frame", () => {
    const empty = pictureScene(photo, null, OPTIONS, true);
    expect([empty.rows, empty.columns, empty.values, empty.strongest]).toEqual([2, 2, null, null]);
    expect(empty.probe(1, 0)).toMatchObject({ value: null, raw: [6, 7, 8] });
  });
});

const INPUT: TextInput = {
  v: 1,
  kind: "text",
  text: "unhappy  cat",
  tokens: [
    { text: "[CLS]", unit: 0, special: true },
    { text: "un", unit: 1, special: false },
    { text: "happy", unit: 1, special: false },
    { text: "cat", unit: 2, special: false },
    { text: "[SEP]", unit: 3, special: true },
  ],
  units: [
    { text: "[CLS]", special: true },
    { text: "unhappy", special: false },
    { text: "cat", special: false },
    { text: "[SEP]", special: true },
  ],
  segments: [
    ["un", 1],
    ["happy", 2],
    ["  ", -1],
    ["cat", 3],
  ],
};

describe("text", () => {
  test("words come with share, rank and error of the unit", () => {
    const arrays = {
      units: [[4], [0, 3, -1, 0]],
      unit_error: [[4], [0, 0.1, 0, 0]],
      values: [[5], [0, 1, 2, -1, 0]],
    };
    const { items, unit } = textScene(INPUT, frame(arrays as never), OPTIONS, true);
    expect(items[1]).toMatchObject({ text: "unhappy", value: 3, rank: 1, share: 0.75 });
    expect(items[1]?.error).toBeCloseTo(0.1);
    expect(unit).toBe("logit");
    const tokens = textScene(INPUT, frame(arrays as never), { ...OPTIONS, view: "tokens" }, true);
    expect(tokens.items.map((item) => item.value)).toEqual([0, 1, 2, -1, 0]);
  });

  test.each([
    [true, ["[CLS]", "unhappy", "  ", "cat", "[SEP]"], [0, 1, -1, 2, 3]],
    [false, ["[CLS]", "un", "happy", "  ", "cat", "[SEP]"], [0, 1, 2, -1, 3, 4]],
  ])("pieces, words %s", (words, texts, items) => {
    const pieces = piecesOf(INPUT, words);
    expect(pieces.map((piece) => piece.text)).toEqual(texts);
    expect(pieces.map((piece) => piece.item)).toEqual(items);
    const written = pieces.filter((piece) => !piece.chip).map((piece) => piece.text);
    expect(written.join("")).toBe(INPUT.text);
  });

  test("space inside a word belongs to it, and words stay apart from their neighbours", () => {
    const input: TextInput = {
      ...INPUT,
      text: "un happycat",
      segments: [
        ["un", 1],
        [" ", -1],
        ["happy", 2],
        ["cat", 3],
      ],
    };
    expect(piecesOf(input, true).map((piece) => piece.text)).toEqual(["[CLS]", "un happy", "cat", "[SEP]"]);
  });

  test("a token for the space before a word is drawn as space, and belongs to the word", () => {
    const input: TextInput = {
      ...INPUT,
      text: "un cat",
      segments: [
        ["un", 1],
        [" ", 3],
        ["cat", 3],
      ],
    };
    expect(piecesOf(input, true).map(({ text, item }) => [text, item])).toEqual([
      ["[CLS]", 0],
      ["un", 1],
      [" ", -1],
      ["cat", 2],
      ["[SEP]", 3],
    ]);
    expect(piecesOf(input, false).map(({ text }) => text)).toContain(" cat");
  });

  test("the last marker stands before the text that was cut off", () => {
    const input: TextInput = {
      ...INPUT,
      text: "cat and dog",
      segments: [
        ["cat", 3],
        [" and dog", -1],
      ],
    };
    expect(piecesOf(input, true).map(({ text }) => text)).toEqual([
      "[CLS]",
      "unhappy",
      "cat",
      "[SEP]",
      " and dog",
    ]);
  });

  test("a token says what the tokenizer calls it, and what the vocabulary lacks", () => {
    const tokens = INPUT.tokens.map((token) => ({ ...token, name: token.text }));
    tokens[2] = { ...tokens[2]!, name: "##happy" };
    const unknown = { ...tokens[3]!, name: "[UNK]", unknown: true };
    const units = [...INPUT.units.slice(0, 2), { ...INPUT.units[2]!, unknown: true }, INPUT.units[3]!];
    const input: TextInput = { ...INPUT, units, tokens: [...tokens.slice(0, 3), unknown, tokens[4]!] };
    const details = (view: string) =>
      textScene(input, null, { ...OPTIONS, view }, true).items.map(({ detail }) => detail);
    expect(details("tokens")).toEqual([
      undefined,
      undefined,
      "token “##happy”",
      "not in the vocabulary: the model sees “[UNK]”",
      undefined,
    ]);
    expect(details("words")).toEqual([undefined, undefined, "not all in the vocabulary", undefined]);
  });
});
