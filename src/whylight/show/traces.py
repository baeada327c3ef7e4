"""Lines of signals on paper, coloured by what their samples contribute. Knows nothing of results or of models."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from whylight.show.color import DIVERGING, colorize
from whylight.views.time_axis import DATE, DAY, TimeAxis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 1000  # longer signals are drawn as the least and largest value of so many stretches
PLAIN = np.array([0.55, 0.55, 0.55])  # where nothing is contributed
THIN, THICK = 0.9, 2.6  # points
Numbers = NDArray[np.float64]


def cells_of(length: int, columns: int = COLUMNS) -> NDArray[np.intp]:
    """The first sample of every stretch that is drawn."""
    return np.arange(0, length, -(-length // columns))


def cell_means(maps: NDArray[np.floating], columns: int = COLUMNS) -> Numbers:
    """Means of maps `(..., T)` over the stretches that are drawn."""
    length = maps.shape[-1]
    starts = cells_of(length, columns)
    return np.add.reduceat(maps, starts, axis=-1, dtype=np.float64) / np.diff([*starts, length])


def places(axis: TimeAxis, length: int) -> Numbers:
    """Where samples stand, as matplotlib takes it: days for dates."""
    found = axis.all(length)
    return found / DAY if axis.unit == DATE else found


def draw_line(
    ax: "Axes", xs: Numbers, values: NDArray[np.floating], colors: Numbers, *, limit: float, colormap: str
) -> None:
    """One channel: `values` `(T,)` at `xs`, in the colours of `colors`, one number per stretch; thicker where it is larger."""
    from matplotlib.collections import LineCollection

    starts = cells_of(len(values), len(colors))
    if len(starts) < len(values):
        low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
        points = np.column_stack([np.repeat(xs[starts], 2), np.column_stack([low, high]).reshape(-1)])
        shown = np.repeat(colors, 2)
    else:
        points, shown = np.column_stack([xs, values]), colors
    segments = np.stack([points[:-1], points[1:]], axis=1)
    position = np.clip((shown[:-1] + shown[1:]) / (2 * limit), -1, 1) if limit else np.zeros(len(segments))
    shades = line_colors(position, colormap)
    widths = THIN + (THICK - THIN) * np.abs(position)
    ax.add_collection(LineCollection(list(segments), colors=shades, linewidths=widths, capstyle="round"))
    margin = 0.06 * (float(values.max() - values.min()) or 1.0)
    ax.set_xlim(xs[0], xs[-1] if len(xs) > 1 else xs[0] + 1)
    ax.set_ylim(float(values.min()) - margin, float(values.max()) + margin)


def line_colors(position: Numbers, colormap: str) -> Numbers:
    """Colours 0..1 `(M, 3)` that are seen on the page: grey at zero, and never fainter than half strength beyond a quarter."""
    strong = np.sign(position) * (0.5 + 0.5 * np.abs(position)) if colormap in DIVERGING else np.abs(position)
    share = np.minimum(1, 4 * np.abs(position))[:, None]
    return (1 - share) * PLAIN + share * colorize(strong, 1.0, colormap) / 255


def tidy(ax: "Axes", axis: TimeAxis, *, last: bool) -> None:
    """Few quiet marks; numbers of the axis only below the last row."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color("#cccccc")
    ax.tick_params(labelsize=7, colors="#555555", labelbottom=last, bottom=last)
    ax.locator_params(axis="y", nbins=2)
    if last and axis.unit == DATE:
        ax.xaxis_date()
    if last:
        ax.set_xlabel({"s": "seconds", "samples": "samples", DATE: ""}.get(axis.unit, ""), fontsize=8, color="#555555")
