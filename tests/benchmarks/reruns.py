"""One cell run again and again: `python -m tests.benchmarks.reruns [runs] [runs with a photograph]`.

In real JupyterLab: engines alive in the kernel, live objects of the page and of the kernel, for a picture of 8 x 8 pixels and for the
net of `photo_net`, beside a bare anywidget in a page of its own: what hosts keep of every run. The first runs do not count: hosts and libraries grow until they know everything.
"""

import sys

from playwright.sync_api import Page

from tests.benchmarks.first_paint import BARE
from tests.benchmarks.photo_net import NET, in_lab
from tests.e2e.nets import PICTURE, SHOW

PHOTO = "v = wl.explain(net, picture, n_steps=17); v"
WARM = 5
ALIVE = "import gc; gc.collect(); from whylight.live.session import _OPEN; len(_OPEN)"
KERNEL = """
import gc, torch
gc.collect()
everything = gc.get_objects()
tensors = sum(t.numel() * t.element_size() for t in everything if type(t) in (torch.Tensor, torch.nn.Parameter))
[len(everything), tensors / 1e6]
"""


def memory(page: Page) -> float:
    """MB of the page's live objects."""
    link = page.context.new_cdp_session(page)
    for _ in range(3):
        link.send("HeapProfiler.collectGarbage")
    used = link.send("Runtime.getHeapUsage")["usedSize"]
    link.detach()
    return used / 1e6


def measure(cells: list[str], runs: int) -> None:
    with in_lab(cells) as notebook:

        def again(times: int) -> None:
            for _ in range(times):
                notebook.run(len(cells) - 1)
                notebook.wait_idle()
                notebook.page.locator(".whylight[data-state=done], .bare").wait_for()

        notebook.run_all()
        again(WARM)
        page, (count, tensors) = memory(notebook.page), notebook.python(KERNEL)
        again(runs)
        after, (more, larger) = memory(notebook.page), notebook.python(KERNEL)
        alive = 0 if cells[-1] == BARE else notebook.python(ALIVE)
        print(f"{runs} runs: engines alive {alive}", flush=True)
        print(f"  page {page:.1f} MB, then {after:.1f} ({after / page - 1:+.1%})")
        print(
            f"  kernel {count} Python objects, then {more} ({more / count - 1:+.1%}); tensors {tensors:.1f} MB, then {larger:.1f}"
        )


def main(small: int = 100, photographs: int = 20) -> None:
    measure(["import torch", BARE], small)
    measure([PICTURE, SHOW], small)
    measure([NET, PHOTO], photographs)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
