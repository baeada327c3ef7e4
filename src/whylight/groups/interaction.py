"""Interactions of two groups: what they contribute together beyond each alone. Knows nothing of models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from whylight.groups.scorers import Scorer
from whylight.results.interactions import Interactions
from whylight.views.units import Units

if TYPE_CHECKING:
    from numpy.typing import NDArray


def pairwise(scorer: Scorer, units: Units, name: str, target: str) -> Interactions:
    """All pairs, in one batch of masks."""
    count = len(units)
    i, j = np.triu_indices(count)
    groups = np.zeros((len(i), count), dtype=bool)
    rows = np.arange(len(i))
    groups[rows, i] = groups[rows, j] = True
    found = scorer(units.masks(groups)).detach().cpu()
    matrix = found.new_zeros(count, count)
    matrix[i, j] = found
    matrix[j, i] = found
    single = matrix.diagonal().clone()
    matrix -= single[:, None] + single
    matrix.diagonal().copy_(single)
    return Interactions(matrix, units.names, name, target)


def between(scorer: Scorer, a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """φ(A ∪ B) − φ(A) − φ(B) for two masks of positions."""
    both, one, other = scorer(torch.from_numpy(np.stack([a | b, a, b]))).tolist()
    return both - one - other
