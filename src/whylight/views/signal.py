"""Signals: numbers in time, of one channel or several. Knows nothing of models, widgets or bytes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from whylight.numbers import given, plural, unit
from whylight.views.spotlight import Spotlight, spotlight
from whylight.views.time_axis import TimeAxis
from whylight.views.told import Told, told
from whylight.views.unit_choices import UnitChoice
from whylight.views.units import Units
from whylight.views.view import Arrays, View
from whylight.views.windows import window_choices, window_count, window_length, window_of, windows

LONG = 500  # samples: about as many as are pixels
CELLS = 512  # blocks of samples that are lit


@dataclass(frozen=True, eq=False)
class SignalView(View):
    """A signal, aligned with attributions `(1, C, T)`, `(1, T, C)` or `(1, T)`.

    Attributes
    ----------
    values
        float32 `(C, T)`: channels first, whatever the model takes.
    names
        Of the channels.
    axis
        Where the samples stand.
    time_first
        Whether the model takes `(N, T, C)`.
    """

    values: NDArray[np.float32]
    names: tuple[str, ...]
    axis: TimeAxis = field(default_factory=TimeAxis)
    time_first: bool = False
    kind = "signal"
    layouts = ("separate", "common")
    parts = "windows"

    @property
    def length(self) -> int:
        """T."""
        return self.values.shape[1]

    def channels_first(self, maps: NDArray[Any]) -> NDArray[Any]:
        """A map or input `(1, ...)` as `(C, T)`."""
        one = maps[0]
        return one[None] if one.ndim == 1 else one.T if self.time_first else one

    def arrays(self, attributions: NDArray[Any], errors: NDArray[Any]) -> Arrays:
        """`values` `(C, T)` and their `error`."""
        return {"values": self.channels_first(attributions), "error": self.channels_first(errors)}

    def dimensions(self) -> list[tuple[str, Sequence[str] | None]]:
        """Channels and samples."""
        return [("channel", self.names), ("sample", None)]

    def group_units(self, shape: tuple[int, ...], spec: Any = None) -> Units:
        """Windows over all channels: about 32, of `spec` samples, or of those with the same label."""
        units = windows(self.length, spec, self.axis)
        channels_first = len(shape) > 2 and not self.time_first
        return replace(units, labels=units.labels[None]) if channels_first else units

    def window_sums(self, values: NDArray[Any], length: int | None = None) -> NDArray[Any]:
        """Sums of a map `(C, T)` over the windows of every channel, `(C, U)`."""
        starts = np.arange(0, self.length, length or window_length(self.length))
        return np.add.reduceat(values, starts, axis=1)

    @property
    def details(self) -> tuple[str, ...]:
        """Of long signals where it lies, or the windows that it lies in; in short ones single samples are seen."""
        return ("spotlight", "regions") if self.length > LONG else ()

    def spotlight(self, values: NDArray[Any], sizes: NDArray[Any], references: Sequence[Tensor]) -> Spotlight:
        """Where the values lie in time, in every channel."""
        return spotlight(self.channels_first(values), self.channels_first(sizes), (0, -(-self.length // CELLS)))

    def _lit_parts(self, maps: NDArray[Any], seen: Spotlight) -> list[Told]:
        """The stretches of every channel that are lit."""
        found = []
        for channel, lit in enumerate(seen.lit(maps.shape)):
            edges = np.flatnonzero(np.diff(np.concatenate([[0], lit.astype(np.int8), [0]])))
            for first, end in edges.reshape(-1, 2):
                stretch = maps[channel, first:end]
                name = f"{self._stretch(int(first), int(end))}{self._of(channel)}"
                found.append(Told(name, float(stretch.sum()), float(np.abs(stretch).sum())))
        return found

    def _stretch(self, first: int, end: int) -> str:
        """Samples first to before the end, in words."""
        counted = "samples " * (self.axis.unit == "samples" and end > first + 1)
        return counted + self.axis.span(first, end - 1)

    def _of(self, channel: int) -> str:
        return f" of {self.names[channel]}" if len(self.names) > 1 else ""

    def parts_told(self, values: NDArray[Any], seen: Spotlight | None, detail: str = "") -> Sequence[Told]:
        """The stretches that are lit, or the windows of every channel."""
        maps, length = self.channels_first(values), window_length(self.length)
        if detail == "spotlight" and seen is not None:
            return self._lit_parts(maps, seen)
        sums, sizes = self.window_sums(maps), self.window_sums(np.abs(maps))
        spans = [self._stretch(i, min(i + length, self.length)) for i in range(0, self.length, length)]
        names = [f"{span}{self._of(channel)}" for channel in range(len(maps)) for span in spans]
        return told(names, sums.reshape(-1), sizes.reshape(-1))

    def part_count(self, units: Any = None) -> int:
        """How many windows there are."""
        return window_count(self.length, units)

    def checked_units(self, given: Any) -> int:
        """The length of windows."""
        return window_of(self.length, given)

    def unit_choices(self) -> list[UnitChoice]:
        """Lengths of windows, the usual one first."""
        usual, *others = sorted(window_choices(self.length), key=lambda n: n != window_length(self.length))
        return [UnitChoice(None, self._window(usual)), *(UnitChoice(n, self._window(n)) for n in others)]

    def _window(self, samples: int) -> str:
        """A length in words."""
        many = plural(samples, "sample")
        return f"{many} ({unit(given(samples * self.axis.step), 's')})" if self.axis.unit == "s" else many
