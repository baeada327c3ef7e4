"""Figures follow the page: a widget's word, matplotlib's style, or a person's; and are read on all of them."""

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.text import Text

import whylight as wl
from whylight.errors import InvalidValueError
from whylight.show import theme
from whylight.show.color import contrast

PAPER = {"light": (1.0, 1.0, 1.0), "dark": to_rgb("#1c1c1c")}
RESULTS = ["picture", "sentence", "row", "signal", "path", "hierarchy"]


@pytest.fixture
def page():
    """Say how the page is; it is light again afterwards."""
    yield lambda dark: theme.page_is(dark=dark)
    theme.page_is(dark=False)


def net(n: int) -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Flatten(1), torch.nn.Linear(n, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
    ).eval()


def result(kind: str):
    options = {"target": 0, "n_steps": 5}
    if kind == "row":
        return wl.attribute(net(3), torch.tensor([[1.0, -2.0, 0.5]]), feature_names=["a", "b", "c"], **options)
    if kind == "signal":
        return wl.attribute(net(60), torch.sin(torch.linspace(0, 9, 60))[None], kind="signal", **options)
    if kind in ("sentence", "hierarchy"):
        demo = wl.demo.sentiment()
        ask = wl.attribute if kind == "sentence" else wl.hierarchy
        return ask(demo.model, demo.inputs[0], **demo.options)
    picture = np.random.default_rng(0).integers(0, 255, (8, 8, 3)).astype(np.uint8)
    return (wl.path if kind == "path" else wl.attribute)(net(192), picture, **options)


def paper(figure) -> tuple[float, ...]:
    return to_rgb(figure.get_facecolor())


def test_light_unless_somebody_says_otherwise(page) -> None:
    row = result("row")
    assert paper(row.plot()) == PAPER["light"]
    page(dark=True)
    assert paper(row.plot()) == PAPER["dark"]
    assert paper(row.plot(theme="light")) == PAPER["light"]
    page(dark=False)
    assert paper(row.plot(theme="dark")) == PAPER["dark"]
    with mpl.style.context("dark_background"):
        assert paper(row.plot()) == (0, 0, 0)
        assert paper(row.plot(theme="light")) == PAPER["light"]


def test_an_unknown_theme_is_named(page) -> None:
    with pytest.raises(InvalidValueError, match=r"Unknown theme 'drak'\. Did you mean 'dark'"):
        result("row").plot(theme="drak")


def test_a_file_is_for_paper(page, tmp_path) -> None:
    from PIL import Image

    row = result("row")
    corner = lambda path: Image.open(path).convert("RGB").getpixel((0, 0))
    page(dark=True)
    assert corner(row.save(tmp_path / "a.png")) == (255, 255, 255)
    assert corner(row.save(tmp_path / "b.png", theme="dark")) == (28, 28, 28)


def test_the_widget_tells() -> None:
    with wl.explain(net(3), torch.ones(1, 3), target=0, n_steps=3) as widget:
        answer = widget.wait()
        for dark in (True, False):
            widget._handle_custom_msg({"kind": "theme", "dark": dark}, [])
            assert paper(answer.plot()) == PAPER["dark" if dark else "light"]


@pytest.mark.parametrize("kind", RESULTS)
@pytest.mark.parametrize("on", ["light", "dark", "style"])
def test_every_word_can_be_read_and_zero_recedes(kind: str, on: str) -> None:
    made = result(kind)
    if on == "style":
        with mpl.style.context("dark_background"):
            figure = made.plot()
    else:
        figure = made.plot(theme=on)
    figure.canvas.draw()
    behind = 255 * np.array(paper(figure))
    ink = {"light": (0.0, 0.0, 0.0), "style": (1.0, 1.0, 1.0)}.get(on)
    computed = {(0.0, 0.0, 0.0), (1.0, 1.0, 1.0)} - {ink}  # black or white on a colour
    read = 0
    for text in figure.findobj(Text):
        color = to_rgb(text.get_color())
        on_color = text.get_bbox_patch() is not None or color in computed
        if text.get_text() and text.get_visible() and not on_color:
            read += 1
            assert contrast(255 * np.array(color), behind) >= 4, text.get_text()
    assert read >= 1


def test_colours_go_back_to_light_after_a_dark_figure() -> None:
    from whylight.show.color import colorize

    before = colorize(0.0, 1.0)
    result("picture").plot(theme="dark")
    assert (colorize(0.0, 1.0) == before).all()
    settings = dict(mpl.rcParams)
    result("picture").plot(theme="dark")
    assert dict(mpl.rcParams) == settings
