"""Figures for a light or a dark page: ink and paper by matplotlib's own settings, maps by the tables of `color`.

A page is dark where a person says so (`theme="dark"`), where matplotlib's style is (`dark_background`), or where a widget
in the notebook told that its page is. Files are for paper: only the first two make them dark. Knows nothing of what is drawn.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from whylight.errors import unknown_name
from whylight.results import drawing
from whylight.results.result import Result
from whylight.show.color import colors_for

if TYPE_CHECKING:
    from matplotlib.figure import Figure

THEMES = ("light", "dark")
PAPER, INK = {"light": "#ffffff", "dark": "#1c1c1c"}, {"light": "#000000", "dark": "#ececec"}
GRAY = 0.02  # largest difference between the parts of a colour that is no colour

_page = {"dark": False}
_drawing = threading.RLock()


def page_is(*, dark: bool) -> None:
    """Say whether the notebook's page is dark: the widget tells, and figures follow."""
    _page["dark"] = dark


@drawing.plot.register(Result)
def plot(result: Any, *, theme: str | None = None, paper: bool = False, **options: Any) -> "Figure":
    """A figure in the colours of the page it is shown on; with `paper` it goes to a file."""
    from matplotlib import rc_context, rcParams

    if theme not in (None, *THEMES):
        raise unknown_name("theme", str(theme), THEMES)
    style = "dark" if _lightness(rcParams["figure.facecolor"]) < 0.5 else "light"
    chosen = theme or ("dark" if _page["dark"] and not paper else style)
    settings = nullcontext() if chosen == style else rc_context(_settings(chosen))
    with drawn_alone(), colors_for(dark=chosen == "dark"), settings:
        figure = drawing.figure(result, **options)
        if chosen == "dark":
            _mirror_grays(figure, _lightness(rcParams["text.color"]), _lightness(rcParams["figure.facecolor"]))
    return figure


@contextmanager
def drawn_alone() -> Iterator[None]:
    """Within, no other thread draws a figure of ours in other settings: matplotlib's are those of all threads."""
    with _drawing:
        yield


def _settings(theme: str) -> dict[Any, Any]:
    ink = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    paper = ("figure.facecolor", "figure.edgecolor", "axes.facecolor")
    return dict.fromkeys(ink, INK[theme]) | dict.fromkeys(paper, PAPER[theme])


def _lightness(color: Any) -> float:
    from matplotlib.colors import to_rgb

    return sorted(to_rgb(color))[1]


def _mirror_grays(figure: "Figure", ink: float, paper: float) -> None:
    """Give greys of a drawing made for white the same distance from this paper; the ink stays, and black or white on colours."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgba

    def mirrored(color: Any) -> Any:
        r, g, b, alpha = to_rgba(color)
        if max(r, g, b) - min(r, g, b) > GRAY or g in {0.0, 1.0, ink}:
            return color
        return (*[ink + (paper - ink) * g] * 3, alpha)

    artists: list[Any] = figure.findobj()
    for artist in artists:
        if isinstance(artist, LineCollection):
            artist.set_color([mirrored(color) for color in artist.get_color()])
        elif hasattr(artist, "get_edgecolor") and hasattr(artist, "get_linewidth"):
            _mirror_edge(artist, mirrored)
        elif hasattr(artist, "get_color"):
            artist.set_color(mirrored(artist.get_color()))
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        tick = axis.get_major_ticks(1)[0]  # like all that are made later
        axis.set_tick_params(color=tick.tick1line.get_color(), labelcolor=tick.label1.get_color())


def _mirror_edge(patch: Any, mirrored: Any) -> None:
    from matplotlib.patches import Patch

    if isinstance(patch, Patch) and patch.get_edgecolor() != patch.get_facecolor():
        patch.set_edgecolor(mirrored(patch.get_edgecolor()))
