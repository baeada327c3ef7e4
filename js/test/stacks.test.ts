// Channels, volumes and videos: slices, projections and sums as numbers; cards that show one plane or channel after the other.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeCompared } from "../src/kernel/compared";
import { decodeArray, decodeFrame } from "../src/kernel/decode";
import type { ChannelsInput, Frame, Meta, Traits } from "../src/kernel/protocol";
import { planeAt, planesOf, planeWith } from "../src/scenes/areas";
import { partOf } from "../src/scenes/parts";
import {
  type ChannelStack,
  channelBars,
  channelMap,
  channelScene,
  channelsAt,
  chosenOf,
  compositePhoto,
} from "../src/scenes/picture";
import {
  type Axis,
  cellOf,
  depthOf,
  mapStack,
  meanPhoto,
  middleOf,
  type Place,
  planeSums,
  projectionOf,
  type Stack,
  shareBelow,
  shownPlace,
  sliceOf,
  stackScale,
  strongestIn,
  valueAt,
  videoScene,
} from "../src/scenes/stack";
import { planeText, stackProbeText, VOLUME_AXES } from "../src/wording/stack";
import { choose, LOOK, named, painted, show } from "./harness";

const GOLDEN = join(import.meta.dirname, "../../tests/contract");
const golden = (name: string) =>
  JSON.parse(readFileSync(join(GOLDEN, `${name}.json`), "utf-8")) as {
    input: Traits["_input"];
    frame: Traits["_frame"];
  };
/** As the feed gives it: its map in full. */
const frameOf = (name: string) => decodeCompared(golden(name).frame as never).frame as never;

/** Numbers 0, 1, 2 ... in a stack (2, 3, 4), but for −100 at plane 1, row 2, column 1. */
const SIZE: Place = [2, 3, 4];
const counted = (): Stack => {
  const data = Float32Array.from({ length: 24 }, (_, i) => i);
  data[12 + 8 + 1] = -100;
  return { shape: SIZE, data, unit: 0.5 };
};

