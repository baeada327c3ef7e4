// Areas of a picture: geometry of lassos and outlines, the brush by pointer and keyboard, levels.
import { describe, expect, test } from "vitest";
import type { Tensor } from "../src/kernel/decode";
import type { Groups, GroupsMeta } from "../src/kernel/protocol";
import { regionRaster, veilRaster } from "../src/paint/areas";
import { colorAt } from "../src/paint/palette";
import { createRegions } from "../src/panels/groups/regions";
import {
  boundsOf,
  combined,
  enclosed,
  type Line,
  lassoed,
  middleOf,
  outline,
  type Point,
  seams,
  stepped,
  touched,
  unitMap,
} from "../src/scenes/areas";
import type { GroupScene } from "../src/scenes/groups";
import { groupScene } from "../src/scenes/groups";
import { scaleOf } from "../src/scenes/scale";
import { LOOK, named, painted } from "./harness";

/** `side` by `side` tiles of `pixels` by `pixels`. */
function tiles(side: number, pixels: number): Tensor {
  const size = side * pixels;
  const tile = (i: number) => Math.floor(i / size / pixels) * side + Math.floor((i % size) / pixels);
  return { shape: [size, size], data: Int32Array.from({ length: size * size }, (_, i) => tile(i)) };
}

const drawn = (text: string): Tensor => {
  const lines = text.trim().split(/\s+/);
  return { shape: [lines.length, lines[0]!.length], data: Uint8Array.from(lines.join(""), Number) };
};

const FIVE = unitMap(tiles(5, 4));
/** An area in the middle of another, and one that bends. */
const BENT = unitMap(
  drawn(`
    000002
    011002
    011002
    000002
    222222`),
);

function stroke(points: Point[], map = FIVE): Set<number> {
  const wall = new Set<number>();
  points.slice(1).forEach((point, i) => {
    for (const unit of touched(map, points[i]!, point)) wall.add(unit);
  });
  return wall;
}

const at = (row: number, column: number): Point => [(column + 0.5) / 5, (row + 0.5) / 5];
const ascending = (units: Iterable<number>) => [...units].sort((a, b) => a - b);
const length = (lines: Line[]) =>
  lines.reduce((sum, [x0, y0, x1, y1]) => sum + Math.abs(x1 - x0) + Math.abs(y1 - y0), 0);

describe("what a stroke selects", () => {
  test("a point touches the unit under it; outside of the picture its edge counts", () => {
    expect([...touched(FIVE, at(1, 2), at(1, 2))]).toEqual([7]);
    expect([...touched(FIVE, [-3, 0.5], [-2, 0.5])]).toEqual([10]);
    expect([...touched(FIVE, [2, 2], [2, 2])]).toEqual([24]);
  });

  test("a straight stroke touches every unit on its way, however fast it was", () => {
    expect(ascending(touched(FIVE, at(1, 0), at(1, 4)))).toEqual([5, 6, 7, 8, 9]);
    expect(ascending(touched(FIVE, at(0, 3), at(4, 3)))).toEqual([3, 8, 13, 18, 23]);
  });

  test("a loop encloses, whichever way round; an open stroke only touches", () => {
    const corners = [at(1, 1), at(1, 3), at(3, 3), at(3, 1), at(1, 1)];
    for (const loop of [corners, [...corners].reverse()]) {
      expect(enclosed(FIVE, stroke(loop))).toEqual([12]);
      expect(lassoed(FIVE, stroke(loop))).toEqual([6, 7, 8, 11, 12, 13, 16, 17, 18]);
    }
    expect(enclosed(FIVE, stroke([at(1, 1), at(1, 3), at(3, 3), at(3, 1)]))).toEqual([]);
  });

  test("corners that touch leave no gap", () => {
    const diamond = new Set([7, 11, 13, 17]);
    expect(enclosed(FIVE, diamond)).toEqual([12]);
  });

  test("a corner of the picture is not enclosed by a stroke across it", () => {
    expect(enclosed(FIVE, stroke([at(0, 2), at(2, 2), at(2, 0)]))).toEqual([]);
  });

  test("an area inside another is enclosed by it", () => {
    expect(enclosed(BENT, new Set([0]))).toEqual([1]);
    expect(enclosed(BENT, new Set([2]))).toEqual([]);
  });

  test("a selection is replaced, added to, taken away from; ascending", () => {
    expect(combined([3, 1], [2], "replace")).toEqual([2]);
    expect(combined([3, 1], [2, 1], "add")).toEqual([1, 2, 3]);
    expect(combined([3, 1, 7], [7, 5], "remove")).toEqual([1, 3]);
  });
});

