"""Hierarchies on paper: phrases stacked over a sentence, groups of a picture level by level.

matplotlib is imported when a figure is asked for, and never through pyplot. Knows nothing of models.
"""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from whylight.numbers import fixed, plural
from whylight.results import drawing
from whylight.results.hierarchy import Hierarchy
from whylight.show.color import color_limit, colorize, text_color
from whylight.show.drawer import drawer
from whylight.show.html import card, image_bytes, image_html
from whylight.show.readout import literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


PANELS, ROW = 6, 0.42  # levels of a picture that are shown; inches of a row of phrases


@drawing.figure.register(Hierarchy)
def figure(hierarchy: Hierarchy, *, colormap: str = "RdBu") -> "Figure":
    """A matplotlib figure; warm groups speak for the target, cool ones against it."""
    from whylight.show.figure import NotebookFigure

    limit = color_limit(np.array([g.score for level in hierarchy.levels for g in level]))
    if hierarchy.units.sort == "windows":
        fig = NotebookFigure(figsize=(8.4, 1.2 + ROW * len(hierarchy.levels)), layout="constrained")
        _windows(fig.subplots(), hierarchy, limit, colormap)
    elif hierarchy.units.sort == "areas":
        fig = NotebookFigure(figsize=(10, 2.4), layout="constrained")
        _pictures(fig, hierarchy, limit, colormap)
    else:
        fig = NotebookFigure(figsize=(_width(hierarchy), 1.2 + ROW * len(hierarchy.levels)), layout="constrained")
        _phrases(fig.subplots(), hierarchy, limit, colormap)
    fig.suptitle(literal(_heading(hierarchy)), fontsize=11)
    return fig


@drawing.html.register(Hierarchy)
def html(hierarchy: Hierarchy) -> str:
    """The figure within HTML."""
    heading = _heading(hierarchy)
    words = f"{heading}, {len(hierarchy.levels)} levels of {len(hierarchy.units)} units"
    return card(
        heading,
        image_html(image_bytes(figure(hierarchy)), words),
        facts=f"{plural(hierarchy.n_evaluations, 'group')} scored",
    )


def _heading(hierarchy: Hierarchy) -> str:
    return f"Groups for “{hierarchy.target}” ({hierarchy.scorer})"


def _width(hierarchy: Hierarchy) -> float:
    return max(6.0, 0.4 + 0.13 * sum(max(len(name), 4) + 2 for name in hierarchy.units.names))


def _phrases(axes: "Axes", hierarchy: Hierarchy, limit: float, colormap: str) -> None:
    """One row per level, the words at the bottom; a box is as wide as its words."""
    lengths = np.array([max(len(name), 4) + 2.0 for name in hierarchy.units.names])
    ends = np.concatenate([[0], np.cumsum(lengths)])
    for row, level in enumerate(hierarchy.levels):
        for group in level:
            for start, stop in _runs(group.units):
                shade = colorize(np.asarray(group.score), limit, colormap)
                left, right = ends[start], ends[stop]
                axes.barh(row, right - left - 0.3, 0.86, left + 0.15, color=shade / 255, edgecolor="#00000022")
                label = hierarchy.units.names[start] if row == 0 else fixed(group.score, limit)
                axes.text(
                    (left + right) / 2,
                    row,
                    literal(label).replace("\n", " "),
                    ha="center",
                    va="center",
                    fontsize=9,
                    color=text_color(shade),
                )
    axes.set(xlim=(0, ends[-1]), ylim=(-0.6, len(hierarchy.levels) - 0.4))
    axes.set_axis_off()


def _windows(axes: "Axes", hierarchy: Hierarchy, limit: float, colormap: str) -> None:
    """One row per level, single windows at the bottom; a box is as wide as its windows."""
    count, names = len(hierarchy.units), hierarchy.units.names
    for row, level in enumerate(hierarchy.levels):
        for group in level:
            shade = colorize(np.asarray(group.score), limit, colormap)
            for start, stop in _runs(group.units):
                axes.barh(row, stop - start, 0.86, start, color=shade / 255, edgecolor="#00000022", align="center")
            start, stop = max(_runs(group.units), key=lambda run: run[1] - run[0])
            if stop - start > count / 12:
                middle, color = (start + stop) / 2, text_color(shade)
                axes.text(middle, row, fixed(group.score, limit), ha="center", va="center", fontsize=8, color=color)
    marked = range(0, count, -(-count // 6))
    axes.set_xticks([i + 0.5 for i in marked], [names[i] for i in marked], fontsize=7)
    axes.set(xlim=(0, count), ylim=(-0.6, len(hierarchy.levels) - 0.4), yticks=[])
    axes.spines[["top", "right", "left"]].set_visible(False)


def _runs(units: tuple[int, ...]) -> list[tuple[int, int]]:
    """(start, stop) of the pieces without a gap: one for words, maybe several for features of a row."""
    cuts = [0, *(k + 1 for k, (a, b) in enumerate(pairwise(units)) if b != a + 1), len(units)]
    return [(units[a], units[b - 1] + 1) for a, b in pairwise(cuts)]


def _pictures(fig: "Figure", hierarchy: Hierarchy, limit: float, colormap: str) -> None:
    """The picture, and evenly chosen levels of groups with their outlines."""
    count, plane = len(hierarchy.levels), _plane(hierarchy)
    shown = np.unique(np.linspace(0, count - 1, min(count, PANELS)).round().astype(int))
    axes = fig.subplots(1, 1 + len(shown))
    if hierarchy.view is not None:
        drawer(hierarchy.view).input(axes[0])
    axes[0].set_title("input" if plane is ... else f"mean input; groups in plane {plane}", fontsize=9)
    for ax, level in zip(axes[1:], shown.tolist(), strict=True):
        ax.imshow(colorize(hierarchy.score_map(level)[plane], limit, colormap), interpolation="nearest")
        _outlines(ax, hierarchy.label_map(level)[plane])
        groups = hierarchy.levels[level]
        ax.set_title(f"{plural(len(groups), 'group')}", fontsize=9)
    for ax in axes:
        ax.set_axis_off()


def _plane(hierarchy: Hierarchy) -> Any:
    """Which plane of a volume is drawn: one in the middle of the strongest unit; all there is of a picture."""
    labels = hierarchy.units.labels
    if labels.ndim == 2:
        return ...
    best = max(hierarchy.levels[0], key=lambda group: abs(group.score)).units
    planes = np.flatnonzero(np.isin(labels, best).any((1, 2)))
    return int(planes[len(planes) // 2])


def _outlines(axes: "Axes", labels: np.ndarray) -> None:
    """Lines where neighbouring pixels belong to different groups."""
    from matplotlib.collections import LineCollection

    rows, columns = np.nonzero(labels[:, 1:] != labels[:, :-1])
    upright = [((c + 0.5, r - 0.5), (c + 0.5, r + 0.5)) for r, c in zip(rows, columns, strict=True)]
    rows, columns = np.nonzero(labels[1:] != labels[:-1])
    level = [((c - 0.5, r + 0.5), (c + 0.5, r + 0.5)) for r, c in zip(rows, columns, strict=True)]
    axes.add_collection(LineCollection([*upright, *level], colors="#333333", linewidths=0.6))
