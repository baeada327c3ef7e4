// The answer first: classes as bars to explain each by a click, what it is explained against, numbers and places; the searched lists.
import { describe, expect, test } from "vitest";
import { cases } from "../dev/cases";
import type { Choices, Traits } from "../src/kernel/protocol";
import { choose, listed, named, painted, pick, QUERY, type Shown, show } from "./harness";

const CHOICES = cases.image!(QUERY).state._choices as Choices;
const floats = (values: number[]) => ({
  dtype: "float32" as const,
  shape: [values.length],
  data: new DataView(Float32Array.from(values).buffer),
});
const PETS = ["Egyptian cat", "tiger cat", "tabby", "lynx", "cat", "tiger shark"];
const CHANCES = [0.49, 0.29, 0.15, 0.04, 0.02, 0.01];
const pets = (more: Partial<Choices> = {}): Choices => ({
  ...CHOICES,
  labels: PETS,
  probabilities: floats(CHANCES),
  targets: PETS.slice(0, 5).map((label, value) => ({ value, label, probability: CHANCES[value]! })),
  ...more,
});
const META = cases.image!(QUERY).state._frame!;
const frameFor = (meta: object) => ({ ...META, meta: { ...META.meta!, ...meta } });
const shown = (more: Partial<Traits> = {}) =>
  show("image", {
    target: 0,
    _choices: pets(),
    _frame: frameFor({ target: { value: 0, label: PETS[0]! } }),
    ...more,
  });

const buttons = ({ root }: Shown) => [...root.querySelectorAll<HTMLButtonElement>(".whylight-answer")];
const said = (made: Shown) => buttons(made).map((button) => button.textContent);
const pressed = (made: Shown) =>
  buttons(made)
    .filter((button) => button.getAttribute("aria-pressed") === "true")
    .map((button) => button.querySelector(".whylight-answer-name")!.textContent);
const headline = ({ root }: Shown) => root.querySelector(".whylight-answers")!.textContent.trim();

