"""Interactions of two groups: what they contribute together beyond each alone. Knows nothing of models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from whylight.groups.score_cache import ScoreCache
from whylight.groups.scorers import Scorer
from whylight.results.interactions import Interactions

if TYPE_CHECKING:
    from numpy.typing import NDArray


def pairwise(cache: ScoreCache, name: str, target: str) -> Interactions:
    """All pairs, those of one unit after those of the other."""
    count = len(cache.units)
    single = np.eye(count, dtype=bool)
    matrix = np.zeros((count, count))
    for i in range(count):
        matrix[i, i:] = matrix[i:, i] = cache.of([single[i] | single[j] for j in range(i, count)])
    alone = matrix.diagonal().copy()
    matrix -= alone[:, None] + alone
    np.fill_diagonal(matrix, alone)
    return Interactions(torch.from_numpy(matrix), cache.units.names, name, target)


def between(scorer: Scorer, a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """φ(A ∪ B) − φ(A) − φ(B) for two masks of positions."""
    both, one, other = scorer(torch.from_numpy(np.stack([a | b, a, b]))).tolist()
    return both - one - other
