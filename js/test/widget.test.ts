// What the widget shows and what it asks of Python: accessible names, requests, frames, states.
import { describe, expect, test } from "vitest";
import { cases } from "../dev/cases";
import { choose, named, painted, pick, QUERY, show, status } from "./harness";

describe("accessible names", () => {
  test("a picture", () => {
    const { root } = show("image");
    for (const name of ["Method", "Baseline", "Color map", "Sign", "View"]) {
      expect(named(root, name).tagName, name).toBe("SELECT");
    }
    for (const name of ["Interpolation steps", "Opacity", "Clip percentile"]) {
      expect(named<HTMLInputElement>(root, name).type, name).toBe("range");
    }
    expect(named(root, "Interpolation steps").getAttribute("aria-valuetext")).toMatch(/^33 path points\b/);
    for (const name of ["Target", "Against"])
      expect(named(root, name).getAttribute("role"), name).toBe("combobox");
    const heatmap = root.querySelector('[role="img"][aria-label^="Attribution heatmap"]')!;
    expect(heatmap.getAttribute("aria-label")).toMatch(
      /Integrated gradients for golden retriever.*strongest value \+0\.0192/,
    );
    expect(root.querySelector('[role="status"]')!.textContent).toMatch(
      /F\(x\) 8\.41 − F\(x′\) 0\.320 = 8\.09.*Σ 8\.05.*gap 0\.5.*33 gradients · 0\.21.*cuda:0/,
    );
    expect(root.querySelector("details")!.open).toBe(false);
  });

  test("a text", () => {
    const { root } = show("few");
    const list = root.querySelector('[role="list"][aria-label="Tokens"]')!;
    const words = [...list.querySelectorAll<HTMLElement>('[role="listitem"]')];
    expect(words.map((word) => word.tabIndex)).toEqual([0, -1, -1, -1, -1, -1, -1]);
    expect(words[4]!.getAttribute("aria-label")).toMatch(
      /^unbelievably: \+0\.108 ± 0\.00\d+\u2009logit, rank \d of 7/,
    );
  });

  test("everything focusable keeps its keys from the notebook", () => {
    for (const name of ["image", "few", "features"]) {
      const { root } = show(name);
      const focusable = root.querySelectorAll<HTMLElement>("button, input, select, summary, [tabindex]");
      for (const element of focusable) {
        expect(element.dataset.lmSuppressShortcuts, element.outerHTML).toBe("true");
        expect(element.hasAttribute("tabindex"), element.outerHTML).toBe(true);
      }
    }
  });
});

describe("what is asked of Python", () => {
  test("the slider sets n_steps and waits for an answer", async () => {
    const { model, root } = show("image");
    const slider = named<HTMLInputElement>(root, "Interpolation steps");
    slider.value = "7";
    slider.dispatchEvent(new Event("input"));
    await painted();
    expect(model.saved).toEqual([{ n_steps: 129 }]);
    expect(root.dataset.state).toBe("queued");
    expect(root.textContent).toContain("Waiting for the kernel");
    model.emit("msg:custom", status({ state: "running", done: 40, total: 129 }));
    await painted();
    expect(root.dataset.state).toBe("running");
    expect(root.textContent).toContain("40 of 129 gradients");
  });

  test("targets, methods and baselines keep their types", async () => {
    const { model, root } = show("image");
    pick(root, "Target", "Labrador retriever");
    choose(named(root, "Method"), "input_gradient");
    choose(named(root, "Baseline"), "white");
    expect(model.saved).toEqual([{ target: 208 }, { method: "input_gradient" }, { baseline: "white" }]);
  });

  test("a new view option sends nothing else", async () => {
    const { model, root } = show("image");
    choose(named(root, "Color map"), "PuOr");
    await painted();
    expect(model.saved).toEqual([{ colormap: "PuOr" }]);
    expect(model.sent).toEqual([]);
    expect(root.dataset.state).toBe("done");
  });

  test("Stop sends one message, and only while there is something to stop", async () => {
    const { model, root } = show("running");
    await painted();
    const stop = [...root.querySelectorAll("button")].find((button) => button.textContent === "Stop")!;
    expect(stop.disabled).toBe(false);
    stop.click();
    expect(model.sent).toEqual([{ kind: "stop" }]);
    model.emit("msg:custom", status({ state: "stopped" }));
    await painted();
    expect(stop.disabled).toBe(true);
    expect(root.textContent).toContain("Stopped at 33");
  });
});