describe("outlines", () => {
  test("one line around a union, none inside", () => {
    const lines = outline(FIVE, [6, 7, 11, 12]);
    expect(lines).toHaveLength(4);
    expect(length(lines)).toBe(4 * 8);
    for (const [x0, y0, x1, y1] of lines)
      for (const place of [x0, y0, x1, y1]) expect([4, 12]).toContain(place);
  });

  test("the picture's border belongs to an outline, and holes have one", () => {
    expect(length(outline(FIVE, [0]))).toBe(16);
    const all = Array.from({ length: 25 }, (_, unit) => unit);
    expect(outline(FIVE, all)).toHaveLength(4);
    expect(
      length(
        outline(
          FIVE,
          all.filter((unit) => unit !== 12),
        ),
      ),
    ).toBe(80 + 16);
    expect(outline(FIVE, [])).toEqual([]);
  });

  test("its length is the number of pixel edges between inside and outside", () => {
    for (const units of [[0], [1], [2], [0, 1], [1, 2]]) {
      const inside = (row: number, column: number) =>
        row >= 0 && row < 5 && column >= 0 && column < 6 && units.includes(BENT.labels[row * 6 + column]!);
      let edges = 0;
      for (let row = 0; row <= 5; row++)
        for (let column = 0; column <= 6; column++)
          for (const other of [inside(row - 1, column), inside(row, column - 1)])
            edges += Number(inside(row, column) !== other);
      expect(length(outline(BENT, units))).toBe(edges);
    }
  });

  test("seams run between groups, not along the border", () => {
    expect(seams(FIVE, new Int32Array(25))).toEqual([]);
    const halves = Int32Array.from({ length: 25 }, (_, unit) => Number(unit % 5 > 1));
    expect(seams(FIVE, halves)).toEqual([[8, 0, 8, 20]]);
  });
});

describe("maps", () => {
  test("bounds hold a union, ends included", () => {
    expect(boundsOf(FIVE, [6, 13])).toEqual({ top: 4, bottom: 11, left: 4, right: 15 });
    expect(boundsOf(BENT, [2])).toEqual({ top: 0, bottom: 4, left: 0, right: 5 });
  });

  test("the same labels, sent again, are the same map", () => {
    expect(unitMap(tiles(5, 4), FIVE)).toBe(FIVE);
    expect(unitMap(tiles(4, 5), FIVE)).not.toBe(FIVE);
  });

  test("a step ends in the middle of the next group, or where it began", () => {
    const own = Int32Array.from({ length: 25 }, (_, unit) => unit);
    expect(stepped(FIVE, own, [1, 1], [0, 1])).toEqual([1, 5]);
    expect(stepped(FIVE, own, [1, 1], [-1, 0])).toEqual([1, 1]);
    const joined = own.map((unit) => (unit < 10 ? 0 : unit));
    expect(stepped(FIVE, joined, [1, 1], [1, 0])).toEqual([9, 1]);
    expect(stepped(BENT, [0, 1, 2], [1, 0], [0, 1])).toEqual([1, 1]);
  });

  test("the middle of an area lies inside of it", () => {
    for (const unit of [0, 1, 2]) {
      const [row, column] = middleOf(BENT, unit);
      expect(BENT.labels[row * 6 + column]).toBe(unit);
    }
  });
});

