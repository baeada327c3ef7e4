"""A picture and the maps drawn over it. Knows nothing of models, widgets or bytes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whylight.numbers import percent, unit
from whylight.records import record
from whylight.views.regions import region_labels, region_parts, spread
from whylight.views.spotlight import Spotlight, spotlight
from whylight.views.told import Told, place
from whylight.views.units import Units, area_count, units_at
from whylight.views.view import Arrays, View

ICON = 48  # pixels
LARGE = 100  # pixels: pictures with longer sides are seen by a light first, smaller ones pixel by pixel
NEAR = 0.1  # of the range from black to white: a pixel nearer to its reference counts as so far from it
DETAILS = ("spotlight", "regions", "pixels")


def to_pixels(inputs: Tensor, ends: tuple[Tensor, Tensor] | None = None) -> NDArray[np.uint8]:
    """One picture `(1, C, H, W)` as uint8 `(H, W, 3)`: between black and white if known, else over its own range."""
    x = inputs.detach().float().cpu()
    low, high = (e.detach().float().cpu() for e in ends) if ends else (x.min(), x.max())
    span = torch.as_tensor(high - low)
    unit = (x - low).div_(torch.where(span == 0, torch.ones_like(span), span)).clamp_(0, 1)
    return _rgb(unit[0].permute(1, 2, 0).mul_(255).round_().byte().numpy())


def _rgb(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (H, W) or (H, W, C) as (H, W, 3)."""
    array = array[..., None] if array.ndim == 2 else array
    array = array[..., :3] if array.shape[2] >= 3 else np.repeat(array[..., :1], 3, axis=2)
    return np.ascontiguousarray(array)


@record
@dataclass(frozen=True, eq=False)
class PixelRange:
    """What is black and what white in the model's units, `(1, C, H, W)` or one value each; a tensor's own range without them."""

    black: Tensor | None = None
    white: Tensor | None = None

    def __call__(self, inputs: Tensor) -> NDArray[np.uint8]:
        """One picture `(1, C, H, W)` as uint8 `(H, W, 3)`."""
        return to_pixels(inputs, None if self.black is None or self.white is None else (self.black, self.white))


@dataclass(frozen=True, eq=False)
class ImageView(View):
    """A picture `(H, W, 3)`, uint8, aligned with attributions `(1, C, H, W)`.

    `show(tensor)` draws any `(1, C, H, W)` in the model's units, a baseline say, as such a picture.
    """

    pixels: NDArray[np.uint8]
    show: Callable[[Tensor], NDArray[np.uint8]] = field(default_factory=PixelRange)
    kind = "image"
    layouts = ("side", "overlay", "swipe")
    parts = "areas"

    def arrays(self, attributions: NDArray[Any], errors: NDArray[Any]) -> Arrays:
        """`values` `(H, W)` with the channels summed, `error`, and `channels` `(C, H, W)` if there are several."""
        found = {"values": attributions[0].sum(0), "error": errors[0].sum(0)}
        return {**found, "channels": attributions[0]} if len(attributions[0]) > 1 else found

    @property
    def details(self) -> tuple[str, ...]:
        """A light, regions or pixels; in small pictures pixels are seen at once."""
        return DETAILS if min(self.pixel_shape) > LARGE else DETAILS[::-1]

    def spotlight(self, values: NDArray[Any], sizes: NDArray[Any], references: Sequence[Tensor]) -> Spotlight | None:
        """Where the values of all channels `(1, C, H, W)` lie."""
        if references:
            steps = self._steps(references)
            sizes = sizes / (steps if len(steps) == sizes.shape[1] else steps.mean(0))
        return spotlight(values[0].sum(0), sizes[0].sum(0))

    @cached_property
    def regions(self) -> NDArray[np.uint8]:
        """The region of similar colour that each block of pixels belongs to, `(h, w)`."""
        return region_labels(self.pixels)

    def region_sums(self, values: NDArray[Any]) -> NDArray[Any]:
        """At every pixel `(H, W)` the sum of a map over its region; those of all regions add up to the sum of the map."""
        labels = spread(self.regions, values.shape)
        return np.bincount(labels.reshape(-1), values.reshape(-1))[labels]

    def parts_told(self, values: NDArray[Any], seen: Spotlight | None, detail: str = "") -> Sequence[Told]:
        """Under the light where the score is most sensitive, the regions, or the area where most of the map lies."""
        summed = values[0].sum(0)
        if detail == "regions":
            return region_parts(self.regions, summed)
        if detail != "spotlight" or seen is None:
            seen = spotlight(summed, np.abs(summed))
        lit = seen.lit(summed.shape)
        if not lit.any():
            return ()
        row, column = (float((at.mean() + 0.5) / n) for at, n in zip(np.nonzero(lit), lit.shape, strict=True))
        most = "most sensitive" if detail == "spotlight" else "strongest"
        name = f"The {most} area, {unit(str(round(100 * lit.mean())), '%')} of the picture around the {place(row, column)},"
        return [Told(name, float(summed[lit].sum()), float(np.abs(values[0][:, lit]).sum()))]

    def like_references(self, references: Sequence[Tensor]) -> float:
        """The share of pixels that are within `NEAR` of all of these, in every channel."""
        if not references:
            return 0.0
        return float((self._apart(references) <= NEAR).all(0).mean())

    def _steps(self, references: Sequence[Tensor]) -> NDArray[Any]:
        """How far the picture is from the references, `(3, H, W)`; never less than `NEAR`."""
        return np.maximum(self._apart(references), NEAR)

    def _apart(self, references: Sequence[Tensor]) -> NDArray[Any]:
        """How far the picture is from the references, of the range from black to white, `(3, H, W)`."""
        pixels = self.pixels.astype(np.float32)
        apart: list[NDArray[Any]] = [pixels - self.show(reference) for reference in references]
        sizes = np.abs(apart[0]) if len(apart) == 1 else np.sqrt(np.mean(np.square(apart), axis=0))
        return np.moveaxis(sizes / 255, 2, 0)

    def icon(self) -> NDArray[np.uint8]:
        """Every so many pixels."""
        return self.pixels[(slice(None, None, max(1, -(-max(self.pixel_shape) // ICON))),) * 2]

    def change_from(self, other: View) -> str:
        """How much of the picture is another."""
        if not isinstance(other, ImageView) or other.pixels.shape != self.pixels.shape:
            return super().change_from(other)
        return f"{percent(float((self.pixels != other.pixels).any(-1).mean()))} changed"

    def group_units(self, shape: tuple[int, ...], spec: Any = None) -> Units:
        """Tiles, superpixels, or areas of one's own."""
        return units_at(shape, spec, pixels=self.pixels)

    def part_count(self, units: Any = None) -> int | None:
        """How many areas there are."""
        return area_count(units, self.pixel_shape)

    @property
    def pixel_shape(self) -> tuple[int, ...]:
        """Height and width."""
        return self.pixels.shape[:2]
