// How the widget behaves as a guest: hostile text, clean endings, several views, the keyboard.
import { describe, expect, test, vi } from "vitest";
import { choose, named, painted, show } from "./harness";

/** happy-dom's elements do not inherit from the global EventTarget. */
function listeningPrototype(): EventTarget {
  let owner: object = document.body;
  while (!Object.hasOwn(owner, "addEventListener")) owner = Object.getPrototypeOf(owner);
  return owner as EventTarget;
}

describe("manners", () => {
  test("hostile text stays text", () => {
    const bad = "<img src=x onerror=alert(1)>";
    const { root } = show("few", {
      _input: {
        v: 1,
        kind: "text",
        text: bad,
        tokens: [{ text: bad, unit: 0, special: false }],
        units: [{ text: bad, special: false }],
        segments: [[bad, 0]],
      },
      _choices: {
        v: 1,
        methods: [{ value: "m", label: bad }],
        labels: [bad],
        targets: [{ value: 0, label: bad }],
      },
      _status: { v: 1, state: "error", message: bad, detail: bad },
    });
    expect(root.querySelector("img")).toBeNull();
    expect(named(root, "Tokens").textContent).toBe(bad);
  });

  test("a closed view leaves nothing behind", () => {
    const added = vi.spyOn(listeningPrototype(), "addEventListener");
    const { model, root, closeView, closeModel } = show("image");
    const onElements = added.mock.calls.filter((_, call) => added.mock.contexts[call] instanceof Element);
    const unsigned = onElements.filter(([, , options]) => !(options as { signal?: object })?.signal);
    expect(unsigned.map(([type]) => type)).toEqual([]);
    expect(onElements.length).toBeGreaterThan(20);
    added.mockRestore();
    closeView();
    expect(root.isConnected).toBe(false);
    expect(model.listening).toBe(1); // to hear of its own end
    closeModel();
    expect(model.listening).toBe(0);
  });

  test("two views of one model follow each other, and a late one has the newest frame", async () => {
    const { model, root, again } = show("image");
    const second = again();
    choose(named(root, "Color map"), "gray");
    await painted();
    expect(named<HTMLSelectElement>(second, "Color map").value).toBe("gray");
    expect(second.querySelector<HTMLElement>(".whylight")!.dataset.seq).toBe("3");
    model.set("n_steps", 9);
    await painted();
    for (const view of [root, second]) {
      expect(named(view, "Interpolation steps").getAttribute("aria-valuetext")).toMatch(/^9\b/);
    }
  });

  test("arrow keys walk the words; Enter pins, Escape lets go", async () => {
    const { model, root } = show("few");
    const words = [...root.querySelectorAll<HTMLElement>(".whylight-token")];
    const press = (key: string) =>
      document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    words[0]!.focus();
    press("ArrowRight");
    expect(document.activeElement).toBe(words[1]);
    press("Enter");
    await painted();
    expect(model.saved).toEqual([{ selection: [1] }]);
    expect(words[1]!.classList.contains("whylight-pinned")).toBe(true);
    press("Escape");
    expect(model.get("selection")).toEqual([]);
  });

  test.each([[[-1, 2]], [[2, 4000]], [[1.5, 2]], [[3]]])(
    "a pixel outside of the picture (%s) is not shown",
    async (pixel) => {
      const { root, model } = show("image");
      const probe = root.querySelector<HTMLElement>(".whylight-probe")!;
      model.set("pixel", pixel);
      await painted();
      expect(probe.textContent).toMatch(/^Strongest /);
      model.set("pixel", [3, 4]);
      await painted();
      expect(probe.textContent).toMatch(/^Row 3, column 4/);
    },
  );

  test("arrow keys move the pixel cursor from the strongest pixel", async () => {
    const { model, root } = show("digit");
    const heatmap = root.querySelector<HTMLElement>('[aria-label^="Attribution heatmap"]')!;
    const press = (key: string) =>
      heatmap.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    press("ArrowLeft");
    await painted();
    const probe = root.querySelector(".whylight-probe")!;
    expect(probe.textContent).toMatch(/^Row 7, column 6 · \+0\.300\u2009logit · rank 1 of 64 · input/);
    press("ArrowLeft");
    press("Enter");
    await painted();
    expect(model.saved).toEqual([{ pixel: [7, 5] }]);
  });
});
