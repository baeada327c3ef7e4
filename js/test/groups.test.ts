// Scores of groups: what is looked up, what is interaction, the panel around a stage and what it asks of Python.
import { describe, expect, test } from "vitest";
import { cases } from "../dev/cases";
import { decodeFrame } from "../src/kernel/decode";
import type { Groups, GroupsMeta, WireGroups } from "../src/kernel/protocol";
import { beyond, groupScene, runsOf } from "../src/scenes/groups";
import { groupFacts } from "../src/wording/groups";
import { choose, named, painted, QUERY, type Shown, show, status } from "./harness";

const wire = () => cases.phrases!(QUERY).state._groups!;
const groups = (meta: Partial<GroupsMeta> = {}, without: string[] = []): Groups => {
  const decoded = decodeFrame(wire());
  const arrays = Object.entries(decoded.arrays).filter(([name]) => !without.includes(name));
  return { ...decoded, meta: { ...decoded.meta, ...meta }, arrays: Object.fromEntries(arrays) };
};
const sceneOf = (...from: Parameters<typeof groups>) => groupScene(groups(...from), [])!;

describe("lookups", () => {
  test("single units, spans and pairs, in any order", () => {
    const scene = sceneOf();
    expect(scene.scoreOf([3])).toBe(-1.5);
    expect(scene.scoreOf([3, 1, 2])).toBe(0.625);
    expect(scene.scoreOf([3, 1])).toBe(0.5);
    expect(scene.scoreOf([1, 3, 5])).toBeNull();
    expect(scene.scoreOf([])).toBeNull();
  });

  test("levels and what was asked for come before arrays; without either nothing is known", () => {
    const known = [
      { units: [1, 3, 5], score: 7 },
      { units: [0, 2, 6], score: null },
    ];
    const scene = sceneOf({ known }, ["spans", "pairs"]);
    expect(scene.scoreOf([5, 3, 1])).toBe(7);
    expect(scene.scoreOf([0, 2, 6])).toBeNull();
    expect(scene.scoreOf([1, 2, 3, 4])).toBe(0.875);
    expect(scene.scoreOf([1, 2])).toBeNull();
    expect(scene.paired).toBe(false);
  });

  test("parts are the runs of words, else single ones; of areas always single ones", () => {
    const scene = sceneOf();
    expect(scene.partsOf([5, 1, 2, 4])).toEqual([
      [1, 2],
      [4, 5],
    ]);
    expect(scene.partsOf([3, 1, 2])).toEqual([[1], [2], [3]]);
    const { arrays, ...rest } = groups();
    const labels = { shape: [1, 7], data: Uint8Array.of(0, 1, 2, 3, 4, 5, 6) };
    const picture = groupScene({ ...rest, arrays: { ...arrays, labels } }, [])!;
    expect(picture.partsOf([1, 2, 5])).toEqual([[1], [2], [5]]);
  });

  test("an interaction is what the parts do not explain", () => {
    const scene = sceneOf();
    expect(scene.interactionOf([1, 3])).toBe(3);
    expect(scene.interactionOf([1, 2, 3])).toBe(3);
    expect(scene.interactionOf([1, 2, 4])).toBeNull();
    expect(scene.interactionOf([3, 4])).toBe(-0.25);
    expect(scene.interactionOf([1])).toBeNull();
    expect(sceneOf({}, ["pairs"]).interactionOf([1, 3])).toBeNull();
    const sum = Math.fround(Math.fround(0.1) + Math.fround(0.2));
    expect(beyond(sum, [Math.fround(0.1), Math.fround(0.2)])).toBe(0);
    expect(beyond(1, [0.4, null])).toBeNull();
  });

  test("one colour scale for everything known, and runs", () => {
    expect(Math.max(...sceneOf().values.map(Math.abs).filter(Number.isFinite))).toBe(1.5);
    expect(runsOf([4, 1, 2, 2])).toEqual([[1, 2], [4]]);
    expect(groupScene(groups({ missing: "No rule." }), [])).toBeNull();
    expect(groupScene(groups(), [9, 2, 0])!.selected).toEqual([0, 2]);
  });
});