describe("painting", () => {
  const map = unitMap(drawn("01 21"));
  const photo = (...light: number[]): Tensor => ({
    shape: [2, 2, 3],
    data: Uint8Array.from(light.flatMap((value) => [value, value, value])),
  });
  const scale = scaleOf([-2, 1], { clip: 100, sign: "all", scale: "own" }, true);
  const pixels = (raster: { data: Uint8ClampedArray }) =>
    [0, 1, 2, 3].map((i) => Array.from(raster.data.subarray(4 * i, 4 * i + 4)));

  test("an area has the colour of its score where the photograph is as the page", () => {
    for (const dark of [false, true]) {
      const look = { colormap: "RdBu" as const, dark };
      const page = dark ? 0 : 255;
      const scores = Float32Array.of(-2, 0.5, 0);
      const made = pixels(regionRaster(photo(page, page, page, page), map, scores, scale, look));
      const color = (position: number) => [...colorAt("RdBu", dark, position), 255];
      expect(made).toEqual([color(-1), color(0.25), color(0), color(0.25)]);
    }
  });

  test("the photograph shows through, and an area without a score is grey", () => {
    const scores = Float32Array.of(-2, Number.NaN, 0);
    const look = { colormap: "RdBu" as const, dark: false };
    const [dim, unknown, , other] = pixels(regionRaster(photo(0, 0, 255, 255), map, scores, scale, look));
    colorAt("RdBu", false, -1).forEach((channel, c) => {
      expect(dim![c]).toBeLessThan(channel);
    });
    expect(new Set(unknown!.slice(0, 3)).size).toBe(1);
    expect(unknown![0]).toBeLessThan(other![0]!);
    expect(other).toEqual([255, 255, 255, 255]);
  });

  test("a veil lies over all but the units chosen", () => {
    const alphas = pixels(veilRaster(map, [1], true)).map(([, , , alpha]) => alpha);
    expect(alphas).toEqual([153, 0, 153, 0]);
  });
});

const SIDE = 4;
const COUNT = SIDE * SIDE;
const SCORES = Float32Array.from({ length: COUNT }, (_, unit) => (unit === 5 ? -2 : unit / 10));
const single = Array.from(SCORES, (score, unit) => ({ units: [unit], score }));
const LEFT = { units: single.map((_, unit) => unit).filter((unit) => unit % SIDE < 2), score: 3.5 };
const RIGHT = { units: single.map((_, unit) => unit).filter((unit) => unit % SIDE >= 2), score: -0.25 };
const WHOLE = { units: single.map((_, unit) => unit), score: 4 };
const META: GroupsMeta = {
  missing: "",
  target: { value: 3, label: "three" },
  output: "logit",
  scorer: "cd",
  scorer_label: "Contextual decomposition",
  score: 5,
  exact: true,
  count: COUNT,
  levels: [single, [LEFT, RIGHT], [WHOLE]],
  growing: false,
  grown: true,
  evaluated: 19,
  known: [{ units: [0, 1], score: 0.75 }],
  notes: [],
};

function groups(meta: Partial<GroupsMeta>, scores: Tensor): Groups {
  return { seq: 3, meta: { ...META, ...meta }, arrays: { scores, labels: tiles(SIDE, 2) } };
}

