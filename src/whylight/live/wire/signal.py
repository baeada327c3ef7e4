"""Signals as messages. Knows nothing of traits, comms or threads."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

import numpy as np

from whylight.live.wire.arrays import VERSION, PackedArray, PackedArrays, array, halved
from whylight.live.wire.downsample import block_means
from whylight.live.wire.encoder import Encoder, Input, Scales, encoder, lit_arrays, scaled
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.views.row_groups import RowGrouping
from whylight.views.signal import SignalView
from whylight.views.view import Arrays

EXACT = 250_000  # values: maps of more travel as float16
PATH_CELLS = 4096  # numbers of a map of a path
COMPARED = 65_536  # numbers of a map that is shown small


class SignalValues(TypedDict):
    """The signal, float32 `(C, T)`.

    Attributes
    ----------
    places
        Where the samples stand, if not evenly: the bytes of a float64 each, uint8 `(T, 8)`.
    """

    values: PackedArray
    places: NotRequired[PackedArray]


class SignalInput(Input):
    """One channel or several in time.

    Attributes
    ----------
    names
        Of the channels.
    unit
        Of the time axis: "samples", "s", "date" (milliseconds since 1970) or "".
    start, step
        Sample i stands at start + i · step, unless it has a place.
    """

    kind: Literal["signal"]
    names: list[str]
    unit: str
    start: float
    step: float
    arrays: SignalValues


@encoder.register(SignalView)
class SignalEncoder(Encoder[SignalView]):
    """Values once; maps and errors as float16 where there are many, errors once an answer is final."""

    bundle = "signals.js"

    def input(self, groups: Sequence[RowGrouping] = ()) -> SignalInput:
        """The values, and where they stand."""
        view, axis = self.view, self.view.axis
        arrays: SignalValues = {"values": array(view.values)}
        if axis.places is not None:
            stored = np.ascontiguousarray(axis.places, "<f8").view(np.uint8)
            arrays["places"] = array(stored.reshape(-1, 8), "uint8")
        where = {"unit": axis.unit, "start": float(axis.start), "step": float(axis.step)}
        return {"v": VERSION, "kind": "signal", "names": list(view.names), **where, "arrays": arrays}  # type: ignore[typeddict-item]

    def maps(self, attribution: Attribution, found: Arrays, scales: Scales) -> PackedArrays:
        """The map, and its error once the answer is final."""
        arrays: PackedArrays = {}
        values = found["values"]
        if values.size <= EXACT:
            arrays["values"] = array(values)
        else:
            arrays["values"], scales["value_scale"] = halved(values)
        if attribution.final:
            arrays["error"], scales["error_scale"] = halved(found["error"])
        return arrays | lit_arrays(attribution)

    def compared(self, arrays: PackedArrays, scales: Scales) -> PackedArrays:
        """Means over so many samples that it is no larger than it is shown."""
        packed, halves = arrays["values"], arrays["values"]["dtype"] == "float16"
        values = np.frombuffer(packed["data"], "<f2" if halves else "<f4").reshape(packed["shape"]).astype(np.float32)
        small = self._means(values[None] * (scales.get("value_scale", 1.0) or 1.0), COMPARED)[0]
        values_small, scales["value_scale"] = halved(small)
        return {"values": values_small}

    def path_cells(self) -> int:
        """Channels times stretches of samples."""
        channels, length = self.view.values.shape
        return channels * -(-length // self._stretch(PATH_CELLS))

    def path_maps(self, seen: PathTrace) -> tuple[PackedArray, np.ndarray, int]:
        """Means over stretches of samples, each map divided by its largest |value|."""
        scales, unit = scaled(self._means(seen.maps, PATH_CELLS))
        return array(unit, "float16"), scales, self._stretch(PATH_CELLS)

    def path_start(self, seen: PathTrace) -> PackedArrays:
        """The reference input, as means over the same stretches."""
        start = self.view.channels_first(seen.baseline.tensors[0].detach().float().cpu().numpy())
        return {"baseline_values": array(self._means(start[None], PATH_CELLS)[0])}

    def _stretch(self, most: int) -> int:
        """Samples in a cell, so that a map has no more cells than `most`, but every channel some."""
        channels, length = self.view.values.shape
        return -(-length // max(16, most // channels))

    def _means(self, maps: np.ndarray, most: int) -> np.ndarray:
        """Means over stretches of samples of maps `(M, C, T)`."""
        return block_means(maps, (1, 1, self._stretch(most)))
