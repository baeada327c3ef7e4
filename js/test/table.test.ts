// Tables: summaries of rows against closed forms, the order of features, and the view's controls.
import { describe, expect, test } from "vitest";
import { cases } from "../dev/cases";
import { decodeFrame } from "../src/kernel/decode";
import type { ViewOptions } from "../src/kernel/options";
import type { Frame, TableInput, WireFrame } from "../src/kernel/protocol";
import { barAxis } from "../src/scenes/bar-axis";
import { orderOf } from "../src/scenes/items";
import { summary } from "../src/scenes/statistics";
import { groupsOf, tableScene } from "../src/scenes/table";
import { caption } from "../src/wording/table";
import { choose, listed, named, painted, QUERY, show } from "./harness";

const OPTIONS: ViewOptions = {
  colormap: "RdBu",
  opacity: 1,
  clip: 100,
  sign: "all",
  detail: "pixels",
  view: "raw",
  order: "magnitude",
  subgroup: "",
  selection: [],
  pixel: [],
  channel: null,
  composite: [],
  scale: "shared",
};
const made = cases.table!(QUERY).state;
const input = made._input as TableInput;
const frame: Frame = decodeFrame(made._frame as WireFrame);
const groups = groupsOf(input);
const scene = (more: Partial<ViewOptions> = {}) =>
  tableScene(input, groups, frame, { ...OPTIONS, ...more }, true);

describe("summaries", () => {
  test("mean, spread and signs of a few numbers", () => {
    const found = summary(Float64Array.of(3, -1, 1, 5, 2));
    expect(found.mean).toBe(2);
    expect(found.std).toBeCloseTo(2, 12);
    expect(found.low).toBeCloseTo(-0.6, 12); // numpy.quantile
    expect(found.high).toBeCloseTo(4.6, 12);
    expect(found.positive).toBe(0.8);
    expect(summary(Float64Array.of(7))).toEqual({ mean: 7, std: 0, low: 7, high: 7, positive: 1 });
  });

  test("groups that have rows", () => {
    expect(groups.map(({ value, rows }) => [value, rows])).toEqual([
      ["", [0, 1, 2, 3]],
      ["Predicted class: no", [0, 3]],
      ["Predicted class: yes", [1, 2]],
    ]);
  });

  test("all rows, a group with the mean of all beside it, one row", () => {
    expect(scene().items[0]!.value).toBeCloseTo(0.1);
    expect(scene().items[0]).not.toHaveProperty("mark");
    const yes = scene({ subgroup: "Predicted class: yes" }).items[0]!;
    expect(yes.value).toBeCloseTo(0.25);
    expect(yes.mark).toBeCloseTo(0.1);
    expect(yes.low).toBeCloseTo(0.205);
    const one = scene({ selection: [2] }).items[0]!;
    expect(one.value).toBeCloseTo(0.3);
    expect(one).not.toHaveProperty("low");
  });

  test("per standard deviation", () => {
    const { items, unit } = scene({ view: "standardized", selection: [2] });
    expect(items.map(({ value }) => value!.toFixed(3))).toEqual(["3.000", "0.600", "0.000"]);
    expect(unit).toBe("logit per standard deviation");
    expect(scene().unit).toBe("logit per unit");
  });

  test("a row or group that does not exist is not shown", () => {
    expect(scene({ selection: [9], subgroup: "nobody" }).items[0]!.value).toBeCloseTo(0.1);
  });

  test("the caption says what is shown", () => {
    expect(caption(input, groups, frame, OPTIONS)).toContain("Means of 4 rows;");
    expect(caption(input, groups, frame, { ...OPTIONS, subgroup: "Predicted class: yes" })).toContain(
      "2 rows (Predicted class: yes)",
    );
    expect(caption(input, groups, frame, { ...OPTIONS, selection: [2] })).toBe("Row cid, F(x) 0.875.");
  });
});

test("features in every order", () => {
  const item = (text: string, value: number) => ({ text, value, error: null, rank: 0, share: 0 });
  const items = [item("x10", -3), item("x2", 1), item("a", 2)];
  expect(orderOf(items, "given")).toEqual([0, 1, 2]);
  expect(orderOf(items, "name")).toEqual([2, 1, 0]);
  expect(orderOf(items, "signed")).toEqual([2, 1, 0]);
  expect(orderOf(items, "magnitude")).toBeNull();
});