describe("what the model says", () => {
  test("stands above the picture: the likeliest classes with their probabilities", () => {
    const made = shown();
    expect(said(made)).toEqual([
      "Egyptian cat 49\u2009%",
      "tiger cat 29\u2009%",
      "tabby 15\u2009%",
      "lynx 4.0\u2009%",
    ]);
    expect(pressed(made)).toEqual(["Egyptian cat"]);
    const order = ["answers", "main", "choices", "steps", "readout"].map(
      (name) => made.root.querySelector(`.whylight-${name}`)!,
    );
    for (const [i, node] of order.slice(1).entries())
      expect(order[i]!.compareDocumentPosition(node)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
  });

  test("a click explains that class, and the focus stays on it", async () => {
    const made = shown();
    buttons(made)[1]!.focus();
    buttons(made)[1]!.click();
    await painted();
    expect(made.model.saved).toEqual([{ target: 1 }]);
    expect(pressed(made)).toEqual(["tiger cat"]);
    expect(document.activeElement).toBe(buttons(made)[1]);
  });

  test("an unlikely class that is explained is among them, with its own probability", async () => {
    const made = shown({ target: 5 });
    expect(said(made).at(-1)).toBe("tiger shark 1.0\u2009%");
    expect(pressed(made)).toEqual(["tiger shark"]);
    expect(buttons(made).at(-1)!.classList.contains("whylight-answer-spare")).toBe(false);
  });

  test("a target of one's own has its score", () => {
    const targets = [{ value: "mine", label: "my score", probability: null }, ...pets().targets!];
    const meta = { target: { value: "mine", label: "my score" }, score: 2.5 };
    const made = shown({ target: "mine", _choices: pets({ targets }), _frame: frameFor(meta) });
    expect(said(made).at(-1)).toBe("my score 2.50");
    expect(pressed(made)).toEqual(["my score"]);
  });

  test("a number where there are no classes", async () => {
    const targets = [{ value: null, label: "output", probability: null }];
    const meta = { target: { value: null, label: "output" }, score: 0.63, output: "output" };
    const made = show("features", {
      target: null,
      _choices: { ...CHOICES, labels: null, targets },
      _frame: frameFor(meta),
    });
    expect(headline(made)).toBe("Prediction 0.630");
    expect(made.root.querySelector<HTMLElement>(".whylight-question")!.hidden).toBe(true);
    made.model.set("_frame", { ...frameFor({ ...meta, rows: 40 }), seq: 9 });
    await painted();
    expect(headline(made)).toBe("Prediction 0.630 mean of 40 rows");
  });

  test("a place of a dense output, and of how many", () => {
    expect(headline(show("tagger"))).toBe("London: B-LOC 60\u2009% one of 4 tokens");
  });

  test("of a table means, of one row its own", async () => {
    const made = show("rows");
    expect(headline(made)).toContain("mean of");
    made.model.set("selection", [0]);
    await painted();
    expect(headline(made)).not.toContain("mean of");
    expect(said(made)[0]).toBe("no 88\u2009%");
  });

  test("a saved page tells what it has, and nothing can be asked", () => {
    const bare = shown({ _choices: {} });
    expect(headline(bare)).toMatch(/^Egyptian cat 8\.41/);
    const kept = shown({ _choices: { ...pets(), live: false } });
    expect(buttons(kept).every((button) => button.disabled)).toBe(true);
    expect(named<HTMLInputElement>(kept.root, "Target").disabled).toBe(true);
  });

  test("nothing is said before there is anything to say", () => {
    const { root } = shown({ _choices: {}, _frame: {}, target: null });
    expect(root.querySelector<HTMLElement>(".whylight-answers")!.hidden).toBe(true);
  });

  test("room for the sentence to come while there is no answer, none where there will be none", async () => {
    const { model, root } = shown({ _frame: {}, _status: { v: 1, state: "running" } });
    const reading = root.querySelector<HTMLElement>(".whylight-reading")!;
    expect([reading.hidden, reading.hasAttribute("data-awaited")]).toEqual([false, true]);
    model.set("_status", { v: 1, state: "stopped" });
    await painted();
    expect([reading.hidden, reading.hasAttribute("data-awaited")]).toEqual([true, false]);
  });

  test("a sentence, where Python sends one; a doubtful answer says so above the picture", () => {
    const reading = "The head accounts for 61 % of <b>Egyptian cat</b>.";
    const { root } = shown({ _frame: frameFor({ readings: { "": reading } }) });
    expect(root.querySelector(".whylight-reading")!.textContent).toBe(reading);
    expect(root.querySelector<HTMLElement>(".whylight-verdict")!.hidden).toBe(true);
    const far = shown({ _frame: frameFor({ relative_gap: 0.12 }) }).root;
    const verdict = far.querySelector<HTMLElement>(".whylight-verdict")!;
    expect(verdict.textContent).toBe("Do not trust this picture yet: gap 12\u2009%");
    expect(verdict.compareDocumentPosition(far.querySelector(".whylight-main")!)).toBe(
      Node.DOCUMENT_POSITION_FOLLOWING,
    );
  });
});

describe("rather than", () => {
  test("makes a contrast, which is in sight and a click from gone", async () => {
    const { model, root } = show("phrases");
    expect(listed(root, "Against")).toEqual([
      ["", ["Nothing"]],
      ["Most likely", [expect.stringMatching(/^negative/)]],
    ]);
    pick(root, "Against", "negative");
    await painted();
    expect(model.saved).toEqual([{ against: 0 }]);
    const field = named<HTMLInputElement>(root, "Against");
    expect(field.value).toBe("negative");
    const remove = named<HTMLButtonElement>(root, "Remove contrast with negative");
    remove.focus();
    remove.click();
    await painted();
    expect(model.saved.at(-1)).toEqual({ against: null });
    expect([field.value, remove.hidden, document.activeElement === field]).toEqual(["", true, true]);
  });

  test("stays in sight whatever names it", async () => {
    const { meta, ...frame } = cases.phrases!(QUERY).state._frame!;
    const target = { value: "positive \u2212 negative", label: "positive \u2212 negative" };
    const of = { ...frame, meta: { ...meta!, target } };
    const { model, root } = show("phrases", { target: null, against: 0, _frame: of });
    const value = (name: string) => named<HTMLInputElement>(root, name).value;
    expect([value("Target").split(" ")[0], value("Against")]).toEqual(["positive", "negative"]);
    model.set("target", 0);
    await painted();
    expect(value("Against")).toBe(""); // a class less itself is no contrast
    model.set("against", "<b>mine</b>");
    model.set("_choices", { ...model.get("_choices"), live: false });
    await painted();
    expect([value("Against"), named<HTMLInputElement>(root, "Against").disabled]).toEqual([
      "<b>mine</b>",
      true,
    ]);
  });

  test("is not there where there is no class to choose", () => {
    const one = { v: 1, methods: [], labels: null, targets: [{ value: 1, label: "score" }] };
    const { root } = show("phrases", { _choices: one as Choices });
    expect(root.querySelector<HTMLElement>(".whylight-question")!.hidden).toBe(true);
  });
});

describe("a searched list", () => {
  const press = (input: HTMLElement, key: string) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    input.dispatchEvent(event);
    return event;
  };
  const type = (input: HTMLInputElement, text: string) => {
    input.value = text;
    input.dispatchEvent(new Event("input"));
  };
  const active = (input: HTMLInputElement) =>
    document.getElementById(input.getAttribute("aria-activedescendant") ?? "")?.textContent;

  test("opens on the choice on show, walks by arrows, chooses with Enter, gives up with Escape", () => {
    const { model, root } = shown({ target: 1 });
    const input = named<HTMLInputElement>(root, "Target");
    const list = document.getElementById(input.getAttribute("aria-controls")!)!;
    expect([list.hidden, input.getAttribute("aria-expanded")]).toEqual([true, "false"]);
    press(input, "ArrowDown");
    expect([list.hidden, input.getAttribute("aria-expanded")]).toEqual([false, "true"]);
    expect(active(input)).toBe("tiger cat 29\u2009%");
    press(input, "ArrowUp");
    press(input, "ArrowUp");
    expect(active(input)).toBe("Egyptian cat 49\u2009%");
    press(input, "Escape");
    expect([list.hidden, input.value]).toEqual([true, "tiger cat"]);
    expect(model.saved).toEqual([]);
    press(input, "Enter");
    press(input, "ArrowDown");
    press(input, "Enter");
    expect(model.saved).toEqual([{ target: 2 }]);
    expect(list.hidden).toBe(true);
  });

  test("what it makes of a key does not reach the notebook; other keys are its field's own", () => {
    const { root } = shown();
    const input = named<HTMLInputElement>(root, "Target");
    const heard: string[] = [];
    document.body.addEventListener("keydown", (event) => heard.push(event.key));
    const stopped = ["ArrowDown", "Escape", "Enter", "PageDown"].map(
      (key) => press(input, key).defaultPrevented,
    );
    expect(stopped).toEqual([true, true, true, true]);
    expect(heard).toEqual([]);
    expect(press(input, "Home").defaultPrevented).toBe(false);
  });

  test("typing narrows it down by words; the best match is taken, likely ones stand first", () => {
    const { model, root } = shown();
    const input = named<HTMLInputElement>(root, "Target");
    const list = () =>
      [...input.parentElement!.querySelectorAll('[role="option"]')].map((o) => o.textContent);
    type(input, "tiger");
    expect(list()).toEqual(["tiger cat 29\u2009%", "tiger cat 29\u2009%", "tiger shark 1.0\u2009%"]);
    type(input, "SHARK tig");
    expect(list()).toEqual(["tiger shark 1.0\u2009%"]);
    type(input, "cat");
    expect(active(input)).toBe("cat 2.0\u2009%");
    press(input, "Enter");
    expect(model.saved).toEqual([{ target: 4 }]);
  });

  test("how many match is said; none match, and Enter takes nothing", () => {
    const { model, root } = shown();
    const input = named<HTMLInputElement>(root, "Target");
    const live = input.parentElement!.querySelector('[aria-live="polite"]')!;
    type(input, "tiger");
    expect(live.textContent).toBe("3 found");
    type(input, "<b>zebra</b>");
    expect(live.textContent).toBe("0 found");
    expect(input.parentElement!.textContent).toContain("Nothing matches “<b>zebra</b>”");
    press(input, "Enter");
    expect(model.saved).toEqual([]);
    input.dispatchEvent(new Event("blur"));
    expect(input.value).toBe("Egyptian cat");
  });

  test("of five thousand classes only what is looked at is made, and the last can be reached", async () => {
    const labels = Array.from({ length: 5000 }, (_, i) => `class ${i}`);
    const { model, root } = shown({
      _choices: pets({ labels, probabilities: floats(labels.map(() => 2e-4)) }),
    });
    const input = named<HTMLInputElement>(root, "Target");
    press(input, "ArrowDown");
    const options = () => input.parentElement!.querySelectorAll('[role="option"]');
    expect(options().length).toBeLessThan(300);
    expect(options()[0]!.getAttribute("aria-setsize")).toBe("5005");
    for (let i = 0; i < 200; i++) press(input, "PageDown");
    expect(options().length).toBeGreaterThan(1600);
    pick(root, "Target", "4999");
    expect(model.saved).toEqual([{ target: 4999 }]);
  });

  test("a click chooses", () => {
    const { model, root } = shown();
    const input = named<HTMLInputElement>(root, "Target");
    input.dispatchEvent(new Event("click"));
    const options = input.parentElement!.querySelectorAll<HTMLElement>('[role="option"]');
    options[3]!.querySelector("span")!.click();
    expect(model.saved).toEqual([{ target: 3 }]);
  });

  test("an answer that comes while it is open changes neither the list nor what was typed", async () => {
    const { model, root } = shown();
    const input = named<HTMLInputElement>(root, "Target");
    type(input, "ly");
    model.set("_frame", { ...frameFor({ target: { value: 0, label: PETS[0]! } }), seq: 9 });
    await painted();
    expect([input.value, active(input)]).toEqual(["ly", "lynx 4.0\u2009%"]);
  });
});

