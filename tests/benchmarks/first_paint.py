"""From running a cell to its card, and how the card's height changes after: `python -m tests.benchmarks.first_paint [runs]`.

In real JupyterLab, the net of `photo_net`: ms from the click to the card (a skeleton) less those of a bare anywidget run just before, and from
the click to the first picture beside what the first nine gradients take by themselves in the same kernel. Then, for five kinds of input, the height of
the card when it is first seen and when it is finished.
"""

import sys
from statistics import median

from tests.benchmarks.photo_net import NET, in_lab
from tests.e2e.lab import Notebook

BARE = """
import anywidget

class Bare(anywidget.AnyWidget):
    _esm = "export default { render({ el }) { el.classList.add('bare'); } };"

Bare()
"""
SHOW = "w = wl.explain(net, picture, n_steps=129); w"
SHOWN = {
    "photo": SHOW,
    "sentence": "d = wl.demo.sentiment(); w = wl.explain(d.model, d.inputs[1], **d.options); w",
    "row": "w = wl.explain(torch.nn.Linear(12, 2), np.linspace(-2, 2, 12, dtype=np.float32)); w",
    "batch": "w = wl.explain(net, [picture, 255 - picture, picture // 2], n_steps=129); w",
    "signal": "w = wl.explain(torch.nn.Linear(900, 2), torch.sin(torch.arange(900) / 40)[None], kind='signal', sample_rate=100); w",
}
START = """(selector) => {
  document.querySelectorAll(selector).forEach((e) => e.classList.add("old"));
  window.seen = new Promise((resolve) => {
    const start = performance.now();
    const told = {};
    const watch = new MutationObserver(() => {
      const card = document.querySelector(`${selector}:not(.old)`);
      if (!card) return;
      if (told.card === undefined) {
        told.card = performance.now() - start;
        told.height = card.getBoundingClientRect().height;
      }
      if (selector === ".bare" || Number(card.dataset.seq) > 0) {
        watch.disconnect();
        told.picture = performance.now() - start;
        resolve(told);
      }
    });
    watch.observe(document.body, { subtree: true, childList: true, attributes: true });
  });
}"""
HEIGHT = "() => document.querySelector('.whylight:not(.old)').getBoundingClientRect().height"


def run(notebook: Notebook, cell: int, selector: str) -> dict[str, float]:
    """Ms from running a cell to what it shows, and the height of that."""
    notebook.page.evaluate(START, selector)
    notebook.run(cell)
    told = notebook.page.evaluate("window.seen")
    notebook.wait_idle()
    return told


def main(runs: int = 12) -> None:
    with in_lab([BARE, NET, *SHOWN.values()]) as notebook:
        notebook.run(1)
        notebook.wait_idle()
        bare, card, picture, nine = [], [], [], []
        for _ in range(runs + 1):
            bare.append(run(notebook, 0, ".bare")["card"])
            told = run(notebook, 2, ".whylight")
            card.append(told["card"])
            picture.append(told["picture"])
            notebook.python("w.wait().n_evaluations")
            nine.append(notebook.python("nine()"))
        print(f"the first of a kernel: card {card[0]:.0f} ms, bare anywidget {bare[0]:.0f} ms")
        more = sorted(c - b for c, b in zip(card[1:], bare[1:], strict=True))
        skeleton, host, first, alone = (median(times[1:]) for times in (card, bare, picture, nine))
        print(f"cell to card {skeleton:.0f} ms, bare anywidget {host:.0f} ms")
        print(
            f"more, pair by pair: {median(more):.0f} ms ({more[len(more) // 4]:.0f} to {more[-1 - len(more) // 4]:.0f})"
        )
        print(
            f"first picture {first:.0f} ms, nine gradients {alone:.0f} ms: with the host {first / (alone + host):.2f}"
        )
        for i, name in enumerate(SHOWN, 2):
            seen = run(notebook, i, ".whylight")["height"]
            notebook.python("w.wait().n_evaluations")
            notebook.page.locator(".whylight:not(.old)[data-state=done]").wait_for()
            last = notebook.page.evaluate(HEIGHT)
            print(f"{name}: {seen:.0f} px, then {last:.0f} ({last / seen - 1:+.1%})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
