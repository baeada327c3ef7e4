"""Tensors as signals: `(N, T)`, `(N, C, T)` or `(N, T, C)`, and where their samples stand. Knows nothing of targets or methods."""

import math
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.given_names import names_of
from whylight.inputs.input_kind import InputOptions
from whylight.inputs.table import MAX_FEATURES
from whylight.inputs.tensor_kind import Shape, TensorKind, usual_baselines
from whylight.problem import baselines
from whylight.problem.baselines import Named
from whylight.views.signal import SignalView
from whylight.views.time_axis import DATE, SECONDS, TimeAxis
from whylight.views.windows import WINDOWS, window_length

MAX_CHANNELS = 32  # more of them are a signal only where that is asked for
EVEN = 1e-6  # of a step: places that are no farther from even ones are even


class SignalTensor(TensorKind):
    """One channel or several in time. The longer axis is time, unless names of channels or times fit only the other."""

    name = "signal"
    shapes = "signals (N, T), (N, C, T) or (N, T, C)"
    uses: ClassVar[Mapping[str, str]] = dict.fromkeys(("channel_names", "sample_rate", "times"), shapes)

    def fits(self, shape: Shape) -> bool:
        """A row, or one row per channel."""
        return len(shape) in (1, 2) and max(shape) > 1

    def guessed(self, shape: Shape, options: InputOptions) -> bool:
        """A row that is too long for a list or has a clock; several rows, of which there are few or which have a clock."""
        table = options.background is not None or options.feature_names is not None
        if table or not self.fits(shape):
            return False
        timed = options.sample_rate is not None or options.times is not None
        return timed or (min(shape) <= MAX_CHANNELS if len(shape) == 2 else shape[0] > MAX_FEATURES)

    def view(self, x: Tensor, options: InputOptions) -> SignalView:
        """Its channels, their names, and where the samples stand."""
        values, first = x[0].detach().float().cpu(), time_first(tuple(x.shape[1:]), options)
        values = values[None] if values.ndim == 1 else values.T if first else values
        channels, length = values.shape
        usual = [f"channel {i}" for i in range(channels)] if channels > 1 else ["signal"]
        names = names_of("channel_names", options.channel_names, channels, "channel") or tuple(usual)
        return SignalView(np.ascontiguousarray(values.numpy()), names, time_axis(length, options), first)

    def baselines(self, x: Tensor, options: InputOptions) -> Mapping[str, Named]:
        """Zero, every channel's mean or its slow part, noise."""
        time = 1 if x.ndim == 2 or time_first(tuple(x.shape[1:]), options) else 2
        own = {
            "mean": Named("Mean", "Every channel at its mean.", partial(baselines.mean_along, dim=time)),
            "blur": Named(
                "Blur",
                "Every channel blurred along time until its details are gone.",
                partial(baselines.smooth_along, dim=time),
            ),
        }
        usual = usual_baselines()
        return {"zero": usual["zero"], **own, **{name: usual[name] for name in usual if name not in ("zero", *own)}}

    def windows(self, shape: Shape, options: InputOptions) -> Shape | None:
        """Of one channel at a time, about 32 along it; short signals are taken sample by sample."""
        if max(shape) <= WINDOWS:
            return None
        time = 0 if len(shape) == 1 or time_first(shape, options) else 1
        return tuple(window_length(size) if axis == time else 1 for axis, size in enumerate(shape))


def time_first(shape: Shape, options: InputOptions) -> bool:
    """Whether a sample is `(T, C)`: the longer axis is time (the last of two alike), unless only one of them fits what was given."""
    if len(shape) == 1:
        return False
    rows, columns = shape
    wanted = [options.channel_names, None if options.times is None else options.times]
    for given, for_time in zip(wanted, (False, True), strict=True):
        count = None if given is None else len(given)
        if count in shape and rows != columns:
            return (count == rows) == for_time
    return rows > columns


def time_axis(length: int, options: InputOptions) -> TimeAxis:
    """Where the samples stand: by `sample_rate=` in seconds, by `times=` at dates or numbers, else counted."""
    rate, times = options.sample_rate, options.times
    if rate is not None and times is not None:
        raise InvalidValueError("Give sample_rate= or times=, not both: one says where the samples stand.")
    if rate is not None:
        return TimeAxis(SECONDS, step=1 / _checked_rate(rate))
    return TimeAxis() if times is None else _axis_of(_checked_times(times, length))


def _checked_rate(rate: Any) -> float:
    number = None if isinstance(rate, (bool, str)) or np.ndim(rate) else rate
    try:
        found = float(number)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InvalidTypeError(f"sample_rate is the number of samples per second; got {rate!r}.") from None
    if not (math.isfinite(found) and found > 0):
        raise InvalidValueError(f"sample_rate is the number of samples per second, more than 0; got {rate!r}.")
    return found


def _checked_times(times: Any, length: int) -> NDArray[Any]:
    """One number, date or duration per sample, each later than the one before."""
    if getattr(times, "tz", None) is not None:
        clock = times.tz_localize(None)  # the one on the wall is what a person reads
        turned_back = not clock.is_monotonic_increasing  # in autumn: then that of the first sample goes on
        times = times.tz_convert("UTC").tz_localize(None) + times[0].utcoffset() if turned_back else clock
    given = np.asarray(times)
    if given.dtype.kind == "O":
        with suppress(TypeError, ValueError):  # told below
            given = given.astype("datetime64[ms]")
    if given.dtype.kind not in "iufMm":
        raise InvalidTypeError(
            f"times holds one number, date or duration per sample (an array, or a pandas DatetimeIndex); got {given.dtype} values."
        )
    if given.shape != (length,):
        raise InvalidValueError(f"times must have shape ({length},), one for each sample; got {given.shape}.")
    steps = np.diff(given.astype(np.int64) if given.dtype.kind in "Mm" else given.astype(np.float64))
    late = np.flatnonzero(~(steps > 0))
    if np.isnat(given).any() if given.dtype.kind in "Mm" else not np.isfinite(given).all():
        raise InvalidValueError(
            "times holds missing or infinite values (NaT, NaN): give every sample its place, for example times.interpolate(), or drop "
            "these samples from x and from times."
        )
    if len(late):
        at = int(late[0])
        raise InvalidValueError(f"times must increase: {given[at + 1]} at {at + 1} follows {given[at]}.")
    return given


def _axis_of(times: NDArray[Any]) -> TimeAxis:
    if times.dtype.kind == "M":
        unit, places = DATE, times.astype("datetime64[us]").astype(np.int64) / 1000
    elif times.dtype.kind == "m":
        unit, places = SECONDS, times / np.timedelta64(1, "s")
    else:
        unit, places = "", times.astype(np.float64)
    start, step = float(places[0]), float((places[-1] - places[0]) / (len(places) - 1)) if len(places) > 1 else 1.0
    even = np.abs(places - (start + step * np.arange(len(places)))).max() <= EVEN * step
    return TimeAxis(unit, start, step, None if even else places)
