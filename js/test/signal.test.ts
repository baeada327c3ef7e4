// Signals: pyramids against brute force, the axis, what a scene tells, and the card of one with its windows.
import { describe, expect, test } from "vitest";
import { cases } from "../dev/cases";
import type { Frame, SignalInput } from "../src/kernel/protocol";
import { MinMax, Sums } from "../src/scenes/signal/pyramid";
import {
  grainOf,
  rankedWindows,
  readSignal,
  SignalMap,
  signalScene,
  strongestChannels,
} from "../src/scenes/signal/scene";
import { ticksOf, timeAxis } from "../src/scenes/signal/time-axis";
import { probeText, selectionText, shapeText, spanText, summaryText } from "../src/wording/signal";
import { LOOK, named, painted, QUERY, show } from "./harness";

const random = (() => {
  let state = 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
})();
const noise = (length: number) => Float32Array.from({ length }, () => random() - 0.5);

describe("pyramid", () => {
  test.each([1, 7, 8, 9, 63, 64, 65, 511, 513, 4096, 5001])(
    "of %d values is exact for any stretch",
    (length) => {
      const values = noise(length);
      const [extent, sums] = [new MinMax(values), new Sums(values)];
      for (let trial = 0; trial < 300; trial++) {
        const ends = [Math.floor(random() * (length + 1)), Math.floor(random() * (length + 1))];
        const [from, to] = [Math.min(...ends), Math.max(...ends)];
        if (from === to) continue;
        const part = values.slice(from, to);
        expect(extent.range(from, to)).toEqual([Math.min(...part), Math.max(...part)]);
        expect(sums.between(from, to)).toBeCloseTo(
          part.reduce((sum, value) => sum + value, 0),
          6,
        );
      }
    },
  );

  test("looks at few of a million values", () => {
    let looked = 0;
    const values = new Proxy(noise(100_000), {
      get: (target, name) => {
        if (typeof name === "string" && /^\d+$/.test(name)) looked++;
        return Reflect.get(target, name);
      },
    });
    const extent = new MinMax(values);
    looked = 0;
    extent.range(3, 99_990);
    expect(looked).toBeLessThan(2 * 2 * 2 * 8);
  });

  test("what is not finite adds nothing", () => {
    expect(new Sums([1, Number.NaN, 2, Number.POSITIVE_INFINITY]).between(0, 4)).toBe(3);
  });
});

const input = (changes: Partial<SignalInput> = {}): SignalInput => ({
  ...(cases.signal!(QUERY).state._input as SignalInput),
  ...changes,
});

describe("axis", () => {
  test("seconds", () => {
    const axis = timeAxis(input());
    expect(spanText(axis, 40, 59)).toBe("0.4–0.59\u2009s");
    expect(ticksOf(axis, 0, 639, 7).map(({ label }) => label)).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
    expect(ticksOf(axis, 0, 639, 7).map(({ sample }) => Math.round(sample))).toEqual([
      0, 100, 200, 300, 400, 500, 600,
    ]);
  });

  const day = 86_400_000;
  test.each([
    [60_000, 40, "12:15", "2024-03-01 12:05"],
    [3_600_000, 50, "03-02 00:00", "2024-03-01 17:00"],
    [day, 60, "2024-03-14", "2024-03-06"],
    [day, 400, "2024-07", "2024-03-06"],
    [day, 4000, "2028", "2024-03-06"],
  ])("dates %d ms apart", (step, count, label, fifth) => {
    const start = Date.UTC(2024, 2, 1, step === day ? 0 : 12);
    const axis = timeAxis(input({ unit: "date", start, step }));
    expect(axis.text(5)).toBe(fifth);
    expect(ticksOf(axis, 0, count, 6).map((tick) => tick.label)).toContain(label);
  });

  test("uneven places travel exactly", () => {
    const places = Float64Array.of(0, 1e-9, 1_700_000_000_123.25);
    const data = new Uint8Array(places.buffer);
    const stored = { dtype: "uint8" as const, shape: [3, 8], data };
    const axis = timeAxis(input({ unit: "", arrays: { ...input().arrays, places: stored } }));
    expect([0, 1, 2].map(axis.at)).toEqual([...places]);
  });
});

