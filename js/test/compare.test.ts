// The Compare panel: what is asked of Python, what stands beside the map, one colour scale for all of it.
import { describe, expect, test } from "vitest";
import { cases } from "../dev/cases";
import type { Choice, Choices, Frame, Traits } from "../src/kernel/protocol";
import { disagreement, type Tile } from "../src/panels/compare/tile";
import { scaleOf } from "../src/scenes/scale";
import { passesOf, passesText, referencesOf } from "../src/wording/cost";
import { choose, named, painted, QUERY, type Shown, show, status } from "./harness";

const META = { final: true, method_label: "Input gradient", notes: [], levels: [], output: "logit" };

function beside(setting: object, peak: number, more: object = {}) {
  const values = Float32Array.from({ length: 4 }, (_, i) => (i ? 0.001 : peak));
  return {
    kind: "beside",
    v: 1,
    seq: 3,
    setting,
    correlations: [{ with: {}, value: 0.546 }],
    meta: { ...META, score: 2.5, baseline_score: -1.25, target: { value: 207, label: "x" }, baseline: null },
    arrays: { values: { dtype: "float32", shape: [2, 2], data: values } },
    ...more,
  };
}

const tilesOf = ({ root }: Shown) => [...root.querySelectorAll<HTMLElement>(".whylight-tile")];
const names = (shown: Shown) =>
  tilesOf(shown).map((tile) => tile.querySelector(".whylight-tile-name")!.textContent);
const boxes = ({ root }: Shown) => [
  ...root.querySelectorAll<HTMLInputElement>(".whylight-checks input[type=checkbox]"),
];
const panel = ({ root }: Shown) =>
  root.querySelector<HTMLElement>(".whylight-panel-compare")!.closest("details")!;

const asked = (value: string, question: string, gradients: number | null, counted = "gradient"): Choice => ({
  ...{ value, label: value, question, gradients, counted },
  per_step: value === "integrated_gradients" || value === "idgi" ? 1 : 0,
});
const METHODS = [
  asked("integrated_gradients", "Parts", null),
  asked("idgi", "Parts", 72),
  asked("input_x_gradient", "Parts", 1),
  asked("smoothgrad", "Changes", 25),
  asked("input_gradient", "Changes", 1),
  asked("ggig", "Changes", 5694),
  asked("occlusion", "Groups", null, "prediction"),
];
const withMethods = (secondsTaken: number | null) => {
  const made = cases.image!(QUERY).state;
  const meta = { ...made._frame!.meta!, n_evaluations: 33, seconds: secondsTaken };
  const state = { _choices: { ...made._choices!, methods: METHODS }, _frame: { ...made._frame!, meta } };
  return show("image", state as Partial<Traits>);
};
const open = async (shown: Shown) => {
  panel(shown).open = true;
  panel(shown).dispatchEvent(new Event("toggle"));
  await painted();
};
const THREE = [{ method: "input_x_gradient" }, { method: "input_gradient" }, { method: "occlusion" }];
const start = ({ root }: Shown) => root.querySelector<HTMLButtonElement>(".whylight-compare-foot button")!;

test("it opens with three methods, each of another question and the cheapest of it; at once where that is quick", async () => {
  const shown = withMethods(0.033);
  await open(shown);
  expect(shown.model.saved).toEqual([{ compare: THREE }]);
  expect(start(shown).hidden).toBe(true);
  shown.model.set("compare", []);
  await open(shown);
  expect(shown.model.saved).toHaveLength(1); // once
});

test("a panel that was open for the sample before proposes nothing again", async () => {
  const shown = withMethods(0.033);
  await open(shown);
  shown.model.set("compare", []);
  shown.model.set("_input", { ...shown.model.get("_input") });
  await painted();
  const now = shown.host.querySelector<HTMLElement>(".whylight-panel-compare")!.closest("details")!;
  expect([now.open, now === panel({ ...shown, root: shown.root })]).toEqual([true, false]);
  now.dispatchEvent(new Event("toggle"));
  await painted();
  expect(shown.model.saved).toHaveLength(1);
  expect(now.querySelector<HTMLElement>(".whylight-compare-foot button")!.hidden).toBe(true);
});

