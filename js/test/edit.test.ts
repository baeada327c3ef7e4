// An input is changed by hand: a text and a cell of a row as fields, and how the strip tells of what was made.
import { describe, expect, test } from "vitest";
import { cases } from "../dev/cases";
import { ordered } from "../src/film/order";
import type { Choices, Edit, FilmSample, TextInput, Traits } from "../src/kernel/protocol";
import { placeText, sampleText } from "../src/wording/film";
import { named, painted, QUERY, show } from "./harness";

const sample = (more: Partial<FilmSample> = {}): FilmSample => ({
  caption: "a wonderful film",
  label: "positive",
  probability: 0.93,
  truth: "",
  wrong: null,
  picture: -1,
  source: null,
  edit: "",
  was: "",
  before: null,
  after: null,
  ...more,
});
const EDITED = sample({
  caption: "a dull film",
  label: "negative",
  probability: 0.59,
  source: 0,
  edit: "wonderful → dull",
  was: "positive",
  before: 0.93,
  after: 0.41,
});

const key = (node: Element, name: string, more: KeyboardEventInit = {}) =>
  node.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more }));

const editable = (name: string) => {
  const choices = cases[name]!(QUERY).state._choices as Choices;
  return show(name, { _choices: { ...choices, editable: ["yes"] } });
};

describe("a text", () => {
  const field = (root: ParentNode) => named<HTMLTextAreaElement>(root, "Text");

  test("only where Python says so", () => {
    expect(field(show("few").root)).toBeNull();
    expect(field(editable("few").root)).not.toBeNull();
  });

  test("Enter sends it, Escape and the same text send nothing", () => {
    const { model, root } = editable("few");
    const button = root.querySelector<HTMLButtonElement>(".whylight-edit")!;
    button.click();
    expect(field(root).closest("form")!.hidden).toBe(false);
    const text = field(root).value;
    expect(text).toBe((model.get("_input") as { text: string }).text);
    key(field(root), "Enter");
    button.click();
    field(root).value = "another";
    key(field(root), "Escape");
    expect(model.sent).toEqual([]);
    expect(field(root).closest("form")!.hidden).toBe(true);
    button.click();
    expect(field(root).value).toBe(text);
    field(root).value = "two\nlines";
    key(field(root), "Enter", { shiftKey: true });
    expect(model.sent).toEqual([]);
    key(field(root), "Enter");
    expect(model.sent).toEqual([{ kind: "edit", texts: ["two\nlines"] }]);
    expect(root.dataset.state).not.toBe("error");
  });

  test("an error leaves what was written in the field", async () => {
    const { model, root } = editable("few");
    root.querySelector<HTMLButtonElement>(".whylight-edit")!.click();
    field(root).value = " ";
    key(field(root), "Enter");
    const refused = "The change was not taken. The text is empty. The picture is of the input before it.";
    model.set("_status", { v: 1, state: "done", message: "", detail: "", refused });
    await painted();
    expect(root.querySelector("[role=alert]")!.textContent).toContain(refused);
    expect(root.textContent).not.toContain("failed");
    expect(root.dataset.state).toBe("done");
    expect(field(root).closest("form")!.hidden).toBe(false);
    expect(field(root).value).toBe(" ");
  });

  test("a double click selects the word, whatever markers stand before it", () => {
    const { root } = editable("few");
    const words = [...root.querySelectorAll<HTMLElement>(".whylight-token:not(.whylight-chip)")];
    const word = words.at(-1)!;
    word.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    const { value, selectionStart, selectionEnd } = field(root);
    expect(value.slice(selectionStart, selectionEnd)).toBe(word.textContent);
  });
});

describe("a pair of texts", () => {
  test("each has a field; a double click selects in its own", () => {
    const { model, root } = editable("pair");
    root.querySelector<HTMLButtonElement>(".whylight-edit")!.click();
    const fields = [...root.querySelectorAll<HTMLTextAreaElement>("textarea")];
    const { segments, starts } = model.get("_input") as TextInput;
    expect(fields.map(({ value }) => value).join("\n")).toBe(segments.map(([text]) => text).join(""));
    expect(starts!.length).toBe(fields.length);
    const words = [...root.querySelectorAll<HTMLElement>(".whylight-token:not(.whylight-chip)")];
    for (const word of [words[1]!, words.at(-1)!]) {
      word.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
      const { value, selectionStart, selectionEnd } = document.activeElement as HTMLTextAreaElement;
      expect(value.slice(selectionStart, selectionEnd)).toBe(word.textContent);
    }
    expect(document.activeElement).toBe(fields[1]);
    fields[1]!.value = "another";
    key(fields[0]!, "Enter");
    expect(model.sent).toEqual([{ kind: "edit", texts: [fields[0]!.value, "another"] }]);
  });
});

