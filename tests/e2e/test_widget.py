"""The widget in real JupyterLab and Notebook 7: draw, steer, recolour, stop, fail, two views, busy kernel, keyboard."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.controls import chosen, pick
from tests.e2e.lab import Notebook
from tests.e2e.nets import HOSTILE, PICTURE, SHOW, TEXT

SLOW = "net.delay = 0.25"
STATE = "data-state"


def draw(notebook: Notebook, *more: str) -> Locator:
    """Open, run the first two cells, wait for the final picture."""
    notebook.open([PICTURE, SHOW, *more])
    notebook.run(0)
    notebook.run(1)
    expect(notebook.widget).to_have_attribute(STATE, "done", timeout=60_000)
    notebook.wait_idle()
    return notebook.widget


def seq(widget: Locator) -> int:
    return int(widget.get_attribute("data-seq") or 0)


def pixels(widget: Locator) -> str:
    """A fingerprint of the heatmap as painted."""
    canvas = widget.get_by_role("img", name=re.compile("^Attribution heatmap"))
    script = "e => (e.tagName === 'CANVAS' ? e : e.querySelector('canvas')).toDataURL()"
    return canvas.evaluate(script)


def repainted(widget: Locator, old: str) -> str:
    """Wait for the next frame of paint that differs, and give its fingerprint."""
    for _ in range(100):
        if (new := pixels(widget)) != old:
            return new
        widget.page.evaluate("() => new Promise(requestAnimationFrame)")
    raise AssertionError("the heatmap was not painted anew")


def display(widget: Locator) -> None:
    """Open the Display panel."""
    widget.get_by_text("Display", exact=True).click()


def test_draws_and_answers_every_control(notebook: Notebook) -> None:
    widget = draw(notebook)
    heatmap = widget.get_by_role("img", name=re.compile("^Attribution heatmap"))
    expect(heatmap).to_be_visible()
    status = widget.get_by_role("status")
    expect(status).to_contain_text("33 gradients")
    expect(status).to_contain_text("cpu")
    first = pixels(widget)

    notebook.python("import functools; done = lambda: w.wait(20).provenance['n_steps']; done()")
    slider = widget.get_by_role("slider", name="Interpolation steps")
    slider.focus()
    notebook.page.keyboard.press("PageUp")
    expect(status).to_contain_text("65 gradients")
    assert notebook.python("[w.n_steps, w.wait(20).n_evaluations]") == [65, 65]

    answers = widget.get_by_role("group", name="Prediction").get_by_role("button")
    for place, name in enumerate(notebook.python("[c['label'] for c in w._choices['targets']][:3]")):
        expect(answers.nth(place)).to_have_text(re.compile(f"^{name} "))
    expect(answers.filter(has_text="cat")).to_have_attribute("aria-pressed", "true")
    pick(widget, "Target", "dog")
    expect(heatmap).to_have_attribute("aria-label", re.compile("dog"))
    assert notebook.python("[w.target, w.wait(20).target]") == [3, "dog"]
    repainted(widget, first)

    widget.get_by_role("combobox", name="Method").select_option("input_gradient")
    expect(status).to_contain_text("1 gradient")
    widget.get_by_role("combobox", name="Method").select_option("integrated_gradients")
    widget.get_by_role("combobox", name="Baseline").select_option("white")
    expect(status).to_contain_text("65 gradients")
    assert notebook.python("w.wait(20).provenance['baseline']") == ["white"]

    notebook.python("w.n_steps = 9; w.target = 'ant'; w.wait(20).target")
    expect(status).to_contain_text("9 gradients")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^9\b"))


def test_recolours_while_a_cell_runs_and_the_slider_is_answered(notebook: Notebook) -> None:
    widget = draw(notebook, "import time; time.sleep(600)")
    before, number = pixels(widget), seq(widget)
    notebook.run(2)
    notebook.wait_busy()
    display(widget)
    widget.get_by_role("combobox", name="Color map").select_option("PuOr")
    recoloured = repainted(widget, before)
    expect(widget).to_have_attribute("data-seq", str(number))
    widget.get_by_role("combobox", name="Sign").select_option("positive")
    repainted(widget, recoloured)

    widget.get_by_role("slider", name="Interpolation steps").focus()
    notebook.page.keyboard.press("PageUp")
    expect(widget.get_by_role("status")).to_contain_text("65 gradients", timeout=60_000)
    notebook.interrupt()
    notebook.wait_idle()
    assert notebook.python("[w.colormap, w.sign, w.n_steps]") == ["PuOr", "positive", 65]


def test_streams_and_stops(notebook: Notebook) -> None:
    widget = draw(notebook)
    notebook.python(SLOW)
    notebook.python("w.n_steps = 2049")
    expect(widget).to_have_attribute(STATE, "running")
    number = seq(widget)
    expect(widget).not_to_have_attribute("data-seq", str(number), timeout=60_000)
    widget.get_by_role("button", name="Stop").click()
    expect(widget).to_have_attribute(STATE, "stopped", timeout=60_000)
    expect(widget).to_contain_text("Stopped at")
    assert notebook.python("w.wait(20).n_evaluations < 2049")
    notebook.python("net.delay = 0.0; w.n_steps = 257")
    expect(widget.get_by_role("status")).to_contain_text("257 gradients", timeout=60_000)


def test_model_error_is_readable_and_the_last_picture_stays(notebook: Notebook) -> None:
    widget = draw(notebook)
    notebook.python("net.broken = True")
    notebook.python("w.baseline = 'white'")
    expect(widget).to_have_attribute(STATE, "error")
    expect(widget).to_contain_text("RuntimeError: the third layer <b>is</b> missing")
    expect(widget.get_by_role("img", name=re.compile("^Attribution heatmap"))).to_be_visible()
    notebook.python("net.broken = False; w.n_steps = 17")
    expect(widget).to_have_attribute(STATE, "done")
    expect(widget.get_by_role("status")).to_contain_text("17 gradients")


def test_two_views_and_a_cell_run_again(notebook: Notebook) -> None:
    widget = draw(notebook, "w")
    notebook.run(2)
    expect(widget).to_have_count(2)
    first, second = widget.nth(0), widget.nth(1)
    expect(second).to_have_attribute(STATE, "done")
    second.get_by_role("slider", name="Interpolation steps").focus()
    notebook.page.keyboard.press("PageUp")
    for view in (first, second):
        expect(view.get_by_role("status")).to_contain_text("65 gradients")
        slider = view.get_by_role("slider", name="Interpolation steps")
        expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^65\b"))
    display(first)
    first.get_by_role("combobox", name="Color map").select_option("PuOr")
    display(second)
    expect(second.get_by_role("combobox", name="Color map")).to_have_value("PuOr")

    notebook.run(1)
    notebook.wait_idle()
    expect(widget.nth(0).get_by_role("status")).to_contain_text("33 gradients")
    assert notebook.python("w.wait(20).n_evaluations") == 33


def test_every_control_by_keyboard_alone(notebook: Notebook) -> None:
    widget = draw(notebook)
    page = notebook.page
    display_panel = widget.get_by_text("Display", exact=True)
    display_panel.focus()
    page.keyboard.press("Enter")
    for name in ("Interpolation steps", "Opacity", "Clip percentile"):
        slider = widget.get_by_role("slider", name=name)
        slider.focus()
        before = slider.input_value()
        page.keyboard.press("ArrowLeft")
        assert slider.input_value() != before, name
        expect(slider).to_be_focused()
    target = chosen(widget, "Target")
    target.focus()
    before = target.input_value()
    for key in ("ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    listed = widget.get_by_role("listbox", name="Target")
    box, seen = listed.bounding_box(), page.viewport_size
    assert box
    assert seen
    assert 0 <= box["y"] <= seen["height"] - box["height"], "the list is cut off"
    option = listed.get_by_role("option").last
    option.scroll_into_view_if_needed()
    top = "e => { const b = e.getBoundingClientRect(); return e.contains(document.elementFromPoint(b.x + 9, b.y + 9)) }"
    assert option.evaluate(top), "something covers the list"
    page.keyboard.press("Enter")
    assert target.input_value() != before
    expect(target).to_be_focused()
    for name in ("Baseline", "Method", "Detail", "Color map", "Sign", "View"):
        box = widget.get_by_role("combobox", name=name)
        box.focus()
        before = box.input_value()
        page.keyboard.press("ArrowDown")
        if box.input_value() == before:
            page.keyboard.press("ArrowUp")
        assert box.input_value() != before, name
        expect(box).to_be_focused()
    cells = page.locator(".jp-Cell").count()
    heatmap = widget.get_by_role("img", name=re.compile("^Attribution heatmap"))
    heatmap.focus()
    for key in ("ArrowDown", "ArrowRight", "a", "b", "d", "d"):
        page.keyboard.press(key)
    target.focus()
    for key in ("a", "b", "d", "d", "Escape", "Enter", "Escape"):
        page.keyboard.press(key)
    assert page.locator(".jp-Cell").count() == cells, "notebook shortcuts fired inside the widget"


def test_hostile_text_stays_text(notebook: Notebook) -> None:
    notebook.open([TEXT])
    notebook.run(0)
    widget = notebook.widget
    expect(widget).to_have_attribute(STATE, "done", timeout=60_000)
    tokens = widget.get_by_role("list", name="Tokens")
    expect(tokens).to_be_visible()
    assert tokens.evaluate("e => e.textContent").strip() == HOSTILE
    assert widget.locator("img[src=x], script, i").count() == 0
    assert notebook.page.evaluate("window.hacked === undefined")
    items = tokens.get_by_role("listitem")
    items.first.focus()
    notebook.page.keyboard.press("ArrowRight")
    expect(items.nth(1)).to_be_focused()
    widget.get_by_role("combobox", name="View").select_option("tokens")
    assert tokens.evaluate("e => e.textContent").strip() == HOSTILE
    notebook.screenshot("text-hostile")


def test_a_notebook_keeps_the_final_picture_and_a_cell_run_again_frees_what_it_made(lab: Notebook) -> None:
    widget = draw(lab)
    lab.python("w.n_steps = 17; w.wait().n_evaluations")
    expect(widget.get_by_role("status")).to_contain_text("17 gradients")
    root = widget.element_handle()
    for _ in range(100):  # a moment after the run
        outputs = [o["data"] for o in lab.save()["cells"][1]["outputs"] if "data" in o]
        if any("17 gradients" in "".join(o["text/plain"]) for o in outputs):
            break
        lab.page.wait_for_timeout(100)
    twin, live = outputs
    assert "17 gradients" in "".join(twin["text/plain"])
    assert len("".join(twin["image/png"])) <= 250_000
    assert not {"text/html", "image/png"} & set(live), "one picture"
    assert root.evaluate("e => e.isConnected"), "the live view was torn down"
    assert lab.page.locator(".jp-OutputArea-child").first.bounding_box()["height"] == 0
    root.dispose()

    lab.run(1)  # what is loaded once
    lab.wait_idle()
    before = memory(lab)
    for _ in range(12):
        lab.run(1)
        lab.wait_idle()
        expect(lab.widget).to_have_attribute(STATE, "done")
    expect(lab.widget).to_have_count(1)
    assert memory(lab) < before * 1.1
    alive = "import gc; gc.collect(); from whylight.live.session import _OPEN; len(_OPEN)"
    assert lab.python(alive) <= 2


def memory(notebook: Notebook) -> float:
    """Bytes of the page's live objects."""
    link = notebook.page.context.new_cdp_session(notebook.page)
    for _ in range(2):
        link.send("HeapProfiler.collectGarbage")
    used = link.send("Runtime.getHeapUsage")["usedSize"]
    link.detach()
    return used


