// The path: numbers read from golden frames, positions on it, and a panel that asks Python for nothing but to be sent it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeFrame } from "../src/kernel/decode";
import type { Path, PathMeta, Traits, WirePath } from "../src/kernel/protocol";
import { pathScene, positionAt } from "../src/scenes/path";
import { between, roundTicks } from "../src/scenes/statistics";
import { pointText, saturationText } from "../src/wording/path";
import { choose, named, painted, type Shown, show, status } from "./harness";

const GOLDEN = join(import.meta.dirname, "../../tests/contract");
const golden = (kind: string) =>
  JSON.parse(readFileSync(join(GOLDEN, `path_${kind}.json`), "utf8")) as {
    input: Traits["_input"];
    frame: WirePath;
  };
const wire = (kind: string, seq = 3): WirePath => ({ ...golden(kind).frame, seq });
const sceneOf = (kind: string, meta: Partial<PathMeta> = {}) => {
  const path: Path = decodeFrame(golden(kind).frame);
  return pathScene({ ...path, meta: { ...path.meta, ...meta } })!;
};

describe("numbers", () => {
  test("maps come back in their unit, whatever their storage", () => {
    const picture = [1, -2, 0.5, 0, 1e-3, 2];
    const read = Array.from(sceneOf("image").maps);
    for (const [i, value] of picture.entries()) {
      expect(read[i]).toBeCloseTo(value, 1);
      expect(read[6 + i]! * 1000).toBeCloseTo(value, 1);
      expect(read[12 + i]).toBe(0);
    }
    const [zero, low, high] = sceneOf("text").maps;
    expect([zero, low]).toEqual([0, -1.5]);
    expect(high).toBeCloseTo(0.25, 3);
    expect(Array.from(sceneOf("features").start!.data)).toEqual([-1, 0.25]);
  });

  test("a position between points is linear, and has the nearest map", () => {
    const at = positionAt(sceneOf("features"), 0.125);
    expect(at).toMatchObject({ exact: false, value: 3.75, slope: 26, norm: 14, mapAlpha: 0 });
    expect(at.gain).toBeCloseTo(3.25 / 8);
    const there = positionAt(sceneOf("features"), 0.25);
    expect(there).toMatchObject({ exact: true, value: 7, mapAlpha: 0.25 });
    expect(there.map[0]).toBeCloseTo(3.5e-3, 6);
    expect(positionAt(sceneOf("features", { baseline_score: null }), 0).gain).toBeNull();
  });

  test("an end without a gradient is on the curve, not among the points", () => {
    const path: Path = decodeFrame(golden("features").frame);
    const drop = (name: string) => ({
      shape: [3],
      data: (path.arrays[name]!.data as Float32Array).slice(1),
    });
    const arrays = { ...path.arrays, alphas: drop("alphas"), values: drop("values") };
    const scene = pathScene({ ...path, arrays })!;
    expect(scene.alphas.length).toBe(3);
    expect(scene.curve[0]).toEqual({ alpha: 0, value: 0.5 });
  });

  test("words about saturation and points", () => {
    expect(saturationText(sceneOf("image"))).toBe(
      "F keeps at least 90\u2009% of F(x) − F(x′) from α 0.39 on, 99\u2009% from α 0.84 on. " +
        "Beyond α 0.39 lies 38\u2009% of the gradient norm.",
    );
    expect(saturationText(sceneOf("image", { score: 1, baseline_score: 1 }))).toContain("nothing rises");
    expect(pointText(sceneOf("image"), 1)).toMatch(
      /^α 0.25 · F 7.00\u2009logit · slope \+12.0\u2009logit per α · norm 8.00 · gradient norm 1.00 · \d+\u2009% of Σ/,
    );
  });

  test("between is constant beyond the ends, ticks are round", () => {
    expect([-1, 0, 0.5, 1, 2].map((x) => between([0, 1], [2, 4], x))).toEqual([2, 2, 3, 4, 4]);
    expect(roundTicks(2.7, 32.3, 4)).toEqual([10, 20, 30]);
    expect(roundTicks(0, 1, 3)).toEqual([0, 0.5, 1]);
    expect(roundTicks(5, 5, 4)).toEqual([5]);
  });
});

const panelOf = (root: HTMLElement) =>
  [...root.querySelectorAll("details")].find((d) => d.querySelector("summary")?.textContent === "Path")!;
const whole = (root: HTMLElement) => root.querySelector<HTMLElement>(".whylight-path")!;
const words = (root: HTMLElement) => root.querySelector<HTMLElement>(".whylight-path-missing")!;

async function open(shown: Shown): Promise<void> {
  panelOf(shown.root).open = true;
  panelOf(shown.root).dispatchEvent(new Event("toggle"));
  await painted();
}

