"""A picture of the size of a photograph and a small convolutional net, as cells of a notebook, and JupyterLab to run them in."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.lab import Notebook, find_chromium, serve

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


@contextmanager
def in_lab(cells: Sequence[str]) -> Iterator[Notebook]:
    """A notebook of these cells, open in JupyterLab."""
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder, serve("lab", Path(folder) / "j") as server:
        browser = play.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        notebook = Notebook(browser.new_context(viewport={"width": 1280, "height": 900}).new_page(), server)
        notebook.open(cells)
        yield notebook
        notebook.close()
