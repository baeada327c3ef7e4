"""Pictures of many channels, and of one plane with axes (spectrograms). Knows nothing of models, widgets or bytes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from whylight.records import record
from whylight.views.image import ImageView, PixelRange
from whylight.views.planes import composite, lights, to_bytes
from whylight.views.spotlight import Spotlight
from whylight.views.told import Told, told
from whylight.views.units import Units, areas_at
from whylight.views.view import Arrays


@record
@dataclass(frozen=True, eq=False)
class ChannelRange:
    """What is dark and what is full light in each channel, `(C,)` each, and which three are red, green and blue."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]
    chosen: tuple[int, ...]

    def planes(self, inputs: Tensor) -> NDArray[np.uint8]:
        """The channels of `(1, C, H, W)` as uint8 `(C, H, W)`."""
        x = inputs[0].detach().float().cpu().numpy()
        return to_bytes(x, self.low[:, None, None], self.high[:, None, None])

    def __call__(self, inputs: Tensor) -> NDArray[np.uint8]:
        """The composite of `(1, C, H, W)` as uint8 `(H, W, 3)`."""
        return composite(self.planes(inputs), self.chosen)


@dataclass(frozen=True, eq=False)
class ChannelsView(ImageView):
    """A picture of many channels: `pixels` are a composite of three, `planes` `(C, H, W)` all of them between their own ends.

    `show` is the `ChannelRange` that makes both, `names` are those of the channels, empty where they have none.
    """

    planes: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0, 0), np.uint8))
    names: tuple[str, ...] = ()
    kind = "channels"

    @classmethod
    def of(cls, x: Tensor, names: Sequence[str] = ()) -> "ChannelsView":
        """One picture `(1, C, H, W)`."""
        flat = x[0].detach().float().flatten(1)
        low, high = (ends.cpu().numpy() for ends in (flat.amin(1), flat.amax(1)))
        show = ChannelRange(low, high, lights(names, len(low)))
        planes = show.planes(x)
        return cls(composite(planes, show.chosen), show, planes, tuple(names))

    @property
    def channel_names(self) -> Sequence[str]:
        """What the channels are called."""
        return self.names or tuple(f"Channel {i + 1}" for i in range(len(self.planes)))

    @property
    def details(self) -> tuple[str, ...]:
        """Pixels: what is asked of many channels is which of them matters, and where, one at a time."""
        return ()

    def parts_told(self, values: NDArray[Any], seen: Spotlight | None, detail: str = "") -> Sequence[Told]:
        """The channels."""
        flat = values[0].reshape(len(values[0]), -1)
        return told(self.channel_names, flat.sum(1), np.abs(flat).sum(1))

    def like_references(self, references: Sequence[Tensor]) -> float:
        """Not told: three channels are seen, and there are more."""
        return 0.0

    def arrays(self, attributions: NDArray[Any], errors: NDArray[Any]) -> Arrays:
        """As of any picture; also the sum `channel_sums` and the sum of |values| `channel_sizes` of each channel, `(C,)`."""
        flat = attributions[0].reshape(len(attributions[0]), -1)
        sums = {"channel_sums": flat.sum(1), "channel_sizes": np.abs(flat).sum(1)}
        return {**super().arrays(attributions, errors), "channels": attributions[0], **sums}


@record
@dataclass(frozen=True)
class Axis:
    """One axis of a plane: what it counts, and how much lies between two places."""

    label: str
    step: float = 1.0
    unit: str = ""


@record
@dataclass(frozen=True, eq=False)
class PlaneRange(PixelRange):
    """What is black and what white in a plane."""

    def __call__(self, inputs: Tensor) -> NDArray[np.uint8]:
        """One plane `(1, H, W)` as uint8 `(H, W, 3)`."""
        return super().__call__(inputs[:, None])


@dataclass(frozen=True, eq=False)
class PlaneView(ImageView):
    """One plane of numbers `(1, H, W)`, a spectrogram say, as a picture with axes; the rows come first."""

    axes: tuple[Axis, ...] = (Axis("Row"), Axis("Column"))

    @property
    def details(self) -> tuple[str, ...]:
        """Pixels: a plane is read along its axes, and is no photograph to be lit."""
        return ()

    def parts_told(self, values: NDArray[Any], seen: Spotlight | None, detail: str = "") -> Sequence[Told]:
        """The area where most of it lies."""
        return super().parts_told(values[:, None], seen, detail)

    def arrays(self, attributions: NDArray[Any], errors: NDArray[Any]) -> Arrays:
        """`values` `(H, W)` and `error`."""
        return super().arrays(attributions[:, None], errors[:, None])

    def group_units(self, shape: tuple[int, ...], spec: Any = None) -> Units:
        """Tiles, superpixels, or areas of one's own."""
        return areas_at(shape[1:], spec, pixels=self.pixels)