describe("a cell of a row", () => {
  const row = (root: ParentNode, name: string) =>
    [...root.querySelectorAll<HTMLElement>(".whylight-row")].find(
      (one) => one.querySelector(".whylight-row-name")!.textContent === name,
    )!;
  const open = (root: ParentNode, name: string) => {
    row(root, name)
      .querySelector(".whylight-row-note")!
      .dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    return row(root, name).querySelector<HTMLInputElement>(".whylight-cell")!;
  };

  test("a number, a decimal comma, nothing", () => {
    const { model, root } = editable("slopes");
    for (const [written, value] of [
      ["20", 20],
      ["2,5", 2.5],
      ["\u22121e3", -1000],
      ["", null],
    ] as const) {
      const field = open(root, "age");
      field.value = written;
      key(field, "Enter");
      expect(model.sent.at(-1)).toEqual({ kind: "edit", column: 0, value });
      key(field, "Escape");
    }
    expect(model.sent.length).toBe(4);
  });

  test("what is no number is not sent; Escape puts the value back", async () => {
    const { model, root } = editable("slopes");
    const field = open(root, "age");
    field.value = "old";
    key(field, "Enter");
    expect(field.getAttribute("aria-invalid")).toBe("true");
    model.set("order", "name");
    await painted();
    expect(row(root, "age").contains(field)).toBe(true);
    key(field, "Escape");
    expect(row(root, "age").querySelector(".whylight-row-note")!.textContent).toBe("41");
    expect(model.sent).toEqual([]);
  });

  test("Enter on a row opens it; without a model behind it nothing does", () => {
    const { root } = editable("slopes");
    key(row(root, "income"), "Enter");
    expect(document.activeElement).toBe(row(root, "income").querySelector(".whylight-cell"));
    const still = show("slopes").root;
    expect(open(still, "age")).toBeNull();
  });

  test("levels are chosen from", () => {
    const { model, root } = editable("switched");
    const field = open(root, "city") as unknown as HTMLSelectElement;
    expect([...field.options].map(({ textContent }) => textContent)).toEqual([
      "Lyon",
      "Oslo",
      "Rome",
      "missing",
    ]);
    field.value = "Rome";
    field.dispatchEvent(new Event("change"));
    expect(model.sent).toEqual([{ kind: "edit", column: expect.any(Number), value: "Rome" }]);
  });
});

describe("the strip", () => {
  test("says what was changed and what became of the answer", () => {
    const samples = [sample(), EDITED];
    expect(placeText(0, 2, samples)).toBe("Original");
    expect(placeText(1, 2, samples)).toBe("Edited 1 · wonderful → dull · positive 93\u2009% → 41\u2009%");
    expect(sampleText(1, samples, null)).toContain(
      "Edited 1, wonderful → dull, positive 93\u2009% → 41\u2009%",
    );
    const numbers = [
      sample({ label: "2.31", probability: null }),
      { ...EDITED, label: "1.87", probability: null, was: "2.31", before: null, after: null },
    ];
    expect(placeText(1, 2, numbers)).toContain("2.31 → 1.87");
  });

  test("of a batch: after the sample it was made from, and not counted", () => {
    const samples = [sample(), sample(), { ...EDITED, source: 0 }];
    expect(ordered(samples, "given")).toEqual([0, 2, 1]);
    expect(placeText(2, 3, samples)).toMatch(/^Sample 1, edited · /);
    expect(placeText(1, 3, samples)).toBe("Sample 2 of 2");
  });

  test("room for samples of which nothing is told yet", () => {
    const film = { v: 1, count: 3, samples: [], sizes: [], pictures: null };
    const { root } = show("slopes", { sample: 0, _film: film } as Partial<Traits>);
    const strip = named(root, "Samples").closest<HTMLElement>("section")!;
    expect([strip.hidden, strip.hasAttribute("data-awaited")]).toEqual([false, true]);
    expect(strip.textContent).toContain("Sample 1 of 3");
  });

  test("one input has none until it is changed", async () => {
    const { model, root } = show("slopes", { sample: 0 } as Partial<Traits>);
    const list = named(root, "Samples");
    expect(list.closest<HTMLElement>("section")!.hidden).toBe(true);
    model.set("_film", {
      v: 1,
      count: 2,
      samples: [sample({ caption: "" }), EDITED],
      sizes: [],
      pictures: null,
    });
    model.set("sample", 1);
    await painted();
    const options = [...root.querySelectorAll("[role=option]")];
    expect(options.map((one) => one.querySelector(".whylight-film-words")!.textContent)).toEqual([
      "Original",
      "wonderful → dull",
    ]);
    expect(options[1]!.getAttribute("aria-selected")).toBe("true");
    expect(named(root, "Order of samples").closest<HTMLElement>("label")!.hidden).toBe(true);
  });
});

describe("a region of a picture", () => {
  const opened = async (editable: string[]) => {
    const { state } = cases.phrases!(QUERY);
    const choices = state._choices as Choices;
    const shown = show("phrases", {
      _choices: { ...choices, editable },
      selection: [0, 1],
      baseline: "black",
    });
    const summary = [...shown.root.querySelectorAll("summary")].find((one) => one.textContent === "Phrases")!;
    const details = summary.parentElement as HTMLDetailsElement;
    details.open = true;
    details.dispatchEvent(new Event("toggle"));
    await painted();
    return { ...shown, button: details.querySelector<HTMLButtonElement>(".whylight-erase")! };
  };

  test("what is selected is erased, with the baseline on show in its place", async () => {
    const { model, button } = await opened(["areas"]);
    expect(button.hidden).toBe(false);
    button.click();
    expect(model.sent.at(-1)).toEqual({ kind: "edit", areas: [0, 1], units: null, fill: "black" });
    model.set("selection", []);
    await painted();
    expect(button.hidden).toBe(true);
  });

  test("not where Python does not offer it", async () => {
    expect((await opened([])).button.hidden).toBe(true);
  });
});

