"""Pictures of many channels as messages. Knows nothing of traits, comms or threads."""

from collections.abc import Sequence
from typing import Literal, TypedDict

from whylight.live.wire.arrays import VERSION, PackedArray, PackedArrays, array, number
from whylight.live.wire.downsample import block_means, blocks_within
from whylight.live.wire.encoder import Input, Scales, encoder
from whylight.live.wire.image import MAX_CHANNELS, PictureEncoder
from whylight.results.attribution import Attribution
from whylight.views.channels import ChannelRange, ChannelsView
from whylight.views.row_groups import RowGrouping
from whylight.views.view import Arrays


class ChannelPlanes(TypedDict):
    """All channels, uint8 `(C, h, w)`, each between its own ends."""

    planes: PackedArray


class ChannelsInput(Input):
    """A picture of many channels.

    Attributes
    ----------
    size
        Rows and columns; `planes` and the maps of channels are means over blocks where there are many values.
    names
        Those of the channels.
    composite
        The three shown as red, green and blue, −1 for none.
    ranges
        Of each channel, what the bytes 0 and 255 stand for.
    """

    kind: Literal["channels"]
    size: list[int]
    names: list[str]
    composite: list[int]
    ranges: list[list[float | None]]
    arrays: ChannelPlanes


@encoder.register(ChannelsView)
class ChannelsEncoder(PictureEncoder[ChannelsView]):
    """All channels; the sum of each from the first frame on, its map once an answer is final."""

    def input(self, groups: Sequence[RowGrouping] = ()) -> ChannelsInput:
        """The channels, their names, and which are red, green and blue."""
        view, show = self.view, self.view.show
        assert isinstance(show, ChannelRange)
        planes = view.planes if self._blocks == [1, 1, 1] else block_means(view.planes, self._blocks).round()
        return {
            "v": VERSION,
            "kind": "channels",
            "size": list(view.pixel_shape),
            "names": list(view.channel_names),
            "composite": list(show.chosen),
            "ranges": [[number(low), number(high)] for low, high in zip(show.low, show.high, strict=True)],
            "arrays": {"planes": array(planes, "uint8")},
        }

    @property
    def _blocks(self) -> list[int]:
        """Pixels that go into one of what is sent of each channel."""
        return blocks_within(self.view.planes.shape, MAX_CHANNELS, (1, 2))

    def maps(self, attribution: Attribution, found: Arrays, scales: Scales) -> PackedArrays:
        """Those of a picture, and sums of the channels."""
        channels = found["channels"]
        small = {**found, "channels": block_means(channels, self._blocks)} if attribution.final else found
        arrays = super().maps(attribution, small, scales)
        return {**arrays, **{name: array(found[name]) for name in ("channel_sums", "channel_sizes")}}

    def compared(self, arrays: PackedArrays, scales: Scales) -> PackedArrays:
        """The map alone."""
        small = super().compared(arrays, scales)
        return {name: packed for name, packed in small.items() if not name.startswith("channel_")}
