"""Pictures of many channels and planes with axes on paper. Knows nothing of models."""

from typing import TYPE_CHECKING

import numpy as np

from whylight.results.attribution import Attribution
from whylight.show.bars import Bar, draw, strongest
from whylight.show.color import colorize
from whylight.show.drawer import drawer
from whylight.show.image import PictureDrawer, color_bar
from whylight.show.readout import literal
from whylight.tensors import doubles
from whylight.views.channels import ChannelsView, PlaneView

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BARS = 16  # channels that are drawn


@drawer.register(ChannelsView)
class ChannelsDrawer(PictureDrawer[ChannelsView]):
    """Draws a composite, the sum over channels, and the sum of each channel."""

    def figure(self, attribution: Attribution, values: np.ndarray, limit: float, colormap: str) -> "Figure":
        """Composite and map above, bars of the channels below."""
        from whylight.show.figure import NotebookFigure

        view, maps = self.view, doubles(attribution.attributions)
        sums = view.arrays(maps, maps)["channel_sums"]
        bars = [Bar(view.channel_names[i], float(sums[i])) for i in strongest(sums, BARS)]
        low = 1.2 + 0.26 * len(bars)
        fig = NotebookFigure(figsize=(8.4, 4.0 + low), layout="constrained")
        axes = fig.subplot_mosaic([["input", "map"], ["bars", "bars"]], height_ratios=[4.0, low])
        for name, pixels in (("input", view.pixels), ("map", colorize(values, limit, colormap))):
            self.show_pixels(axes[name], pixels)
        color_bar(fig, axes["map"], limit, colormap)
        draw(axes["bars"], bars, colormap=colormap, unit=_shown(len(bars), len(sums)))
        axes["bars"].margins(x=0.3)  # room for the numbers of bars that hardly leave zero
        return fig


def _shown(drawn: int, known: int) -> str:
    most = "" if drawn == known else f", the strongest {drawn} of {known}"
    return f"sum of the attributions of each channel{most}"


@drawer.register(PlaneView)
class PlaneDrawer(PictureDrawer[PlaneView]):
    """Draws a plane with its axes."""

    def show_pixels(self, ax: "Axes", pixels: np.ndarray) -> None:
        """One picture over its axes."""
        rows, columns = self.view.axes
        height, width = pixels.shape[:2]
        extent = (0, width * columns.step, height * rows.step, 0)
        ax.imshow(pixels, interpolation="nearest", extent=extent, aspect="auto")
        for name, axis in (("x", columns), ("y", rows)):
            ax.set(**{f"{name}label": literal(f"{axis.label} ({axis.unit})" if axis.unit else axis.label)})
        ax.tick_params(labelsize=8)
