"""Points on the straight line from a baseline to an input, made as they are needed. Knows nothing of scores or methods."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whylight.tensors import Points, Tensors, to_ndim

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
        one = (samples == samples[0]).all()  # one row is broadcast, not repeated
        rows = slice(int(samples[0]), int(samples[0]) + 1) if one else torch.from_numpy(samples)
        pairs = zip(self.baseline, self.inputs, strict=True)
        return tuple(torch.lerp(b[rows], x[rows], _column(self.alphas[lo:hi], x)) for b, x in pairs)


def _column(values: Alphas, like: Tensor) -> Tensor:
    return to_ndim(torch.as_tensor(values, dtype=like.dtype, device=like.device), like.ndim)


def by_place(points: Points, alphas: Alphas) -> Points:
    """Points of one line under several targets, `(M, K)`: in each row those that share a forward pass, filled up with -1."""
    places: dict[float, list[int]] = {}
    for p in points.tolist():
        places.setdefault(float(alphas[p]), []).append(p)
    most = max(map(len, places.values()))
    return np.array([here + [-1] * (most - len(here)) for here in places.values()])