describe("panel", () => {
  test("says to Python that it is open, and nothing when the cursor moves", async () => {
    const shown = show("features", { _path: wire("features"), _input: golden("features").input });
    expect(shown.model.sent).toEqual([]);
    await open(shown);
    expect(shown.model.sent).toEqual([{ kind: "path", open: true }]);
    const slider = named<HTMLInputElement>(shown.root, "Position on the path");
    expect(slider.type).toBe("range");
    for (const value of ["0", "0.25", "1"]) {
      slider.value = value;
      slider.dispatchEvent(new Event("input"));
    }
    expect(slider.getAttribute("aria-valuetext")).toBe("alpha 1, F 8.50 logit, 100\u2009% of the difference");
    expect(shown.root.querySelector(".whylight-path-facts")!.textContent).toContain("F 8.50\u2009logit");
    expect(shown.model.sent.length).toBe(1);
    expect(shown.model.saved).toEqual([]);
    shown.closeView();
    expect(shown.model.sent).toEqual([
      { kind: "path", open: true },
      { kind: "path", open: false },
    ]);
  });

  test("two views ask once", async () => {
    const shown = show("features", { _path: wire("features"), _input: golden("features").input });
    await open(shown);
    const second = { ...shown, root: shown.again().querySelector<HTMLElement>(".whylight")! };
    await open(second);
    panelOf(shown.root).open = false;
    panelOf(shown.root).dispatchEvent(new Event("toggle"));
    expect(shown.model.sent).toEqual([{ kind: "path", open: true }]);
  });

  test("of several baselines any can be the start", async () => {
    const shown = show("features", { _path: wire("features"), _input: golden("features").input });
    await open(shown);
    const start = named<HTMLSelectElement>(shown.root, "Path from");
    expect([...start.options].map((option) => option.textContent)).toEqual(["Black", "<i>White</i>"]);
    choose(start, "1");
    expect(shown.model.sent.at(-1)).toEqual({ kind: "path", open: true, which: 1 });
    const { frame } = golden("features");
    const meta = { ...frame.meta!, baselines: ["Black"] };
    shown.model.set("_path", { ...frame, seq: 3, meta });
    await painted();
    expect(start.closest("label")!.hidden).toBe(true);
  });

  test("features move from the baseline to their value", async () => {
    const shown = show("features", { _path: wire("features"), _input: golden("features").input });
    await open(shown);
    const slider = named<HTMLInputElement>(shown.root, "Position on the path");
    const notes = () =>
      [...whole(shown.root).querySelectorAll(".whylight-row-note")].map((n) => n.textContent);
    for (const [alpha, note] of [
      ["0", "−1"],
      ["0.5", "20"],
      ["1", "41"],
    ] as const) {
      slider.value = alpha;
      slider.dispatchEvent(new Event("input"));
      expect(notes()).toContain(note);
    }
    expect(notes()).toContain("missing");
    expect(whole(shown.root).textContent).toContain("<i>income</i>");
  });

  test("words fade in; their tokens' slopes add up", async () => {
    const shown = show("few", { _path: wire("text"), _input: golden("text").input });
    await open(shown);
    const slider = named<HTMLInputElement>(shown.root, "Position on the path");
    slider.value = "0";
    slider.dispatchEvent(new Event("input"));
    const [faded, colored] = whole(shown.root).querySelectorAll<HTMLElement>(".whylight-text");
    expect(faded!.textContent).toBe("[CLS]unhappy 😀 <b>");
    expect(faded!.querySelector<HTMLElement>(".whylight-token")!.style.opacity).toBe("0.120");
    const word = [...colored!.querySelectorAll<HTMLElement>(".whylight-token")][1]!;
    expect(word.title).toMatch(/^unhappy: −1.25\u2009logit per α, rank 1 of 3/);
  });

  test("a scale of its own shows faint points", async () => {
    const shown = show("features", { _path: wire("features"), _input: golden("features").input });
    await open(shown);
    const slider = named<HTMLInputElement>(shown.root, "Position on the path");
    slider.value = "0.25";
    slider.dispatchEvent(new Event("input"));
    const widths = () =>
      [...whole(shown.root).querySelectorAll<HTMLElement>(".whylight-bar")].map((bar) =>
        Math.round(Number.parseFloat(bar.style.width)),
      );
    expect(widths()).toEqual([0, 0]);
    const choice = named<HTMLSelectElement>(shown.root, "Path scale");
    choice.value = "point";
    choice.dispatchEvent(new Event("change"));
    expect(widths().sort()).toEqual([3, 97]);
    expect(shown.model.saved).toEqual([]);
  });

  test("says why there is nothing", async () => {
    const none = { v: 1, seq: 3, meta: { missing: "Occlusion follows no path.", notes: [] }, arrays: {} };
    const cases: [string, Partial<Traits>, string][] = [
      ["image", { _path: none }, "Occlusion follows no path."],
      ["image", {}, "Reading the path."],
      ["static", { _path: wire("image", 2) }, "The path was not saved with this picture."],
      ["static", {}, "The path was not saved with this picture."],
      ["running", {}, "The path appears when the run ends."],
    ];
    for (const [name, more, text] of cases) {
      const shown = show(name, more);
      await open(shown);
      expect(words(shown.root).textContent, text).toContain(text);
      expect(whole(shown.root).hidden).toBe(true);
    }
  });

  test("an older path stays, faded, while a run goes on", async () => {
    const shown = show("image", { _path: wire("image") });
    await open(shown);
    expect(whole(shown.root).hidden).toBe(false);
    expect(named(whole(shown.root), "Position on the path").dataset.lmSuppressShortcuts).toBe("true");
    const label = whole(shown.root).querySelector(".whylight-plot-area")!.getAttribute("aria-label");
    expect(label).toBe(
      "Score along the path from Black to the input: from 0.500 to 8.50 logit, 4 points; at least 90\u2009% of the difference from alpha 0.39 on",
    );
    shown.model.emit("msg:custom", status({ state: "running", done: 1, total: 65 }));
    const frame = shown.model.get("_frame");
    shown.model.emit("msg:custom", { ...frame, kind: "frame", seq: 4 }, []);
    await painted();
    expect(whole(shown.root).hidden).toBe(false);
    expect(whole(shown.root).classList).toContain("whylight-outdated");
    shown.model.set("_path", wire("image", 4));
    await painted();
    expect(whole(shown.root).classList).not.toContain("whylight-outdated");
  });
});
