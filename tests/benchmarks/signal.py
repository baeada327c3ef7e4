"""A signal of 1,000,000 samples in a bare page of Chromium: `python -m tests.benchmarks.signal [samples]`.

Interleaved in one page, medians: from the messages to the painted card, beside a bare canvas that draws a line through the same
numbers; frames in which the pointer moved, or "Zoom in" was pressed, beside empty ones. Then what the page's memory grew by, the
numbers as they came not counted. Painting ends where a pixel of every canvas has been read back.
"""

import base64
import sys
from pathlib import Path
from statistics import median

import numpy as np
import torch
from playwright.sync_api import Page, sync_playwright

from tests.contract.make import attribution
from tests.e2e.lab import find_chromium
from whylight.live.wire.frames import answer_message
from whylight.live.wire.inputs import input_message
from whylight.views.signal import SignalView

STATIC = Path(__file__).parents[2] / "src/whylight/static"
ROUNDS = 9
PAGE = """async ([source, style, input, frame]) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const bytes = (array) => ({ ...array, data: new DataView(Uint8Array.from(atob(array.data), (c) => c.charCodeAt(0)).buffer) });
  const whole = (message) => ({ ...message, arrays: Object.fromEntries(Object.entries(message.arrays).map(([k, a]) => [k, bytes(a)])) });
  [window.signalInput, window.signalFrame] = [whole(input), whole(frame)];
  window.widget = module.default();
}"""
READ = """
  const read = (root) => root.querySelectorAll("canvas").forEach((c) => c.width && c.getContext("2d").getImageData(0, 0, 1, 1));
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
"""
CARD = f"""async () => {{
  {READ}
  const state = {{ _input: window.signalInput, _frame: window.signalFrame, _status: {{ v: 1, state: "done" }}, _choices: {{}}, method: "integrated_gradients",
    n_steps: 33, target: 0, baseline: "zero", colormap: "RdBu", opacity: 1, clip: 99.5, sign: "all", view: "separate", order: "magnitude",
    subgroup: "", selection: [], pixel: [], scale: "shared", compare: [], _compared: {{}}, _groups: {{}}, _path: {{}}, against: null, scorer: "cd", units: null }};
  const model = {{ get: (k) => state[k], set: (k, v) => {{ state[k] = v; }}, on() {{}}, off() {{}}, save_changes() {{}}, send() {{}} }};
  document.body.replaceChildren();
  const start = performance.now();
  const el = document.body.appendChild(Object.assign(document.createElement("div"), {{ style: "width:1000px" }}));
  window.life?.abort();
  const life = window.life = new AbortController();
  window.widget.initialize({{ model, signal: life.signal }});
  window.widget.render({{ model, el, signal: life.signal }});
  await frame(); await frame();
  read(el);
  return performance.now() - start;
}}"""
BARE = f"""async () => {{
  {READ}
  document.body.replaceChildren();
  const start = performance.now();
  const array = window.signalInput.arrays.values;
  const values = new Float32Array(array.data.buffer, array.data.byteOffset, array.shape[1]);
  const canvas = document.body.appendChild(Object.assign(document.createElement("canvas"), {{ width: 1000, height: 140 }}));
  const context = canvas.getContext("2d");
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {{ if (value < low) low = value; if (value > high) high = value; }}
  context.beginPath();
  for (let i = 0; i < values.length; i++) context.lineTo((1000 * i) / values.length, 140 * (high - values[i]) / (high - low));
  context.stroke();
  await frame(); await frame();
  read(document.body);
  return performance.now() - start;
}}"""
HOVER = f"""async (x) => {{
  {READ}
  const plot = document.querySelector(".whylight-signal-plot");
  const box = plot.getBoundingClientRect();
  await frame();
  const start = performance.now();
  if (x !== null) plot.dispatchEvent(new PointerEvent("pointermove", {{ clientX: box.left + x, clientY: box.top + 60, bubbles: true }}));
  await frame();
  read(document.body);
  return performance.now() - start;
}}"""
ZOOM = f"""async (name) => {{
  {READ}
  await frame();
  const start = performance.now();
  document.querySelector(`[aria-label="${{name}}"]`).click();
  await frame();
  read(document.body);
  return performance.now() - start;
}}"""
MEMORY = "() => performance.memory.usedJSHeapSize"


def load(page: Page, samples: int) -> None:
    """A signal with a slow wave under noise, and a map of noise."""
    generator = torch.Generator().manual_seed(0)
    wave = torch.sin(torch.arange(samples) / samples * 40) + 0.2 * torch.randn(samples, generator=generator)
    view = SignalView(wave[None].numpy().astype(np.float32), ("a",))
    made = attribution(view, torch.randn(1, 1, samples, generator=generator))
    messages = [input_message(view), answer_message(made, seq=1)]
    for message in messages:
        for one in message["arrays"].values():
            one["data"] = base64.b64encode(one["data"]).decode()
    texts = [(STATIC / name).read_text("utf-8") for name in ("signals.js", "widget.css")]
    page.evaluate(PAGE, [*texts, *messages])


def main(samples: int = 1_000_000) -> None:
    with sync_playwright() as play:
        flags = ["--no-sandbox", "--enable-precise-memory-info", "--js-flags=--expose-gc"]
        browser = play.chromium.launch(executable_path=find_chromium(), args=flags)
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.goto("about:blank")
        load(page, samples)
        page.evaluate("gc()")
        before = page.evaluate(MEMORY)
        times: dict[str, list[float]] = {"bare": [], "card": [], "hover": [], "idle": [], "zoom": []}
        for round_ in range(ROUNDS):
            times["bare"].append(page.evaluate(BARE))
            times["card"].append(page.evaluate(CARD))
            times["hover"] += [page.evaluate(HOVER, 100 + 61 * k + round_) for k in range(8)]
            times["idle"] += [page.evaluate(HOVER, None) for _ in range(8)]
            times["zoom"] += [page.evaluate(ZOOM, "Zoom in") for _ in range(6)]
            times["zoom"] += [page.evaluate(ZOOM, "Whole signal")]
        page.evaluate("gc()")
        grown = (page.evaluate(MEMORY) - before) / 1e6
        found = {name: median(values[1:]) for name, values in times.items()}
        first, bare = times["card"][0], times["bare"][0]
        print(
            f"{samples:,} samples: card {found['card']:.0f} ms, bare canvas {found['bare']:.0f} ms, ratio {found['card'] / found['bare']:.2f}"
        )
        print(f"the first of each: {first:.0f} ms and {bare:.0f} ms")
        waits = f"an empty frame {found['idle']:.1f} ms"
        print(
            f"frames with a move of the pointer {found['hover']:.1f} ms, with a step of zoom {found['zoom']:.1f} ms, {waits}"
        )
        print(f"the page's memory grew by {grown:.0f} MB")
        browser.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
