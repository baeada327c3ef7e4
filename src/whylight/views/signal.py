"""Signals: numbers in time, of one channel or several. Knows nothing of models, widgets or bytes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whylight.numbers import given, plural, unit
from whylight.views.spotlight import Spotlight
from whylight.views.time_axis import TimeAxis
from whylight.views.told import Told, told
from whylight.views.unit_choices import UnitChoice
from whylight.views.units import Units
from whylight.views.view import Arrays, View
from whylight.views.windows import window_choices, window_count, window_length, window_of, windows


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

    def parts_told(self, values: NDArray[Any], seen: Spotlight | None, detail: str = "") -> Sequence[Told]:
        """The windows of every channel."""
        maps, length = self.channels_first(values), window_length(self.length)
        sums, sizes = self.window_sums(maps), self.window_sums(np.abs(maps))
        spans = [self.axis.span(i, min(i + length, self.length) - 1) for i in range(0, self.length, length)]
        of = [f" of {name}" if len(maps) > 1 else "" for name in self.names] if len(maps) > 1 else [""]
        return told([f"{span}{channel}" for channel in of for span in spans], sums.reshape(-1), sizes.reshape(-1))

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
