// Pairs of texts on lines of their own, and the targets of dense outputs in the list.
import { expect, test } from "vitest";
import { cases } from "../dev/cases";
import type { Choices, TextInput } from "../src/kernel/protocol";
import { piecesOf, textsOf } from "../src/scenes/text-pieces";
import { listed, named, painted, pick, QUERY, show } from "./harness";

const PAIR = cases.pair!(QUERY).state._input as TextInput;
const TAGGER = cases.tagger!(QUERY).state._choices as Choices;

test("each text of a pair has its pieces, and markers go with the text before them", () => {
  const texts = textsOf(PAIR, true);
  expect(texts.map(({ title }) => title)).toEqual(["Text 1", "Text 2"]);
  expect(texts.map(({ pieces }) => pieces.map(({ text }) => text).join(""))).toEqual([
    "[CLS]Who wrote it",
    "Ada wrote the first program[SEP]",
  ]);
  const whole = piecesOf(PAIR, true).filter(({ chip }) => !chip);
  expect(whole.map(({ text }) => text).join("")).toBe(PAIR.text);
});

test("a marker between two texts ends the first line", () => {
  const tokens = ["[CLS]", "a", "[SEP]", "b", "[SEP]"].map((text, unit) => ({
    text,
    unit,
    special: text.startsWith("["),
  }));
  const segments: [string, number][] = [
    ["a", 1],
    ["\n", -1],
    ["b", 3],
  ];
  const input = { ...PAIR, text: "a\nb", tokens, units: tokens, segments, starts: [0, 2] };
  for (const words of [true, false]) {
    const lines = textsOf(input, words).map(({ pieces }) => pieces.map(({ text }) => text).join(" "));
    expect(lines).toEqual(["[CLS] a [SEP]", "b [SEP]"]);
  }
});

test("a pair is read as one list in which each text begins with its title", async () => {
  const { root } = show("pair");
  await painted();
  const list = named(root, "Tokens");
  const items = [...list.querySelectorAll('[role="listitem"]')].map((item) => item.textContent);
  expect(items).toEqual([
    "Text 1",
    "[CLS]",
    "Who",
    "wrote",
    "it",
    "Text 2",
    "Ada",
    "wrote",
    "the",
    "first",
    "program",
    "[SEP]",
  ]);
  expect([...list.children].every((child) => child.matches('[role="listitem"], .whylight-gap'))).toBe(true);
  expect(root.querySelector('[role="status"]')!.textContent).toContain("Text 1 37\u2009%, Text 2 63\u2009%");
});

test("one text has no title", async () => {
  const { root } = show("few");
  await painted();
  expect(root.querySelector(".whylight-text-title")).toBeNull();
});

test("the targets of dense outputs stand in groups of their own, and the one explained is shown", async () => {
  const { root, model } = show("tagger");
  await painted();
  expect(listed(root, "Target")).toEqual([
    ["Tokens", ["Ada: B-PER 90\u2009%", "lived: O 80\u2009%", "in: O 70\u2009%", "London: B-LOC 60\u2009%"]],
  ]);
  expect(named<HTMLInputElement>(root, "Target").value).toContain("London");
  pick(root, "Target", "ada");
  expect(model.get("target")).toBe("token(1, 0)");
});

test("the token whose label is explained is marked, and says so", async () => {
  const { root } = show("tagger");
  await painted();
  const marked = [...root.querySelectorAll(".whylight-explained")];
  expect(marked.map((word) => word.textContent)).toEqual(["London"]);
  expect(marked[0]!.getAttribute("aria-label")).toContain("its label is explained");
});

test("many places are searched by name", async () => {
  const targets = Array.from({ length: 40 }, (_, i) => ({
    ...TAGGER.targets![0]!,
    value: `at(${i})`,
    label: `step ${i}`,
    group: "Steps",
  }));
  const { root, model } = show("tagger", { _choices: { ...TAGGER, targets } as Choices });
  await painted();
  pick(root, "Target", "step 39");
  expect(model.get("target")).toBe("at(39)");
});