describe("words about what is selected", () => {
  const about = (units: number[], meta: Partial<GroupsMeta> = {}, live = true) => {
    const words = {
      named: (u: readonly number[]) => `(${u})`,
      part: (u: readonly number[]) => `#${u}`,
      whole: "sentence",
    };
    return groupFacts(groupScene(groups(meta), units)!, words, live).map(({ text }) => text);
  };

  test("score, parts, interaction, rest", () => {
    expect(about([1, 2, 3])).toEqual([
      "(1,2,3) +0.625\u2009logit for positive",
      "alone: #1 −1.00, #2 +0.13, #3 −1.50",
      "interaction +3.00",
      "the rest of the sentence +0.500",
    ]);
    expect(about([3])).toEqual(["(3) −1.50\u2009logit for positive", "the rest of the sentence +2.63"]);
  });

  test("an inexact scorer promises no rest; everything leaves no rest; many parts are summed up", () => {
    expect(about([3], { exact: false })).toHaveLength(1);
    const whole = about([0, 1, 2, 3, 4, 5, 6]);
    expect(whole[1]).toBe("alone: #0 0, #1 −1.00, #2 +0.13, #3 −1.50, #4 +0.50, the other 2 add up to 0");
    expect(whole.some((fact) => fact.includes("the sentence"))).toBe(false);
  });

  test("what is not known yet, live and in a saved page", () => {
    expect(about([1, 3, 5])).toEqual(["(1,3,5) …"]);
    expect(about([1, 3, 5], {}, false)).toEqual(["(1,3,5): run the cell to score this group."]);
  });
});

const panelOf = ({ root }: Shown) =>
  [...root.querySelectorAll("details")].find((d) => d.querySelector("summary")?.textContent === "Phrases")!;
const facts = ({ root }: Shown) => root.querySelector<HTMLElement>(".whylight-group-facts")!.textContent!;
const whole = ({ root }: Shown) => root.querySelector<HTMLElement>(".whylight-groups-whole")!;
const hint = ({ root }: Shown) => root.querySelector<HTMLElement>(".whylight-groups > .whylight-hint")!;
const grow = ({ root }: Shown) =>
  [...root.querySelectorAll("button")].find((button) => button.textContent === "Build the hierarchy")!;

async function opened(more: Parameters<typeof show>[1] = {}): Promise<Shown> {
  const shown = show("phrases", more);
  panelOf(shown).open = true;
  await painted();
  return shown;
}