describe("a brush over a picture", () => {
  const shown = () => {
    const picture = editable("image");
    const { root } = picture;
    root.querySelector<HTMLButtonElement>(".whylight-edit")!.click();
    const layer = root.querySelector<HTMLCanvasElement>(".whylight-brush")!;
    layer.getBoundingClientRect = () => new DOMRect(0, 0, 100, 100);
    const at = (type: string, x: number, y: number) =>
      layer.dispatchEvent(
        new PointerEvent(type, { bubbles: true, isPrimary: true, button: 0, clientX: x, clientY: y }),
      );
    const form = named(root, "Fill").closest("form")!;
    const apply = () => form.dispatchEvent(new Event("submit", { cancelable: true }));
    return { ...picture, layer, at, form, apply };
  };

  test("strokes are sent with their size and what takes their place; the last one can be undone", () => {
    const { model, root, at, form, apply } = shown();
    apply();
    expect(model.sent).toEqual([]); // nothing to erase
    const size = named<HTMLInputElement>(root, "Brush size");
    size.value = "20";
    size.dispatchEvent(new Event("input"));
    at("pointerdown", 10, 20);
    at("pointermove", 30, 40);
    at("pointerup", 30, 40);
    at("pointermove", 50, 50); // not pressed
    at("pointerdown", 90, 90);
    at("pointerup", 90, 90);
    [...form.querySelectorAll("button")].find((one) => one.textContent === "Undo")!.click();
    const fill = named<HTMLSelectElement>(root, "Fill");
    expect(fill.value).toBe(model.get("baseline"));
    fill.value = fill.options[fill.options.length - 1]!.value;
    apply();
    const strokes = [{ points: [0.1, 0.2, 0.3, 0.4], size: 0.2 }];
    expect(model.sent).toEqual([{ kind: "edit", strokes, fill: fill.value }]);
  });

  test("by the keyboard; Escape leaves all as it was", () => {
    const { model, root, layer, form, apply } = shown();
    key(layer, "ArrowRight");
    key(layer, " ");
    apply();
    const [[x = 0, y = 0] = []] = (model.sent[0] as Edit).strokes!.map(({ points }) => points);
    expect([x > 0.5, y]).toEqual([true, 0.5]);
    key(layer, "Escape");
    expect([form.hidden, layer.hidden]).toEqual([true, true]);
    root.querySelector<HTMLButtonElement>(".whylight-edit")!.click();
    apply();
    expect(model.sent.length).toBe(1);
  });

  test("only where Python says so", () => {
    expect(show("image").root.querySelector(".whylight-edit")).toBeNull();
  });
});

describe("a table", () => {
  test("the row on show can be changed, all of them together cannot", async () => {
    const { model, root } = editable("table");
    const note = () => root.querySelector(".whylight-row .whylight-row-note")!;
    note().dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    expect(root.querySelector(".whylight-cell")).toBeNull();
    expect(root.textContent).not.toContain("Double-click a value");
    model.set("selection", [1]);
    await painted();
    expect(root.textContent).toContain("Double-click a value");
    note().dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    const field = root.querySelector<HTMLInputElement>(".whylight-cell")!;
    field.value = "7";
    key(field, "Enter");
    const column = Number(note().closest<HTMLElement>(".whylight-row")!.dataset.item);
    expect(model.sent).toEqual([{ kind: "edit", row: 1, column, value: 7 }]);
  });
});

describe("several inputs", () => {
  test("each that can be changed says which it is", () => {
    const parts = ["few", "slopes"].map((name) => cases[name]!(QUERY).state._input!);
    const of = (editable: string[]) =>
      show("few", {
        _input: { v: 1, kind: "several", names: ["question", "row"], inputs: parts } as never,
        _choices: { ...(cases.few!(QUERY).state._choices as Choices), editable },
      });
    const { model, root } = of(["text", "cells"]);
    root.querySelector<HTMLButtonElement>(".whylight-edit")!.click();
    const text = named<HTMLTextAreaElement>(root, "Text");
    text.value = "other";
    key(text, "Enter");
    root
      .querySelector(".whylight-row .whylight-row-note")!
      .dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    const cell = root.querySelector<HTMLInputElement>(".whylight-cell")!;
    cell.value = "7";
    key(cell, "Enter");
    expect(model.sent).toEqual([
      { kind: "edit", texts: ["other"] },
      { kind: "edit", column: expect.any(Number), value: 7, part: 1 },
    ]);
    expect(of(["", "cells"]).root.querySelector(".whylight-edit")).toBeNull();
  });
});