describe("scene", () => {
  const signal = readSignal(input());
  const decoded = (): Frame => {
    const { arrays, meta } = cases.signal!(QUERY).state._frame as {
      arrays: Record<string, { shape: number[]; data: DataView }>;
      meta: Frame["meta"];
    };
    const tensors = Object.entries(arrays).map(([name, { shape, data }]) => [
      name,
      { shape, data: new Float32Array(data.buffer) },
    ]);
    return { seq: 1, meta, arrays: Object.fromEntries(tensors) };
  };
  const scene = signalScene(signal, { frame: decoded() }, { ...LOOK, selection: [20, 21] }, true);

  test("windows add up to the whole map, and the planted one is the strongest", () => {
    expect(scene.window).toBe(20);
    expect(scene.sums.reduce((sum, one) => sum + one, 0)).toBeCloseTo(20 * 0.25 - 10 * 0.5, 6);
    expect(rankedWindows(scene).slice(0, 2)).toEqual(
      [20, 21].sort((a, b) => Math.abs(scene.sums[b]!) - Math.abs(scene.sums[a]!)),
    );
    expect(strongestChannels(scene, 1)).toEqual([1]);
  });

  test("words", () => {
    expect(shapeText(signal)).toBe("2 channels × 640 samples, 6.39\u2009s");
    expect(summaryText(scene)).toBe(
      "Attribution over a signal of 2 channels × 640 samples, 6.39\u2009s, Integrated gradients for golden retriever: " +
        "strongest window +5.00\u2009logit at 4–4.19\u2009s, most in arm",
    );
    expect(selectionText(scene)).toContain("Selected 4–4.39\u2009s: Σ 0");
    expect(probeText(scene.probe(1, 405), scene)).toMatch(
      /^arm · 4\.05.s · sample 405 · \+0\.250 ± 0\.00500.logit · rank 11 of 1280 · input/,
    );
  });

  test("colours are means over the samples that share one", () => {
    expect([1000, 1024, 5000, 1_000_000].map(grainOf)).toEqual([1, 2, 8, 1024]);
    const map = new SignalMap(Float32Array.of(1, 3, 5, 7, -1, -1, -1, -1), 2, 4);
    expect([...map.means(2)]).toEqual([2, 6, -1, -1]);
    expect(map.sum(0, 1, 3)).toBe(8);
  });

  test("a map of means stands for the samples it is of", () => {
    const small = new SignalMap(Float32Array.of(2, 6, -1, -1), 2, 4);
    expect([...small.means(2)]).toEqual([2, 6, -1, -1]);
    expect(small.sum(0, 0, 4)).toBe(16);
    expect([...small.windows(2)[1]!]).toEqual([-2, -2]);
  });
});

/** Boxes have no size here: all of the signal lies within 640 pixels. */
function laidOut(box: HTMLElement): HTMLElement {
  box.getBoundingClientRect = () => ({ left: 0, top: 0, width: 640, height: 100 }) as DOMRect;
  return box;
}

const pointer = (type: string, x: number, more = {}) =>
  new PointerEvent(type, { clientX: x, clientY: 30, isPrimary: true, bubbles: true, ...more });

