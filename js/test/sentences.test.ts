// Long texts at a glance: their sentences hold every word once, sums are complete, a click goes there and selects.
import { describe, expect, test } from "vitest";
import { cases } from "../dev/cases";
import type { TextInput } from "../src/kernel/protocol";
import { sentencesOf, sumsOf } from "../src/scenes/sentences";
import { named, painted, QUERY, show } from "./harness";

const input = cases.many!(QUERY).state._input as TextInput;
/** A text of so many short sentences, a token per word or mark. */
const written = (text: string): TextInput => {
  const parts = text.match(/\w+|[^\w\s]+|\s+/g)!;
  const words = ["[CLS]", ...parts.filter((part) => part.trim())];
  let next = 1;
  const segments = parts.map((part): [string, number] => [part, part.trim() ? next++ : -1]);
  return {
    ...input,
    text,
    tokens: words.map((word, unit) => ({ text: word, unit, special: unit === 0 })),
    units: words.map((word, unit) => ({ text: word, special: unit === 0 })),
    segments,
  } as TextInput;
};

describe("sentences", () => {
  test("short texts have none: they are seen at a glance", () => {
    expect(sentencesOf(written("A good film. A bad one."))).toEqual([]);
  });

  test("every word once, in order, markers last; numbers with a point are one word", () => {
    const long = `${"It is good, he said. ".repeat(12)}Is it 3.5 times better?! "Yes." And so on`;
    const found = sentencesOf(written(long));
    const words = found.flatMap((one) => one.words);
    expect([...words].sort((a, b) => a - b)).toEqual(written(long).units.map((_, i) => i));
    expect(found.map(({ text }) => text).slice(11)).toEqual([
      "It is good, he said.",
      "Is it 3.5 times better?!",
      '"Yes."',
      "And so on",
      "[CLS]",
    ]);
  });

  test("sums add up to the sum over all words", () => {
    const long = written("One two three. Four five! ".repeat(20));
    const values = long.units.map((_, i) => Math.sin(i));
    const sums = sumsOf(sentencesOf(long), values);
    expect(sums.reduce((a, b) => a + b)).toBeCloseTo(
      values.reduce((a, b) => a + b),
      10,
    );
  });

  test("lines without a full stop are one sentence, paragraphs are apart", () => {
    const found = sentencesOf(written(`${"word ".repeat(60)}\n\n${"more ".repeat(60)}`));
    expect(found.map(({ words }) => words.length)).toEqual([60, 60, 1]);
  });
});

describe("the strip of sentences", () => {
  const long = () => {
    const text = written("It was a good film. It was not. ".repeat(15));
    const data = Float32Array.from(text.units, (_, i) => (i % 5) - 1);
    const array = { dtype: "float32", shape: [data.length], data: new DataView(data.buffer) };
    const { _frame } = cases.many!(QUERY).state;
    return show("many", {
      _input: text,
      _frame: { ..._frame, arrays: { values: array, units: array } } as never,
    });
  };

  test("a short text has no strip, and marks are explained", () => {
    const { root } = show("few");
    expect(named(root, "Sentences")).toBeNull();
    expect(root.querySelector(".whylight-text-key")!.textContent).toContain("opposes");
  });

  test("a click or Enter selects the words; arrow keys walk; every sentence says its sum", async () => {
    const { model, root } = long();
    const items = [...named(root, "Sentences").querySelectorAll<HTMLElement>("[role=listitem]")];
    expect(items.length).toBe(31);
    items[1]!.click();
    await painted();
    expect(model.get("selection")).toEqual([7, 8, 9, 10]);
    expect(items[1]!.getAttribute("aria-current")).toBe("true");
    expect(items[1]!.getAttribute("aria-label")).toMatch(
      /^Sentence 2: [+−]\d.*% of all sentences\nIt was not\.$/,
    );
    items[1]!.focus();
    items[1]!.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    expect(document.activeElement).toBe(items[2]);
    items[2]!.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    expect(model.get("selection")).toEqual([11, 12, 13, 14, 15, 16]);
  });
});
