"""A picture and the maps drawn over it. Knows nothing of models, widgets or bytes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whylight.numbers import percent
from whylight.records import record
from whylight.views.units import Units, area_count, units_at
from whylight.views.view import Arrays, View

ICON = 48  # pixels


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
