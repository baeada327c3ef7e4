"""Interactions of all pairs of units, frozen. Knows nothing of models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from whylight.numbers import plural, signed
from whylight.records import record
from whylight.results.result import Result


@record
@dataclass(frozen=True, eq=False)
class Interactions(Result):
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
        pairs = (f"{self.names[i]} × {self.names[j]} {signed(value)}" for i, j, value in self.strongest())
        return f"Interactions({self.target!r}, {plural(len(self.names), 'unit')}, scorer={self.scorer!r}; strongest: {', '.join(pairs)})"

    def strongest(self, n: int = 5) -> list[tuple[int, int, float]]:
        """The `n` pairs (i, j, interaction) of largest absolute interaction, strongest first."""
        i, j = np.triu_indices(len(self.names), 1)
        values = self.matrix.numpy()[i, j]
        order = np.argsort(-np.abs(values), kind="stable")[:n]
        return [(int(i[k]), int(j[k]), float(values[k])) for k in order]
