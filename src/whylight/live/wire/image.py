"""Pictures as messages. Knows nothing of traits, comms or threads."""

import math
from collections.abc import Sequence
from typing import Generic, Literal, NotRequired, TypedDict, TypeVar

import numpy as np
from torch import Tensor

from whylight.live.wire.arrays import VERSION, PackedArray, PackedArrays, array, halved
from whylight.live.wire.downsample import block_side, shrunk, thumbnail
from whylight.live.wire.encoder import Encoder, Input, Scales, encoder, lit_arrays, scaled
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.views.channels import PlaneView
from whylight.views.image import ImageView
from whylight.views.row_groups import RowGrouping
from whylight.views.view import Arrays
from whylight.views.volume import StackView

MAX_CHANNELS = 2_000_000  # values; beyond this the per-channel maps stay in Python
COMPARED = 224  # pixels: compared maps are no larger


P = TypeVar("P", bound=ImageView | StackView)


class Pixels(TypedDict):
    """The picture, uint8 `(H, W, 3)`; of a photograph the number of the region of each block of pixels, uint8 `(h, w)`."""

    pixels: PackedArray
    regions: NotRequired[PackedArray]


class PlaneAxis(TypedDict):
    """What the rows or columns of a plane count.

    Attributes
    ----------
    step
        How much lies between two of them.
    """

    label: str
    step: float
    unit: str


class ImageInput(Input):
    """A picture.

    Attributes
    ----------
    axes
        Of a plane of numbers, a spectrogram say: its rows, its columns.
    """

    kind: Literal["image"]
    arrays: Pixels
    axes: NotRequired[list[PlaneAxis]]


class PictureEncoder(Encoder[P], Generic[P]):
    """What is drawn as a picture: maps as they are, errors and channels as float16 once an answer is final."""

    map_bytes = 1
    bundle = "pictures.js"

    def maps(self, attribution: Attribution, found: Arrays, scales: Scales) -> PackedArrays:
        """The map, the baseline's thumbnail, and what can wait until the answer is final."""
        arrays = {"values": array(found["values"])}
        if attribution.baselines:
            arrays["baseline_picture"] = self.thumbnail(attribution.baselines[0].tensors[0])
        if attribution.final:
            for name in ("error", "channels"):
                if name in found and found[name].size <= MAX_CHANNELS:
                    arrays[name], scales["error_scale" if name == "error" else "channel_scale"] = halved(found[name])
        return arrays

    def compared(self, arrays: PackedArrays, scales: Scales) -> PackedArrays:
        """The map no larger than it is shown."""
        values = np.frombuffer(arrays["values"]["data"], "<f4").reshape(arrays["values"]["shape"])
        (small,) = shrunk(values[None], COMPARED)
        values_small, scales["value_scale"] = halved(small)
        return {**arrays, "values": values_small}

    def thumbnail(self, reference: Tensor) -> PackedArray:
        """A picture of a reference input, sides at most 48 pixels."""
        return thumbnail(self.view.show(reference))

    def path_cells(self) -> int:
        """Blocks of pixels, of a volume of one plane."""
        shape = self.view.pixel_shape[-2:]
        return math.prod(-(-n // block_side(shape)) for n in shape)

    def path_maps(self, seen: PathTrace) -> tuple[PackedArray, np.ndarray, int]:
        """Means over blocks of pixels, as bytes around 128."""
        scales, unit = scaled(shrunk(seen.maps))
        return array((128 + 127 * unit).round(), "uint8"), scales, block_side(seen.maps.shape[1:])

    def path_start(self, seen: PathTrace) -> PackedArrays:
        """The reference input as a picture."""
        pixels = self.view.show(seen.baseline.tensors[0]).astype(np.float32)
        small = np.moveaxis(shrunk(np.moveaxis(pixels, 2, 0)), 0, 2)
        return {"baseline_picture": array(small.round(), "uint8")}


@encoder.register(ImageView)
class ImageEncoder(PictureEncoder[ImageView]):
    """Pixels."""

    def input(self, groups: Sequence[RowGrouping] = ()) -> ImageInput:
        """The pixels, and the regions they belong to."""
        made = _pixels(self.view)
        return {**made, "arrays": {**made["arrays"], "regions": array(self.view.regions, "uint8")}}

    def maps(self, attribution: Attribution, found: Arrays, scales: Scales) -> PackedArrays:
        """Those of what is drawn as a picture, and the light it is seen by."""
        return super().maps(attribution, found, scales) | lit_arrays(attribution)


@encoder.register(PlaneView)
class PlaneEncoder(PictureEncoder[PlaneView]):
    """Pixels and axes."""

    def input(self, groups: Sequence[RowGrouping] = ()) -> ImageInput:
        """The pixels, and what rows and columns count."""
        axes: list[PlaneAxis] = [{"label": a.label, "step": a.step, "unit": a.unit} for a in self.view.axes]
        return {**_pixels(self.view), "axes": axes}


def _pixels(view: ImageView) -> ImageInput:
    return {"v": VERSION, "kind": "image", "arrays": {"pixels": array(view.pixels, "uint8")}}
