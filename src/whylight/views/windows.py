"""Stretches of a signal: what its groups are made of. Knows nothing of scores or of models."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from whylight.errors import InvalidTypeError
from whylight.views.time_axis import TimeAxis
from whylight.views.units import Units, whole_number

WINDOWS = 32  # about as many, unless another length is asked for
LENGTHS = (4, 2, 1, 0.5, 0.25)  # that are offered, as multiples of the usual one


def window_length(length: int) -> int:
    """How many samples the windows of a signal have: about 32 windows of them."""
    return max(1, -(-length // WINDOWS))


def window_count(length: int, spec: Any = None) -> int:
    """How many windows a signal has."""
    return -(-length // (int(spec) if spec else window_length(length)))


def window_choices(length: int) -> list[int]:
    """Lengths worth offering beside the usual one, longest first; single samples are not."""
    usual = window_length(length)
    found = dict.fromkeys(round(usual * factor) for factor in LENGTHS)
    return [samples for samples in found if samples == usual or 1 < samples < length]


def windows(length: int, spec: Any, axis: TimeAxis) -> Units:
    """Windows of `spec` samples, or of those with the same label `(T,)`; windows touch where one follows the other.

    Examples
    --------
    >>> made = windows(10, 4, TimeAxis())
    >>> made.labels.tolist(), made.names
    ([0, 0, 0, 0, 1, 1, 1, 1, 2, 2], ('0–3', '4–7', '8–9'))
    """
    labels = np.arange(length) // window_of(length, spec) if spec is None or whole_number(spec) else _own(length, spec)
    count = int(labels.max()) + 1
    touching = np.zeros((count, count), dtype=bool)
    touching[labels[1:], labels[:-1]] = touching[labels[:-1], labels[1:]] = True
    np.fill_diagonal(touching, val=False)
    first = np.unique(labels, return_index=True)[1]
    last = length - 1 - np.unique(labels[::-1], return_index=True)[1]
    names = tuple(axis.span(int(a), int(b)) for a, b in zip(first, last, strict=True))
    return Units(labels, names, touching, ordered=bool((np.diff(labels) >= 0).all()), windows=True)


def window_of(length: int, spec: Any) -> int:
    """The length that is asked for, checked; the usual one where none is."""
    if spec is None:
        return window_length(length)
    if not whole_number(spec) or int(spec) > length:
        raise _unknown(length, spec)
    return int(spec)


def _own(length: int, spec: Any) -> NDArray[np.int64]:
    """Labels of one's own, numbered as they first occur."""
    given = np.asarray(spec)
    if given.shape != (length,) or given.dtype.kind not in "iub":
        raise _unknown(length, spec)
    _, first, joined = np.unique(given, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[joined.reshape(-1)]


def _unknown(length: int, spec: Any) -> InvalidTypeError:
    return InvalidTypeError(
        f"units must be how many of the {length} samples make a window, one integer label per sample, shape ({length},), those with the same "
        f"one being joined, or None for about {WINDOWS} windows; got {spec!r}."
    )