/** The stage in a page, 400 screen pixels wide and high: 100 for a tile. */
function stage(
  meta: Partial<GroupsMeta> = {},
  scores: Tensor = { shape: [COUNT], data: SCORES },
  growable = false,
) {
  const picked: number[][] = [];
  const message = groups(meta, scores);
  const life = new AbortController();
  let selected: readonly number[] = [];
  const photo = { shape: [8, 8, 3], data: new Uint8Array(192) };
  const made = createRegions(
    photo,
    (units) => {
      picked.push(units);
      show(units);
    },
    life.signal,
  );
  const show = (units: readonly number[]) => {
    selected = units;
    made.draw(groupScene(message, selected, growable) as GroupScene, LOOK);
  };
  show([]);
  document.body.append(made.node);
  const box = made.node.querySelector<HTMLElement>("[role=application]")!;
  for (const element of made.node.querySelectorAll<HTMLElement>(".whylight-box"))
    element.getBoundingClientRect = () => ({ left: 0, top: 0, width: 400, height: 400 }) as DOMRect;
  const point = (type: string, [x, y]: [number, number], more: object = {}) => {
    const init = { bubbles: true, clientX: x, clientY: y, isPrimary: true, button: 0, pointerId: 1, ...more };
    box.dispatchEvent(new PointerEvent(type, init));
  };
  const drag = (points: [number, number][], more: object = {}) => {
    point("pointerdown", points[0]!, more);
    for (const place of points.slice(1)) point("pointermove", place, more);
  };
  const press = (key: string, more: object = {}) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
    box.dispatchEvent(event);
    return event;
  };
  const probe = () => made.node.querySelector(".whylight-probe")!.textContent;
  const slider = named<HTMLInputElement>(made.node, "Level");
  const climb = (level: number) => {
    slider.value = String(level);
    slider.dispatchEvent(new Event("input"));
  };
  const end = () => life.abort();
  return { node: made.node, box, picked, show, point, drag, press, probe, slider, climb, end };
}

const LOOP: [number, number][] = [
  [50, 50],
  [250, 50],
  [250, 250],
  [50, 250],
  [50, 60],
];

describe("brushing", () => {
  test("a click takes one tile, again lets go of it", () => {
    const { point, picked } = stage();
    const click = () => {
      point("pointerdown", [150, 50]);
      point("pointermove", [151, 51]);
      point("pointerup", [151, 51]);
    };
    click();
    click();
    expect(picked).toEqual([[1], []]);
  });

  test("a stroke paints, a loop encloses", () => {
    const { drag, point, picked } = stage();
    drag([
      [50, 50],
      [350, 50],
    ]);
    point("pointerup", [350, 50]);
    drag(LOOP);
    point("pointerup", [50, 60]);
    expect(picked).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 4, 5, 6, 8, 9, 10],
    ]);
  });

  test("Shift adds, Alt takes away", () => {
    const { drag, point, picked } = stage();
    point("pointerdown", [50, 50]);
    point("pointerup", [50, 50]);
    drag(
      [
        [50, 350],
        [150, 350],
      ],
      { shiftKey: true },
    );
    point("pointerup", [150, 350]);
    point("pointerdown", [50, 350], { altKey: true });
    point("pointerup", [50, 350]);
    expect(picked).toEqual([[0], [0, 12, 13], [0, 13]]);
  });

  test("the score under the pointer, and of a stroke where it is known", () => {
    const { point, drag, probe } = stage();
    expect(probe()).toBe("Strongest: 1 area · rows 2–3, columns 2–3 · −2.00\u2009logit");
    point("pointermove", [50, 350]);
    expect(probe()).toBe("1 area · rows 6–7, columns 0–1 · +1.20\u2009logit");
    drag([
      [50, 50],
      [150, 50],
    ]);
    expect(probe()).toBe("2 areas · rows 0–1, columns 0–3 · +0.750\u2009logit");
    point("pointermove", [250, 50]);
    expect(probe()).toBe("3 areas · rows 0–1, columns 0–5 · …");
  });

  test("a stroke is told while it goes on; Escape undoes it", async () => {
    const { drag, press, show, picked } = stage();
    show([15]);
    drag([
      [50, 50],
      [150, 50],
    ]);
    expect(picked).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(picked).toEqual([[0, 1]]);
    press("Escape");
    expect(picked.at(-1)).toEqual([15]);
  });

  test("a cancelled touch selects nothing; a second finger and the right button do not brush", () => {
    const { drag, point, picked } = stage();
    drag(LOOP);
    point("pointercancel", [50, 50]);
    expect(picked).toEqual([[]]);
    point("pointerdown", [50, 50], { isPrimary: false });
    point("pointerup", [50, 50]);
    point("pointerdown", [50, 50], { button: 2 });
    point("pointerup", [50, 50]);
    expect(picked).toEqual([[]]);
  });

  test("nothing is told after the end", async () => {
    const { drag, end, picked } = stage();
    drag(LOOP);
    end();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(picked).toEqual([]);
  });
});

