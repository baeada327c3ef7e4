"""Pictures on paper: the picture beside its heatmap, small heatmaps, and both along a path. Knows nothing of models."""

import base64
import io
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.results.reading import MOST
from whylight.show.color import DIVERGING, colorize, table
from whylight.show.drawer import Drawer, drawer
from whylight.show.path import draw_pictures
from whylight.views.image import ImageView
from whylight.views.regions import mark, spread
from whylight.views.spotlight import Spotlight

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


DARK, TINT = 0.12, 0.6  # what is seen of the photograph in the dark; of the tint where the sign is clearest
NEITHER = 128  # the hue of no clear sign
STRENGTH = 0.7  # of the colours that tint

P = TypeVar("P", bound=ImageView)


def color_bar(fig: "Figure", axes: Any, limit: float, colormap: str, **place: Any) -> None:
    """The colours of the values from -limit to limit, beside some axes."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    span = Normalize(-limit, limit) if limit else Normalize(-1, 1)
    scale = ScalarMappable(span, ListedColormap(table(colormap) / 255))
    fig.colorbar(scale, ax=axes, **{"shrink": 0.85, "pad": 0.02, **place})


def pixels_html(pixels: np.ndarray, words: str) -> str:
    """Pixels as an image that fills its column; `words` say what it shows."""
    from html import escape

    from PIL.Image import fromarray

    buffer = io.BytesIO()
    fromarray(pixels).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    style = "width:100%;display:block;image-rendering:pixelated;border-radius:6px"
    return f'<img alt="{escape(words, quote=True)}" src="data:image/png;base64,{data}" style="{style}">'


class PictureDrawer(Drawer[P], Generic[P]):
    """Draws what is a picture: pixels."""

    clip = 99.5
    columns = 4
    path_height = 6.0

    def figure(self, attribution: Attribution, values: np.ndarray, limit: float, colormap: str) -> "Figure":
        """The picture, the heatmap, and its colour bar."""
        from whylight.show.figure import NotebookFigure

        fig = NotebookFigure(figsize=(8.4, 4.2), layout="constrained")
        axes = fig.subplots(1, 2)
        for ax, pixels in zip(
            axes, (self.view.pixels, self.painted(attribution, values, limit, colormap)), strict=True
        ):
            self.show_pixels(ax, pixels)
        self.legend(fig, axes, limit, colormap)
        return fig

    def painted(
        self, attribution: Attribution, values: np.ndarray, limit: float, colormap: str = "RdBu"
    ) -> NDArray[np.uint8]:
        """The answer as pixels."""
        return colorize(values, limit, colormap)

    def legend(self, fig: "Figure", axes: Any, limit: float, colormap: str) -> None:
        """What the pixels mean."""
        color_bar(fig, axes, limit, colormap)

    def show_pixels(self, ax: "Axes", pixels: np.ndarray) -> None:
        """One picture, without axes."""
        ax.imshow(pixels, interpolation="nearest")
        ax.set_axis_off()

    def html(self, attribution: Attribution, values: np.ndarray) -> None:
        """The figure itself."""

    def small(self, fig: "Figure", attribution: Attribution, values: np.ndarray, limit: float) -> None:
        """The heatmap."""
        fig.set_layout_engine("constrained")
        ax = fig.subplots()
        fig.set_figheight(0.45 + fig.get_figwidth() * values.shape[0] / values.shape[1])
        ax.imshow(self.painted(attribution, values, limit), interpolation="nearest")
        ax.set_axis_off()

    def small_html(self, attribution: Attribution, values: np.ndarray, limit: float, words: str) -> str:
        """The heatmap, pixel by pixel."""
        return pixels_html(self.painted(attribution, values, limit), words)

    def path(self, fig: "SubFigure", seen: PathTrace, limit: float) -> None:
        """The picture on its way, and the map there."""
        draw_pictures(fig, seen, self.view.show(seen.baseline.tensors[0]), self.view.pixels, limit)

    def input(self, ax: "Axes") -> None:
        """The picture."""
        ax.imshow(self.view.pixels, interpolation="nearest")


@drawer.register(ImageView)
class ImageDrawer(PictureDrawer[ImageView]):
    """Draws a picture: lit, in regions, or pixel by pixel."""

    def figure(self, attribution: Attribution, values: np.ndarray, limit: float, colormap: str) -> "Figure":
        """The picture, and as much of the answer as is to be told at a time."""
        if self.detail == "regions":
            values = self.view.region_sums(values)
            limit = float(np.abs(values).max())
        fig = super().figure(attribution, values, limit, colormap)
        if self.detail == "regions":
            self._number(fig.axes[1], values)
        return fig

    def _number(self, ax: "Axes", sums: np.ndarray) -> None:
        """The numbers of the regions that the sentence tells of."""
        from matplotlib.patheffects import withStroke

        labels = spread(self.view.regions, sums.shape)
        order = [int(i) for i in np.argsort(-sums.reshape(-1)[np.unique(labels, return_index=True)[1]])]
        for region in {*order[:MOST], *order[-MOST:]}:
            row, column = mark(labels, region)
            if sums[row, column]:
                outlined = [withStroke(linewidth=2, foreground="black")]
                place = {"ha": "center", "va": "center", "fontsize": 8, "color": "white"}
                ax.text(column, row, str(region + 1), path_effects=outlined, **place)

    def painted(
        self, attribution: Attribution, values: np.ndarray, limit: float, colormap: str = "RdBu"
    ) -> NDArray[np.uint8]:
        """As much as is to be told at a time."""
        if self.detail == "spotlight" and attribution.spotlight is not None:
            return lit_pixels(self.view.pixels, attribution.spotlight, colormap)
        return super().painted(attribution, values, limit, colormap)

    def legend(self, fig: "Figure", axes: Any, limit: float, colormap: str) -> None:
        """What light means, or colours."""
        if self.detail != "spotlight":
            super().legend(fig, axes, limit, colormap)
            return
        words = "Light: where the score is most sensitive" + " · warm supports, cool opposes" * (colormap in DIVERGING)
        axes[1].set_title(words, fontsize=8, color="#555555")


def lit_pixels(pixels: NDArray[np.uint8], seen: Spotlight, colormap: str = "RdBu") -> NDArray[np.uint8]:
    """The picture `(H, W, 3)` by its light."""
    shape = pixels.shape[:2]
    light = between(seen.light, shape)[..., None] / 255
    sign = (between(seen.hue, shape)[..., None] - NEITHER) / (255 - NEITHER) * (colormap in DIVERGING)
    cover, photo = TINT * np.abs(sign), pixels.astype(np.float64)
    cool, warm = colorize([-STRENGTH, STRENGTH], 1.0, colormap, dark=True).astype(np.float64)
    gray = photo @ np.array([0.2126, 0.7152, 0.0722])
    tint = np.where(sign > 0, warm, cool) * (0.15 + 0.85 * gray[..., None] / 255)
    return np.rint((DARK + (1 - DARK) * light) * ((1 - cover) * photo + cover * tint)).clip(0, 255).astype(np.uint8)


def between(small: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """A small map over a larger picture `(H, W)`, straight between the middles of its places.

    Examples
    --------
    >>> between(np.array([[0, 100]], np.uint8), (1, 4)).tolist()
    [[0.0, 25.0, 75.0, 100.0]]
    """
    found = small.astype(np.float64)
    for axis, size in enumerate(shape):
        count = found.shape[axis]
        places = (np.arange(size) + 0.5) * count / size - 0.5
        found = np.apply_along_axis(lambda line, at=places, n=count: np.interp(at, np.arange(n), line), axis, found)
    return found
