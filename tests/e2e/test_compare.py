"""The Compare panel in real JupyterLab and Notebook 7: tick, follow, one scale, keyboard, stop, a saved page without a kernel."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from tests.e2e.lab import Notebook
from tests.e2e.nets import PICTURE, SHOW
from tests.e2e.test_widget import STATE, draw

COMPARED = "w.compare = ['input_gradient', {'target': 'dog'}]; w.wait(20); len(w.compared)"


def tiles(widget: Locator) -> Locator:
    return widget.get_by_role("list", name="Compared maps").get_by_role("listitem")


def proposed(widget: Locator) -> Locator:
    """The three methods that an opened panel begins with: asked for, or offered where they may take long."""
    start = widget.get_by_role("button", name=re.compile("^Compare these"))
    expect(tiles(widget).nth(3).or_(start)).to_be_visible()
    return start


def painted(tile: Locator) -> set[str]:
    """The colours in a small map."""
    script = """c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      return [...new Set(Array.from({ length: d.length / 4 }, (_, i) => d.slice(4 * i, 4 * i + 3).join(' ')))]; }"""
    return set(tile.locator("canvas").evaluate(script))


def test_ticked_maps_follow_the_controls(notebook: Notebook) -> None:
    widget = draw(notebook)
    widget.get_by_text("Compare", exact=True).click()
    start = proposed(widget)
    if start.is_visible():
        start.click()
    expect(tiles(widget)).to_have_count(4)
    expect(
        widget.get_by_role("group", name="Which change matters").get_by_role("checkbox", checked=True)
    ).to_have_count(1)
    widget.get_by_role("checkbox", name="Input × gradient").uncheck()
    widget.get_by_role("group", name="What a group contributes").get_by_role("checkbox", checked=True).uncheck()
    expect(tiles(widget)).to_have_count(2)
    expect(tiles(widget).nth(1)).to_contain_text(re.compile(r"Input gradient\s*rank correlation [+−]0\.\d\d"))
    widget.get_by_role("combobox", name="Compare by").select_option("target")
    widget.get_by_role("checkbox", name=re.compile("^dog")).check()
    expect(tiles(widget).nth(2)).to_contain_text("rank correlation")
    assert len(painted(tiles(widget).nth(2))) > 10
    assert notebook.python("[w.compare, [a.target for a in w.compared]]") == [
        [{"method": "input_gradient"}, {"target": 3}],
        ["cat", "dog"],
    ]
    widget.get_by_role("slider", name="Interpolation steps").focus()
    notebook.page.keyboard.press("PageUp")
    expect(widget).to_have_attribute(STATE, "done")
    expect(widget.get_by_role("status")).to_contain_text("65 gradients")
    assert notebook.python("w.wait(20); [a.n_evaluations for a in w.compared]") == [1, 65]
    notebook.python("w.target = 'ant'")
    expect(tiles(widget).nth(0)).to_contain_text("ant")
    expect(tiles(widget).nth(1)).to_contain_text("Input gradient · ant")
    expect(tiles(widget).nth(2)).to_contain_text("Integrated gradients · dog")
    boxes = [tiles(widget).nth(i).locator("canvas").bounding_box() for i in range(3)]
    assert len({(round(b["width"]), round(b["height"]), round(b["y"])) for b in boxes if b}) == 1


def test_one_colour_scale_locked_and_each_its_own(lab: Notebook) -> None:
    widget = draw(lab)
    lab.python(COMPARED)
    expect(tiles(widget)).to_have_count(3)
    scale = widget.get_by_role("combobox", name="Color scale")
    shared = painted(tiles(widget).nth(0)), painted(tiles(widget).nth(1))
    scale.select_option("own")
    expect(tiles(widget).nth(0)).to_contain_text("±")
    assert (painted(tiles(widget).nth(0)), painted(tiles(widget).nth(1))) != shared
    scale.select_option("shared")
    scale.select_option("locked")
    limit = "shared"
    for _ in range(50):  # the choice travels to the kernel
        if isinstance(limit := lab.python("w.scale"), float):
            break
        lab.page.wait_for_timeout(100)
    lab.python("w.target = 'bee'; w.wait(20).target")
    expect(scale).to_have_value("locked")
    assert lab.python("w.scale") == limit > 0
    lab.python("w.scale = 'own'")
    expect(scale).to_have_value("own")


def test_the_panel_by_keyboard_alone(notebook: Notebook) -> None:
    widget, page = draw(notebook), notebook.page
    cells = page.locator(".jp-Cell").count()
    widget.get_by_text("Compare", exact=True).focus()
    page.keyboard.press("Enter")
    proposed(widget)
    notebook.python("w.compare = []")
    expect(tiles(widget)).to_have_count(0)
    for name in ("Compare by", "Color scale"):
        box = widget.get_by_role("combobox", name=name)
        box.focus()
        page.keyboard.press("ArrowDown")
        expect(box).to_be_focused()
    expect(widget.get_by_role("combobox", name="Compare by")).to_have_value("target")
    box = widget.get_by_role("checkbox", name=re.compile("^dog"))
    box.focus()
    page.keyboard.press("Space")
    expect(tiles(widget)).to_have_count(2)
    expect(box).to_be_focused()
    expect(box).to_be_checked()
    for key in ("a", "b", "d", "d"):
        page.keyboard.press(key)
    assert page.locator(".jp-Cell").count() == cells
    page.keyboard.press("Space")
    expect(tiles(widget)).to_have_count(0)
    assert notebook.python("w.wait(20); w.compare") == []


def test_every_baseline_on_offer_has_its_score(lab: Notebook) -> None:
    widget = draw(lab)
    options = widget.get_by_role("combobox", name="Baseline").locator("option")
    expect(options.filter(has_text="White")).to_have_text(re.compile(r"^White · F\(x′\) [−.\d]+$"))
    expect(options.filter(has_not_text="F(x′)")).to_have_count(0)
    shown = float(options.filter(has_text="White").inner_text().split()[-1].replace("−", "-"))
    want = lab.python("wl.attribute(net, picture, target=2, baseline='white', n_steps=2).baseline_score.item()")
    assert abs(shown - want) <= 0.005 * abs(want)


BROKEN = """
class Broken(wl.methods.InputGradient):
    def refine(self, problem):
        raise ValueError('no such <b>head</b>')
        yield
