"""Rank correlation of two maps. Knows nothing of attributions or models."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]


def ranks(values: Values) -> Values:
    """Ranks of all values, smallest first, from 1; equal values share their mean rank.

    >>> ranks(np.array([0.3, -1.0, 0.3]))
    array([2.5, 1. , 2.5])
    """
    _, places, counts = np.unique(values.ravel(), return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places.ravel()]


def spearman(a: Values, b: Values) -> float | None:
    """Spearman's rank correlation of two arrays of one shape, -1..1; None where one is constant or not finite.

    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 9.0]))
    1.0
    """
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return None
    first, second = (r - r.mean() for r in (ranks(a), ranks(b)))
    size = np.sqrt((first @ first) * (second @ second))
    return float(np.clip(first @ second / size, -1, 1)) if size > 0 else None