const rows = (root: ParentNode) => [...root.querySelectorAll<HTMLElement>(".whylight-row")];
const names = (root: ParentNode) =>
  rows(root).map((row) => row.querySelector(".whylight-row-name")!.textContent);
const values = (root: ParentNode) =>
  rows(root).map((row) => row.querySelector(".whylight-row-value")!.textContent);

describe("one row", () => {
  test("names, own values, slopes; units switch without Python", async () => {
    const { model, root } = show("slopes");
    expect(names(root)).toEqual(["age", "income", "member", "city"]);
    expect(values(root)).toEqual(["+0.300", "−0.240", "+0.200", "0"]);
    expect(rows(root).map((row) => row.querySelector(".whylight-row-note")!.textContent)).toEqual([
      "41",
      "52\u2009000",
      "1",
      "Lyon <b>",
    ]);
    choose(named<HTMLSelectElement>(root, "Units"), "raw");
    await painted();
    expect(names(root)[0]).toBe("member");
    expect(values(root)[0]).toBe("+0.400");
    expect(model.sent).toEqual([]);
    choose(named<HTMLSelectElement>(root, "Order"), "name");
    await painted();
    expect(names(root)).toEqual(["age", "city", "income", "member"]);
    expect(model.get("order")).toBe("name");
  });

  test("arrow keys walk through the rows, which say everything", async () => {
    const { root } = show("slopes");
    const [first, second] = rows(root);
    expect(first!.tabIndex).toBe(0);
    first!.focus();
    first!.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
    expect(document.activeElement).toBe(second);
    expect(second!.getAttribute("aria-label")).toContain("income = 52\u2009000: −0.240");
    expect(second!.getAttribute("aria-label")).toContain("logit per standard deviation");
    const lines = root.querySelector(".whylight-tip")!.textContent!.split("\n");
    expect(lines.slice(0, 2)).toEqual(["income = 52\u2009000", "−0.240\u2009logit per standard deviation"]);
    expect(lines[2]).toMatch(/^rank 2 of 4, 32\u2009% of all$/);
    expect(lines.length).toBe(3);
    choose(named<HTMLSelectElement>(root, "Order"), "given");
    await painted();
    expect(document.activeElement).toBe(second);
  });

  test("texts are never markup", () => {
    expect(show("slopes").root.querySelector(".whylight-row b")).toBeNull();
  });
});

describe("many rows", () => {
  test("step through the rows of a group", async () => {
    const { model, root } = show("table");
    expect(values(root)[0]).toBe("+1.00");
    choose(named<HTMLSelectElement>(root, "Group"), "Predicted class: yes");
    await painted();
    expect(model.get("subgroup")).toBe("Predicted class: yes");
    const row = named<HTMLSelectElement>(root, "Row");
    expect([...row.options].map((option) => option.textContent)).toEqual([
      "All together",
      "bob · F(x) 0.750",
      "cid · F(x) 0.875",
    ]);
    const next = named<HTMLButtonElement>(root, "Next row");
    next.click();
    await painted();
    next.click();
    await painted();
    expect(model.get("selection")).toEqual([2]);
    expect(next.disabled).toBe(true);
    expect(
      rows(root)
        .map((r) => r.querySelector(".whylight-row-note")!.textContent)
        .sort(),
    ).toEqual(["62", "<b>Oslo", "missing"]);
    choose(row, "");
    await painted();
    expect(model.get("selection")).toEqual([]);
  });

  test("a summary says mean, spread and signs to readers of the screen", () => {
    const { root } = show("table");
    const words = rows(root)[0]!.getAttribute("aria-label")!;
    expect(words).toMatch(/^age: \+1\.00.*standard deviation 1\.87, 90.*positive in 75/);
    expect(root.querySelector('[role="status"]')!.textContent).toContain("mean F(x)");
    expect(root.querySelector('[role="status"]')!.textContent).toContain("33 predictions");
  });
});

const status = (root: ParentNode) => root.querySelector('[role="status"]')!.textContent;
const label = (root: ParentNode, name: string) =>
  rows(root)
    .find((row) => row.querySelector(".whylight-row-name")!.textContent === name)!
    .getAttribute("aria-label")!;