describe("card", () => {
  const opened = async () => {
    const shown = show("signal");
    await painted();
    const strip = laidOut(shown.root.querySelector<HTMLElement>(".whylight-strip")!);
    const plot = shown.root.querySelector<HTMLElement>(".whylight-signal-plot")!;
    return { ...shown, strip, plot, probe: shown.root.querySelector<HTMLElement>(".whylight-probe")! };
  };

  test("has lines with a name, a bar per window, and the channels' names", async () => {
    const { root, plot, strip } = await opened();
    expect(plot.getAttribute("role")).toBe("img");
    expect(plot.getAttribute("aria-label")).toMatch(/^Attribution over a signal/);
    expect(plot.dataset.lmSuppressShortcuts).toBe("true");
    expect(strip.getAttribute("aria-label")).toBe("Sums of 32 windows of 20 samples");
    expect([...root.querySelectorAll(".whylight-signal-names span")].map((name) => name.textContent)).toEqual(
      ["chest", "arm"],
    );
  });

  test("a stroke adds up windows at once", async () => {
    const { root, model, strip } = await opened();
    strip.dispatchEvent(pointer("pointerdown", 401));
    strip.dispatchEvent(pointer("pointermove", 425));
    await painted();
    const chosen = root.querySelector(".whylight-signal-chosen")!;
    expect(chosen.textContent).toContain("Selected 4–4.39");
    expect(model.get("selection")).toEqual([]);
    strip.dispatchEvent(pointer("pointerup", 425));
    expect(model.get("selection")).toEqual([20, 21]);
    strip.dispatchEvent(pointer("pointerdown", 1));
    strip.dispatchEvent(pointer("pointerup", 1));
    expect(model.get("selection")).toEqual([0]);
    strip.dispatchEvent(pointer("pointerdown", 1));
    strip.dispatchEvent(pointer("pointerup", 1));
    expect(model.get("selection")).toEqual([]);
  });

  test("windows follow what they are made of", async () => {
    const { model, strip } = await opened();
    model.set("units", 10);
    await painted();
    expect(strip.getAttribute("aria-label")).toBe("Sums of 64 windows of 10 samples");
    strip.dispatchEvent(pointer("pointerdown", 405));
    strip.dispatchEvent(pointer("pointerup", 405));
    expect(model.get("selection")).toEqual([40]);
  });

  test("the keyboard walks from the strongest window, and takes it", async () => {
    const { model, plot, probe } = await opened();
    const press = async (key: string, more = {}) => {
      plot.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
      await painted();
    };
    await press("ArrowRight");
    expect(probe.textContent).toMatch(/^arm · 4\.1.s · sample 410/);
    expect(probe.getAttribute("aria-live")).toBe("polite");
    await press("ArrowRight");
    expect(probe.textContent).toContain("sample 411");
    await press("ArrowUp");
    expect(probe.textContent).toMatch(/^chest/);
    await press("ArrowLeft", { shiftKey: true });
    expect(probe.textContent).toContain("sample 401");
    await press(" ");
    expect(model.get("selection")).toEqual([20]);
    await press("+");
    await press("End");
    expect(probe.textContent).toContain("sample 639");
    await press("Escape");
    expect(model.get("selection")).toEqual([]);
    expect(probe.textContent).toMatch(/^Strongest window/);
  });

  test("ranked windows leave out those of nothing", async () => {
    const { root } = await opened();
    const ranked = root.querySelector<HTMLDetailsElement>(".whylight-ranked")!;
    ranked.open = true;
    ranked.dispatchEvent(new Event("toggle"));
    const rows = [...named(ranked, "Ranked windows").children].map((row) => row.getAttribute("aria-label"));
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/^4–4\.19.s: \+5\.00.logit/);
  });

  test("the panel of windows tells scores, levels and the length", async () => {
    const { root, model } = await opened();
    const panel = [...root.querySelectorAll("details")].find((one) =>
      one.textContent?.startsWith("Windows"),
    )!;
    panel.open = true;
    panel.dispatchEvent(new Event("toggle"));
    await painted();
    const strip = laidOut(panel.querySelector<HTMLElement>(".whylight-strip")!);
    expect(strip.getAttribute("aria-label")).toContain("Windows of the signal, Contextual decomposition");
    expect(strip.getAttribute("aria-label")).toContain("Strongest: 4–4.19");
    const length = named<HTMLSelectElement>(panel, "Windows of");
    expect(length.options[0]!.textContent).toBe("20 samples (0.2 s)");
    strip.dispatchEvent(pointer("pointermove", 425));
    expect(panel.querySelector(".whylight-probe")!.textContent).toContain("4.2–4.39");
    strip.dispatchEvent(pointer("pointerdown", 401));
    strip.dispatchEvent(pointer("pointerup", 401));
    await painted();
    expect(model.get("selection")).toEqual([20]);
    expect(panel.querySelector(".whylight-group-facts")!.textContent).toContain("4–4.19");
  });
});