w.compare = ['input_gradient', {'method': Broken()}, {'target': 'dog'}, {'target': 'ant'}]
"""


def test_every_map_with_every_other_and_one_that_fails(lab: Notebook) -> None:
    widget = draw(lab)
    lab.python(f"exec({BROKEN!r})")
    expect(widget).to_have_attribute(STATE, "done")
    expect(tiles(widget).nth(2)).to_contain_text("ValueError: no such <b>head</b>")
    expect(tiles(widget).nth(4)).to_contain_text("rank correlation")
    table = widget.get_by_role("table", name="Rank correlations")
    expect(table.get_by_role("row")).to_have_count(5)
    expect(table.get_by_role("columnheader", name="2 Input gradient · cat")).to_be_visible()
    row = table.get_by_role("row", name="4 Integrated gradients · ant")
    want = lab.python(
        "from whylight.results.comparison import Correlations\n"
        "alike = Correlations()\n"
        "[alike.add(str(i), a) for i, a in enumerate((w.attribution, *w.compared[:2]))]\n"
        "[*alike.add('last', w.compared[2]).values()]"
    )
    shown = [t.replace("−", "-") for t in row.get_by_role("cell").all_inner_texts()]
    assert [float(t) for t in shown] == [round(value, 2) for value in want]
    for theme in ("Light", "Dark"):
        lab.set_theme(f"JupyterLab {theme}")
        lab.screenshot(f"compare-matrix-{theme.lower()}")
        found = Axe().run(lab.page, context=".whylight", options={"runOnly": ["wcag2a", "wcag2aa"]})
        assert found.response["violations"] == [], found.generate_report()


def test_stop_ends_a_comparison(lab: Notebook) -> None:
    widget = draw(lab)
    lab.python("net.delay = 0.25")
    lab.python("w.compare = [{'target': i} for i in (0, 1, 3)]")
    expect(widget).to_have_attribute(STATE, "running")
    expect(widget).to_contain_text("Comparing: 1 of 3")
    widget.get_by_role("button", name="Stop").click()
    expect(widget).to_have_attribute(STATE, "stopped", timeout=60_000)
    expect(widget).to_contain_text("Stopped while comparing")
    assert lab.python("w.wait(20).n_evaluations") == 33


def test_a_saved_comparison_needs_no_kernel(lab: Notebook) -> None:
    lab.open_saved((PICTURE, SHOW, COMPARED))
    widget = lab.widget
    expect(widget).to_have_attribute(STATE, "static", timeout=60_000)
    expect(tiles(widget)).to_have_count(3)
    expect(tiles(widget).nth(1)).to_contain_text("rank correlation")
    before = painted(tiles(widget).nth(1))
    assert len(before) > 10
    expect(widget.get_by_role("checkbox").nth(1)).to_be_disabled()
    widget.get_by_role("combobox", name="Color scale").select_option("own")
    expect(tiles(widget).nth(1)).to_contain_text("±")
    lab.screenshot("saved-comparison")
