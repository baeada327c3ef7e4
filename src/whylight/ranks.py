"""Rank correlation of two maps. Knows nothing of attributions or models."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]


def ranks(values: Values) -> Values:
    """Ranks of all values, smallest first, from 1; equal values share their mean rank.

    Examples
    --------
    >>> ranks(np.array([0.3, -1.0, 0.3]))
    array([2.5, 1. , 2.5])
    """
    _, places, counts = np.unique(values.ravel(), return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places.ravel()]


def centred(values: Values) -> Values | None:
    """Ranks less their mean, which is all that rank correlations need; None where values are equal or one is not finite."""
    if not np.isfinite(values).all():
        return None
    found = ranks(values)
    found = found - found.mean()
    return found if found.any() else None


def correlation(first: Values | None, second: Values | None) -> float | None:
    """Spearman's rank correlation of two arrays of centred ranks; None where either is."""
    if first is None or second is None:
        return None
    return float(np.clip(first @ second / np.sqrt((first @ first) * (second @ second)), -1, 1))


def spearman(a: Values, b: Values) -> float | None:
    """Spearman's rank correlation of two arrays of one shape, -1..1; None where one is constant or not finite.

    Examples
    --------
    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 9.0]))
    1.0
    """
    return correlation(centred(a), centred(b))
