// The stage of phrases: brushing by pointer and keyboard, the tree's keys, arcs, and text that stays text.
import { describe, expect, test } from "vitest";
import { cases } from "../dev/cases";
import { decodeFrame } from "../src/kernel/decode";
import type { TextInput, Traits } from "../src/kernel/protocol";
import { phraseKind } from "../src/panels/groups/phrases";
import { groupScene } from "../src/scenes/groups";
import { pairsOf, strongest } from "../src/scenes/pairs";
import { gainOf, rootsOf, stemsOf, visible } from "../src/scenes/phrase-tree";
import { quoter } from "../src/wording/phrases";
import { named, painted, QUERY, type Shown, show } from "./harness";

const CASE = cases.phrases!(QUERY).state;
const scene = (selected: number[] = []) => groupScene(decodeFrame(CASE._groups!), selected)!;

async function opened(more: Partial<Traits> = {}): Promise<Shown> {
  const shown = show("phrases", more);
  for (const panel of shown.root.querySelectorAll("details"))
    if (panel.querySelector("summary")?.textContent === "Phrases") panel.open = true;
  await painted();
  return shown;
}

const words = ({ root }: Shown) => [...root.querySelectorAll<HTMLElement>('[role="option"]')];
const shared = ({ root }: Shown) => [
  ...root.querySelectorAll<HTMLElement>('[role="listitem"].whylight-token'),
];
const items = ({ root }: Shown) => [...root.querySelectorAll<HTMLElement>('[role="treeitem"]')];
const arcs = ({ root }: Shown) => [...root.querySelectorAll<HTMLElement>(".whylight-arc")];
const chosen = (shown: Shown) =>
  words(shown).flatMap((word, i) => (word.getAttribute("aria-selected") === "true" ? [i] : []));
const facts = ({ root }: Shown) => root.querySelector<HTMLElement>(".whylight-group-facts")!.textContent!;

function pointer(type: string, target: HTMLElement, more: PointerEventInit = {}): void {
  const options = { bubbles: true, button: 0, buttons: 1, pointerType: "mouse", pointerId: 1, ...more };
  target.dispatchEvent(new PointerEvent(type, options));
}

function drag(over: HTMLElement[], more: PointerEventInit = {}): void {
  pointer("pointerdown", over[0]!, more);
  for (const word of over.slice(1)) pointer("pointermove", word, more);
  pointer("pointerup", over.at(-1)!, more);
  over.at(-1)!.parentElement!.dispatchEvent(new MouseEvent("click", { bubbles: true }));
}

const press = (key: string, more: KeyboardEventInit = {}) =>
  document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));

describe("brushing with the pointer", () => {
  test("a drag selects a run; Python hears of it once, at its end", async () => {
    const shown = await opened();
    const [, a, b, c] = words(shown);
    pointer("pointerdown", a!);
    pointer("pointermove", b!);
    pointer("pointermove", c!);
    await painted();
    expect(shown.model.saved).toEqual([]);
    expect(chosen(shown)).toEqual([1, 2, 3]);
    expect(facts(shown)).toContain("“not a bad” +0.625");
    pointer("pointermove", b!);
    pointer("pointerup", b!);
    await painted();
    expect(shown.model.saved).toEqual([{ selection: [1, 2] }]);
    expect(shown.root.querySelectorAll(".whylight-brushed").length).toBe(1);
  });

  test("backwards, and with Ctrl beside what is selected", async () => {
    const shown = await opened();
    const all = words(shown);
    drag([all[3]!, all[2]!]);
    drag([all[5]!, all[6]!], { ctrlKey: true });
    await painted();
    expect(shown.model.get("selection")).toEqual([2, 3, 5, 6]);
    expect(shown.root.querySelectorAll(".whylight-brushed").length).toBe(2);
  });

  test("a click toggles one word, also right after a drag; Shift extends", async () => {
    const shown = await opened();
    const all = words(shown);
    drag([all[1]!, all[2]!]);
    all[4]!.click();
    expect(shown.model.get("selection")).toEqual([1, 2, 4]);
    all[1]!.click();
    expect(shown.model.get("selection")).toEqual([2, 4]);
    all[3]!.dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
    expect(shown.model.get("selection")).toEqual([1, 2, 3]);
  });

  test("a page that scrolls takes the drag back", async () => {
    const shown = await opened({ selection: [4] });
    const [, a, b] = words(shown);
    pointer("pointerdown", a!, { pointerType: "touch" });
    pointer("pointermove", b!, { pointerType: "touch" });
    pointer("pointercancel", b!, { pointerType: "touch" });
    await painted();
    expect(shown.model.get("selection")).toEqual([4]);
    expect(chosen(shown)).toEqual([4]);
  });

  test("the list of tokens brushes too, by word in every view, with one line around them", async () => {
    const shown = await opened();
    const list = shared(shown);
    drag([list[1]!, list[3]!]);
    await painted();
    expect(shown.model.saved).toEqual([{ selection: [1, 2, 3] }]);
    expect(chosen(shown)).toEqual([1, 2, 3]);
    const classes = (name: string) => list.flatMap((word, i) => (word.classList.contains(name) ? [i] : []));
    expect(classes("whylight-pinned-first")).toEqual([1]);
    expect(classes("whylight-pinned-last")).toEqual([3]);
    expect(shown.root.querySelectorAll(".whylight-gap.whylight-pinned").length).toBe(2);
    expect(list[2]!.getAttribute("aria-current")).toBe("true");
  });

  test("tokens of one word are selected together", async () => {
    const input: TextInput = {
      v: 1,
      kind: "text",
      text: "unhappy film",
      tokens: ["un", "happy", "film"].map((text, i) => ({ text, unit: i < 2 ? 0 : 1, special: false })),
      units: ["unhappy", "film"].map((text) => ({ text, special: false })),
      segments: [
        ["un", 0],
        ["happy", 1],
        [" ", -1],
        ["film", 2],
      ],
    };
    const shown = show("phrases", { _input: input, _groups: {}, view: "tokens" });
    shared(shown)[1]!.click();
    await painted();
    expect(shown.model.get("selection")).toEqual([0]);
    expect(shared(shown).map((t) => t.classList.contains("whylight-pinned"))).toEqual([true, true, false]);
    shared(shown)[0]!.click();
    expect(shown.model.get("selection")).toEqual([]);
  });
});

