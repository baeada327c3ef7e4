"""The table view in a real JupyterLab: a forest over rows, units, order, groups, stepping, keyboard, a readable narrow card."""

import itertools
import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from tests.e2e.lab import Notebook

FOREST = """
import whylight as wl
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
forest = RandomForestClassifier(20, random_state=0).fit(X, y)
LABELS = ["malignant", "<i>benign</i>"]
"""
FRAME = "w = wl.explain(forest, X, labels=LABELS); w"
ROW = "w = wl.explain(forest, X.iloc[0], background=X, labels=LABELS, method='finite_differences'); w"


def draw(notebook: Notebook, cell: str) -> Locator:
    notebook.open([FOREST, cell])
    notebook.run_all()
    expect(notebook.widget).to_have_attribute("data-state", "done", timeout=60_000)
    notebook.wait_idle()
    return notebook.widget


def rows(widget: Locator) -> Locator:
    return widget.get_by_role("list", name="Features").get_by_role("listitem")


def test_a_frame_from_summary_to_row(lab: Notebook) -> None:
    widget = draw(lab, FRAME)
    strongest = lab.python(
        "X.columns[(w.attribution.numpy().mean(0) * X.std(ddof=0)).abs().argmax()], w.method, w.target"
    )
    assert strongest[1:] == ["finite_differences", 1]
    expect(rows(widget)).to_have_count(30)
    more = widget.locator(".whylight-bars-more")
    expect(more).to_have_text(re.compile(r"^\d+ more below$"))
    rows(widget).last.scroll_into_view_if_needed()
    expect(more).to_have_text("All 30 rows")
    expect(rows(widget).first).to_contain_text(strongest[0])
    expect(rows(widget).first).to_have_accessible_name(re.compile("standard deviation .*90.% of the rows from"))
    expect(widget.get_by_role("status")).to_contain_text("mean F(x)")
    expect(widget.get_by_role("slider", name="Interpolation steps")).to_have_count(0)

    widget.get_by_role("combobox", name="Group").select_option(label="malignant (212)")
    expect(widget).to_contain_text("Means of 212 rows (Predicted class: malignant)")
    widget.get_by_role("button", name="Next row").click()
    expect(widget).to_contain_text("Row 0, F(x)")
    widget.get_by_role("button", name="Next row").click()
    expect(widget).to_contain_text("Row 1, F(x)")
    expect(rows(widget).first).to_have_accessible_name(re.compile(" = .*: "))
    lab.heard("w.selection == [1]")
    assert lab.python("[w.selection, w.subgroup]") == [[1], "Predicted class: malignant"]

    lab.python("w.selection = []; w.subgroup = ''; w.order = 'name'")
    expect(widget).to_contain_text("Means of 569 rows")
    expect(rows(widget).first).to_contain_text("area error")
    lab.python("w.target = 'malignant'; w.wait(20).target")
    expect(widget).to_contain_text("raises the score of “malignant”")


def test_a_row_by_mouse_and_keyboard(lab: Notebook) -> None:
    widget = draw(lab, ROW)
    tip = widget.locator(".whylight-bars-frame .whylight-tip")
    rows(widget).nth(1).hover()
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("probability per standard deviation")
    beside, row = tip.bounding_box(), rows(widget).nth(1).bounding_box()
    assert beside
    assert row
    assert abs(beside["y"] - (row["y"] + row["height"])) <= 4
    widget.get_by_role("combobox", name="Units").select_option("raw")
    expect(widget).to_contain_text("Attribution, probability per unit")
    widget.get_by_role("combobox", name="Order").select_option("given")
    expect(rows(widget).first).to_contain_text("mean radius")
    expect(rows(widget).first).to_contain_text("17.99")
    rows(widget).first.focus()
    lab.page.keyboard.press("ArrowDown")
    expect(rows(widget).nth(1)).to_be_focused()
    lab.page.keyboard.press("End")
    expect(rows(widget).last).to_be_focused()
    expect(tip).to_contain_text("worst fractal dimension")
    lab.wait_idle()
    assert lab.python("[w.view, w.order]") == ["raw", "given"]


def test_no_accessibility_violations_and_nothing_cut_off(lab: Notebook) -> None:
    widget = draw(lab, FRAME)
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        lab.set_theme(theme)
        found = Axe().run(lab.page, context=".whylight", options={"runOnly": ["wcag2a", "wcag2aa"]})
        assert found.response["violations"] == [], found.generate_report()
    outside = """node => {
      const frame = node.querySelector('.whylight-bars').getBoundingClientRect();
      const texts = node.querySelectorAll('.whylight-row-value, .whylight-row-name, .whylight-row-share');
      return [...texts].filter(t => t.textContent && t.offsetParent).filter(t => {
        const box = t.getBoundingClientRect();
        return box.left < frame.left - 1 || box.right > frame.right + 1;
      }).map(t => t.textContent);
    }"""
    for width, font in itertools.product((320, 560, 900), ("sans-serif", "serif", "monospace")):
        widget.evaluate("(e, [w, font]) => Object.assign(e.style, {width: `${w}px`, fontFamily: font})", [width, font])
        assert widget.evaluate(outside) == [], f"at {width} px in {font}"
    assert widget.evaluate("node => node.querySelector('i') === null")
