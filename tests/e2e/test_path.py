"""The Path panel in a real JupyterLab: the cursor computes nothing, the path follows the answer, a saved page keeps it."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.lab import Notebook
from tests.e2e.nets import PICTURE, SHOW, TEXT

LARGE = "w = wl.explain(torch.nn.Sequential(torch.nn.AvgPool2d(10), net), np.kron(picture, np.ones((10, 10, 1), 'u1')), target=2, n_steps=33); w"
ROW = "w = wl.explain(torch.nn.Linear(3, 1), torch.ones(1, 3), feature_names=['age', 'bmi', 'sex'], n_steps=5); w"


def panel(notebook: Notebook, *cells: str) -> Locator:
    """Run the cells, wait for the answer of the last, open its Path panel."""
    notebook.open(cells)
    notebook.run_all()
    expect(notebook.widget).to_have_attribute("data-state", "done", timeout=60_000)
    notebook.widget.get_by_text("Path", exact=True).click()
    whole = notebook.widget.locator(".whylight-path")
    expect(whole).to_be_visible()
    return whole


def position(whole: Locator) -> Locator:
    return whole.get_by_role("slider", name="Position on the path")


def pictures(whole: Locator) -> list[str]:
    """Fingerprints of the interpolated input and of the map."""
    return whole.locator(".whylight-path-box canvas").evaluate_all("all => all.map(e => e.toDataURL())")


def settled(whole: Locator) -> list[str]:
    whole.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return pictures(whole)


def comm_messages(notebook: Notebook) -> list[str]:
    """Every widget message the page sends from now on; call it before the notebook opens."""
    sent: list[str] = []

    def keep(payload: str | bytes) -> None:
        text = payload if isinstance(payload, str) else payload.decode("latin-1")
        if "comm_msg" in text:
            sent.append(text)

    notebook.page.on("websocket", lambda socket: socket.on("framesent", keep))
    return sent


def test_moving_along_the_path_sends_nothing_and_needs_no_kernel(lab: Notebook) -> None:
    sent = comm_messages(lab)
    whole = panel(lab, PICTURE, SHOW)
    assert any('"kind": "path"' in text or '"kind":"path"' in text for text in sent)
    lab.python("w.wait(20).n_evaluations")
    before, count = settled(whole), len(sent)

    slider = position(whole)
    slider.focus()
    for key in ("Home", "ArrowRight", "PageUp"):
        lab.page.keyboard.press(key)
    expect(slider).to_be_focused()
    low = settled(whole)
    slider.press("End")
    assert slider.input_value() == "1"
    high = settled(whole)
    assert len({before[0], low[0], high[0]}) == len({before[1], low[1], high[1]}) == 3

    area = whole.locator(".whylight-plot-area")
    box = area.bounding_box()
    assert box is not None
    lab.page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 50)
    expect(whole.locator(".whylight-tip")).to_contain_text(re.compile("α 0.25 · F .* · slope .* · norm"))
    lab.page.mouse.down()
    expect(slider).to_have_value("0.25")
    lab.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 20, steps=4)
    lab.page.mouse.up()
    expect(slider).to_have_value("0.5")
    lab.page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 20)
    expect(slider).to_have_value("0.5")
    assert sent[count:] == []


def test_the_numbers_are_those_of_python(lab: Notebook) -> None:
    whole = panel(lab, PICTURE, SHOW)
    position(whole).focus()
    lab.page.keyboard.press("End")
    score = lab.python("float(w.attribution.score)")
    assert lab.python("float(w.path.values[-1])") == pytest.approx(score)
    expect(whole.locator(".whylight-path-facts")).to_contain_text(f"F {score:.3g}".replace("-", "−"))
    alpha = lab.python("w.path.saturation(0.9)")
    expect(whole).to_contain_text(f"from α {alpha:.3f} on")
    color = lambda place: whole.locator(".whylight-path-box canvas").first.evaluate(
        f"e => [...e.getContext('2d').getImageData({place}, {place}, 1, 1).data]"
    )
    position(whole).press("End")
    bright = color(2)
    lab.page.keyboard.press("Home")
    assert color(2)[:3] == [0, 0, 0]
    for _ in range(64):
        lab.page.keyboard.press("ArrowRight")
    assert color(2)[:3] == pytest.approx([c / 2 for c in bright[:3]], abs=1)


def test_the_path_follows_the_answer(lab: Notebook) -> None:
    whole = panel(lab, PICTURE, SHOW)
    label = whole.locator(".whylight-plot-area")
    expect(label).to_have_attribute("aria-label", re.compile("from Black to the input.* 33 points"))
    lab.python("w.n_steps = 65; w.baseline = 'white'; w.wait(20).n_evaluations")
    expect(label).to_have_attribute("aria-label", re.compile("from White to the input.* 65 points"))
    lab.widget.get_by_role("combobox", name="Method").select_option("input_gradient")
    expect(lab.widget).to_contain_text("Input gradient is no integral over the straight path")
    expect(whole).to_be_hidden()
    lab.widget.get_by_role("combobox", name="Method").select_option("integrated_gradients")
    expect(whole).to_be_visible()


def test_any_of_several_baselines_can_be_the_start(lab: Notebook) -> None:
    whole = panel(lab, PICTURE, SHOW)
    start = whole.get_by_role("combobox", name="Path from")
    expect(start).to_be_hidden()
    lab.python("w.baseline = ['black', 'white']; w.wait(20).n_evaluations")
    expect(start).to_have_value("0")
    start.select_option("White")
    label = whole.locator(".whylight-plot-area")
    expect(label).to_have_attribute("aria-label", re.compile("from White to the input"))
    expect(whole).to_contain_text("from White, one of 2 baselines")
    expect(start).to_have_value("1")
    lab.screenshot("path-several-baselines", lab.widget)


def test_a_large_picture_sends_its_path_once_the_panel_opens(lab: Notebook) -> None:
    lab.open([PICTURE, LARGE])
    lab.run_all()
    expect(lab.widget).to_have_attribute("data-state", "done", timeout=60_000)
    assert lab.python("(w.wait(20), w._path)[1]") == {}
    lab.widget.get_by_text("Path", exact=True).click()
    expect(lab.widget.locator(".whylight-path")).to_be_visible()
    assert lab.python("w._path['seq'] == w._frame['seq']")
    lab.widget.get_by_text("Path", exact=True).click()
    lab.python("w.n_steps = 65; w.wait(20).n_evaluations")
    assert lab.python("w._path['seq'] < w._frame['seq']")


def test_a_saved_notebook_keeps_the_path(lab: Notebook) -> None:
    lab.open_saved((PICTURE, SHOW))
    expect(lab.widget).to_have_attribute("data-state", "static", timeout=60_000)
    lab.widget.get_by_text("Path", exact=True).click()
    whole = lab.widget.locator(".whylight-path")
    expect(whole).to_be_visible()
    before = settled(whole)
    position(whole).press("End")
    after = settled(whole)
    assert before[0] != after[0]
    assert before[1] != after[1]


@pytest.mark.parametrize("kind", ["picture", "text", "row"])
@pytest.mark.parametrize("width", [320, 1400])
def test_nothing_overflows(lab: Notebook, width: int, kind: str) -> None:
    cells = {"picture": (PICTURE, SHOW), "text": (TEXT,), "row": (PICTURE, ROW)}[kind]
    whole = panel(lab, *cells)
    lab.widget.evaluate("(e, w) => { e.parentElement.style.width = `${w}px`; }", width)
    lab.page.wait_for_function("e => e.scrollWidth <= e.clientWidth + 1", arg=lab.widget.element_handle())
    lab.page.wait_for_function("e => e.scrollWidth <= e.clientWidth + 1", arg=whole.element_handle())
    if kind == "text":
        assert lab.page.evaluate("window.hacked === undefined")
    lab.screenshot(f"path-{kind}-{width}", lab.widget)