describe("brushing with the keyboard", () => {
  test("arrows move, Shift extends both ways, Escape clears", async () => {
    const shown = await opened();
    words(shown)[1]!.focus();
    press("ArrowRight");
    expect(shown.model.saved).toEqual([]);
    press("ArrowRight", { shiftKey: true });
    press("ArrowRight", { shiftKey: true });
    expect(shown.model.get("selection")).toEqual([2, 3, 4]);
    for (let i = 0; i < 3; i++) press("ArrowLeft", { shiftKey: true });
    expect(shown.model.get("selection")).toEqual([1, 2]);
    expect(document.activeElement).toBe(words(shown)[1]);
    press("End", { shiftKey: true });
    expect(shown.model.get("selection")).toEqual([2, 3, 4, 5, 6]);
    press("Home");
    press(" ");
    expect(shown.model.get("selection")).toEqual([0, 2, 3, 4, 5, 6]);
    press("Escape");
    expect(shown.model.get("selection")).toEqual([]);
    expect(words(shown).filter((word) => word.tabIndex === 0)).toEqual([words(shown)[0]]);
  });

  test("setting it from Python shows it", async () => {
    const shown = await opened();
    shown.model.set("selection", [1, 3]);
    await painted();
    expect(chosen(shown)).toEqual([1, 3]);
    expect(facts(shown)).toBe(
      "“not … bad” +0.500\u2009logit for positive alone: not −1.00, bad −1.50 interaction +3.00 the rest of the sentence +0.625 ",
    );
  });
});

describe("the tree", () => {
  const levels = scene().levels;

  test("is nested, each group a row below its highest part", () => {
    const [root] = rootsOf(levels, new Set());
    expect(visible([root!]).map(({ units, height }) => [units.length, height])).toEqual([
      [7, 4],
      [5, 3],
      [4, 2],
      [2, 1],
    ]);
    const half = rootsOf(levels.slice(0, 3), new Set());
    expect(half.map(({ units }) => units)).toEqual([[1, 2, 3, 4]]);
    expect(rootsOf([], new Set())).toEqual([]);
  });

  test("folded it is one row high, and its lines reach the words", () => {
    const [root] = rootsOf(levels, new Set(["1,2,3,4,5", "3,4"]));
    const shown = visible([root!]);
    expect(shown.map(({ height, folded }) => [height, folded])).toEqual([
      [2, false],
      [1, true],
    ]);
    expect(stemsOf(shown, 7)).toEqual([
      { first: 0, last: 0, from: 1, to: 1 },
      { first: 6, last: 6, from: 1, to: 1 },
    ]);
  });

  test("what a group has beyond its parts in the tree", () => {
    const [root] = rootsOf(levels, new Set());
    const four = visible([root!])[2]!;
    expect(gainOf(four, scene())).toBe(3);
    expect(gainOf(four.children[0]!, scene())).toBe(-0.25);
  });

  test("keys of an ARIA tree, Enter selects, a click on the chevron folds", async () => {
    const shown = await opened();
    const count = () => items(shown).length;
    expect(items(shown).map((item) => item.tabIndex)).toEqual([0, -1, -1, -1]);
    expect(items(shown)[2]!.getAttribute("aria-label")).toBe(
      "“not a bad film” +0.875\u2009logit, interaction of its parts +3.00",
    );
    items(shown)[0]!.focus();
    press("ArrowRight");
    expect(document.activeElement!.getAttribute("aria-level")).toBe("2");
    press("End");
    expect(document.activeElement!.hasAttribute("aria-expanded")).toBe(false);
    press("ArrowLeft");
    press("ArrowUp");
    press("ArrowLeft");
    expect(document.activeElement!.getAttribute("aria-expanded")).toBe("false");
    expect(count()).toBe(2);
    press("Enter");
    await painted();
    expect(shown.model.get("selection")).toEqual([1, 2, 3, 4, 5]);
    expect(document.activeElement!.getAttribute("aria-selected")).toBe("true");
    press("Enter");
    await painted();
    expect(shown.model.get("selection")).toEqual([]);
    press("ArrowRight");
    expect(count()).toBe(4);
    items(shown)[0]!.querySelector<HTMLElement>(".whylight-fold")!.click();
    expect(count()).toBe(1);
    expect(shown.model.saved).toHaveLength(2);
    shown.model.set("selection", [1]);
    items(shown)[0]!.focus();
    press("Escape");
    expect(shown.model.get("selection")).toEqual([]);
  });

  test("the focus stays while the tree grows", async () => {
    const shown = await opened();
    items(shown)[3]!.focus();
    const held = document.activeElement;
    const { meta, ...rest } = CASE._groups!;
    const less = { ...rest, kind: "groups", meta: { ...meta!, levels: meta!.levels.slice(0, 2) } };
    shown.model.emit("msg:custom", less, []);
    await painted();
    expect(items(shown)).toEqual([held]);
    expect(document.activeElement).toBe(held);
  });
});