test.each([3.3, null])("what may take long (a run of %s s) is proposed with its cost", async (taken) => {
  const shown = withMethods(taken);
  await open(shown);
  expect(shown.model.saved).toEqual([]);
  expect(start(shown).textContent).toBe(
    taken ? "Compare these, ≈ 252 passes, 25\u2009s" : "Compare these, ≈ 252 passes",
  );
  const ticked = () => boxes(shown).flatMap((box) => (box.checked ? [JSON.parse(box.value)] : []));
  expect(ticked()).toEqual([{ method: "integrated_gradients" }, ...THREE]);
  start(shown).click();
  await painted();
  expect(shown.model.saved).toEqual([{ compare: THREE }]);
  expect([start(shown).hidden, ticked().length]).toEqual([true, 4]);
});

test("a proposal is changed by ticking; where something is compared already none is made", async () => {
  const shown = withMethods(null);
  await open(shown);
  boxes(shown)
    .find((box) => box.value.includes("occlusion"))!
    .click();
  await painted();
  expect(shown.model.saved).toEqual([{ compare: THREE.slice(0, 2) }]);
  const again = withMethods(null);
  again.model.set("compare", [{ method: "idgi" }]);
  await painted();
  await open(again);
  expect(again.model.saved).toEqual([]);
});

test("methods stand under what they ask, each with its cost, or that it is computed", async () => {
  const shown = withMethods(0.5);
  shown.model.set("compare", [{ method: "smoothgrad" }]);
  shown.model.emit("msg:custom", beside({ method: "smoothgrad" }, 0.5), []);
  await painted();
  const groups = [...shown.root.querySelectorAll(".whylight-checks-group")];
  expect(groups.map((group) => group.getAttribute("aria-label"))).toEqual(["Parts", "Changes", "Groups"]);
  const costs = boxes(shown).map(
    (box) => box.parentElement!.querySelector(".whylight-check-cost")!.textContent,
  );
  expect(costs).toEqual([
    "",
    "≈ 33 gradients",
    "≈ 1 gradient",
    "computed",
    "≈ 1 gradient",
    "≈ 5694 gradients",
    "cost unknown",
  ]);
});

test("while it runs it says how far it is and how long it takes", async () => {
  const shown = withMethods(3.3);
  shown.model.set("compare", [{ method: "smoothgrad" }, { method: "idgi" }]);
  shown.model.emit("msg:custom", status({ state: "running" }), []);
  shown.model.emit("msg:custom", beside({ method: "idgi" }, 0.5), []);
  await painted();
  const hint = () => shown.root.querySelector<HTMLElement>(".whylight-compare-foot .whylight-hint")!;
  expect(hint().textContent).toBe("Comparing: 1 of 2 done, about 2.5\u2009s left");
  shown.model.emit("msg:custom", beside({ method: "smoothgrad" }, 0.5), []);
  shown.model.emit("msg:custom", status({ state: "done" }), []);
  await painted();
  expect(hint().hidden).toBe(true);
});

test("regions are told beside pixels; maps are the items of a list", async () => {
  const shown = show("image", { compare: [{ baseline: "white" }] });
  const correlations = [{ with: {}, value: 0.1, regions: 0.75 }];
  shown.model.emit("msg:custom", beside({ baseline: "white" }, 0.5, { correlations }), []);
  await painted();
  expect(tilesOf(shown)[1]!.textContent).toContain("rank correlation +0.10 regions +0.75");
  expect(tilesOf(shown).map((tile) => [tile.tagName, tile.getAttribute("role")])).toEqual([
    ["DIV", "listitem"],
    ["DIV", "listitem"],
  ]);
});

test("the panel is closed at first and opens when Python asks for a comparison", async () => {
  const shown = show("image");
  expect(panel(shown).open).toBe(false);
  shown.model.set("compare", [{ target: 208 }]);
  await painted();
  expect(panel(shown).open).toBe(true);
  expect(named<HTMLSelectElement>(shown.root, "Compare by").value).toBe("target");
  expect(names(shown)).toEqual(["golden retriever", "Labrador retriever"]);
  expect(tilesOf(shown)[1]!.textContent).toContain("Waiting");
});

test("ticking asks Python; the map on show is ticked for good", async () => {
  const shown = show("image");
  expect(boxes(shown).map((box) => [box.checked, box.disabled])).toEqual([
    [true, true],
    [false, false],
  ]);
  boxes(shown)[1]!.click();
  await painted();
  expect(shown.model.saved).toEqual([{ compare: [{ method: "input_gradient" }] }]);
  expect(shown.root.dataset.state).toBe("queued");
  choose(named(shown.root, "Compare by"), "baseline");
  boxes(shown)[1]!.click();
  await painted();
  expect(shown.model.saved.at(-1)).toEqual({
    compare: [{ method: "input_gradient" }, { baseline: "white" }],
  });
  expect(names(shown)).toEqual([
    "Integrated gradients · Black",
    "Input gradient · Black",
    "Integrated gradients · White",
  ]);
  boxes(shown)[1]!.click();
  await painted();
  expect(shown.model.saved.at(-1)).toEqual({ compare: [{ method: "input_gradient" }] });
});

