"""Volumes as three planes, videos as a strip of frames, with bars of how much lies in each plane. Knows nothing of models."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.show.color import colorize
from whylight.show.drawer import Drawer, drawer
from whylight.show.image import color_bar, light_words, lit_pixels, pixels_html
from whylight.show.path import draw_pictures
from whylight.views.spotlight import Spotlight
from whylight.views.volume import StackView, VideoView, VolumeView

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

V = TypeVar("V", bound=StackView)
AXES = ("Depth", "Row", "Column")
STRIP = 6  # frames that are drawn
INK, QUIET = "#2563eb", "#555555"


def projection(values: np.ndarray, axis: int = 0) -> np.ndarray:
    """The value of largest size along one axis, with its sign."""
    at = np.expand_dims(np.abs(values).argmax(axis), axis)
    return np.take_along_axis(values, at, axis).squeeze(axis)


def overlay(pixels: np.ndarray, values: np.ndarray, limit: float, colormap: str) -> np.ndarray:
    """Colours over a picture `(H, W)` or `(H, W, 3)`: strong values opaque, weak ones clear."""
    gray = (pixels if pixels.ndim == 2 else pixels @ [0.2126, 0.7152, 0.0722])[..., None]
    cover = np.sqrt(np.abs(np.nan_to_num(values) / (limit or 1)).clip(0, 1))[..., None]
    return np.rint((1 - cover) * gray + cover * colorize(values, limit, colormap)).astype(np.uint8)


class StackDrawer(Drawer[V], Generic[V]):
    """What volumes and videos share: small maps are projections, the path is of their sum."""

    clip = 99.9
    columns = 4
    path_height = 6.0

    def html(self, attribution: Attribution, values: np.ndarray) -> None:
        """The figure itself."""

    def small(self, fig: "Figure", attribution: Attribution, values: np.ndarray, limit: float) -> None:
        """The maximum projection."""
        fig.set_layout_engine("constrained")
        ax = fig.subplots()
        flat = projection(values)
        fig.set_figheight(0.45 + fig.get_figwidth() * flat.shape[0] / flat.shape[1])
        ax.imshow(colorize(flat, limit), interpolation="nearest")
        ax.set_axis_off()

    def small_html(self, attribution: Attribution, values: np.ndarray, limit: float, words: str) -> str:
        """The maximum projection, pixel by pixel."""
        return pixels_html(colorize(projection(values), limit), f"{words}, maximum projection")

    def path(self, fig: "SubFigure", seen: PathTrace, limit: float) -> None:
        """Means over the planes on their way, and the sum of the map there."""
        draw_pictures(fig, seen, self.view.show(seen.baseline.tensors[0]), self.whole(), limit)

    def input(self, ax: "Axes") -> None:
        """The mean over the planes."""
        ax.imshow(self.whole(), interpolation="nearest")

    def light(self, attribution: Attribution) -> Spotlight | None:
        """What the planes are lit by, where that is to be told."""
        return attribution.spotlight if self.detail == "spotlight" else None

    def legend(self, fig: "Figure", axes: Any, limit: float, colormap: str, **place: Any) -> None:
        """What light means, or colours."""
        if self.detail == "spotlight":
            fig.text(0.99, 0.99, light_words(colormap), fontsize=8, color=QUIET, ha="right", va="top")
        else:
            color_bar(fig, axes, limit, colormap, **place)

    @abstractmethod
    def whole(self) -> np.ndarray:
        """The mean over the planes of the input, `(H, W, 3)`."""


@drawer.register(VolumeView)
class VolumeDrawer(StackDrawer[VolumeView]):
    """Draws the three planes through the strongest voxel."""

    def figure(self, attribution: Attribution, values: np.ndarray, limit: float, colormap: str) -> "Figure":
        """The map over the voxels in three planes, and the sum of |values| of each plane of every axis."""
        from whylight.show.figure import NotebookFigure

        at = np.unravel_index(np.abs(np.nan_to_num(values)).argmax(), values.shape)
        fig = NotebookFigure(figsize=(9.6, 5.2), layout="constrained")
        fig.get_layout_engine().set(hspace=0.12)  # type: ignore[union-attr]
        axes = fig.subplots(2, 3, height_ratios=[4, 1])
        for axis, (above, below) in enumerate(axes.T):
            rows, columns = (other for other in range(3) if other != axis)
            place = int(at[axis])
            voxels, map_ = (np.take(whole, place, axis) for whole in (self.view.voxels, values))
            seen = self.light(attribution)
            gray = np.repeat(voxels[..., None], 3, -1)
            lit = lambda seen, axis=axis, place=place, gray=gray: lit_pixels(gray, seen.plane(axis, place), colormap)
            pixels = overlay(voxels, map_, limit, colormap) if seen is None else lit(seen)
            aspect = self.view.spacing[rows] / self.view.spacing[columns]
            above.imshow(pixels, interpolation="nearest", aspect=aspect)
            above.axhline(at[rows], color="white", linewidth=0.6)
            above.axvline(at[columns], color="white", linewidth=0.6)
            above.set_title(f"{AXES[axis]} {place}", fontsize=9)
            above.set_axis_off()
            draw_sizes(below, _sizes(values, axis), place, AXES[axis])
            below.set_title(
                f"Σ |a| by {AXES[axis].lower()}", fontsize=8, color=QUIET
            )  # its axis is not that of the slice
            below.set_ylabel("")
        self.legend(fig, axes[0], limit, colormap, shrink=0.9)
        return fig

    def whole(self) -> np.ndarray:
        """The mean over the planes."""
        return np.repeat(np.rint(self.view.voxels.mean(0))[..., None], 3, -1).astype(np.uint8)


@drawer.register(VideoView)
class VideoDrawer(StackDrawer[VideoView]):
    """Draws a strip of frames."""

    def figure(self, attribution: Attribution, values: np.ndarray, limit: float, colormap: str) -> "Figure":
        """Some frames, the map of each, and the sum of |values| of every frame."""
        from whylight.show.figure import NotebookFigure

        sizes, count = _sizes(values, 0), len(values)
        best = int(sizes.argmax())
        chosen = np.unique([*np.linspace(0, count - 1, min(count, STRIP - 1)).round().astype(int), best])
        tall = min(3.0, 8.4 / len(chosen) * values.shape[1] / values.shape[2])  # inches of a frame
        fig = NotebookFigure(figsize=(9.6, 2 * tall + 2.6), layout="constrained")
        grid = fig.add_gridspec(3, len(chosen), height_ratios=[tall + 0.3, tall, 1.2])
        axes = np.array([[fig.add_subplot(grid[row, k]) for k in range(len(chosen))] for row in range(2)])
        for (above, below), i in zip(axes.T, chosen, strict=True):
            frame = self.view.frames[i]
            above.imshow(frame, interpolation="nearest")
            above.set_title(f"Frame {i}", fontsize=9)
            seen = self.light(attribution)
            shown = (
                colorize(values[i], limit, colormap) if seen is None else lit_pixels(frame, seen.plane(0, i), colormap)
            )
            below.imshow(shown, interpolation="nearest")
            for ax in (above, below):
                ax.set_axis_off()
        self.legend(fig, axes.ravel().tolist(), limit, colormap)
        draw_sizes(fig.add_subplot(grid[2, :]), sizes, best, "Frame")
        return fig

    def whole(self) -> np.ndarray:
        """The mean over the frames."""
        return np.rint(self.view.frames.mean(0)).astype(np.uint8)


def _sizes(values: np.ndarray, axis: int) -> Any:
    return np.abs(values).sum(tuple(other for other in range(3) if other != axis))


def draw_sizes(ax: "Axes", sizes: np.ndarray, marked: int, name: str) -> None:
    """Bars of the sum of |values| of each plane, one of them marked."""
    colors = [INK if i == marked else "#b9b9b9" for i in range(len(sizes))]
    ax.bar(range(len(sizes)), sizes, width=1.0 if len(sizes) > 60 else 0.8, color=colors)
    ax.set_xlabel(name, fontsize=8, color=QUIET)
    ax.set_ylabel("Σ |a|", fontsize=8, color=QUIET)
    ax.tick_params(labelsize=7, colors=QUIET)
    ax.spines[["top", "right"]].set_visible(False)
    ax.margins(x=0.01)