def test_a_notebook_run_elsewhere_opens_as_a_saved_picture(lab: Notebook) -> None:
    lab.open_saved((PICTURE, SHOW))
    widget = lab.widget
    expect(widget).to_have_attribute(STATE, "static", timeout=60_000)
    expect(widget).to_contain_text("run the cell to explore further")
    expect(widget.get_by_role("slider", name="Interpolation steps")).to_be_disabled()
    before = pixels(widget)
    display(widget)
    widget.get_by_role("combobox", name="Color map").select_option("PuOr")
    before = repainted(widget, before)
    for detail, words in (("spotlight", "most sensitive area"), ("regions", "Region "), ("pixels", "strongest area")):
        widget.get_by_role("combobox", name="Detail").select_option(detail)
        before = repainted(widget, before)
        heatmap = widget.get_by_role("img", name=re.compile(f"^Attribution heatmap.*{words}"))
        expect(heatmap).to_be_visible()
        expect(widget.locator(".whylight-reading")).to_contain_text(words)
        heatmap.hover()
        if detail == "regions":
            expect(widget.locator(".whylight-foot .whylight-probe")).to_contain_text(
                re.compile(r"Region \d+ · .* rank \d+ of \d+")
            )
    lab.screenshot("saved")


@pytest.mark.parametrize("width", [320, 700, 1400])
def test_nothing_overflows(lab: Notebook, width: int) -> None:
    widget = draw(lab)
    widget.evaluate("(e, w) => { e.parentElement.style.width = `${w}px`; }", width)
    lab.page.wait_for_function("e => e.scrollWidth <= e.clientWidth + 1", arg=widget.element_handle())
