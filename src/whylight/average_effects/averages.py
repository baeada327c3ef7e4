"""Averages of local effects over rows and over groups of rows: mean, size, spread, quantiles, share of positive signs.

Pure arithmetic on arrays. Knows nothing of models, methods or how the numbers are shown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whylight.results.effects import LEVELS, Reals
from whylight.views.row_groups import CHOSEN, groupings


@dataclass(frozen=True, eq=False)
class Averages:
    """What G groups of rows have in common, for D features: arrays `(G, D)`, quantiles `(G, len(LEVELS), D)`."""

    counts: NDArray[np.int64]
    mean: Reals
    magnitude: Reals
    std: Reals
    positive: Reals
    quantiles: Reals


def over_rows(values: Reals, masks: Sequence[NDArray[np.bool_]], seen: NDArray[np.bool_] | None = None) -> Averages:
    """Averages of values `(N, D)` over the rows of every mask `(N,)`; those not `seen` `(N, D)` are left out.

    Examples
    --------
    >>> over_rows(np.array([[1.0], [-1.0], [3.0]]), [np.array([True, True, True])]).mean
    array([[1.]])
    """
    if seen is not None and not seen.all():
        columns = [
            [over_rows(column[kept & mask][:, None], [np.ones(int((kept & mask).sum()), dtype=bool)]) for mask in masks]
            for column, kept in zip(values.T, seen.T, strict=True)
        ]
        return _beside(columns)
    parts = [values[mask] for mask in masks]
    return Averages(
        counts=np.array([np.full(values.shape[1], len(part)) for part in parts]),
        mean=np.array([_of_some(part, lambda p: p.mean(0)) for part in parts]),
        magnitude=np.array([_of_some(part, lambda p: np.abs(p).mean(0)) for part in parts]),
        std=np.array([_of_some(part, lambda p: p.std(0)) for part in parts]),
        positive=np.array([_of_some(part, lambda p: (p > 0).mean(0)) for part in parts]),
        quantiles=np.array([_of_some(part, lambda p: np.quantile(p, LEVELS, axis=0), len(LEVELS)) for part in parts]),
    )


def _of_some(part: Reals, average: Callable[[Reals], Reals], *shape: int) -> Reals:
    """An average over rows `(M, D)`, NaN of none."""
    return average(part) if len(part) else np.full((*shape, part.shape[1]), np.nan)


def _beside(columns: Sequence[Sequence[Averages]]) -> Averages:
    """Averages of single features, by group, as those of all features."""
    joined = lambda name: np.array([np.concatenate(group, -1) for group in zip(*_fields(columns, name), strict=True)])
    return Averages(**{f.name: joined(f.name) for f in fields(Averages)})


def _fields(columns: Sequence[Sequence[Averages]], name: str) -> list[list[Any]]:
    return [[getattr(group, name)[0] for group in column] for column in columns]


def over_names(values: Reals, sizes: Reals, names: NDArray[np.int64], masks: Sequence[NDArray[np.bool_]]) -> Averages:
    """Averages of M values over every name (0 .. W−1, `(M,)`) within the values of every mask `(M,)`.

    `sizes` are the unsigned sizes whose mean is `magnitude`. A name that a group does not have is NaN there.
    """
    width = int(names.max()) + 1
    parts = [_by_name(values[m], sizes[m], names[m], width) for m in masks]
    return Averages(**{f.name: np.array([getattr(part, f.name) for part in parts]) for f in fields(Averages)})


def _by_name(values: Reals, sizes: Reals, names: NDArray[np.int64], width: int) -> Averages:
    count = np.bincount(names, minlength=width)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(names, values, width) / count
        centred = values - mean[names]
        return Averages(
            counts=count,
            mean=mean,
            magnitude=np.bincount(names, sizes, width) / count,
            std=np.sqrt(np.bincount(names, centred**2, width) / count),
            positive=np.bincount(names, values > 0, width) / count,
            quantiles=_quantiles(values, names, count),
        )


def _quantiles(values: Reals, names: NDArray[np.int64], count: NDArray[np.int64]) -> Reals:
    """Quantiles of every name, linear between order statistics: `(len(LEVELS), W)`."""
    ordered = np.append(values[np.lexsort((values, names))], np.nan)
    start = np.cumsum(count) - count
    place = np.array(LEVELS)[:, None] * np.maximum(count - 1, 0)
    below = np.floor(place).astype(int)
    lower, upper = ordered[start + below], ordered[np.minimum(start + below + 1, len(values))]
    between = place - below
    found = lower + np.where(between > 0, between * (upper - lower), 0)
    return np.where(count > 0, found, np.nan)


def subgroups(spec: Any, n: int, class_names: Sequence[str] | None = None) -> list[tuple[str, NDArray[np.bool_]]]:
    """Named masks `(N,)` of the groups that have rows: from labels or a mask, one per row, or a mapping of names to either.

    Examples
    --------
    >>> [(name, mask.tolist()) for name, mask in subgroups(["b", "a", "b"], 3)]
    [('a', [False, True, False]), ('b', [True, False, True])]
    >>> [name for name, _ in subgroups({"old": np.array([True, False]), "sex": ["m", "f"]}, 2)]
    ['old', 'sex: f', 'sex: m']
    """
    named, masks = isinstance(spec, Mapping), []
    for group in groupings(spec, n, class_names):
        of, chosen = np.array(group.of), named and group.labels == CHOSEN
        for i, label in enumerate(group.labels[:1] if chosen else group.labels):
            name = group.name if chosen else f"{group.name}: {label}" if named else label
            masks.append((name, of == i))
    return [(name, mask) for name, mask in masks if mask.any()]
