"""Interactions of two groups: what they contribute together beyond each alone. Knows nothing of models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from whylight.decomposition.scorers import Scorer
from whylight.decomposition.units import Units

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Interactions:
    """Scores of single units and interactions of all pairs of them.

    Attributes
    ----------
    matrix
        `(U, U)`, symmetric: φ({i, j}) − φ({i}) − φ({j}); φ({i}) on the diagonal.
    names
        The units' names.
    scorer
        What φ is.
    target
        What is explained.
    """

    matrix: Tensor
    names: tuple[str, ...]
    scorer: str
    target: str

    @property
    def scores(self) -> Tensor:
        """φ of every single unit, `(U,)`."""
        return self.matrix.diagonal()

    def __repr__(self) -> str:
        pairs = (f"{self.names[i]} × {self.names[j]} {value:+.3g}" for i, j, value in self.strongest())
        return f"Interactions({self.target!r}, {len(self.names)} units, scorer={self.scorer!r}; strongest: {', '.join(pairs)})"

    def strongest(self, n: int = 5) -> list[tuple[int, int, float]]:
        """The `n` pairs (i, j, interaction) of largest absolute interaction, strongest first."""
        i, j = np.triu_indices(len(self.names), 1)
        values = self.matrix.numpy()[i, j]
        order = np.argsort(-np.abs(values), kind="stable")[:n]
        return [(int(i[k]), int(j[k]), float(values[k])) for k in order]


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
