"""Points that are partly the input and partly a reference, feature by feature, and the score there.

Features are the places of the map as it is shown: columns, tokens, pixels. Knows nothing of how sets of them are chosen.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from whylight.problem.problem import Problem
from whylight.tensors import Tensors, as_rows, to_ndim, wide
from whylight.views.columns import CATEGORY

Sets = np.ndarray | Callable[[int, int], np.ndarray]  # which features are the input's, (M, D), or any stretch of these


@dataclass(frozen=True, eq=False)
class Switches:
    """A problem whose features can be those of its input or of one of R references.

    `shapes` are those of the maps of one sample, one per input; `references` `(R, N, ...)` per input.
    """

    problem: Problem
    shapes: tuple[tuple[int, ...], ...]
    references: Tensors

    @classmethod
    def of(cls, problem: Problem) -> "Switches":
        """Of a problem with baselines."""
        shown = (problem.reduce(torch.zeros_like(x, dtype=wide(x.device)), "sum") for x in problem.inputs)
        stacked = zip(*(b.tensors for b in problem.baselines), strict=True)
        return cls(problem, tuple(tuple(s.shape[1:]) for s in shown), tuple(torch.stack(parts) for parts in stacked))

    @property
    def sizes(self) -> list[int]:
        """Features of every input."""
        return [math.prod(shape) for shape in self.shapes]

    @property
    def n_features(self) -> int:
        """D, of all inputs together."""
        return sum(self.sizes)

    @property
    def n_references(self) -> int:
        """R."""
        return len(self.references[0])

    def apart(self, maps: Tensor) -> Tensors:
        """A map of all features `(N, D)` as one per input."""
        parts = maps.split(self.sizes, 1)
        return tuple(p.reshape(len(p), *shape) for p, shape in zip(parts, self.shapes, strict=True))

    def values(self, sets: Sets, references: np.ndarray, samples: np.ndarray) -> Tensor:
        """F at M points, each of a set, a reference and a sample, `(M,)`."""
        within = sets if callable(sets) else lambda lo, hi: sets[lo:hi]

        def points(lo: int, hi: int) -> Tensors:
            chosen = torch.from_numpy(within(lo, hi)).to(self.problem.device)
            rows, refs = (torch.from_numpy(a[lo:hi]).to(self.problem.device) for a in (samples, references))
            made = []
            for x, known, mask in zip(self.problem.inputs, self.references, self.apart(chosen), strict=True):
                made.append(torch.where(to_ndim(mask, x.ndim), x[rows], known[refs, rows]))
            return tuple(made)

        found = self.problem.values_at(points, samples)
        endless = torch.where(found.isnan(), 0.0, found)  # NaN is told with the answer
        self.problem.require_numbers(endless, samples, "in place of some of the input's values")
        return found

    def starts(self) -> Tensor:
        """F at the references, `(R, N)`; raises where one is no number."""
        n = self.problem.n_samples
        refs, samples = np.repeat(np.arange(self.n_references), n), np.tile(np.arange(n), self.n_references)
        none = lambda lo, hi: np.zeros((hi - lo, self.n_features), dtype=bool)
        values = self.values(none, refs, samples).reshape(self.n_references, n)
        for row, baseline in zip(values, self.problem.baselines, strict=True):
            self.problem.require_numbers(row, np.arange(n), baseline.label)
        return values


def never_switched(problem: Problem) -> Tensors | None:
    """Which cells of a table were examined, where some were not: categories and missing values that all references share.

    A number that equals its reference adds nothing, and that is known; of a category without another level nothing is.
    """
    columns = problem.columns
    if columns is None or len(problem.inputs) != 1 or problem.inputs[0].ndim != 2:
        return None
    x = as_rows(problem.inputs[0])
    if x.shape[1] != len(columns):
        return None
    held = torch.tensor([kind == CATEGORY for kind in columns.kinds], device=x.device) | x.isnan()
    same = torch.stack([_equal(x, b.tensors[0]) for b in problem.baselines]).all(0)
    unseen = held & same
    return (~unseen,) if bool(unseen.any()) else None


def told(problem: Problem, seen: Tensors | None) -> tuple[str, ...]:
    """A sentence where a column was not examined."""
    if seen is None or problem.columns is None:
        return ()
    names = ", ".join(problem.columns.names[i] for i in (~seen[0]).any(0).nonzero()[:, 0].tolist())
    return (
        f"{names}: the same in all references, so not examined; give a background= or baseline= with other values.",
    )


def _equal(a: Tensor, b: Tensor) -> Tensor:
    return (a == b) | (a.isnan() & b.isnan())