test("answers come under their settings, with their rank correlation and their scores", async () => {
  const shown = show("image", { compare: [{ baseline: "white" }, { baseline: "mean" }] });
  shown.model.emit("msg:custom", beside({ baseline: "white" }, 0.5), []);
  shown.model.emit("msg:custom", status({ state: "done" }), []);
  await painted();
  const [main, white, mean] = tilesOf(shown);
  expect(main!.textContent).toContain("the map above F(x′) 0.320");
  expect(white!.textContent).toContain("rank correlation +0.55 F(x′) −1.25");
  expect(mean!.textContent).toContain("Waiting");
  expect(white!.classList.contains("whylight-outdated")).toBe(false);
  const older = beside({ baseline: "white" }, 0.5, {
    seq: 2,
    correlations: [{ with: {}, value: 0.1 }],
  });
  shown.model.emit("msg:custom", older, []);
  await painted();
  expect(white!.textContent).toContain("+0.55");
});

test("answers to an older frame are dimmed until theirs comes", async () => {
  const shown = show("image", { compare: [{ target: 208 }] });
  shown.model.emit("msg:custom", beside({ target: 208 }, 0.5, { seq: 2 }), []);
  await painted();
  const tile = tilesOf(shown)[1]!;
  expect(tile.classList.contains("whylight-outdated")).toBe(true);
  shown.model.emit("msg:custom", beside({ target: 208 }, 0.5), []);
  await painted();
  expect(tile.classList.contains("whylight-outdated")).toBe(false);
});

test("from three maps on a triangle tells how alike each is with each", async () => {
  const [other, far] = [{ target: 208 }, { target: 5 }];
  const shown = show("image", { compare: [other, far] });
  const table = () => shown.root.querySelector<HTMLElement>(".whylight-matrix")!;
  const rows = () =>
    [...table().querySelectorAll("tr")].map((row) => [...row.children].map((cell) => cell.textContent));
  const alike = (...values: [object, number | null][]) => ({
    correlations: values.map(([map, value]) => ({ with: map, value })),
  });
  shown.model.emit("msg:custom", beside(other, 0.5, alike([{}, 0.25])), []);
  await painted();
  expect(rows().slice(1)).toEqual([
    ["1 golden retriever"],
    ["2 Labrador retriever", "+0.25"],
    ["3 class number 5", "", ""],
  ]);
  shown.model.emit("msg:custom", beside(far, 0.5, alike([{}, -1], [other, null])), []);
  await painted();
  expect(rows()[0]).toEqual(["", "1", "2"]);
  expect(rows()[3]).toEqual(["3 class number 5", "\u22121.00", "none"]);
  expect(table().querySelector("caption")!.textContent).toBe("Rank correlations");
  shown.model.set("compare", [far, other]);
  await painted();
  expect(rows()[3]).toEqual(["3 Labrador retriever", "+0.25", "none"]);
  shown.model.set("compare", [far]);
  await painted();
  expect(table().parentElement!.hidden).toBe(true);
});

test("a map that could not be had says why in its place, the others stand", async () => {
  const [broken, white] = [{ method: "input_gradient" }, { baseline: "white" }];
  const shown = show("image", { compare: [broken, white] });
  const failed = { meta: { missing: "ValueError: <b>no</b> such head", notes: [] }, arrays: {} };
  shown.model.emit("msg:custom", beside(broken, 0, { ...failed, correlations: [] }), []);
  shown.model.emit("msg:custom", beside(white, 0.5), []);
  shown.model.emit("msg:custom", status({ state: "done" }), []);
  await painted();
  const tile = tilesOf(shown)[1]!;
  expect(tile.querySelector(".whylight-tile-failure")!.textContent).toBe("ValueError: <b>no</b> such head");
  expect(tile.querySelector("canvas")!.hidden).toBe(true);
  expect(tile.textContent).not.toContain("Waiting");
  expect(tilesOf(shown)[2]!.textContent).toContain("rank correlation +0.55");
  expect(shown.root.dataset.state).toBe("done");
  expect(shown.root.querySelector<HTMLElement>(".whylight-matrix-frame")!.hidden).toBe(true);
  shown.model.emit("msg:custom", beside(broken, 0.5), []);
  await painted();
  expect(tile.querySelector(".whylight-tile-failure")).toBe(null);
  expect(tile.querySelector("canvas")!.hidden).toBe(false);
});

