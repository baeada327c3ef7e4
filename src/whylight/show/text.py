"""A sentence with coloured words, in a figure and as HTML. Knows nothing of models."""

from collections.abc import Iterator
from html import escape
from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np

from whylight.numbers import signed
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.show.color import color_limit, colorize, text_color
from whylight.show.drawer import Drawer, drawer
from whylight.show.path import draw_rows
from whylight.show.readout import literal
from whylight.views.text import TextView

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

TEXT_LINE = 0.32  # inches
UNREAD = "#777777"  # text that no token stands for
UNSEEN = "The model does not see this: no token stands for it."
MARKER_EDGE = "#bbbbbb"  # around [CLS] and the like
TITLE = -2  # in place of a word: the title of a text
CAPTION = f"display:block;font-size:11px;line-height:1.4;color:{UNREAD};margin-top:4px"


@drawer.register(TextView)
class TextDrawer(Drawer[TextView]):
    """Draws words as they stand in the text."""

    columns = 1

    def figure(self, attribution: Attribution, values: np.ndarray, limit: float, colormap: str) -> "Figure":
        """The sentence, wrapped."""
        from whylight.show.figure import NotebookFigure

        fig = NotebookFigure(figsize=(8.4, 1.2))
        draw_text(fig, self.view, values, limit, colormap)
        return fig

    def html(self, attribution: Attribution, values: np.ndarray) -> str:
        """The sentence."""
        return f'<p style="line-height:1.9;font-size:15px;margin:8px 0">{words_html(self.view, values)}</p>'

    def small(self, fig: "Figure", attribution: Attribution, values: np.ndarray, limit: float) -> None:
        """The sentence, lower."""
        fig.set_figheight(0.9)
        draw_text(fig, self.view, values, limit, "RdBu")

    def small_html(self, attribution: Attribution, values: np.ndarray, limit: float, words: str) -> str:
        """The sentence on the scale of all."""
        return f'<p style="line-height:1.9;font-size:15px;margin:4px 0">{words_html(self.view, values, limit)}</p>'

    def path(self, fig: "SubFigure", seen: PathTrace, limit: float) -> None:
        """The strongest tokens, a row each."""
        draw_rows(fig.subplots(), [token.text for token in self.view.tokens], seen, limit)


def draw_text(fig: "Figure", view: TextView, values: np.ndarray, limit: float, colormap: str) -> None:
    """The sentence, word by word, wrapped to the width of the figure; the figure grows with the number of lines."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from whylight.show.figure import without_glyph_warnings

    renderer = FigureCanvasAgg(fig).get_renderer()
    width, left = fig.get_figwidth() * fig.dpi, 20.0
    placed, x, line = [], left, 0
    for piece, unit, marker in _titled(view):
        if unit == TITLE:
            line += 1 if placed else 0
            placed.append((fig.text(0, 0, literal(piece), fontsize=8, color=UNREAD), left, line))
            x, line = left, line + 1
            continue
        shade = colorize(values[unit] if unit >= 0 else 0.0, limit, colormap)
        edge = MARKER_EDGE if marker else "none"
        box = {"facecolor": shade / 255, "edgecolor": edge, "linewidth": 0.5, "pad": 1.0} if unit >= 0 else None
        color, size = text_color(shade) if unit >= 0 else UNREAD, 8 if marker else 11
        text = fig.text(0, 0, _plain(piece), fontsize=size, color=color, bbox=box)
        with without_glyph_warnings():
            extent = text.get_window_extent(renderer).width or 4.0 * len(piece)
        x += 4.0 if marker and x > left else 0.0
        if x + extent > width - left and x > left:
            x, line = left, line + 1
            extent = 0 if piece.isspace() else extent
        placed.append((text, x, line))
        x += extent + (8.0 if marker else 2.0 if extent else 0.0)
    height = fig.get_figheight() + line * TEXT_LINE
    fig.set_figheight(height)
    for text, x, line in placed:
        text.set_position((x / width, 1 - (0.7 + line * TEXT_LINE) / height))


def _titled(view: TextView) -> Iterator[tuple[str, int, bool]]:
    """The pieces of all texts, each text of several after its title."""
    for i, line in enumerate(view.lines()):
        if view.titles:
            yield view.titles[i], TITLE, False
        yield from line


def shortened(text: str, width: int) -> str:
    """At most so many letters of a text, for a figure."""
    return _plain(shorten(text, width, placeholder=" …"))


def _plain(piece: str) -> str:
    """Text that matplotlib neither breaks nor reads as mathematics."""
    return literal(piece).replace("\n", " ")


def words_html(view: TextView, values: np.ndarray, limit: float | None = None) -> str:
    """The sentence as coloured words; `limit` is |value| of full colour, by default the largest."""
    limit = color_limit(values) if limit is None else limit
    pieces = []
    for piece, unit, marker in _titled(view):
        if unit == TITLE:
            pieces.append(f'<span style="{CAPTION}">{escape(piece)}</span>')
            continue
        if unit < 0:
            pieces.append(
                f'<span style="color:{UNREAD}" title="{UNSEEN}">{escape(piece)}</span>'
                if piece.strip()
                else escape(piece)
            )
            continue
        shade = colorize(values[unit], limit)
        red, green, blue = (int(c) for c in shade)
        style = f"background:rgb({red},{green},{blue});color:{text_color(shade)};padding:2px 1px;border-radius:3px"
        if marker:
            style += f";font-size:11px;border:1px solid {MARKER_EDGE};margin:0 4px"
        pieces.append(f'<span style="{style}" title="{signed(float(values[unit]))}">{escape(piece)}</span>')
    return "".join(pieces)
