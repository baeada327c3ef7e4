"""The path on paper: the curve of F with the gradient's norm, and the maps on the way.

Knows nothing of how the path was followed; matplotlib is imported when a figure is asked for.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from whylight.numbers import percent, place
from whylight.results import drawing
from whylight.results.path_trace import PathTrace
from whylight.show.color import color_limit, colorize
from whylight.show.drawer import drawer
from whylight.show.html import card, image_bytes, image_html
from whylight.show.readout import literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


ROWS = 12  # tokens or features shown
STOPS = 6  # pictures shown
INK, ACCENT, FAINT = "#222222", "#2563eb", "#737373"


@drawing.figure.register(PathTrace)
def figure(seen: PathTrace) -> "Figure":
    """F(alpha) above, the maps below: pictures at some points, or one row per token or feature."""
    from whylight.show.figure import NotebookFigure

    known = drawer(seen.view)
    fig = NotebookFigure(figsize=(8.4, known.path_height), layout="constrained")
    halves: Any = fig.subfigures(2, 1)
    above, below = halves
    _draw_curve(above.subplots(), seen)
    known.path(below, seen, color_limit(seen.maps, known.clip))
    fig.suptitle(literal(_heading(seen)), fontsize=11)
    return fig


@drawing.html.register(PathTrace)
def html(seen: PathTrace) -> str:
    """The figure within HTML."""
    return card(_heading(seen), image_html(image_bytes(figure(seen)), repr(seen)), notes=seen.notes)


def _heading(seen: PathTrace) -> str:
    return f"From {seen.baseline.label} to the input, for “{seen.target}”"


def _draw_curve(ax: "Axes", seen: PathTrace) -> None:
    other = ax.twinx()
    other.fill_between(seen.alphas, seen.norms, color=FAINT, alpha=0.25, linewidth=0)
    other.set_ylim(0)
    other.set_ylabel("norm of (x − x′) · gradient", color=FAINT, fontsize=8)
    ax.plot(*seen.curve, color=ACCENT, linewidth=1.5)
    ax.plot(seen.alphas, seen.values, "o", color=ACCENT, markersize=3)
    for share in (0.9, 0.99):
        alpha = seen.saturation(share)
        if alpha is not None:
            ax.axvline(alpha, color=INK, linewidth=0.8, linestyle="--")
            above = {"transform": ax.get_xaxis_transform(), "ha": "center", "va": "bottom", "fontsize": 7}
            ax.text(alpha, 1.01, percent(share), **above)
    ax.set_zorder(other.get_zorder() + 1)
    ax.patch.set_visible(False)
    ax.set_xlim(0, 1)
    ax.set_xlabel("α: position on the path, 0 baseline, 1 input", fontsize=8)
    ax.set_ylabel(f"F ({seen.unit})", fontsize=8)
    ax.spines[["top"]].set_visible(False)


def draw_rows(ax: "Axes", names: Sequence[str], seen: PathTrace, limit: float) -> None:
    """The strongest tokens or features, each a row that is coloured along alpha."""
    rows = np.sort(np.argsort(-np.abs(seen.maps).max(0))[:ROWS])
    edges = np.concatenate([[0.0], (seen.map_alphas[1:] + seen.map_alphas[:-1]) / 2, [1.0]])
    for k, row in enumerate(rows):
        shades = colorize(seen.maps[:, row], limit) / 255
        ax.barh(k, np.diff(edges), left=edges[:-1], height=0.9, color=shades, linewidth=0)
    ax.set_yticks(range(len(rows)), [literal(str(names[r])) for r in rows], fontsize=8)
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.set_xlabel("α", fontsize=8)
    ax.spines[["top", "right", "left"]].set_visible(False)


def draw_pictures(fig: "SubFigure", seen: PathTrace, start: np.ndarray, end: np.ndarray, limit: float) -> None:
    """A picture on its way from `start` to `end`, both `(H, W, 3)`, and the map there."""
    start = start.astype(float)
    chosen = np.abs(seen.map_alphas[:, None] - np.linspace(0, 1, STOPS)).argmin(0)
    for (top, bottom), i in zip(fig.subplots(2, STOPS).T, chosen, strict=True):
        alpha = float(seen.map_alphas[i])
        top.imshow((start + alpha * (end - start)).round().astype(np.uint8), interpolation="nearest")
        top.set_title(f"α = {place(alpha, 0.1)}", fontsize=8)
        bottom.imshow(colorize(seen.maps[i], limit), interpolation="nearest")
        for ax in (top, bottom):
            ax.set_axis_off()
