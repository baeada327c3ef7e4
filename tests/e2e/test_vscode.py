"""The widget on VS Code's page: drawn right in its themes although the page lies about colours, and its keys are kept."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets
import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Locator, expect

import whylight as wl
from tests.e2e.vscode import Theme, VSCode

STATE = "data-state"
PAINTED = """e => {
  const { width, height } = e;
  const { data } = e.getContext("2d").getImageData(0, 0, width, height);
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) sum += data[i] + data[i + 1] + data[i + 2];
  return sum / (width * height * 3 * 255);
}"""


@pytest.fixture
def code(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[VSCode]:
    """VS Code's page in a dark theme; nothing may go wrong on it."""
    page = browser.new_context(viewport={"width": 900, "height": 900}).new_page()
    opened = VSCode(page, monkeypatch).open("vscode-dark")
    yield opened
    assert not opened.errors, opened.errors
    page.context.close()


@pytest.fixture
def explained() -> Callable[[], Any]:
    """Makes a widget of a small picture."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Flatten(1), torch.nn.Linear(192, 4), torch.nn.Tanh(), torch.nn.Linear(4, 3))
    yy, xx = np.mgrid[:8, :8]
    picture = np.stack([30 * yy, 30 * xx, 255 - 15 * (xx + yy)], -1).astype(np.uint8)
    return lambda: wl.explain(net, picture, target=0, n_steps=33)


def heatmap(widget: Locator) -> Locator:
    return widget.get_by_role("img", name=re.compile("^Attribution heatmap"))


def box(code: VSCode) -> Locator:
    return code.page.locator(".cell-output-ipywidget-background")


def test_drawn_right_in_every_theme(code: VSCode, explained: Any) -> None:
    with explained() as made:
        widget = code.show(made)
        card = widget.locator(".whylight-card")
        light: dict[Theme, float] = {}
        for theme, ink, paper in (
            ("vscode-dark", "rgb(204, 204, 204)", "rgb(31, 31, 31)"),
            ("vscode-light", "rgb(59, 59, 59)", "rgb(255, 255, 255)"),
            ("vscode-high-contrast", "rgb(255, 255, 255)", "rgb(0, 0, 0)"),
        ):
            if theme != "vscode-dark":  # the first picture of all is drawn on a dark page
                code.set_theme(theme)
            expect(widget).to_have_attribute("data-theme", "light" if theme == "vscode-light" else "dark")
            expect(widget).to_have_attribute(STATE, "done")
            expect(widget).to_have_css("color", ink)
            expect(card).to_have_css("background-color", paper)
            expect(box(code)).to_have_css("background-color", "rgba(0, 0, 0, 0)")
            code.page.evaluate("() => new Promise(requestAnimationFrame)")
            light[theme] = heatmap(widget).locator("canvas").first.evaluate(PAINTED)
        expect(card).to_have_css("border-color", "rgb(111, 195, 223)")
        assert light["vscode-dark"] == light["vscode-high-contrast"] < 0.5 < light["vscode-light"]
        code.set_theme("vscode-light")
        code.page.emulate_media(forced_colors="active", color_scheme="dark")
        expect(widget).to_have_attribute("data-theme", "dark")  # the system's colours, whatever the page says


def test_beside_other_widgets_the_box_stays_white_and_so_does_the_card(code: VSCode, explained: Any) -> None:
    with explained() as made:
        widget = code.show(ipywidgets.HBox([made, ipywidgets.IntSlider(description="mine")]))
        expect(widget).to_have_attribute(STATE, "done")
        expect(widget).to_have_attribute("data-theme", "light")
        expect(widget).to_have_css("color", "rgb(27, 27, 29)")
        expect(widget.locator(".whylight-card")).to_have_css("background-color", "rgb(255, 255, 255)")
        expect(box(code)).to_have_css("background-color", "rgb(255, 255, 255)")


def test_keys_stay_in_the_widget_and_shortcuts_pass(code: VSCode, explained: Any) -> None:
    with explained() as made:
        widget = code.show(made)
        expect(widget).to_have_attribute(STATE, "done")
        press = code.page.keyboard.press
        heatmap(widget).focus()
        for key in ("ArrowDown", "ArrowUp", "Enter", "Escape", "a", "d"):
            press(key)
        slider = widget.get_by_role("slider", name="Interpolation steps")
        slider.focus()
        press("ArrowRight")
        expect(widget.get_by_role("status")).not_to_contain_text("33 gradients")
        assert made.n_steps > 33
        widget.get_by_text("Display", exact=True).focus()
        press("Enter")
        expect(widget.get_by_role("slider", name="Opacity")).to_be_visible()
        assert code.keys == []
        press("Control+s")
        press("F1")
        assert code.keys == ["Control", "s", "F1"]


def test_a_kernel_that_does_not_answer_is_told(code: VSCode, explained: Any) -> None:
    with explained() as made:
        widget = code.show(made)
        expect(widget).to_have_attribute(STATE, "done")
        code.page.evaluate("() => window.vscode.answer(false)")
        slider = widget.get_by_role("slider", name="Interpolation steps")
        slider.focus()
        code.page.keyboard.press("ArrowRight")
        expect(widget).to_have_attribute(STATE, "queued")
        expect(widget).to_contain_text("No answer from the kernel yet")
        code.page.evaluate("() => window.vscode.answer(true)")
        made.send({"kind": "status", "v": 1, "state": "done", "message": "", "detail": "", "done": 0, "total": None})
        expect(widget).to_have_attribute(STATE, "done")
