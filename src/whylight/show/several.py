"""Several inputs of a model on paper: one drawing under the other, each under its name and share. Knows nothing of models."""

import io
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from whylight.errors import InvalidTypeError
from whylight.numbers import percent
from whylight.results.attribution import Attribution
from whylight.results.parts import Part, parts_of
from whylight.results.path_trace import PathTrace
from whylight.show.color import color_limit
from whylight.show.drawer import Drawer, drawer
from whylight.show.html import image_bytes, image_html
from whylight.show.readout import literal, values_of
from whylight.views.several import SeveralView

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

HEADING = "font-size:12px;margin:8px 0 4px"


@drawer.register(SeveralView)
class SeveralDrawer(Drawer[SeveralView]):
    """Draws every input as its own drawer does."""

    one_scale = False

    def figure(self, attribution: Attribution, values: np.ndarray, limit: float, colormap: str) -> "Figure":
        """The figures of all inputs, from top to bottom."""

        def figure(part: Part) -> "Figure":
            own = values_of(part.attribution)
            known = self._drawer(part)
            return known.figure(part.attribution, own, color_limit(own, known.clip), colormap)

        return _stacked([_titled(figure(part), heading(part)) for part in parts_of(attribution)])

    def _drawer(self, part: Part) -> Drawer[Any]:
        """The drawer of one input, with the detail asked for where it has that."""
        assert part.attribution.view is not None
        known = drawer(part.attribution.view)
        if self.detail in part.attribution.view.details:
            known.detail = self.detail
        return known

    def html(self, attribution: Attribution, values: np.ndarray) -> str:
        """Each under its name."""

        def body(part: Part) -> str:
            own, known = values_of(part.attribution), self._drawer(part)
            limit = color_limit(own, known.clip)
            drawn = lambda: image_html(image_bytes(known.figure(part.attribution, own, limit, "RdBu")), heading(part))
            return known.html(part.attribution, own) or drawn()

        return _under_names(attribution, body)

    def small(self, fig: "Figure", attribution: Attribution, values: np.ndarray, limit: float) -> None:
        """Each small, from top to bottom."""
        from whylight.show.figure import NotebookFigure

        parts, width = parts_of(attribution), fig.get_figwidth()
        figures = []
        for part in parts:
            own, known = values_of(part.attribution), self._drawer(part)
            one: Figure = NotebookFigure(figsize=(width, 0.5))
            known.small(one, part.attribution, own, color_limit(own, known.clip))
            figures.append(_titled(one, part.name))
        _stack(fig, figures)

    def small_html(self, attribution: Attribution, values: np.ndarray, limit: float, words: str) -> str:
        """Each small, under its name."""

        def body(part: Part) -> str:
            own, known = values_of(part.attribution), self._drawer(part)
            return known.small_html(part.attribution, own, color_limit(own, known.clip), f"{words}, {part.name}")

        return _under_names(attribution, body)

    def path(self, fig: "SubFigure", seen: PathTrace, limit: float) -> None:
        """There is no one map to follow."""
        raise InvalidTypeError("The path of several inputs has no one map; explain one at a time.")


def heading(part: Part) -> str:
    """What an input is called, and how much of the map is in it."""
    return part.name if np.isnan(part.share) else f"{part.name}: {percent(part.share)} of all |attributions|"


def _under_names(attribution: Attribution, body: Callable[[Part], str]) -> str:
    return "".join(f'<div style="{HEADING}">{escape(heading(p))}</div>{body(p)}' for p in parts_of(attribution))


def _titled(fig: "Figure", words: str) -> "Figure":
    fig.suptitle(literal(words), fontsize=9)
    return fig


def _stacked(figures: "list[Figure]") -> "Figure":
    """One figure with these from top to bottom."""
    from whylight.show.figure import NotebookFigure

    width = max(fig.get_figwidth() for fig in figures)
    whole: Figure = NotebookFigure(figsize=(width, 1.0), layout="constrained")
    _stack(whole, figures)
    return whole


def _stack(whole: "Figure", figures: "list[Figure]") -> None:
    """Draw these from top to bottom, as pictures: figures cannot hold figures."""
    from PIL.Image import open as read

    drawn: list[Any] = [np.asarray(read(io.BytesIO(image_bytes(fig))).convert("RGB")) for fig in figures]
    heights = [pixels.shape[0] / pixels.shape[1] for pixels in drawn]
    whole.set_layout_engine("constrained")
    whole.set_figheight(0.8 + whole.get_figwidth() * sum(heights))
    axes = whole.subplots(len(drawn), 1, squeeze=False, height_ratios=heights)
    for ax, pixels in zip(axes[:, 0], drawn, strict=True):
        ax.imshow(pixels)
        ax.set_axis_off()