describe("keyboard", () => {
  test("arrows move from the strongest tile, Space toggles, Escape clears", () => {
    const { press, probe, picked, node } = stage();
    expect(press("ArrowRight").defaultPrevented).toBe(true);
    expect(probe()).toMatch(/^1 area · rows 2–3, columns 2–3/);
    expect(node.querySelector(".whylight-probe")!.getAttribute("aria-live")).toBe("polite");
    press(" ");
    press("ArrowRight");
    expect(probe()).toMatch(/^1 area · rows 2–3, columns 4–5/);
    press(" ");
    press(" ");
    press("Escape");
    expect(picked).toEqual([[5], [5, 6], [5], []]);
    expect(press("Tab").defaultPrevented).toBe(false);
  });

  test("Enter takes one tile alone; Shift and an arrow extend", () => {
    const { press, picked } = stage();
    press("ArrowDown");
    press("Enter");
    press("ArrowDown", { shiftKey: true });
    press("ArrowRight", { shiftKey: true });
    press("Enter");
    expect(picked).toEqual([[5], [5, 9], [5, 9, 10], [10]]);
  });
});

describe("levels", () => {
  test("the slider walks up; a click takes a group, arrows go from group to group", () => {
    const { climb, slider, point, press, picked, probe } = stage();
    expect(slider.max).toBe("2");
    expect(slider.getAttribute("aria-valuetext")).toBe("0 of 2 · 16 areas");
    climb(1);
    expect(slider.getAttribute("aria-valuetext")).toBe("1 of 2 · 2 groups");
    point("pointermove", [350, 50]);
    expect(probe()).toBe("8 areas · rows 0–7, columns 4–7 · −0.250\u2009logit");
    point("pointerdown", [350, 50]);
    point("pointerup", [350, 50]);
    expect(picked).toEqual([RIGHT.units]);
    press("ArrowLeft");
    press("Enter");
    expect(picked.at(-1)).toEqual(LEFT.units);
  });

  test("a stroke takes single tiles at any level", () => {
    const { climb, drag, point, picked } = stage();
    climb(2);
    drag([
      [50, 50],
      [150, 50],
    ]);
    point("pointerup", [150, 50]);
    expect(picked).toEqual([[0, 1]]);
  });

  test("without a hierarchy there is no slider", () => {
    const { slider } = stage({ levels: [] });
    expect(slider.closest("label")!.hidden).toBe(true);
  });

  test("what is not scored yet is said to be so", () => {
    const none = { shape: [COUNT], data: new Float32Array(COUNT).fill(Number.NaN) };
    const { node, probe } = stage({ levels: [], known: [] }, none);
    expect(probe()).toBe("No area is scored yet.");
    expect(stage({ levels: [], known: [] }, none, true).probe()).toBe(
      "No area is scored yet: select some, or build the hierarchy.",
    );
    expect(node.querySelector("figure + figure figcaption")!.textContent).toBe(
      "Score of each area, 0 of 16 known",
    );
    const zero = { shape: [COUNT], data: new Float32Array(COUNT) };
    expect(stage({ levels: [], known: [] }, zero).probe()).toBe("Every score is zero.");
  });

  test("the picture has a name that tells the strongest group", async () => {
    const { box, climb } = stage();
    expect(box.getAttribute("aria-label")).toBe(
      "Regions of the picture, Contextual decomposition for three. Strongest: 1 area · rows 2–3, columns 2–3 · −2.00\u2009logit",
    );
    climb(1);
    await painted();
    expect(box.getAttribute("aria-label")).toMatch(/8 areas · rows 0–7, columns 0–3 · \+3\.50/);
  });
});
