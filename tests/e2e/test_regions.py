"""The Regions panel in a real JupyterLab: lasso, keyboard and finger select; the score is the engine's; levels need no kernel."""

import re
from collections.abc import Callable, Sequence

from playwright.sync_api import Locator, expect

from tests.e2e.lab import Notebook

SHOW = """
import numpy as np, whylight as wl
demo = wl.demo.digits()
w = wl.explain(demo.model, demo.inputs[3], target="three", n_steps=9, **demo.options)
w
"""
SIDE = 4  # tiles along each edge: 2 pixels of 8
LOOP = [(0, 1), (0, 3), (2, 3), (2, 1), (0, 1)]  # rows and columns of tiles
LOOPED = [row * SIDE + column for row in range(3) for column in range(1, 4)]


def panel(notebook: Notebook) -> Locator:
    """Show a digit and open its Regions panel; the stage, with every level of the hierarchy grown."""
    notebook.open([SHOW])
    notebook.run_all()
    expect(notebook.widget).to_have_attribute("data-state", "done", timeout=60_000)
    notebook.widget.locator("summary", has_text="Regions").click()
    stage = notebook.widget.locator(".whylight-regions")
    top = len(hierarchy(notebook)) - 1
    expect(level(stage)).to_have_attribute("aria-valuetext", f"0 of {top} · 16 areas", timeout=60_000)
    area(stage).scroll_into_view_if_needed()
    return stage


def hierarchy(notebook: Notebook) -> list[list[list[int]]]:
    """The groups of every level, by the public function."""
    return notebook.python(
        "found = wl.hierarchy(demo.model, demo.inputs[3], target='three', **demo.options)\n"
        "[[list(group.units) for group in level] for level in found.levels]"
    )


def area(stage: Locator) -> Locator:
    return stage.get_by_role("application", name=re.compile("^Regions of the picture"))


def level(stage: Locator) -> Locator:
    return stage.get_by_role("slider", name="Level")


def facts(notebook: Notebook) -> Locator:
    return notebook.widget.locator(".whylight-group-facts")


def middles(stage: Locator, tiles: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
    """Points of the page in the middle of some tiles."""
    box = area(stage).bounding_box()
    assert box is not None
    step = box["width"] / SIDE
    return [(box["x"] + (column + 0.5) * step, box["y"] + (row + 0.5) * step) for row, column in tiles]


def drag(notebook: Notebook, points: Sequence[tuple[float, float]]) -> None:
    mouse = notebook.page.mouse
    mouse.move(*points[0])
    mouse.down()
    for point in points[1:]:
        mouse.move(*point, steps=4)
    mouse.up()


def pictures(stage: Locator) -> list[str]:
    """Fingerprints of the input and of the coloured areas."""
    stage.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return stage.locator("canvas").evaluate_all("all => all.map(e => e.toDataURL())")


def score(notebook: Notebook, units: Sequence[int]) -> str:
    """The score of some tiles by the public function, as the page writes it."""
    value = notebook.python(
        f"labels = np.kron(np.arange(16).reshape(4, 4), np.ones((2, 2), int)); mask = np.isin(labels, {list(units)})\n"
        "wl.contextual_decomposition(demo.model, demo.inputs[3], mask, target='three', **demo.options).score.item()"
    )
    return f"{'+' if value > 0 else '−'}{abs(value):#.3g}"


def test_a_lasso_scores_what_it_touches_and_encloses_as_the_engine_does(lab: Notebook) -> None:
    stage = panel(lab)
    plain = pictures(stage)
    drag(lab, middles(stage, LOOP))
    expect(facts(lab)).to_contain_text("9 areas")
    assert lab.python("w.selection") == LOOPED
    expect(facts(lab)).to_contain_text(f"9 areas {score(lab, LOOPED)}\u2009logit for three")
    lab.page.mouse.move(0, 0)
    looped = pictures(stage)
    assert plain[0] != looped[0]
    assert plain[1] != looped[1]

    lab.page.keyboard.down("Alt")
    drag(lab, middles(stage, [(0, 1), (0, 3)]))
    lab.page.keyboard.up("Alt")
    lab.page.keyboard.down("Shift")
    lab.page.mouse.click(*middles(stage, [(3, 0)])[0])
    lab.page.keyboard.up("Shift")
    left = [*LOOPED[3:], 12]
    expect(facts(lab)).to_contain_text(f"7 areas {score(lab, left)}\u2009logit for three")
    assert lab.python("w.selection") == left


def test_a_score_is_told_while_the_pointer_is_down(lab: Notebook) -> None:
    stage = panel(lab)
    points = middles(stage, LOOP)
    lab.page.mouse.move(*points[0])
    lab.page.mouse.down()
    for point in points[1:]:
        lab.page.mouse.move(*point, steps=4)
    expect(stage.locator(".whylight-probe")).to_contain_text(f"9 areas · rows 0–5, columns 2–7 · {score(lab, LOOPED)}")
    lab.page.keyboard.press("Escape")
    lab.page.mouse.up()
    expect(facts(lab)).to_have_class(re.compile("whylight-hint"))


def test_python_selects_and_the_outline_shows_it(lab: Notebook) -> None:
    stage = panel(lab)
    plain = pictures(stage)
    lab.python("w.selection = [5, 6, 9]")
    expect(facts(lab)).to_contain_text(f"3 areas {score(lab, [5, 6, 9])}\u2009logit for three")
    shown = pictures(stage)
    assert plain[0] != shown[0]
    lab.python("w.selection = [0]")
    expect(facts(lab)).to_contain_text("1 area")
    assert shown[0] != pictures(stage)[0]
    lab.python("w.selection = []")
    expect(facts(lab)).to_have_class(re.compile("whylight-hint"))
    assert pictures(stage) == plain
    assert lab.python("w.pixel") == []


def test_the_keyboard_alone(lab: Notebook) -> None:
    stage = panel(lab)
    area(stage).focus()
    press = lab.page.keyboard.press
    for key in ("ArrowLeft", *["ArrowUp"] * SIDE, *["ArrowLeft"] * SIDE, " ", "ArrowRight", " "):
        press(key)
    probe = stage.locator(".whylight-probe")
    expect(probe).to_contain_text("1 area · rows 0–1, columns 2–3")
    expect(facts(lab)).to_contain_text(f"2 areas {score(lab, [0, 1])}")
    press("Shift+ArrowDown")
    expect(facts(lab)).to_contain_text(f"3 areas {score(lab, [0, 1, 5])}")
    expect(area(stage)).to_be_focused()
    press("Escape")
    expect(facts(lab)).to_have_class(re.compile("whylight-hint"))
    assert lab.python("w.selection") == []


def test_levels_are_walked_without_the_kernel(lab: Notebook) -> None:
    stage = panel(lab)
    slider = level(stage)
    seen = {tuple(pictures(stage))}
    top = int(slider.get_attribute("max") or 0)
    for place in (1, top - 1, top):
        slider.fill(str(place))
        seen.add(tuple(pictures(stage)))
    assert len(seen) == 4
    expect(slider).to_have_attribute("aria-valuetext", f"{top} of {top} · whole picture")
    lab.page.mouse.click(*middles(stage, [(1, 1)])[0])
    expect(facts(lab)).to_contain_text(f"16 areas {score(lab, range(16))}")
    slider.fill(str(top - 1))
    lab.page.mouse.click(*middles(stage, [(1, 1)])[0])
    group = next(units for units in hierarchy(lab)[top - 1] if 5 in units)
    expect(facts(lab)).to_contain_text(f"{len(group)} area")
    assert lab.python("w.selection") == group


def test_a_finger_paints_and_the_page_stays(new_notebook: Callable) -> None:
    with new_notebook("lab", has_touch=True) as notebook:
        stage = panel(notebook)
        points = middles(stage, [(0, 0), (1, 0), (2, 0), (3, 0)])
        before = area(stage).bounding_box()
        touch = notebook.page.context.new_cdp_session(notebook.page)

        def send(kind: str, *places: tuple[float, float]) -> None:
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in places]})

        send("touchStart", points[0])
        for point in points[1:]:
            send("touchMove", point)
        send("touchEnd")
        expect(facts(notebook)).to_contain_text(f"4 areas {score(notebook, [0, 4, 8, 12])}")
        assert notebook.python("w.selection") == [0, 4, 8, 12]
        assert area(stage).bounding_box() == before