describe("frames", () => {
  const streamed = (seq: number, value: number, more = {}) => {
    const meta = { ...cases.features!(QUERY).state._frame!.meta, ...more };
    return {
      kind: "frame",
      v: 1,
      seq,
      meta,
      arrays: { values: { dtype: "float32", shape: [5], buffer: 0 } },
      value,
    };
  };
  const buffer = (value: number) => [new DataView(Float32Array.of(value, 0, 0, 0, 0).buffer)];

  test("a stale frame is dropped, a newer one painted", async () => {
    const { model, root } = show("features");
    model.emit("msg:custom", streamed(9, 7), buffer(7));
    model.emit("msg:custom", streamed(8, 6), buffer(6));
    await painted();
    expect(root.dataset.seq).toBe("9");
    expect(root.querySelector(".whylight-row-value")!.textContent).toBe("+7.00");
  });

  test("another version is an error in words, and the last good picture stays", async () => {
    const { model, root } = show("features");
    model.emit("msg:custom", { ...streamed(9, 7), v: 2 }, buffer(7));
    await painted();
    expect(root.dataset.state).toBe("error");
    expect(root.dataset.seq).toBe("3");
    expect(root.querySelector('[role="alert"]')!.textContent).toContain("version 2");
  });
});

describe("states", () => {
  test.each([
    ["queued", "queued", "Waiting for the kernel"],
    ["running", "running", "Refining: 12 of 65 gradients"],
    ["stopped", "stopped", "Stopped at 33 of 257; move the slider to go on"],
    ["static", "static", "Saved picture at 33 steps; run the cell to explore further"],
    ["zero", "done", "Every value is zero"],
    ["doubtful", "done", "The parts miss F(x) − F(x′) by 3.4"],
  ])("%s", async (name, state, words) => {
    const { root } = show(name);
    await painted();
    expect(root.dataset.state).toBe(state);
    expect(root.textContent).toContain(words);
  });

  test("error: message in sight, traceback folded, picture kept, and a new request clears it", async () => {
    const { root, model } = show("error");
    await painted();
    const alert = root.querySelector<HTMLElement>('[role="alert"]')!;
    expect(alert.hidden).toBe(false);
    expect(alert.textContent).toContain("CUDA out of memory at 64 samples");
    expect(alert.querySelector("details")!.open).toBe(false);
    expect(root.querySelector('[aria-label^="Attribution heatmap, Integrated"]')).not.toBeNull();
    choose(named(root, "Baseline"), "white");
    await painted();
    expect(alert.hidden).toBe(true);
    expect(model.saved).toEqual([{ baseline: "white" }]);
  });

  test("without choices or a live kernel the compute controls rest, view options work", () => {
    const { root } = show("image", { _choices: {} });
    expect(root.dataset.state).toBe("static");
    expect(root.hasAttribute("data-result"), "controls that can do nothing are not shown").toBe(true);
    const panels = [...root.querySelectorAll("summary")].map((summary) => summary.textContent);
    expect(panels).not.toContain("Compare");
    expect(root.textContent).not.toContain("run the cell");
    expect(named<HTMLSelectElement>(root, "Method").disabled).toBe(true);
    expect(named<HTMLSelectElement>(root, "Color map").disabled).toBe(false);
  });

  test("an empty widget says so", () => {
    const { root } = show("image", { _input: {} });
    expect(root.textContent).toContain("nothing to explain");
  });
});
