"""From running a cell to its card: `python -m tests.benchmarks.first_paint [runs]`.

In real JupyterLab, the photograph net of this file: ms from the click to the card (skeleton) beside those of a bare anywidget, and from the click
to the first picture beside what the first nine gradients take by themselves in the same kernel. Then so many re-runs of the cell: engines
alive in the kernel, and memory of the page.
"""

import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from tests.e2e.lab import Notebook, find_chromium, serve

BARE = """
import anywidget

class Bare(anywidget.AnyWidget):
    _esm = "export default { render({ el }) { el.classList.add('bare'); } };"

Bare()
"""
NET = """
import time, numpy as np, torch, whylight as wl
torch.manual_seed(0)
layers = [torch.nn.Conv2d(3, 32, 7, 2, 3), torch.nn.ReLU()]
for _ in range(6):
    layers += [torch.nn.Conv2d(32, 32, 3, padding=1), torch.nn.ReLU()]
net = torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(4), torch.nn.Flatten(), torch.nn.Linear(512, 10)).eval()
yy, xx = np.mgrid[:224, :224]
picture = np.stack([xx, yy, (xx + yy) // 2], -1).astype(np.uint8)

def nine():
    before = time.perf_counter()
    wl.attribute(net, picture, n_steps=9)
    return 1000 * (time.perf_counter() - before)
"""
SHOW = "w = wl.explain(net, picture, n_steps=129); w"
START = """(selector) => {
  document.querySelectorAll(selector).forEach((e) => e.classList.add("old"));
  window.seen = new Promise((resolve) => {
    const start = performance.now();
    const told = {};
    const watch = new MutationObserver(() => {
      const card = document.querySelector(`${selector}:not(.old)`);
      if (!card) return;
      told.card ??= performance.now() - start;
      if (selector === ".bare" || Number(card.dataset.seq) > 0) {
        watch.disconnect();
        told.picture = performance.now() - start;
        resolve(told);
      }
    });
    watch.observe(document.body, { subtree: true, childList: true, attributes: true });
  });
}"""


def run(notebook: Notebook, cell: int, selector: str) -> dict[str, float]:
    """Ms from running a cell to what it shows."""
    notebook.page.evaluate(START, selector)
    notebook.run(cell)
    told = notebook.page.evaluate("window.seen")
    notebook.wait_idle()
    return told


def memory(page: Page) -> float:
    """MB of the page's live objects."""
    link = page.context.new_cdp_session(page)
    for _ in range(3):
        link.send("HeapProfiler.collectGarbage")
    used = link.send("Runtime.getHeapUsage")["usedSize"]
    link.detach()
    return used / 1e6


def main(reruns: int = 100) -> None:
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder, serve("lab", Path(folder) / "j") as server:
        browser = play.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        notebook = Notebook(browser.new_context(viewport={"width": 1280, "height": 900}).new_page(), server)
        notebook.open([BARE, NET, SHOW])
        notebook.run(1)
        notebook.wait_idle()
        bare, card, picture, nine = [], [], [], []
        for _ in range(8):
            bare.append(run(notebook, 0, ".bare")["card"])
            told = run(notebook, 2, ".whylight")
            card.append(told["card"])
            picture.append(told["picture"])
            notebook.python("w.wait().n_evaluations")
            nine.append(notebook.python("nine()"))
        skeleton, host, first, alone = (median(times[1:]) for times in (card, bare, picture, nine))
        print(f"cell to card {skeleton:.0f} ms, bare anywidget {host:.0f} ms: {skeleton - host:.0f} ms more")
        print(
            f"cell to first picture {first:.0f} ms; first nine gradients {alone:.0f} ms, with the host {(first) / (alone + host):.2f}"
        )
        before = memory(notebook.page)
        for _ in range(reruns):
            notebook.run(2)
            notebook.wait_idle()
        alive = notebook.python("import gc; gc.collect(); from whylight.live.session import _OPEN; len(_OPEN)")
        print(
            f"after {reruns} more runs: engines alive {alive}, page {before:.1f} MB then {memory(notebook.page):.1f} MB"
        )
        notebook.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