describe("the controls", () => {
  const withMethods = (steps: boolean, baseline: boolean): Choices => ({
    ...pets(),
    methods: [
      {
        value: "integrated_gradients",
        label: "Integrated gradients",
        question: "Parts",
        gradients: null,
        per_step: 1,
      },
      { value: "other", label: "Other", question: "Changes", steps, baseline, gradients: 1 },
    ],
  });

  test("what a method does not take is not there", async () => {
    const { model, root } = shown({ _choices: withMethods(false, false) });
    const field = (name: string) => named<HTMLElement>(root, name).closest<HTMLElement>("label")!;
    expect([field("Baseline").hidden, field("Interpolation steps").hidden]).toEqual([false, false]);
    choose(named(root, "Method"), "other");
    await painted();
    expect([field("Baseline").hidden, field("Interpolation steps").hidden]).toEqual([true, true]);
    const stop = [...root.querySelectorAll("button")].find((button) => button.textContent === "Stop")!;
    expect([stop.hidden, stop.closest(".whylight-choices") !== null]).toEqual([false, true]); // queued
    model.emit("msg:custom", { kind: "status", v: 1, state: "done" });
    await painted();
    expect(stop.hidden).toBe(true);
  });

  test("methods stand under what they ask", () => {
    const { root } = shown({ _choices: withMethods(true, true) });
    const groups = [...named(root, "Method").querySelectorAll("optgroup")];
    expect(groups.map(({ label }) => label)).toEqual(["Parts", "Changes"]);
  });

  test("one channel has no scale of its own to choose", () => {
    const signal = cases.signal!(QUERY).state._input as { names: string[] };
    const one = { ...signal, names: ["chest"], arrays: { values: floats([1, 2, 3]) } };
    expect(named(show("signal").root, "View")).not.toBeNull();
    const values = { ...floats([0.5, 0, 1]), shape: [1, 3] };
    const arrays = { values: { ...floats([1, 2, 3]), shape: [1, 3] } };
    const single = show("signal", {
      _input: { ...one, arrays } as never,
      _frame: { ...META, arrays: { values } } as never,
      _groups: {},
    });
    expect(named(single.root, "View")).toBeNull();
  });
});

