"""Volumes of voxels and videos of frames: stacks of planes, and how much lies in each. Knows nothing of models, widgets or bytes."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from whylight.records import record
from whylight.views.planes import to_bytes
from whylight.views.spotlight import Spotlight
from whylight.views.told import Told, told
from whylight.views.units import BLOCKS, Units, area_count, areas_at
from whylight.views.view import Arrays, View

WINDOWS, TILES = 4, 7  # blocks of a video: along time, along the longer side of its frames


@record
@dataclass(frozen=True, eq=False)
class LightRange:
    """What is dark and what is full light, in the model's units."""

    low: float
    high: float

    @classmethod
    def of(cls, x: Tensor) -> "LightRange":
        """0 to 1 where all numbers are, else from the least to the largest."""
        low, high = float(x.min()), float(x.max())
        return cls(0.0, 1.0) if low >= 0 and high <= 1 else cls(low, high)

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Values as bytes."""
        return to_bytes(values, np.asarray(self.low, np.float32), np.asarray(self.high, np.float32))


@dataclass(frozen=True, eq=False)
class StackView(View):
    """Planes one behind the other: attributions are `(1, C, D, H, W)` or `(1, D, H, W)`, drawn with the channels summed.

    Attributes
    ----------
    light
        How values become bytes.
    """

    light: LightRange
    planes: ClassVar[str] = "planes"
    layouts: ClassVar[tuple[str, ...]] = ("overlay", "side")
    parts = "blocks"

    def arrays(self, attributions: NDArray[Any], errors: NDArray[Any]) -> Arrays:
        """`values` `(D, H, W)`, their `error`, and along every axis k the sums `sums_k` of values and `sizes_k` of |values| of each plane."""
        values, error = self.numbers(attributions), self.numbers(errors)
        found: Arrays = {"values": values, "error": error}
        sizes = np.abs(values)
        for axis in range(3):
            others = tuple(other for other in range(3) if other != axis)
            found |= {f"sums_{axis}": values.sum(others), f"sizes_{axis}": sizes.sum(others)}
        return found

    def path_numbers(self, attributions: NDArray[Any]) -> NDArray[Any]:
        """Summed over the planes, `(H, W)`."""
        return self.numbers(attributions).sum(0)

    def numbers(self, attributions: NDArray[Any]) -> NDArray[Any]:
        """The map `(D, H, W)`."""
        return attributions[0].sum(0) if attributions.ndim == 5 else attributions[0]

    def parts_told(self, values: NDArray[Any], seen: Spotlight | None, detail: str = "") -> Sequence[Told]:
        """Stretches of planes, as deep as a block."""
        maps, deep = self.numbers(values), self.block_sides[0]
        starts = np.arange(0, len(maps), deep)
        ends = np.minimum(starts + deep, len(maps))
        names = [
            f"{self.planes} {a}–{b - 1}" if b - a > 1 else f"{self.planes[:-1]} {a}"
            for a, b in zip(starts, ends, strict=True)
        ]
        sums, sizes = maps.sum((1, 2)), np.abs(maps).sum((1, 2))
        return told(names, np.add.reduceat(sums, starts), np.add.reduceat(sizes, starts))

    @abstractmethod
    def show(self, inputs: Tensor) -> NDArray[np.uint8]:
        """The mean over the planes of any input, as a picture `(H, W, 3)`."""

    @property
    @abstractmethod
    def block_sides(self) -> tuple[int, ...]:
        """Sides of the blocks that groups are made of where nobody says otherwise, in places along every axis."""

    def group_units(self, shape: tuple[int, ...], spec: Any = None) -> Units:
        """Blocks, cubes of a side, or areas of one's own."""
        return areas_at(self.pixel_shape, spec, sides=self.block_sides)

    def part_count(self, units: Any = None) -> int | None:
        """How many blocks there are."""
        return area_count(units, self.pixel_shape, self.block_sides)


@dataclass(frozen=True, eq=False)
class VolumeView(StackView):
    """A volume of voxels `(D, H, W)`, uint8; several channels are drawn as their mean.

    Attributes
    ----------
    spacing
        Distance of neighbouring voxels along the three axes.
    """

    voxels: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0, 0), np.uint8))
    spacing: tuple[float, ...] = (1.0, 1.0, 1.0)
    kind = "volume"
    layouts: ClassVar[tuple[str, ...]] = ("overlay", "side", "projection")

    @classmethod
    def of(cls, x: Tensor, spacing: tuple[float, ...]) -> "VolumeView":
        """One volume `(1, C, D, H, W)` or `(1, D, H, W)`."""
        light = LightRange.of(x)
        return cls(light, light(_mean_channel(x)), spacing)

    @property
    def pixel_shape(self) -> tuple[int, ...]:
        """Depth, height and width."""
        return self.voxels.shape

    @property
    def block_sides(self) -> tuple[int, ...]:
        """As long one way as another, measured by the spacing: 6 along the longest axis."""
        side = max(n * step for n, step in zip(self.pixel_shape, self.spacing, strict=True)) / BLOCKS
        return tuple(
            max(1, min(n, math.ceil(side / step - 1e-9)))
            for n, step in zip(self.pixel_shape, self.spacing, strict=True)
        )

    def show(self, inputs: Tensor) -> NDArray[np.uint8]:
        """The mean over the planes of any volume, as a picture `(H, W, 3)`."""
        return _gray(self.light(_mean_channel(inputs).mean(0)))


@dataclass(frozen=True, eq=False)
class VideoView(StackView):
    """A video of frames `(T, H, W, 3)`, uint8."""

    frames: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0, 0, 3), np.uint8))
    kind = "video"
    planes = "frames"
    layouts: ClassVar[tuple[str, ...]] = ("side", "overlay", "swipe")

    @classmethod
    def of(cls, x: Tensor) -> "VideoView":
        """One video `(1, C, T, H, W)`, gray or in colours."""
        light = LightRange.of(x)
        return cls(light, _in_colours(light, x))

    @property
    def pixel_shape(self) -> tuple[int, ...]:
        """Frames, height and width."""
        return self.frames.shape[:3]

    @property
    def block_sides(self) -> tuple[int, ...]:
        """Windows of a quarter of the frames, and tiles, 7 along the longer side."""
        frames, height, width = self.pixel_shape
        tile = -(-max(height, width) // TILES)
        return -(-frames // WINDOWS), tile, tile

    def show(self, inputs: Tensor) -> NDArray[np.uint8]:
        """The mean over the frames of any video, as a picture `(H, W, 3)`."""
        return _in_colours(self.light, inputs.mean(2, keepdim=True))[0]


def _mean_channel(x: Tensor) -> NDArray[np.float32]:
    one = x[0].detach().float().cpu()
    return np.asarray((one.mean(0) if one.ndim == 4 else one).numpy())


def _gray(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(plane[..., None], 3, axis=-1)


def _in_colours(light: LightRange, x: Tensor) -> NDArray[np.uint8]:
    """Frames `(T, H, W, 3)` of `(1, C, T, H, W)`."""
    frames = light(x[0].detach().float().cpu().permute(1, 2, 3, 0).numpy())
    return np.ascontiguousarray(frames if frames.shape[-1] == 3 else np.repeat(frames[..., :1], 3, axis=-1))