def test_other_tiles_and_scorers_start_anew(lab: Notebook) -> None:
    stage = panel(lab)
    lab.page.mouse.click(*middles(stage, [(2, 1)])[0])
    expect(facts(lab)).to_contain_text("1 area")
    lab.widget.get_by_role("combobox", name="Regions of").select_option("4")
    expect(level(stage)).to_have_attribute("aria-valuetext", re.compile("^0 of .* · 4 areas"))
    expect(facts(lab)).to_have_class(re.compile("whylight-hint"))
    assert lab.python("[w.units, w.selection]") == [4, []]
    lab.widget.get_by_role("combobox", name="Scorer").select_option("occlusion")
    expect(area(stage)).to_have_attribute("aria-label", re.compile("Occlusion for three"))
    area(stage).click(position={"x": 5, "y": 5})
    occluded = "wl.hierarchy(demo.model, demo.inputs[3], units=4, scorer='occlusion', target='three', **demo.options)"
    value = lab.python(f"{occluded}.levels[0][0].score")
    expect(facts(lab)).to_contain_text(f"1 area {'+' if value > 0 else '−'}{abs(value):#.3g}")


def test_a_saved_page_still_selects_and_climbs(lab: Notebook) -> None:
    opened = "import time\nw._handle_custom_msg({'kind': 'groups', 'open': True}, [])\n"
    waited = "while not w._groups.get('meta', {}).get('grown'):\n    time.sleep(0.05)"
    lab.open_saved((SHOW, opened + waited))
    expect(lab.widget).to_have_attribute("data-state", "static", timeout=60_000)
    lab.widget.locator("summary", has_text="Regions").click()
    stage = lab.widget.locator(".whylight-regions")
    area(stage).scroll_into_view_if_needed()
    lab.page.mouse.click(*middles(stage, [(3, 2)])[0])
    expect(facts(lab)).to_contain_text(re.compile(r"1 area \+1\.57\u2009logit for three"))
    level(stage).press("End")
    lab.page.mouse.click(*middles(stage, [(3, 2)])[0])
    expect(facts(lab)).to_contain_text(re.compile(r"16 areas \+\d.* interaction \S+\s*$"))
    drag(lab, middles(stage, LOOP))
    expect(facts(lab)).to_contain_text("9 areas: run the cell to score this group.")
    lab.screenshot("regions-saved", lab.widget)
