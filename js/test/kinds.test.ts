// Kinds of inputs are classes that register: a new one needs no other file, and no other file asks which kind it has.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { Traits } from "../src/kernel/protocol";
import { registerGroups } from "../src/panels/groups/kind";
import type { Answer } from "../src/scenes/answer";
import type { PathPoint } from "../src/scenes/path";
import { scaleOf } from "../src/scenes/scale";
import { make } from "../src/ui/dom";
import type { Drawing } from "../src/ui/drawing";
import {
  type AnswerDrawing,
  kindOf,
  registerKind,
  type Subject,
  type SubjectActions,
} from "../src/views/kind";
import { SeveralSubject } from "../src/views/several";
import { choose, LOOK, named, painted, show } from "./harness";

const SRC = join(import.meta.dirname, "../src");

/** Chimes of a clock, each with what it adds to the score. */
interface ChimesInput {
  v: number;
  kind: "chimes";
  hours: string[];
}

class ChimesSubject implements Subject {
  readonly kind = "chimes";
  readonly input: ChimesInput;

  constructor(input: ChimesInput) {
    this.input = input;
  }

  answer({ change }: SubjectActions): AnswerDrawing {
    const node = make("div", { "aria-label": "Chimes" });
    node.addEventListener("click", () => change({ selection: [1] }));
    return { node, draw: (answer, look) => this.#write(node, answer, look) };
  }

  tile() {
    const node = make("div", { class: "tile" });
    return { node, draw: this.#write.bind(this, node) };
  }

  pathPoint(): Drawing<PathPoint> {
    const node = make("div", { "aria-label": "Chimes on the path" });
    return { node, draw: ({ at }) => node.replaceChildren(`${at.alpha}: ${[...at.map].join(" ")}`) };
  }

  #write(node: HTMLElement, { frame, together }: Answer, look: Parameters<typeof scaleOf>[1]) {
    const values = frame?.arrays.values?.data ?? [];
    const scale = scaleOf(
      values,
      look,
      true,
      together.map((one) => one.arrays.values!.data),
    );
    node.replaceChildren(
      this.input.hours.map((hour, i) => `${hour} ${scale.position(values[i] ?? 0)}`).join(", "),
    );
    return scale;
  }
}

registerKind<ChimesInput>({
  name: "chimes",
  layouts: { clock: "Clock", list: "List" },
  read: (input) => new ChimesSubject(input),
});

const INPUT = { v: 1, kind: "chimes", hours: ["three", "six"] } as unknown as Traits["_input"];
const values = (...numbers: number[]) => ({
  dtype: "float32" as const,
  shape: [numbers.length],
  data: Float32Array.from(numbers),
});
const opened = (root: HTMLElement, name: string) => {
  const panel = [...root.querySelectorAll("details")].find(
    (one) => one.querySelector("summary")?.textContent === name,
  )!;
  panel.open = true;
  panel.dispatchEvent(new Event("toggle"));
};

function chimes(more: Partial<Traits> = {}) {
  const { model } = show("features");
  const frame = { ...model.get("_frame"), arrays: { values: values(-2, 1) } };
  return show("features", { _input: INPUT, _frame: frame, ...more });
}

test("a kind that was made up is drawn by the card, with its ways to lay it out", async () => {
  const { model, root } = chimes();
  expect(named(root, "Chimes").textContent).toBe("three -1, six 0.5");
  choose(named(root, "View"), "list");
  named(root, "Chimes").click();
  await painted();
  expect(model.saved).toEqual([{ view: "list" }, { selection: [1] }]);
  expect(root.querySelector('[aria-label="Opacity"]')).toBeNull();
  expect(root.dataset.state).toBe("done");
});

test("it is compared", async () => {
  const { model, root } = chimes({ compare: [{ baseline: "white" }] });
  const arrays = { values: values(4, 1) };
  const frame = model.get("_frame");
  model.emit("msg:custom", { ...frame, kind: "beside", setting: { baseline: "white" }, arrays }, []);
  await painted();
  expect(root.querySelector<HTMLElement>(".whylight-tiles")!.dataset.kind).toBe("chimes");
  const tiles = [...root.querySelectorAll(".whylight-tile .tile")].map((tile) => tile.textContent);
  expect(tiles).toEqual(["three -0.5, six 0.25", "three 1, six 0.25"]);
});

test("its path is followed", async () => {
  const { model, root } = chimes();
  const { seq } = model.get("_frame");
  const meta = { missing: "", notes: [], map_scales: [1, 1] };
  const arrays = {
    alphas: values(0, 1),
    values: values(0, 1),
    slopes: values(1, 1),
    norms: values(1, 1),
    map_alphas: values(0, 1),
    maps: { ...values(1, 2, 3, 4), shape: [2, 2] },
  };
  model.set("_path", { v: 1, seq: seq!, meta, arrays });
  opened(root, "Path");
  await painted();
  expect(named(root, "Chimes on the path").textContent).toBe("0.5: 1 2");
  expect(root.querySelector(".whylight-path-chimes")).not.toBeNull();
});

test("it has groups once its class registers them", async () => {
  const groups = (root: HTMLElement) =>
    [...root.querySelectorAll("summary")].map((summary) => summary.textContent);
  const choices = { v: 1, methods: [{ value: "m", label: "M" }], scorers: [{ value: "cd", label: "CD" }] };
  expect(groups(chimes({ _choices: choices }).root)).not.toContain("Chords");
  const node = make("div", { class: "chords" });
  const draw = vi.fn();
  registerGroups(ChimesSubject, ({ input }) => ({
    name: "Chords",
    hint: "",
    whole: "clock",
    named: (units) => units.map((unit) => input.hours[unit]).join(" and "),
    part: () => "",
    drawing: () => ({ node, draw }),
  }));
  const meta = {
    missing: "",
    notes: [],
    target: { value: 0, label: "noon" },
    output: "logit",
    known: [],
    levels: [],
  };
  const _groups = { v: 1, seq: 3, meta, arrays: { scores: values(1, 2) } } as unknown as Traits["_groups"];
  const { root } = chimes({ _choices: choices, _groups, selection: [0, 1] });
  opened(root, "Chords");
  await painted();
  expect(draw).toHaveBeenCalled();
  expect(root.querySelector(".whylight-panel-chords .chords")).not.toBeNull();
  expect(root.querySelector(".whylight-group-facts")!.textContent).toContain("three and six");
});

test("a kind that nobody registered is refused in words", () => {
  const { root } = show("features", { _input: { ...INPUT, kind: "weather" } as unknown as Traits["_input"] });
  expect(root.dataset.state).toBe("error");
  expect(root.querySelector('[role="alert"]')!.textContent).toMatch(
    /image, .*text, .* of the kind weather.*Restart/,
  );
});

test("no file compares the kind of an input", () => {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf-8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const names = ["image", "signal", "text", "features", "table"];
  for (const kind of names) expect(kindOf({ kind })?.name).toBe(kind);
  const compared = new RegExp(
    `(\\bkind\\b\\W*[!=]==?\\s*["'](${names.join("|")})["'])|(["'](${names.join("|")})["']\\s*[!=]==?)|(case\\s+["'](${names.join("|")})["'])`,
  );
  expect(compared.test('if (subject.kind === "image")') && compared.test("case 'table'")).toBe(true);
  expect(files.filter((file) => compared.test(readFileSync(join(SRC, file), "utf-8")))).toEqual([]);
});

test("maps of several inputs share a scale where they are alike in size, and not where one would be blank", async () => {
  const limits = (large: number) => {
    const looks: unknown[] = [];
    const subject = (limit: number): Subject => ({
      kind: "fake",
      answer: () => ({
        node: make("div"),
        draw: (_, look) => {
          looks.push(look.scale);
          return scaleOf([limit], look, true);
        },
      }),
    });
    const several = new SeveralSubject(["a", "b"], [subject(1), subject(large)]);
    const drawing = several.answer({ change: () => {}, select: () => {} }, new AbortController().signal);
    drawing.draw({ frame: null, together: [] }, LOOK);
    return looks;
  };
  expect(limits(2)).toEqual(["shared", "shared", 2, 2]);
  expect(limits(1)).toEqual(["shared", "shared"]);
  expect(limits(5)).toEqual(["shared", "shared"]);
});