describe("stacks of planes", () => {
  test("slices across every axis", () => {
    const stack = counted();
    expect(sliceOf(stack, SIZE, 0, 1)).toEqual({
      rows: 3,
      columns: 4,
      values: Float32Array.from([12, 13, 14, 15, 16, 17, 18, 19, 20, -100, 22, 23], (v) => v / 2),
    });
    expect(Array.from(sliceOf(stack, SIZE, 1, 2).values)).toEqual([4, 4.5, 5, 5.5, 10, -50, 11, 11.5]);
    expect(sliceOf(stack, SIZE, 2, 1)).toMatchObject({ rows: 3, columns: 2 });
    expect(Array.from(sliceOf(stack, SIZE, 2, 1).values)).toEqual([0.5, 6.5, 2.5, 8.5, 4.5, -50]);
  });

  test("projections keep the strongest value and its sign, whichever way one looks", () => {
    const stack = counted();
    expect(Array.from(projectionOf(stack, 0).values)).toEqual([
      6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10, -50, 11, 11.5,
    ]);
    expect(Array.from(projectionOf(stack, 1).values)).toEqual([4, 4.5, 5, 5.5, 10, -50, 11, 11.5]);
    expect(Array.from(projectionOf(stack, 2).values)).toEqual([1.5, 7.5, 3.5, 9.5, 5.5, -50]);
    expect(projectionOf(stack, 0)).toBe(projectionOf(stack, 0));
    expect(depthOf(stack, SIZE, 0, [0, 2, 1])).toBe(1);
    expect(depthOf(stack, SIZE, 1, [1, 0, 1])).toBe(2);
    expect(strongestIn(stack, SIZE)).toEqual({ place: [1, 2, 1], value: -50 });
    expect(valueAt(stack, SIZE, [1, 2, 1])).toBe(-50);
  });

  test("means over blocks stand for all places in them", () => {
    const size: Place = [5, 6, 7];
    const stack: Stack = { shape: [2, 3, 3], data: Float32Array.from({ length: 18 }, (_, i) => i), unit: 1 };
    expect([0, 2, 3, 4].map((place) => cellOf(place, 5, 2))).toEqual([0, 0, 1, 1]);
    expect([0, 2, 3, 5, 6].map((place) => cellOf(place, 7, 3))).toEqual([0, 0, 1, 1, 2]);
    expect([0, 1, 2].map((cell) => cellOf(middleOf(cell, 7, 3), 7, 3))).toEqual([0, 1, 2]);
    expect(valueAt(stack, size, [4, 5, 6])).toBe(17);
    expect(Array.from(sliceOf(stack, size, 0, 3).values)).toEqual(Array.from({ length: 9 }, (_, i) => 9 + i));
    for (const axis of [0, 1, 2] as Axis[])
      expect(strongestIn(stack, size).place[axis]).toBeLessThan(size[axis]);
  });

  test("the place on show is the pinned one, as far as it says and exists", () => {
    const stack = counted();
    expect(shownPlace([], SIZE, stack)).toEqual([1, 2, 1]);
    expect(shownPlace([0, 1, 3], SIZE, stack)).toEqual([0, 1, 3]);
    expect(shownPlace([0], SIZE, stack)).toEqual([0, 2, 1]);
    for (const odd of [
      [2, 0, 0],
      [0, 1],
      [-1, 0, 0],
    ])
      expect(shownPlace(odd, SIZE, stack)).toEqual([1, 2, 1]);
    expect(shownPlace([], SIZE, null)).toEqual([1, 1, 2]);
  });

  test("labels of blocks, plane by plane", () => {
    const labels = { shape: [3, 1, 2], data: Uint8Array.from([0, 0, 1, 1, 1, 2]) };
    expect(planesOf(labels)).toBe(3);
    expect(planesOf({ shape: [3, 2], data: labels.data })).toBe(1);
    expect(Array.from(planeAt(labels, 2).data)).toEqual([1, 2]);
    expect([0, 1, 2].map((unit) => planeWith(labels, unit))).toEqual([0, 2, 2]);
  });

  test("golden volume: its scale, sums and strongest voxel", () => {
    const frame = frameOf("volume");
    const stack = mapStack(frame)!;
    expect(strongestIn(stack, [4, 2, 3]).place).toEqual([2, 1, 0]);
    expect(strongestIn(stack, [4, 2, 3]).value).toBeCloseTo(-3);
    const scale = stackScale(frame, [], { ...LOOK, clip: 100 }, true);
    expect(scale.limit).toBeCloseTo(3);
    expect(scale.position(-3)).toBeCloseTo(-1);
    expect(shareBelow(frame, 3)).toBe(1);
    expect(shareBelow(frame, 0)).toBe(0);
    expect(Math.abs(shareBelow(frame, 0.5)! - 0.5)).toBeLessThan(0.06); // 12 of 24 are smaller
    const values = Array.from(stack.data, (v) => v * stack.unit);
    for (const axis of [0, 1, 2] as Axis[]) {
      const { sums, sizes } = planeSums(frame, axis);
      const total = (numbers: ArrayLike<number>) => Array.from(numbers).reduce((a, b) => a + b, 0);
      expect(total(sums)).toBeCloseTo(total(values), 1);
      expect(total(sizes)).toBeCloseTo(total(values.map(Math.abs)), 1);
    }
    expect(planeText("Depth", 2, 4, planeSums(frame, 0))).toMatch(
      /^Depth 2 of 0–3 · Σ −\d.*\u2009% of all \|values\|$/,
    );
    const probe = { across: null, place: [2, 1, 0] as Place, value: -3, error: 0.375, below: 1, input: 0.5 };
    expect(stackProbeText(VOLUME_AXES, probe, frame)).toBe(
      "Depth 2, row 1, column 0 · −3.00 ± 0.375\u2009logit · in the strongest 0.1\u2009% · input 0.5",
    );
    expect(stackProbeText(VOLUME_AXES, { ...probe, across: 0 }, frame)).toMatch(
      /^Strongest along depth: Depth 2, row 1, column 0 · −3\.00/,
    );
  });

  test("as one of several inputs its map is in full, once", () => {
    const { arrays, meta, seq } = decodeFrame(golden("volume").frame as never) as Frame;
    const named = Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`1.${name}`, array]));
    const { value_scale, error_scale } = meta;
    const parts = [{ name: "row" }, { name: "scan", value_scale, error_scale }] as Meta["parts"];
    const whole = { seq, meta: { ...meta, value_scale: null, parts }, arrays: named } as Frame;
    for (const answer of [1, 2].map(() => partOf({ frame: whole, together: [whole] }, 1))) {
      expect(strongestIn(mapStack(answer.frame)!, [4, 2, 3]).value).toBeCloseTo(-3);
      expect(answer.together[0]).toBe(answer.frame);
    }
  });

  test("golden video: one frame as a picture", () => {
    const { input } = golden("video");
    const frames = decodeArray((input as { arrays: { frames: never } }).arrays.frames);
    const size: Place = [4, 2, 3];
    const scene = videoScene({ size, frames }, frameOf("video"), 2, { ...LOOK, clip: 100 }, true, []);
    expect(scene.strongest).toMatchObject({ row: 1, column: 0 });
    expect(scene.photo.shape).toEqual([2, 3, 3]);
    expect(Array.from(scene.photo.data)).toEqual(Array.from(frames.data.subarray(36, 54)));
    expect(scene.probe(1, 0)).toMatchObject({ row: 1, column: 0, rank: 1, of: 6 });
    expect(
      Array.from(meanPhoto({ shape: [2, 1, 1, 3], data: Uint8Array.of(0, 10, 20, 10, 30, 21) }).data),
    ).toEqual([5, 20, 21]);
    expect(Array.from(meanPhoto({ shape: [2, 1, 2], data: Uint8Array.of(0, 10, 10, 30) }).data)).toEqual([
      5, 5, 5, 20, 20, 20,
    ]);
  });
});