describe("the panel", () => {
  test("tells Python when it opens and closes, once for all views, and when a view goes", async () => {
    const shown = show("phrases");
    expect(shown.model.sent).toEqual([]);
    panelOf(shown).open = true;
    await painted();
    const second = shown.again();
    second.querySelectorAll("details").forEach((d) => {
      if (d.querySelector("summary")?.textContent === "Phrases") d.open = true;
    });
    await painted();
    expect(shown.model.sent).toEqual([{ kind: "groups", open: true }]);
    panelOf(shown).open = false;
    shown.closeView();
    await painted();
    expect(shown.model.sent).toHaveLength(1);
  });

  test("is there only where groups can be scored", () => {
    expect(panelOf(show("few"))).toBeUndefined();
    expect(panelOf(show("features"))).toBeUndefined();
  });

  test("Scorer asks Python", async () => {
    const { model, root } = await opened();
    choose(named(root, "Scorer"), "occlusion");
    expect(model.saved).toEqual([{ scorer: "occlusion" }]);
    expect(named<HTMLElement>(root, "Regions of").closest("label")!.hidden).toBe(true);
  });

  test.each([
    [null, "Tiles"],
    [16, "Tiles of 16 pixels"],
    [1, "Single pixels"],
    [[[0, 0, 1, 1]], "Areas of your own"],
  ])("areas made of %j are named", async (units, name) => {
    const choices = { ...cases.phrases!(QUERY).state._choices!, units: [{ value: "null", label: "Tiles" }] };
    const { model, root } = await opened({ _choices: choices, units });
    const field = named<HTMLSelectElement>(root, "Regions of");
    expect(field.selectedOptions[0]!.textContent).toBe(name);
    choose(field, "null");
    expect(model.get("units")).toBeNull();
  });

  test("grows as messages come; an older one is dropped", async () => {
    const shown = await opened({ _groups: {} });
    expect(hint(shown).textContent).toBe("Scoring.");
    expect(grow(shown).hidden).toBe(true);
    const message = (seq: number, meta: Partial<GroupsMeta>, levels: number) => {
      const made = wire() as Required<WireGroups>;
      const grown = { ...made.meta, ...meta, levels: made.meta.levels.slice(0, levels) };
      return { ...made, kind: "groups", seq, meta: grown };
    };
    const nodes = () => shown.root.querySelectorAll('[role="treeitem"]').length;
    shown.model.emit("msg:custom", message(3, { grown: false }, 0), []);
    await painted();
    expect([nodes(), grow(shown).hidden]).toEqual([0, false]);
    grow(shown).click();
    expect(shown.model.sent.at(-1)).toEqual({ kind: "grow" });
    shown.model.emit("msg:custom", message(3, { growing: true, grown: false, evaluated: 12 }, 3), []);
    await painted();
    expect(nodes()).toBe(2);
    expect(whole(shown).textContent).toContain("Building the hierarchy: 12 groups scored.");
    expect(grow(shown).hidden).toBe(true);
    shown.model.emit("msg:custom", message(3, { growing: false, grown: false, evaluated: 14 }, 3), []);
    shown.model.emit("msg:custom", status({ state: "stopped" }), []);
    await painted();
    expect(whole(shown).textContent).toContain("The hierarchy is not complete: 14 groups scored.");
    expect(grow(shown).hidden).toBe(false);
    shown.model.emit("msg:custom", message(3, {}, 5), []);
    await painted();
    expect(nodes()).toBe(4);
    expect(whole(shown).textContent).not.toContain("groups scored");
    shown.model.emit("msg:custom", message(2, {}, 2), []);
    await painted();
    expect(nodes()).toBe(4);
  });

  test("notes stand under the read-out, as text", async () => {
    const made = wire();
    const notes = ["The score of <b>no</b> group is 0.3 logit."];
    const { root } = await opened({ _groups: { ...made, meta: { ...made.meta!, notes } } });
    const list = root.querySelector<HTMLElement>(".whylight-groups .whylight-notes")!;
    expect([...list.querySelectorAll("li")].map((item) => item.textContent)).toEqual(notes);
    const read = root.querySelector(".whylight-group-facts")!;
    expect(read.compareDocumentPosition(list)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
  });

  test("why there are no scores is said in a sentence", async () => {
    const made = wire();
    const missing = "The layer “mix” has no rule.";
    const shown = await opened({ _groups: { ...made, meta: { ...made.meta!, missing }, arrays: {} } });
    expect(hint(shown).textContent).toBe(missing);
    expect(whole(shown).hidden).toBe(true);
  });

  test("scores of an older answer fade until their successor comes", async () => {
    const shown = await opened({ _groups: { ...wire(), seq: 2 } });
    expect(whole(shown).classList.contains("whylight-outdated")).toBe(true);
    shown.model.emit("msg:custom", { ...wire(), kind: "groups" }, []);
    await painted();
    expect(whole(shown).classList.contains("whylight-outdated")).toBe(false);
  });

  test("a message ends the wait for Python", async () => {
    const shown = await opened();
    choose(named(shown.root, "Scorer"), "occlusion");
    await painted();
    expect(shown.root.dataset.state).toBe("queued");
    shown.model.emit("msg:custom", { ...wire(), kind: "groups" }, []);
    await painted();
    expect(shown.root.dataset.state).toBe("done");
    shown.model.emit("msg:custom", status({ state: "running" }), []);
    await painted();
    expect(grow(shown).hidden).toBe(true);
  });

  test("a saved page answers from what it has, and says what it has not", async () => {
    const choices = { ...cases.phrases!(QUERY).state._choices!, live: false };
    const shown = await opened({ _choices: choices, selection: [1, 3] });
    expect(facts(shown)).toContain("interaction +3.00");
    shown.model.set("selection", [1, 3, 5]);
    await painted();
    expect(facts(shown)).toContain("“not … bad … .”: run the cell to score this group.");
    expect(named<HTMLSelectElement>(shown.root, "Scorer").disabled).toBe(true);
    const none = await opened({ _choices: choices, _groups: {} });
    expect(hint(none).textContent).toContain("were not saved with this picture");
  });
});