test("baselines carry their scores, which come without a box losing its focus", async () => {
  const shown = show("image");
  const labels = () =>
    [...named<HTMLSelectElement>(shown.root, "Baseline").options].map((o) => o.textContent);
  expect(labels()).toEqual(["Black · F(x′) 0.320", "White"]);
  choose(named(shown.root, "Compare by"), "baseline");
  boxes(shown)[1]!.focus();
  const choices = shown.model.get("_choices");
  const [black, white] = choices.baselines!;
  const baselines = [
    { ...black!, score: 0.25 },
    { ...white!, score: -1.5 },
  ];
  shown.model.set("_choices", { ...choices, baselines });
  await painted();
  expect(labels()).toEqual(["Black · F(x′) 0.250", "White · F(x′) \u22121.50"]);
  expect(
    boxes(shown).map((box) => box.parentElement!.querySelector("span:not([class])")!.textContent),
  ).toEqual(labels());
  expect(document.activeElement).toBe(boxes(shown)[1]);
});

test("what equals the main settings is left out", async () => {
  const shown = show("image", {
    compare: [{ method: "input_gradient" }, { method: "integrated_gradients" }],
  });
  await painted();
  expect(names(shown)).toEqual(["Integrated gradients", "Input gradient"]);
});

test("one colour scale, each its own, or locked", async () => {
  const shown = show("image", { compare: [{ method: "input_gradient" }], clip: 100 });
  shown.model.emit("msg:custom", beside({ method: "input_gradient" }, 0.05), []);
  await painted();
  const main = () => shown.root.querySelector(".whylight-legend-up .whylight-legend-high")!.textContent;
  const scale = named<HTMLSelectElement>(shown.root, "Color scale");
  expect(main()).toBe("+0.0500 supports");
  choose(scale, "own");
  await painted();
  expect(shown.model.saved).toEqual([{ scale: "own" }]);
  expect(main()).toBe("+0.0192 supports");
  expect(tilesOf(shown)[1]!.textContent).toContain("±0.0500");
  choose(scale, "shared");
  await painted();
  choose(scale, "locked");
  await painted();
  expect(shown.model.saved.at(-1)).toEqual({ scale: Math.fround(0.05) });
  expect(scale.selectedOptions[0]!.textContent).toBe("Locked at ±0.0500\u2009logit");
  shown.model.set("compare", []);
  await painted();
  expect(main()).toBe("+0.0500 supports");
  panel(shown).open = false;
  choose(scale, "shared");
  await painted();
  expect(main()).toBe("+0.0192 supports");
});

test("a map much larger or smaller keeps a scale of its own, and the others theirs", async () => {
  const peaks = { input_gradient: 0.05, occlusion: 6.56, lime: 0.004, zeros: 0 };
  const methods = Object.keys(peaks) as (keyof typeof peaks)[];
  const shown = show("image", { compare: methods.map((method) => ({ method })), clip: 100 });
  for (const method of methods) {
    const data = Float32Array.from([peaks[method], 0, 0, 0]);
    const arrays = { values: { dtype: "float32", shape: [2, 2], data } };
    shown.model.emit("msg:custom", beside({ method }, 0, { arrays }), []);
  }
  await painted();
  const main = () => shown.root.querySelector(".whylight-legend-up .whylight-legend-high")!.textContent;
  expect(main()).toBe("+0.0500 supports");
  const said = () => tilesOf(shown).map((tile) => /own scale (.*?) /.exec(`${tile.textContent} `)?.[1]);
  expect(said()).toEqual([undefined, undefined, "±6.56\u2009logit", "±0.00400\u2009logit", undefined]);
  choose(named(shown.root, "Color scale"), "own");
  await painted();
  expect(said().every((one) => one === undefined)).toBe(true);
  expect(tilesOf(shown)[2]!.textContent).toContain("±6.56");
});

test("a saved page shows what was compared, and nothing can be asked", async () => {
  const tile = beside({ method: "input_gradient" }, 0.5);
  const shown = show("image", {
    compare: [{ method: "input_gradient" }],
    _compared: { v: 1, tiles: [tile as never] },
    _choices: { v: 1, live: false },
  });
  await painted();
  expect(shown.root.dataset.state).toBe("static");
  expect(tilesOf(shown)[1]!.textContent).toContain("Input gradientrank correlation +0.55");
  expect(boxes(shown).every((box) => box.disabled)).toBe(true);
});