describe("arcs", () => {
  test("strongest first, of one word, or among several", () => {
    const pairs = pairsOf(scene());
    expect(pairs.length).toBe(21);
    const shown = (of: number[]) => strongest(pairs, of).map(({ units }) => units.join());
    expect(shown([])).toEqual(["1,3", "3,4"]);
    expect(shown([4])).toEqual(["3,4"]);
    expect(shown([1, 2, 3])).toEqual(["1,3"]);
    expect(shown([0])).toEqual([]);
  });

  test("have names and values, are walked with the arrow keys, and select their pair", async () => {
    const shown = await opened();
    expect(arcs(shown).map((arc) => arc.getAttribute("aria-label"))).toEqual([
      "not and bad: interaction +3.00\u2009logit",
      "bad and film: interaction −0.250\u2009logit",
    ]);
    arcs(shown)[0]!.focus();
    press("ArrowRight");
    expect(document.activeElement).toBe(arcs(shown)[1]);
    (document.activeElement as HTMLElement).click();
    await painted();
    expect(shown.model.get("selection")).toEqual([3, 4]);
    expect(document.activeElement).toBe(arcs(shown)[0]);
    expect(arcs(shown)).toHaveLength(1);
  });
});

describe("text", () => {
  test("hostile words stay words everywhere", async () => {
    const bad = "<img src=x onerror=alert(1)>";
    const input = CASE._input as TextInput;
    const units = input.units.map((one, i) => (i === 1 ? { ...one, text: bad } : one));
    const segments = input.segments.map(([text, token]): [string, number] => [
      token === 1 ? bad : text,
      token,
    ]);
    const made = CASE._groups!;
    const groups = {
      ...made,
      meta: { ...made.meta!, notes: [bad], scorer_label: bad, target: { value: 1, label: bad } },
    };
    const shown = await opened({ _input: { ...input, units, segments }, _groups: groups, selection: [1, 2] });
    items(shown)[0]!.focus();
    expect(shown.root.querySelector("img")).toBeNull();
    expect(words(shown)[1]!.textContent).toContain(bad);
    expect(facts(shown)).toContain(`“${bad} a”`);
  });

  test("in text from right to left the left arrow goes on, and numbers stay in order", async () => {
    const input = CASE._input as TextInput;
    const segments = input.segments.map(([text, token]): [string, number] => [
      token < 0 ? text : "לא",
      token,
    ]);
    const shown = await opened({ _input: { ...input, segments } });
    named(shown.root, "Words").style.direction = "rtl";
    words(shown)[1]!.focus();
    press("ArrowLeft", { shiftKey: true });
    expect(shown.model.get("selection")).toEqual([0, 1, 2]);
    await painted();
    expect(facts(shown)).toContain("“\u2068[CLS] לא לא\u2069” −0.875");
  });

  test("a phrase is quoted as the text has it", () => {
    const quoted = quoter(CASE._input as TextInput);
    expect(quoted([1, 2])).toBe("“not a”");
    expect(quoted([0, 1, 4])).toBe("“[CLS] not … film”");
    const long = { ...(CASE._input as TextInput), segments: [["x".repeat(99), 1]] as [string, number][] };
    expect(quoter(long)([1])).toHaveLength(66);
    const { part } = phraseKind(CASE._input as TextInput);
    expect([part([3]), part([5]), part([1, 2])]).toEqual(["bad", "“.”", "“not a”"]);
  });

  test("everything focusable keeps its keys from the notebook", async () => {
    const { root } = await opened();
    for (const element of root.querySelectorAll<HTMLElement>("button, select, [tabindex]"))
      expect(element.dataset.lmSuppressShortcuts, element.outerHTML).toBe("true");
    expect(named(root, "Words").getAttribute("aria-multiselectable")).toBe("true");
  });
});
