"""Volumes and videos as messages. Knows nothing of traits, comms or threads.

A volume may have more values than a notebook should keep. What is kept has at most `KEPT` of them, means over blocks; a final
answer streams with up to `SENT` beside it, which are in the page as long as it is open.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Generic, Literal, TypedDict, TypeVar

import numpy as np

from whylight.live.wire.arrays import VERSION, PackedArray, PackedArrays, array, halved
from whylight.live.wire.downsample import block_means, blocks_within, shrunk
from whylight.live.wire.encoder import Input, Scales, encoder, lit_arrays
from whylight.live.wire.image import PictureEncoder
from whylight.results.attribution import Attribution
from whylight.views.row_groups import RowGrouping
from whylight.views.view import Arrays
from whylight.views.volume import StackView, VideoView, VolumeView

KEPT, SENT = 128**3, 256**3  # values of a map
COMPARED = 224  # pixels: compared maps are no larger
SHARES = 1001  # points of the distribution of |values|
LOOKED_AT = 500_000  # values it is read from
FINE = "fine_"

V = TypeVar("V", bound=StackView)


class Voxels(TypedDict):
    """The volume, uint8 `(d, h, w)`."""

    voxels: PackedArray


class VolumeInput(Input):
    """A volume.

    Attributes
    ----------
    size
        Depth, height and width; what is sent may be means over blocks.
    spacing
        Distances of neighbouring voxels along the three axes.
    range
        What the bytes 0 and 255 stand for.
    """

    kind: Literal["volume"]
    size: list[int]
    spacing: list[float]
    range: list[float]
    arrays: Voxels


class Frames(TypedDict):
    """The frames, uint8 `(T, h, w, 3)`."""

    frames: PackedArray


class VideoInput(Input):
    """A video.

    Attributes
    ----------
    size
        Frames, height and width; what is sent may be means over blocks.
    """

    kind: Literal["video"]
    size: list[int]
    arrays: Frames


class StackEncoder(PictureEncoder[V], Generic[V]):
    """Maps as float16; sums over planes and the distribution of |values| from all of the numbers.

    Attributes
    ----------
    axes
        Those that may be shortened.
    """

    bundle = "volumes.js"
    axes: ClassVar[tuple[int, ...]] = (0, 1, 2)

    @abstractmethod
    def picture(self, cells: int) -> np.ndarray:
        """The input with at most so many places, uint8."""

    def blocks(self, cells: int) -> list[int]:
        """Sides of the blocks, so that a map has at most so many values."""
        return blocks_within(self.view.pixel_shape, cells, self.axes)

    def maps(self, attribution: Attribution, found: Arrays, scales: Scales) -> PackedArrays:
        """The map as it is kept; of a final answer also its error and, of a large one, map and input as finely as they are sent."""
        values, large = found["values"], self.blocks(SENT) != self.blocks(KEPT)
        arrays = {name: array(found[name]) for name in found if name.startswith(("sums_", "sizes_"))}
        arrays["shares"] = array(distribution(values))
        arrays["values"], scales["value_scale"] = halved(block_means(values, self.blocks(KEPT)))
        if attribution.baselines:
            arrays["baseline_picture"] = self.thumbnail(attribution.baselines[0].tensors[0])
        if attribution.final:
            arrays["error"], scales["error_scale"] = halved(block_means(found["error"], self.blocks(KEPT)))
        if attribution.final and large:
            arrays[f"{FINE}values"], scales["fine_scale"] = halved(block_means(values, self.blocks(SENT)))
            arrays[f"{FINE}input"] = array(self.picture(SENT), "uint8")
        return arrays | lit_arrays(attribution)

    def kept(self, arrays: PackedArrays) -> PackedArrays:
        """All but the finest."""
        return {name: packed for name, packed in arrays.items() if not name.startswith(FINE)}

    def compared(self, arrays: PackedArrays, scales: Scales) -> PackedArrays:
        """The strongest value behind every pixel."""
        shape = arrays["values"]["shape"]
        values = np.frombuffer(arrays["values"]["data"], "<f2").reshape(shape).astype(np.float32)
        (small,) = shrunk(strongest(values)[None], COMPARED)
        values_small, scale = halved(small)
        scales["value_scale"] = (scale or 1.0) * (scales.get("value_scale") or 1.0)
        return {"values": values_small, "shares": arrays["shares"]}


@encoder.register(VolumeView)
class VolumeEncoder(StackEncoder[VolumeView]):
    """Voxels and their distances."""

    def input(self, groups: Sequence[RowGrouping] = ()) -> VolumeInput:
        """The voxels."""
        view = self.view
        return {
            "v": VERSION,
            "kind": "volume",
            "size": list(view.pixel_shape),
            "spacing": list(view.spacing),
            "range": [view.light.low, view.light.high],
            "arrays": {"voxels": array(self.picture(KEPT), "uint8")},
        }

    def picture(self, cells: int) -> np.ndarray:
        """The voxels with at most so many places."""
        return _shrunk_bytes(self.view.voxels, self.blocks(cells))


@encoder.register(VideoView)
class VideoEncoder(StackEncoder[VideoView]):
    """Frames; none is left out or mixed with another."""

    axes = (1, 2)

    def input(self, groups: Sequence[RowGrouping] = ()) -> VideoInput:
        """The frames."""
        size = list(self.view.pixel_shape)
        return {
            "v": VERSION,
            "kind": "video",
            "size": size,
            "arrays": {"frames": array(self.picture(KEPT), "uint8")},
        }

    def picture(self, cells: int) -> np.ndarray:
        """The frames with at most so many places."""
        return _shrunk_bytes(self.view.frames, [*self.blocks(cells), 1])


def _shrunk_bytes(values: np.ndarray, blocks: Sequence[int]) -> np.ndarray:
    return values if max(blocks) == 1 else np.rint(block_means(values, blocks))


def distribution(values: np.ndarray) -> np.ndarray:
    """The |values| below which 0, 0.1, ... 100 % lie, ascending; of many values from some of them, but for the largest."""
    flat = np.abs(values.reshape(-1))
    flat = flat[np.isfinite(flat)]
    if not flat.size:
        return np.zeros(SHARES)
    found = np.quantile(flat[:: max(1, flat.size // LOOKED_AT)], np.linspace(0, 1, SHARES))
    found[-1] = flat.max()
    return np.asarray(found)


def strongest(values: np.ndarray) -> np.ndarray:
    """Of every line along the first axis `(D, H, W)` the value of largest size, with its sign `(H, W)`."""
    at = np.abs(values).argmax(0)[None]
    return np.take_along_axis(values, at, 0)[0]