describe("the steps", () => {
  const CHOSEN: Choices = {
    ...pets(),
    methods: [
      { value: "integrated_gradients", label: "IG", gradients: null, per_step: 2, counted: "gradient" },
    ],
  };
  const slider = ({ root }: Shown) => named<HTMLInputElement>(root, "Interpolation steps");
  const press = (made: Shown, key: string) =>
    slider(made).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

  test.each([
    ["ArrowRight", 41],
    ["ArrowLeft", 27],
    ["PageUp", 65],
    ["PageDown", 17],
    ["Home", 2],
    ["End", 1025],
  ])("%s goes from 33 to %i", (key, steps) => {
    const made = shown({ _choices: CHOSEN });
    press(made, key);
    expect(made.model.saved).toEqual([{ n_steps: steps }]);
  });

  test("from a number between two notches a key goes to the next", () => {
    const made = shown({ _choices: CHOSEN, n_steps: 47 });
    expect(slider(made).getAttribute("aria-valuetext")).toMatch(/^47 path points/);
    press(made, "ArrowRight");
    expect(made.model.saved).toEqual([{ n_steps: 53 }]);
  });

  test("says what a choice costs before it is made: passes, and time from the last answer", async () => {
    const made = shown({ _choices: CHOSEN, _frame: frameFor({ seconds: 0.33, n_evaluations: 66 }) });
    const note = () => made.root.querySelector(".whylight-thumb-note")!.textContent;
    expect(note()).toBe("33computed");
    made.model.set("n_steps", 65);
    await painted();
    expect(note()).toBe("65≈ 130 gradients, 0.65\u2009s");
    expect(slider(made).getAttribute("aria-valuetext")).toBe("65 path points, ≈ 130 gradients, 0.65\u2009s");
  });

  test("what takes long is asked for only once the thumb is let go", async () => {
    const made = shown({ _choices: CHOSEN, _frame: frameFor({ seconds: 0.33, n_evaluations: 66 }) });
    const range = slider(made);
    const drag = (at: number) => {
      range.value = String(at);
      range.dispatchEvent(new Event("input"));
    };
    drag(4);
    expect(made.model.saved).toEqual([{ n_steps: 17 }]);
    drag(10);
    expect(made.model.saved).toHaveLength(1);
    await painted();
    expect(made.root.querySelector(".whylight-thumb-note")!.textContent).toBe(
      "1025≈ 2050 gradients, 10\u2009s",
    );
    range.dispatchEvent(new Event("change"));
    expect(made.model.saved.at(-1)).toEqual({ n_steps: 1025 });
  });

  test("ticks mark what is computed, the one on show apart", () => {
    const { root } = shown({ _choices: CHOSEN });
    const ticks = [...root.querySelectorAll(".whylight-tick")];
    expect(ticks.map((tick) => tick.classList.contains("whylight-tick-reached"))).toEqual([
      ...[false, false, false],
      true,
    ]);
  });
});
