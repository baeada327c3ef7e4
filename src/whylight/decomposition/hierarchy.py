"""Agglomerative contextual decomposition (Singh, Murdoch, Yu 2019): from single features to the whole input.

`agglomerate` is a refinement: it yields a hierarchy after every level, and closing it stops the work. One algorithm for
words, tiles and superpixels. Knows scores only as numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from whylight.decomposition.book import Book
from whylight.decomposition.units import Units
from whylight.errors import InvalidValueError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Bools = NDArray[np.bool_]
TEXT_PERCENTILE, IMAGE_PERCENTILE, IMAGE_LEVELS = 90.0, 95.0, 10


@dataclass(frozen=True)
class Group:
    """Some units and their score φ, the unit of the target."""

    units: tuple[int, ...]
    score: float

    @property
    def span(self) -> tuple[int, int]:
        """(start, stop) of a group of words: units start..stop−1."""
        return self.units[0], self.units[-1] + 1


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Groups of features, from single ones up to the whole input.

    Attributes
    ----------
    levels
        Each a partition of the units into connected groups; every group is a union of groups of the level below. The
        first level are the single units; the last, when `final`, is the whole input.
    units
        What the groups are made of.
    target, scorer
        What is explained, and how groups are scored.
    n_evaluations
        Groups scored.
    final
        False while levels are still missing.
    view
        How it is drawn.
    """

    levels: tuple[tuple[Group, ...], ...]
    units: Units
    target: str = ""
    scorer: str = ""
    n_evaluations: int = 0
    final: bool = True
    view: Any = field(default=None, repr=False)

    def children(self, level: int, group: Group) -> tuple[Group, ...]:
        """The groups one level below that `group` consists of."""
        if level == 0:
            return ()
        inside = set(group.units)
        return tuple(g for g in self.levels[level - 1] if inside.issuperset(g.units))

    def label_map(self, level: int) -> NDArray[np.int64]:
        """Which group of a level each position belongs to, shaped like the positions."""
        number = np.zeros(len(self.units), dtype=np.int64)
        for k, group in enumerate(self.levels[level]):
            number[list(group.units)] = k
        return number[self.units.labels]

    def score_map(self, level: int) -> NDArray[np.float64]:
        """The score of the group each position belongs to, shaped like the positions."""
        return np.array([g.score for g in self.levels[level]])[self.label_map(level)]

    def name(self, group: Group) -> str:
        """The words of a group, or how many units it has."""
        if self.units.labels.ndim == 1:
            return " ".join(self.units.names[i] for i in group.units)
        return f"{len(group.units)} areas"

    def __repr__(self) -> str:
        state = "" if self.final else ", unfinished"
        return (
            f"Hierarchy({self.target!r}, {len(self.levels)} levels of {len(self.units)} units, scorer={self.scorer!r}, "
            f"{self.n_evaluations} groups scored{state})"
        )

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()  # type: ignore[attr-defined]  a notebook shows it so

    def plot(self, **options: Any) -> Figure:
        """A matplotlib figure: words under a stack of phrases, or a picture with its groups level by level."""
        from whylight.trees import figure

        return figure(self, **options)


def agglomerate(
    book: Book, *, percentile: float | None = None, max_levels: int | None = None, rank: str = "absolute"
) -> Iterator[Hierarchy]:
    """Yield ever higher hierarchies.

    Parameters
    ----------
    book
        φ of groups, and the single features they are made of.
    percentile
        Of the priorities of all candidates; those at least as high are taken at once. 90, for pictures 95 (the paper's).
    max_levels
        After so many rounds what was not taken is joined to areas, and the best pairs are merged; for pictures 10.
    rank
        "absolute": strong evidence against the target counts as well; "signed": evidence for it goes first.
    """
    picture = book.units.labels.ndim == 2
    if percentile is None:
        percentile = IMAGE_PERCENTILE if picture else TEXT_PERCENTILE
    if max_levels is None and picture:
        max_levels = IMAGE_LEVELS
    if not 0 <= percentile <= 100:
        raise InvalidValueError(f"percentile must lie in 0..100, got {percentile!r}.")
    if rank not in ("absolute", "signed"):
        raise InvalidValueError(f"rank must be 'absolute' or 'signed', got {rank!r}.")
    units = book.units
    taken = np.zeros(len(units), dtype=bool)
    partition = [units.group([i]) for i in range(len(units))]
    found = Hierarchy((_level(partition, book),), units, final=len(units) == 1)
    while len(partition) > 1:
        yield replace(found, final=False, n_evaluations=len(book))
        if not taken.all() and (max_levels is None or len(found.levels) <= max_levels):
            taken = taken | _chosen(taken, book, percentile, rank)
            merged = [*units.connected(taken), *(units.group([i]) for i in np.flatnonzero(~taken).tolist())]
        elif not taken.all():
            taken, merged = np.ones_like(taken), [*units.connected(taken), *units.connected(~taken)]
        else:
            merged = _best_merged(partition, book)
        if len(merged) < len(partition):
            partition = merged
            found = replace(found, levels=(*found.levels, _level(partition, book)))
    yield replace(found, final=True, n_evaluations=len(book))


def _level(partition: list[Bools], book: Book) -> tuple[Group, ...]:
    values = book.of(partition)
    groups = [Group(tuple(np.flatnonzero(g).tolist()), value) for g, value in zip(partition, values, strict=True)]
    return tuple(sorted(groups, key=lambda g: g.units))


def _chosen(taken: Bools, book: Book, percentile: float, rank: str) -> Bools:
    """The units to take next: those whose priority reaches the percentile of all candidates."""
    units = book.units
    blobs = units.connected(taken)
    owner, added, without = [], [], []
    for i in np.flatnonzero(~taken):
        single = units.group([int(i)])
        near = [b for b in blobs if units.touching[i][b].any()]
        for base in near or [np.zeros_like(single)]:
            owner.append(int(i))
            added.append(base | single)
            without.append(base)
    gains = np.array(book.of(added)) - np.array([book.of([b])[0] if b.any() else 0.0 for b in without])
    size = np.abs(gains) if rank == "absolute" else gains
    priority = np.full(len(units), -np.inf)
    np.maximum.at(priority, owner, size)
    open_ = priority[~taken]
    return ~taken & (priority >= min(np.percentile(open_, percentile), open_.max()))


def _best_merged(partition: list[Bools], book: Book) -> list[Bools]:
    """The partition with the two neighbours merged whose union gains most over the better of them."""
    touching = book.units.touching
    pairs = [(i, j) for i in range(len(partition)) for j in range(i) if touching[partition[i]][:, partition[j]].any()]
    alone = book.of(partition)
    together = book.of([partition[i] | partition[j] for i, j in pairs])
    gains = [value - max(alone[i], alone[j]) for (i, j), value in zip(pairs, together, strict=True)]
    i, j = pairs[int(np.argmax(gains))] if pairs else (1, 0)
    rest = [g for k, g in enumerate(partition) if k not in (i, j)]
    return [partition[i] | partition[j], *rest]


def nested(hierarchy: Hierarchy) -> bool:
    """Whether every group is a union of groups of the level below."""
    maps = [hierarchy.label_map(k).ravel() for k in range(len(hierarchy.levels))]
    return all(len(np.unique(np.stack([low, high]), axis=1).T) == low.max() + 1 for low, high in pairwise(maps))
