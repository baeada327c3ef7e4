"""A picture and the maps drawn over it. Knows nothing of models, widgets or bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from whylight.views.units import Units, area_count, units_at
from whylight.views.view import Arrays, View


@dataclass(frozen=True, eq=False)
class ImageView(View):
    """A picture `(H, W, 3)`, uint8, aligned with attributions `(1, C, H, W)`.

    `show(tensor)` draws any `(1, C, H, W)` in the model's units, a baseline say, as such a picture.
    """

    pixels: NDArray[np.uint8]
    show: Callable[[Tensor], NDArray[np.uint8]]
    kind = "image"
    layouts = ("side", "overlay", "swipe")
    parts = "areas"

    def arrays(self, attributions: NDArray[Any], errors: NDArray[Any]) -> Arrays:
        """`values` `(H, W)` with the channels summed, `error`, and `channels` `(C, H, W)` if there are several."""
        found = {"values": attributions[0].sum(0), "error": errors[0].sum(0)}
        return {**found, "channels": attributions[0]} if len(attributions[0]) > 1 else found

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
