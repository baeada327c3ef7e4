"""Pictures on paper: the picture beside its heatmap, small heatmaps, and both along a path. Knows nothing of models."""

import base64
import io
from typing import TYPE_CHECKING

import numpy as np

from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.show.color import colorize, table
from whylight.show.drawer import Drawer, drawer
from whylight.views.image import ImageView

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

STOPS = 6  # pictures of a path


@drawer.register(ImageView)
class ImageDrawer(Drawer[ImageView]):
    """Draws pixels."""

    clip = 99.5
    columns = 4
    path_height = 6.0

    def figure(self, attribution: Attribution, values: np.ndarray, limit: float, colormap: str) -> "Figure":
        """The picture, the heatmap, and its colour bar."""
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import ListedColormap, Normalize

        from whylight.show.figure import NotebookFigure

        fig = NotebookFigure(figsize=(8.4, 4.2), layout="constrained")
        axes = fig.subplots(1, 2)
        for ax, pixels in zip(axes, (self.view.pixels, colorize(values, limit, colormap)), strict=True):
            ax.imshow(pixels, interpolation="nearest")
            ax.set_axis_off()
        span = Normalize(-limit, limit) if limit else Normalize(-1, 1)
        scale = ScalarMappable(span, ListedColormap(table(colormap) / 255))
        fig.colorbar(scale, ax=axes, shrink=0.85, pad=0.02)
        return fig

    def html(self, attribution: Attribution, values: np.ndarray) -> None:
        """The figure itself."""

    def small(self, fig: "Figure", attribution: Attribution, values: np.ndarray, limit: float) -> None:
        """The heatmap."""
        fig.set_layout_engine("constrained")
        ax = fig.subplots()
        fig.set_figheight(0.45 + fig.get_figwidth() * values.shape[0] / values.shape[1])
        ax.imshow(colorize(values, limit), interpolation="nearest")
        ax.set_axis_off()

    def small_html(self, attribution: Attribution, values: np.ndarray, limit: float, words: str) -> str:
        """The heatmap, pixel by pixel."""
        from html import escape

        from PIL.Image import fromarray

        buffer = io.BytesIO()
        fromarray(colorize(values, limit)).save(buffer, "PNG")
        data = base64.b64encode(buffer.getvalue()).decode()
        style = "width:100%;display:block;image-rendering:pixelated;border-radius:6px"
        return f'<img alt="{escape(words, quote=True)}" src="data:image/png;base64,{data}" style="{style}">'

    def path(self, fig: "SubFigure", seen: PathTrace, limit: float) -> None:
        """The picture on its way, and the map there."""
        start = self.view.show(seen.baseline.tensors[0]).astype(float)
        chosen = np.abs(seen.map_alphas[:, None] - np.linspace(0, 1, STOPS)).argmin(0)
        for (top, bottom), i in zip(fig.subplots(2, STOPS).T, chosen, strict=True):
            alpha = float(seen.map_alphas[i])
            pixels = (start + alpha * (self.view.pixels - start)).round().astype(np.uint8)
            top.imshow(pixels, interpolation="nearest")
            top.set_title(f"α = {alpha:.3g}", fontsize=8)
            bottom.imshow(colorize(seen.maps[i], limit), interpolation="nearest")
            for ax in (top, bottom):
                ax.set_axis_off()

    def input(self, ax: "Axes") -> None:
        """The picture."""
        ax.imshow(self.view.pixels, interpolation="nearest")