function channelStack(): ChannelStack {
  const input = golden("channels").input as ChannelsInput;
  const { size, names, ranges, composite, arrays } = input;
  return {
    rows: size[0]!,
    columns: size[1]!,
    names,
    ranges,
    usual: composite,
    planes: decodeArray(arrays.planes),
  };
}

describe("channels", () => {
  test("composites take three, or leave one dark", () => {
    const stack = channelStack();
    expect(stack.usual).toEqual([0, 1, 2]);
    expect(chosenOf(stack, [])).toEqual([0, 1, 2]);
    expect(chosenOf(stack, [3, -1, 0])).toEqual([3, -1, 0]);
    expect(chosenOf(stack, [3, 9, 0])).toEqual([0, 1, 2]);
    const { shape, data } = compositePhoto(stack, [3, -1, 0]);
    expect(shape).toEqual([2, 3, 3]);
    expect(Array.from(data.subarray(15, 18))).toEqual([255, 0, 255]);
    expect(Array.from(data.subarray(0, 3))).toEqual([0, 0, 0]);
  });

  test("one channel, or the sum over all", () => {
    const [stack, frame] = [channelStack(), frameOf("channels")];
    const photo = compositePhoto(stack, stack.usual);
    const sum = channelScene(stack, photo, frame, LOOK, true);
    expect(sum.channel).toBeNull();
    expect(sum.strongest).toMatchObject({ row: 0, column: 1 });
    const one = channelScene(stack, photo, frame, { ...LOOK, channel: 2 }, true);
    expect(one.strongest?.value).toBeCloseTo(2, 2);
    expect(channelMap(frame, 1)!.data[1]).toBeCloseTo(-4, 2);
    expect(channelScene(stack, photo, frame, { ...LOOK, channel: 9 }, true).channel).toBeNull();
    const early = { ...(frame as object), arrays: {} } as never;
    expect(channelScene(stack, photo, early, { ...LOOK, channel: 2 }, true).values).toBeNull();
  });

  test("every channel at one pixel, strongest first, with about its own value", () => {
    const found = channelsAt(channelStack(), frameOf("channels"), 0.5, 0.25);
    expect(found.map(({ name }) => name).slice(0, 2)).toEqual(["<i>green</i>", "Blue"]);
    expect(found[0]!.value).toBeCloseTo(-4, 2);
    expect(found[0]!.input).toBeCloseTo(4, 1);
  });

  test("what each adds, and its share", () => {
    const { items } = channelBars(channelStack(), frameOf("channels"), 1, true);
    expect(items.map(({ value }) => value)).toEqual([-0.5, -1, 0.5, 0]);
    expect(items[1]!.share).toBeCloseTo(0.5);
    expect(items.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  });
});

const card = (name: string, more: Partial<Traits> = {}) => {
  const { input, frame } = golden(name);
  return show("features", { _input: input, _frame: { ...frame, seq: 3 } as never, ...more });
};

describe("cards", () => {
  test("a channel is chosen in the table, in the select and from Python", async () => {
    const { model, root } = card("channels");
    const rows = () => [...root.querySelectorAll<HTMLElement>(".whylight-row")];
    expect(rows().map((row) => row.querySelector(".whylight-row-name")!.textContent)).toEqual([
      "Blue",
      "<i>green</i>",
      "red",
      "near infrared",
    ]);
    rows()[1]!.click();
    await painted();
    expect(model.saved.at(-1)).toEqual({ channel: 1 });
    expect(rows()[1]!.getAttribute("aria-current")).toBe("true");
    expect(named(root, "Red").closest<HTMLElement>("label")!.hidden).toBe(true);
    expect(root.querySelector('[aria-label^="Attribution heatmap of <i>green</i>"]')).not.toBeNull();
    rows()[1]!.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    await painted();
    expect(model.saved.at(-1)).toEqual({ channel: null });
    choose(named(root, "Channel"), "3");
    expect(model.saved.at(-1)).toEqual({ channel: 3 });
    model.set("channel", null);
    await painted();
    choose(named(root, "Green"), "3");
    expect(model.saved.at(-1)).toMatchObject({ composite: [0, 3, 2] });
  });

  test("the planes of a volume move with keys and strips", async () => {
    const { model, root } = card("volume", { view: "overlay" });
    await painted();
    const depth = named(root, "Depth");
    expect(depth.getAttribute("role")).toBe("slider");
    expect(depth.getAttribute("aria-valuenow")).toBe("2");
    expect(depth.getAttribute("aria-valuetext")).toMatch(/^Depth 2 of 0–3/);
    const press = (element: HTMLElement, key: string) =>
      element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    press(depth, "ArrowRight");
    expect(model.saved.at(-1)).toEqual({ pixel: [3, 1, 0] });
    await painted();
    const first = root.querySelector<HTMLElement>('[role="img"][aria-label^="Attribution heatmap"]')!;
    expect(first.getAttribute("aria-label")).toMatch(
      /strongest value −3.00.logit at depth 2, row 1, column 0; depth 3/,
    );
    press(first, "ArrowUp");
    expect(model.saved.at(-1)).toEqual({ pixel: [3, 0, 0] });
    press(first, "PageDown");
    expect(model.saved.at(-1)).toEqual({ pixel: [2, 0, 0] });
    press(named(root, "Column"), "End");
    expect(model.saved.at(-1)).toEqual({ pixel: [2, 0, 2] });
    await painted();
    expect(root.querySelector(".whylight-probe")!.textContent).toMatch(/^Depth 2, row 0, column 2 · /);
    expect(root.querySelectorAll('[role="img"][aria-label^="Attribution"]').length).toBe(3);
  });

  test("in a projection the strongest value along the way one looks is told, wherever the strips stand", async () => {
    const { root, model } = card("volume", { view: "projection", pixel: [0, 1, 0] });
    await painted();
    const probe = root.querySelector(".whylight-probe")!;
    expect(probe.textContent).toMatch(/^Strongest along depth: Depth 2, row 1, column 0 · −3\.00/);
    model.set("view", "side");
    await painted();
    expect(probe.textContent).toMatch(/^Depth 0, row 1, column 0 · /);
  });

  test("a large volume and a large video are lit, and Detail goes to single values", async () => {
    for (const [name, last] of [
      ["volume", "Voxels"],
      ["video", "Pixels"],
    ] as const) {
      const { input, frame } = golden(name);
      const light = { dtype: "uint8", shape: [2, 2, 2], data: Uint8Array.of(0, 9, 9, 9, 9, 9, 9, 255) };
      const { root, model } = card(name, {
        _input: { ...input, details: ["spotlight", "pixels"] } as never,
        _frame: { ...frame, arrays: { ...frame!.arrays, light, hue: { ...light } } } as never,
        detail: "spotlight",
        view: "side",
      });
      await painted();
      const title = () => root.querySelector(".whylight-main .whylight-legend-title")!.textContent;
      expect(title()).toBe("Light");
      const detail = named<HTMLSelectElement>(root, "Detail");
      expect([...detail.options].map(({ textContent }) => textContent)).toEqual(["Spotlight", last]);
      model.set("detail", "pixels");
      await painted();
      expect(title()).not.toBe("Light");
    }
  });

  test("a video is stepped by keys, frame by frame, and the pinned pixel stays", async () => {
    const { model, root } = card("video", { pixel: [1, 0, 2] });
    await painted();
    const strip = named(root, "Frame");
    expect(strip.getAttribute("aria-valuenow")).toBe("1");
    strip.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    await painted();
    expect(model.saved.at(-1)).toEqual({ pixel: [2, 0, 2] });
    expect(root.querySelector(".whylight-probe")!.textContent).toMatch(/^Frame 2, row 0, column 2/);
    expect(named(root, "Frame").getAttribute("aria-valuetext")).toMatch(/^Frame 2 of 0–3/);
  });

  test("a plane says its rows and columns in their units", async () => {
    const { root } = card("plane", { pixel: [1, 2] });
    await painted();
    expect(root.querySelector(".whylight-probe")!.textContent).toMatch(
      /^Row 1, column 2 · time 0\.02\u2009s · /,
    );
    expect(root.querySelector(".whylight-axis-columns")!.textContent).toContain("Time, s");
  });

  test.each(["channels", "volume", "video", "plane"])("%s is shown before there is an answer", (name) => {
    const { root } = card(name, { _frame: {} as never });
    expect(root.dataset.state).not.toBe("error");
    expect(root.querySelector('[aria-label^="Attribution heatmap"]')).not.toBeNull();
  });
});