describe("what was switched, and what was not examined", () => {
  test("never 0, and in no rank", () => {
    const { root } = show("switched");
    expect(names(root)).toEqual(["city", "age", "plan"]);
    expect(values(root)).toEqual(["+2.00", "+0.500", "not examined"]);
    expect(label(root, "plan")).toBe("plan = free: not examined");
    expect(label(root, "age")).toContain("rank 2 of 2, 20");
    expect(rows(root)[2]!.querySelector<HTMLElement>(".whylight-bar")!.hidden).toBe(true);
    expect(rows(root)[2]!.querySelector(".whylight-row-share")!.textContent).toBe("");
  });

  test("a missing number is no slope: its worth is not multiplied", () => {
    expect(label(show("switched").root, "age")).toMatch(/^age missing: \+0\.500/);
  });

  test("the change to every other level, strongest first", () => {
    const words = label(show("switched").root, "city");
    expect(words).toContain("switched to Lyon \u22123.00, Rome +1.00");
    expect(words).not.toContain("Oslo +");
  });

  test("means leave out rows that were not examined", () => {
    const { root } = show("rows");
    expect(label(root, "age")).toMatch(/^age: \+2\.00/);
    expect(label(root, "city")).toMatch(/^city: 0.*not examined in 1 row/);
    expect(label(root, "city")).toContain("switched to Oslo \u22120.500, Lyon +0.375, missing \u22120.0625");
    expect(label(root, "plan")).toBe("plan: not examined");
  });
});

describe("what stands around the bars follows the rows on show", () => {
  const offered = (root: ParentNode) => listed(root, "Target").flatMap(([, options]) => options);

  test("of all rows means", () => {
    const { root } = show("rows");
    expect(status(root)).toContain("mean F(x) 0.540");
    expect(offered(root)[0]).toContain("yes 55");
  });

  test("of one row its own", async () => {
    const { root } = show("rows", { selection: [0] });
    expect(status(root)).toContain("F(x) 0.125 − F(x′) 0.500 = −0.375");
    expect(status(root)).not.toContain("mean");
    expect(status(root)).toContain("Σ 1.50");
    expect(status(root)).toContain("gap 50");
    expect(offered(root)).toEqual(["no 88\u2009%", "yes 13\u2009%"]);
    expect(named<HTMLInputElement>(root, "Target").value).toBe("yes");
    named<HTMLButtonElement>(root, "Next row").click();
    await painted();
    expect(status(root)).toContain("F(x) 0.750");
  });

  test("of a group means over it", () => {
    const { root } = show("rows", { subgroup: "Predicted class: yes" });
    expect(status(root)).toContain("mean F(x) 0.750 − F(x′) 0.375 = 0.375");
    expect(status(root)).toContain("gap 25");
    expect(offered(root)[0]).toContain("yes 75");
  });
});

describe("the axis of bars", () => {
  const items = (...values: number[]) =>
    values.map((value) => ({ text: "", value, error: null, rank: 0, share: 0 }));

  test("round numbers between the ends, zero always among them", () => {
    const { ticks, at } = barAxis(items(-0.23, 0.41));
    expect(ticks.map(({ text }) => text)).toEqual(["−0.2", "0", "0.2", "0.4"]);
    expect(ticks.filter(({ major }) => !major).map(({ text }) => text)).toEqual(["0.2"]);
    expect([at(-0.23), at(0.41)]).toEqual(["0.000%", "100.000%"]);
  });

  test("values of one sign begin at zero; all zero has no ticks", () => {
    expect(barAxis(items(3, 7)).ticks[0]).toMatchObject({ text: "0", major: true });
    expect(barAxis(items(3, 7)).low).toBe(0);
    expect(barAxis(items(0, 0)).ticks).toEqual([]);
  });

  test("the spread of rows is on it, and the mean stands beside its bar", () => {
    const { root } = show("table");
    const value = rows(root)[0]!.querySelector<HTMLElement>(".whylight-row-value")!;
    const bar = rows(root)[0]!.querySelector<HTMLElement>(".whylight-bar")!;
    const end = Number.parseFloat(bar.style.left) + Number.parseFloat(bar.style.width);
    expect(Number.parseFloat(value.style.left)).toBeCloseTo(end, 2);
    const heads = root.querySelector(".whylight-bars-head")!.textContent;
    expect(heads).toContain("Mean attribution, logit per standard deviation");
    expect(heads).toContain("Share of sizes");
  });
});
