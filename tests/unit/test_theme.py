"""Figures follow the page: a widget's word, matplotlib's style, or a person's; and are read on all of them."""

import threading

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


def test_settings_made_while_a_file_is_drawn_stay(monkeypatch, tmp_path) -> None:
    row, draw = result("row"), theme.drawing.figure

    def figure(*args, **options):
        mpl.rcParams["lines.linewidth"] = 7.0  # a person's cell, meanwhile
        return draw(*args, **options)

    monkeypatch.setattr(theme.drawing, "figure", figure)
    with mpl.rc_context():
        row.save(tmp_path / "a.png")
        assert mpl.rcParams["lines.linewidth"] == 7.0


def test_a_twin_drawn_beside_a_dark_figure_is_light(monkeypatch) -> None:
    from whylight.live.twin import static_twin

    with wl.explain(net(3), torch.ones(1, 3), target=0, n_steps=3) as widget:
        answer, shown, twins = widget.wait(300), widget._publisher, []
        alone, draw = static_twin(shown), theme.drawing.figure
        beside = threading.Thread(target=lambda: twins.append(static_twin(shown)))

        def figure(*args, **options):
            beside.start()
            beside.join(1)  # it has the time to draw in these settings, if it may
            return draw(*args, **options)

        monkeypatch.setattr(theme.drawing, "figure", figure)
        answer.plot(theme="dark")
        beside.join()
    assert twins == [alone]


MATHS = "$x_1$ of $2"
NAMED = [
    "picture",
    "channels",
    "plane",
    "volume",
    "sentence",
    "row",
    "table",
    "signal",
    "several",
    "path",
    "hierarchy",
    "effects",
]


def named(kind: str):
    """A result all of whose names look like mathematics."""
    options = {"target": 0, "n_steps": 5, "labels": [MATHS, f"no {MATHS}"]}
    names = [f"{MATHS} {i}" for i in range(3)]
    if kind in ("row", "table"):
        return wl.attribute(net(3), np.ones((1 + (kind == "table"), 3), np.float32), feature_names=names, **options)
    if kind == "effects":
        groups = {MATHS: ["$a$", "$b$"] * 3}
        return wl.effects(
            net(3), torch.rand(6, 3), feature_names=names, groups=groups, target=0, labels=options["labels"]
        )
    if kind == "signal":
        return wl.attribute(net(60), torch.rand(1, 3, 20), kind="signal", channel_names=names, **options)
    if kind == "channels":
        return wl.attribute(
            net(240), torch.rand(1, 3 + 2, 6, 8), kind="picture", channel_names=[*names, "a$b$", "c"], **options
        )
    if kind == "plane":
        return wl.attribute(net(48), torch.rand(1, 6, 8), kind="picture", **options)
    if kind == "volume":
        return wl.attribute(net(216), torch.rand(1, 1, 6, 6, 6), kind="volume", **options)
    if kind == "several":
        model = lambda inputs: net(6)(torch.cat([inputs[name].flatten(1) for name in names[:2]], 1))
        return wl.attribute(model, {name: torch.rand(1, 3) for name in names[:2]}, target=0, n_steps=5)
    if kind in ("sentence", "hierarchy"):
        demo = wl.demo.sentiment()
        ask = wl.hierarchy if kind == "hierarchy" else wl.attribute
        return ask(demo.model, f"{MATHS} costs $3 and $4", **{**demo.options, "labels": options["labels"]})
    picture = np.random.default_rng(0).integers(0, 255, (8, 8, 3)).astype(np.uint8)
    return (wl.path if kind == "path" else wl.attribute)(net(192), picture, **options)


@pytest.fixture
def words(monkeypatch):
    """All words of all figures that are drawn."""
    from whylight.show.figure import NotebookFigure

    draw, found = NotebookFigure.draw, []

    def drawn(figure, renderer):
        draw(figure, renderer)
        found.extend(text.get_text() for text in figure.findobj(Text))

    monkeypatch.setattr(NotebookFigure, "draw", drawn)
    return found


def no_mathematics(words: list[str]) -> None:
    assert any("$" in word for word in words)
    assert [word for word in words if mpl.cbook.is_math_text(word)] == []


@pytest.mark.parametrize("kind", NAMED)
def test_names_in_figures_are_no_mathematics(kind: str, words: list[str]) -> None:
    torch.manual_seed(0)
    named(kind).plot()._repr_png_()
    no_mathematics(words)


def test_names_of_compared_maps_are_no_mathematics(words: list[str]) -> None:
    from whylight.live.twin import static_twin

    with wl.explain(net(192), torch.rand(1, 3, 8, 8), n_steps=3, labels=[MATHS, f"no {MATHS}"]) as widget:
        widget.compare = [{"target": 0}, {"target": 1}]
        widget.wait(300)
        static_twin(widget._publisher)
    no_mathematics(words)