test("words and features are compared as they are shown", async () => {
  const meta = { ...META, target: { value: 1, label: "positive" }, baseline: null };
  const values = Float32Array.from([0, 1, -1, 2, 0, 0, 0]);
  const array = { dtype: "float32", shape: [7], data: values };
  const text = show("few", { compare: [{ method: "input_gradient" }] });
  const words = beside({ method: "input_gradient" }, 1, { meta, arrays: { values: array, units: array } });
  text.model.emit("msg:custom", words, []);
  await painted();
  const written = tilesOf(text).map((tile) => tile.querySelector(".whylight-tile-text")!.textContent);
  expect(written[0]).toBe(written[1]);
  expect(text.root.querySelectorAll('[role="list"][aria-label="Tokens"]').length).toBe(1);
  expect(tilesOf(text)[1]!.querySelectorAll("[tabindex]").length).toBe(0);

  const row = show("features", { compare: [{ method: "input_gradient" }] });
  row.model.emit("msg:custom", beside({ method: "input_gradient" }, 1), []);
  await painted();
  const order = tilesOf(row).map((tile) =>
    [...tile.querySelectorAll(".whylight-row-name")].map((name) => name.textContent),
  );
  expect(order[0]!.length).toBeGreaterThan(2);
  expect(order[1]).toEqual(order[0]);
});

test("the limit shared is the largest of the maps like the main one in size", () => {
  const options = { clip: 100, sign: "all", scale: "shared" } as const;
  const scale = (map: ArrayLike<number>, ...together: ArrayLike<number>[]) =>
    scaleOf(map, options, true, together);
  const [main, near, far, faint, zero] = [[1, -0.5], [-3, 2], [3.01], [0.3], [0]] as const;
  const all = [main, near, far, faint, zero];
  expect(all.map((map) => scale(map, ...all).limit)).toEqual([3, 3, 3.01, 0.3, 3]);
  expect(all.map((map) => scale(map, ...all).apart)).toEqual([false, false, true, true, false]);
  expect(scale(main)).toMatchObject({ limit: 1, apart: false });
  expect(scaleOf(far, { ...options, scale: 0.5 }, true, all)).toMatchObject({ limit: 0.5, apart: false });
  expect(scale(far, zero, far)).toMatchObject({ limit: 3.01, apart: true });
});

describe("maps that disagree", () => {
  const frame = {} as Frame;
  const tile = (label: string, alike: number | null, more: Partial<Tile> = {}): Tile => ({
    key: label,
    label,
    varies: ["method"],
    frame,
    missing: "",
    correlations: new Map([["", alike]]),
    regions: new Map(),
    main: false,
    fresh: true,
    ...more,
  });
  const main = { ...tile("", null), main: true };

  test("are named, once all have come", () => {
    const [near, far] = [tile("IDGI", 0.9), tile("Occlusion", -0.1)];
    expect(disagreement([main, near, far])).toBe(
      "Hardly like the map above (rank correlation below 0.30): Occlusion. Do not rest on one map alone.",
    );
    expect(disagreement([main, far, tile("GGIG", null, { frame: null })])).toBe("");
    expect(disagreement([main, far, tile("GGIG", null, { fresh: false })])).toBe("");
  });

  test("are those whose regions disagree too, of another method or baseline", () => {
    const regions = new Map([["", 0.8]]);
    expect(disagreement([main, tile("Occlusion", 0.1, { regions })])).toBe("");
    expect(disagreement([main, tile("cat", 0.1, { varies: ["target"] })])).toBe("");
    expect(disagreement([main, tile("constant", null)])).toBe("");
    expect(disagreement([])).toBe("");
  });
});

test("what a method takes at most is said so, for every reference of its baseline", () => {
  const shapley: Choice = {
    ...asked("shapley_values", "Parts", 800, "prediction"),
    baseline: true,
    at_most: true,
  };
  const baselines = [{ value: "background", label: "Background", references: 5 }];
  const choices = { ...cases.image!(QUERY).state._choices!, baselines } as Choices;
  expect(referencesOf(choices, "background")).toBe(5);
  expect(referencesOf(choices, "background + zero")).toBe(6);
  expect(passesText(passesOf(shapley, null, referencesOf(choices, "background")), shapley)).toBe(
    "≤ 4000 predictions",
  );
});
