"""The widget's way in real JupyterLab: `python -m tests.benchmarks.widget`.

Measured in one page, interleaved: moving the step slider until the answer is painted (all gradients already paid for, so
only the way counts), beside a bare anywidget that echoes a number; bytes of a streamed frame; time to recolour a heatmap.
"""

import json
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from tests.e2e.lab import Notebook, find_chromium, serve

ECHO = '''
import anywidget, traitlets

class Echo(anywidget.AnyWidget):
    _esm = """
    export default { render({ model, el }) {
      el.classList.add("echo");
      el.move = (value) => { model.set("sent", value); model.save_changes(); };
      model.on("change:back", () => { el.dataset.seq = model.get("back"); });
    } };
    """
    sent, back = traitlets.Int().tag(sync=True), traitlets.Int().tag(sync=True)

    @traitlets.observe("sent")
    def _reply(self, change):
        self.back = change.new

Echo()
'''
WIDGET = """
import whylight as wl
demo = wl.demo.shapes()
w = wl.explain(demo.model, demo.inputs[0], n_steps=65, **demo.options); w
"""
LARGE = """
import torch
size = {size}
big = wl.explain(lambda x: (x * x).sum((1, 2, 3)), torch.rand(1, 3, size, size), n_steps=5); big
"""
BYTES = "from whylight import wire; sum(map(len, wire.streamed(wire.frame(big.attribution, seq=1))[1]))"

ROUND_TRIP = """([root, slider, values]) => new Promise((resolve) => {
  const start = performance.now();
  const watch = new MutationObserver(() => { watch.disconnect(); resolve(performance.now() - start); });
  watch.observe(root, { attributes: true, attributeFilter: ["data-seq"] });
  if (slider) {
    slider.value = slider.value === values[0] ? values[1] : values[0];
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  } else root.move(Number(root.dataset.seq ?? 0) + 1);
})"""
RECOLOUR = """(select) => new Promise((resolve) => {
  const start = performance.now();
  select.value = select.value === "RdBu" ? "PuOr" : "RdBu";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = () => resolve(performance.now() - start); c.port2.postMessage(0); });
})"""


def round_trips(page: Page, rounds: int = 40) -> tuple[float, float]:
    """Median ms of (the widget's slider, the bare echo)."""
    root = page.locator(".whylight").first
    slider = root.get_by_role("slider", name="Interpolation steps").element_handle()
    echo = page.locator(".echo").element_handle()
    times: dict[str, list[float]] = {"widget": [], "echo": []}
    for _ in range(rounds):
        times["widget"].append(page.evaluate(ROUND_TRIP, [root.element_handle(), slider, ["5", "6"]]))
        times["echo"].append(page.evaluate(ROUND_TRIP, [echo, None, None]))
    return median(times["widget"][5:]), median(times["echo"][5:])


def main() -> None:
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder, serve("lab", Path(folder) / "j") as server:
        browser = play.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        notebook = Notebook(browser.new_context(viewport={"width": 1280, "height": 900}).new_page(), server)
        notebook.open([ECHO, WIDGET])
        notebook.run_all()
        notebook.page.wait_for_selector(".whylight[data-state=done]")
        notebook.python("w.n_steps = 33; w.wait().n_evaluations")
        widget, echo = round_trips(notebook.page)
        print(f"slider to painted answer {widget:.1f} ms, bare echo {echo:.1f} ms, ratio {widget / echo:.2f}")
        notebook.close()
        for size in (224, 512, 1024):
            notebook = Notebook(browser.new_context().new_page(), server)
            notebook.open(["import whylight as wl", LARGE.format(size=size)])
            notebook.run_all()
            notebook.page.wait_for_selector(".whylight[data-state=done]")
            notebook.widget.get_by_text("Display", exact=True).click()
            select = notebook.widget.get_by_role("combobox", name="Color map").element_handle()
            paint = median(notebook.page.evaluate(RECOLOUR, select) for _ in range(15))
            size_text = json.dumps(notebook.python(BYTES))
            print(f"{size:5d} x {size}: recolour {paint:.1f} ms, final frame {int(size_text) / 1000:.0f} kB")
            notebook.close()


if __name__ == "__main__":
    main()
