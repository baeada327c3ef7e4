"""Points on the straight line from a baseline to an input, made as they are needed. Knows nothing of scores or methods."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whylight.tensors import Points, Tensors, rows_of, to_ndim

Alphas = NDArray[np.float64]


@dataclass(frozen=True)
class StraightLine:
    """Fresh points x' + alpha (x - x'), each of one sample, exact at both ends; without a baseline the inputs themselves."""

    inputs: Tensors
    baseline: Tensors | None
    alphas: Alphas
    samples: Points

    def made(self, lo: int, hi: int) -> Tensors:
        """The points lo to hi, which may be written to."""
        samples = self.samples[lo:hi]
        if self.baseline is None:
            return tuple(x[torch.from_numpy(samples)] for x in self.inputs)
        pairs = zip(self.baseline, self.inputs, strict=True)
        alphas = self.alphas[lo:hi]
        return tuple(torch.lerp(rows_of(b, samples), rows_of(x, samples), _column(alphas, x)) for b, x in pairs)


def _column(values: Alphas, like: Tensor) -> Tensor:
    return to_ndim(torch.as_tensor(values, dtype=like.dtype, device=like.device), like.ndim)


def by_place(points: Points, alphas: Alphas) -> Points:
    """Points of one line under several targets, `(M, K)`: in each row those that share a forward pass, filled up with -1."""
    places: dict[float, list[int]] = {}
    for p in points.tolist():
        places.setdefault(float(alphas[p]), []).append(p)
    most = max(map(len, places.values()))
    return np.array([here + [-1] * (most - len(here)) for here in places.values()])
