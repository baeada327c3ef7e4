"""Agglomerative contextual decomposition (Singh, Murdoch, Yu 2019): from single features to the whole input.

`agglomerate` is a refinement: it yields a hierarchy after every level, and closing it stops the work. One algorithm for
words, tiles and superpixels. Knows scores only as numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from whylight.errors import InvalidValueError
from whylight.groups.score_cache import ScoreCache
from whylight.results.hierarchy import Group, Hierarchy
from whylight.views.units import Units

Bools = NDArray[np.bool_]
TEXT_PERCENTILE, IMAGE_PERCENTILE, IMAGE_LEVELS = 90.0, 95.0, 10


def agglomerate(
    cache: ScoreCache, *, percentile: float | None = None, max_levels: int | None = None, rank: str = "absolute"
) -> Iterator[Hierarchy]:
    """Yield ever higher hierarchies.

    Parameters
    ----------
    cache
        φ of groups, and the single features they are made of.
    percentile
        Of the priorities of all candidates; those at least as high are taken at once. 90, for pictures 95 (the paper's).
    max_levels
        After so many rounds what was not taken is joined to areas, and the best pairs are merged; for pictures 10.
    rank
        "absolute": strong evidence against the target counts as well; "signed": evidence for it goes first.
    """
    picture = cache.units.sort == "areas"
    if percentile is None:
        percentile = IMAGE_PERCENTILE if picture else TEXT_PERCENTILE
    if max_levels is None and picture:
        max_levels = IMAGE_LEVELS
    if not 0 <= percentile <= 100:
        raise InvalidValueError(f"percentile must lie in 0..100, got {percentile!r}.")
    if rank not in ("absolute", "signed"):
        raise InvalidValueError(f"rank must be 'absolute' or 'signed', got {rank!r}.")
    units = cache.units
    taken = np.zeros(len(units), dtype=bool)
    partition = [units.group([i]) for i in range(len(units))]
    found = Hierarchy((_level(partition, cache),), units, final=len(units) == 1)
    while len(partition) > 1:
        yield replace(found, final=False, n_evaluations=len(cache))
        if not taken.all() and (max_levels is None or len(found.levels) <= max_levels):
            taken = taken | _chosen(taken, cache, percentile, rank)
            merged = [*units.connected(taken), *(units.group([i]) for i in np.flatnonzero(~taken).tolist())]
        elif not taken.all():
            taken, merged = np.ones_like(taken), [*units.connected(taken), *units.connected(~taken)]
        else:
            merged = _best_merged(partition, cache)
        if len(merged) < len(partition):
            partition = merged
            found = replace(found, levels=(*found.levels, _level(partition, cache)))
    yield replace(found, final=True, n_evaluations=len(cache))


def _level(partition: list[Bools], cache: ScoreCache) -> tuple[Group, ...]:
    values = cache.of(partition)
    groups = [Group(tuple(np.flatnonzero(g).tolist()), value) for g, value in zip(partition, values, strict=True)]
    return tuple(sorted(groups, key=lambda g: g.units))


def _chosen(taken: Bools, cache: ScoreCache, percentile: float, rank: str) -> Bools:
    """The units to take next: those whose priority reaches the percentile of all candidates."""
    units = cache.units
    blobs = units.connected(taken)
    near = _touching(units, blobs)
    scores = cache.of(blobs)
    owner, added, without = [], [], []
    for i in np.flatnonzero(~taken).tolist():
        single, found = units.group([i]), np.flatnonzero(near[:, i])
        owner += [i] * max(1, len(found))
        added += [blobs[k] | single for k in found] if len(found) else [single]
        without += [scores[k] for k in found] if len(found) else [0.0]
    gains = np.array(cache.of(added)) - np.array(without)
    size = np.abs(gains) if rank == "absolute" else gains
    priority = np.full(len(units), -np.inf)
    np.maximum.at(priority, owner, size)
    open_ = priority[~taken]
    return ~taken & (priority >= min(np.percentile(open_, percentile), open_.max()))


def _touching(units: Units, groups: list[Bools]) -> Bools:
    """Which units `(K, U)` touch each of K groups."""
    if not groups:
        return np.zeros((0, len(units)), dtype=bool)
    return np.stack(groups).astype(np.float32) @ units.touching.astype(np.float32) > 0


def _best_merged(partition: list[Bools], cache: ScoreCache) -> list[Bools]:
    """The partition with the two neighbours merged whose union gains most over the better of them."""
    touching = np.tril(_touching(cache.units, partition).astype(np.float32) @ np.stack(partition).T > 0, -1)
    pairs = np.argwhere(touching).tolist()
    alone = cache.of(partition)
    together = cache.of([partition[i] | partition[j] for i, j in pairs])
    gains = [value - max(alone[i], alone[j]) for (i, j), value in zip(pairs, together, strict=True)]
    i, j = pairs[int(np.argmax(gains))] if pairs else (1, 0)
    rest = [g for k, g in enumerate(partition) if k not in (i, j)]
    return [partition[i] | partition[j], *rest]
