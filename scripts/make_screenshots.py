"""Take the pictures of the documentation in a real JupyterLab: `python scripts/make_screenshots.py [name ...]`.

Writes docs/images/<name>-<light|dark>.png. Needs Chromium, as the browser tests do.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402

from tests.e2e.lab import Notebook, find_chromium, serve  # noqa: E402

CELLS = {
    "widget": "import whylight as wl\ndemo = wl.demo.shapes()\n"
    "wl.explain(demo.model, demo.inputs[4], baseline='mean', **demo.options)",
    "text": "import whylight as wl\ndemo = wl.demo.sentiment()\n"
    "wl.explain(demo.model, demo.inputs[1], target='positive', **demo.options)",
    "phrases": "import whylight as wl\ndemo = wl.demo.sentiment()\n"
    "text = 'The story is not bad, and the acting is wonderful.'\n"
    "w = wl.explain(demo.model, text, target='positive', **demo.options)\nw.selection = [3, 4]; w",
    "compare": "import whylight as wl\ndemo = wl.demo.shapes()\n"
    "w = wl.explain(demo.model, demo.inputs[4], baseline='mean', **demo.options)\n"
    "w.compare, w.scale = ['input_x_gradient', 'ggig', 'guided_ig', 'occlusion'], 'own'; w",
    "path": "import whylight as wl\ndemo = wl.demo.shapes()\n"
    "wl.explain(demo.model, demo.inputs[4], baseline='mean', **demo.options)",
    "table": "import whylight as wl\nfrom sklearn.datasets import load_breast_cancer\n"
    "from sklearn.ensemble import RandomForestClassifier\n"
    "X, y = load_breast_cancer(return_X_y=True, as_frame=True)\n"
    "forest = RandomForestClassifier(100, random_state=0).fit(X, y)\n"
    "w = wl.explain(forest, X, target='malignant', labels=['malignant', 'benign'])\n"
    "w.subgroup = 'Predicted class: malignant'; w",
    "row": "import whylight as wl\nfrom sklearn.datasets import load_breast_cancer\n"
    "from sklearn.ensemble import RandomForestClassifier\n"
    "X, y = load_breast_cancer(return_X_y=True, as_frame=True)\n"
    "forest = RandomForestClassifier(100, random_state=0).fit(X, y)\n"
    "wl.explain(forest, X.iloc[3], background=X, labels=['malignant', 'benign'])",
    "batch": "import whylight as wl\ndemo = wl.demo.digits()\nwl.explain(demo.model, demo.inputs[:8], **demo.options)",
    "signal": "import numpy as np, torch, whylight as wl\n"
    "noise = np.random.default_rng(0).normal(0, 0.05, 4000)\n"
    "signal = 0.3 * np.sin(np.arange(4000) / 66) + noise\nsignal[1800:1860] += 2 * np.hanning(60)\n"
    "loud = lambda x: torch.logsumexp(20 * x, -1).mean(-1) / 20\n"
    "net = lambda x: torch.stack([1 - loud(x), loud(x)], 1)\n"
    "wl.explain(net, signal[None].astype('float32'), kind='signal', sample_rate=500, labels=['calm', 'spike'])",
    "regions": "import whylight as wl\ndemo = wl.demo.shapes()\n"
    "w = wl.explain(demo.model, demo.inputs[4], baseline='mean', **demo.options)\n"
    "rows = {5: (4, 6), 6: (1, 6), 7: (1, 6), 8: (1, 7), 9: (2, 8), 10: (2, 8), 11: (2, 5)}\n"
    "w.selection = [13 * row + column for row, ends in rows.items() for column in range(*ends)]; w",
}
PANELS = {  # opened; what is waited for
    "phrases": ("Phrases", ".whylight-group"),
    "path": ("Path", ".whylight-path-box"),
    "regions": ("Regions", "[aria-label=Level]"),
}


def main(names: list[str]) -> None:
    """Take the pictures named, or all."""
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder, serve("lab", Path(folder) / "j") as server:
        browser = play.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        for name, cell in ((name, CELLS[name]) for name in names or CELLS):
            page = browser.new_context(viewport={"width": 1400, "height": 2000}, device_scale_factor=1.5).new_page()
            notebook = Notebook(page, server)
            notebook.open([cell])
            notebook.run_all()
            page.wait_for_selector(".whylight[data-state=done]")
            panel, grown = PANELS.get(name, ("", ""))
            if panel:
                notebook.widget.locator("summary", has_text=panel).click()
                page.wait_for_selector(".whylight[data-state=done] :is(.whylight-groups-whole, .whylight-path):visible")
                build = notebook.widget.get_by_role("button", name="Build the hierarchy")
                if build.is_visible():
                    build.click()
                page.wait_for_selector(grown)
                page.wait_for_selector(".whylight[data-state=done]")
            for theme in ("Light", "Dark"):
                notebook.set_theme(f"JupyterLab {theme}")
                page.wait_for_selector(f".whylight[data-theme={theme.lower()}]")
                page.evaluate("() => new Promise(requestAnimationFrame)")
                notebook.widget.screenshot(path=ROOT / f"docs/images/{name}-{theme.lower()}.png")
            notebook.close()


if __name__ == "__main__":
    main(sys.argv[1:])
