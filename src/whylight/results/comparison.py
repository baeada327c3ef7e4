"""Answers beside one another: how alike their maps are. Knows nothing of models, engines or messages."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from whylight.records import record
from whylight.results import drawing
from whylight.results.attribution import Attribution
from whylight.results.result import Result
from whylight.tensors import as_tuple, doubles
from whylight.views.units import tile_labels, tile_side

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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


class Correlations:
    """Rank correlations of maps that come one after the other, each with all those before it.

    Parameters
    ----------
    regions
        Of the sums over the tiles of a picture or volume, not of its single pixels; of everything else there are none.
    """

    def __init__(self, *, regions: bool = False) -> None:
        self._read = _Drawn.summed if regions else _Drawn.of
        self._drawn: dict[str, _Drawn] = {}

    def add(self, name: str, attribution: Attribution) -> dict[str, float | None]:
        """The correlations of one map more with those already here, by their names: -1..1, or None.

        Spearman's, of maps as drawn: pixels with channels summed, words, features that were examined in both. None where a map
        is constant, not finite, or cannot be drawn.
        """
        mine = self._read(attribution)
        found = {other: mine.correlation(theirs) for other, theirs in self._drawn.items()}
        self._drawn[name] = mine
        return found


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A map as drawn, flat, with its centred ranks; and which of its values were examined, if not all."""

    values: Values | None
    ranked: Values | None
    seen: Values | None = None

    @classmethod
    def of(cls, attribution: Attribution) -> "_Drawn":
        view = attribution.view
        if view is None:
            return cls(None, None)
        values = np.asarray(view.numbers(doubles(attribution.attributions))).ravel()
        if attribution.examined is None:
            return cls(values, centred(values))
        seen = np.concatenate([s.cpu().numpy().ravel() for s in as_tuple(attribution.examined)])
        return cls(values, None, seen) if seen.size == values.size else cls(values, centred(values))

    @classmethod
    def summed(cls, attribution: Attribution) -> "_Drawn":
        """Sums over tiles; nothing for what has no pixels."""
        view, whole = attribution.view, cls.of(attribution).values
        shape = () if view is None else view.pixel_shape
        if whole is None or not shape or whole.size != math.prod(shape):
            return cls(None, None)
        tiles = tile_labels(shape, tile_side(*shape)).ravel()
        values = np.bincount(tiles, weights=whole)
        return cls(values, centred(values))

    def correlation(self, other: "_Drawn") -> float | None:
        """With another map, over what was examined in both."""
        if self.seen is None and other.seen is None:
            return correlation(self.ranked, other.ranked)
        if self.values is None or other.values is None or self.values.size != other.values.size:
            return None
        masks = [d.seen for d in (self, other) if d.seen is not None]
        both = np.logical_and.reduce(masks)
        return correlation(
            *(centred(d.values[both]) if both.any() else None for d in (self, other) if d.values is not None)
        )


MAIN = ""  # the name of the main answer among those compared


@record
@dataclass(frozen=True)
class Compared:
    """One answer to compare with frame number `seq`, under the name it was asked for; or a sentence why there is none.

    `correlations` are those of its map with the main one (`MAIN`) and with all compared before it, by name, `regions` those of
    its sums over tiles; `last` of those asked for.
    """

    seq: int
    name: str
    attribution: Attribution | None
    correlations: Mapping[str, float | None]
    last: bool
    missing: str = ""
    regions: Mapping[str, float | None] = field(default_factory=dict)


@record
@dataclass(frozen=True, eq=False)
class Comparison(Result):
    """A main answer, and others beside it.

    Attributes
    ----------
    main
        The answer all are compared with.
    beside
        The others, in their order; their `name` is the JSON of the settings in which they differ.
    """

    main: Attribution
    beside: tuple[Compared, ...]

    def plot(self, **options: Any) -> "Figure":
        """A matplotlib figure of the main answer; `.save("all.html")` has those beside it too."""
        return drawing.plot(self, **options)

    def __repr__(self) -> str:
        return f"Comparison({self.main!r}, {len(self.beside)} beside it)"
