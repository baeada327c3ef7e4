"""Weighted sums of the gradients of some samples, kept wide. Knows nothing of models, paths or methods."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whylight.tensors import Points, Tensors, as_stored, shaped, wide

BLOCK = 2**13  # values of a gradient widened at once: what is made on the way stays in the processor's cache


class WeightedSums:
    """Sums of gradients, one per row of weights, laid out in memory as the gradients come.

    Parameters
    ----------
    weights
        `(R, n)`: of the n gradients of every sample.
    like
        The samples `(N, ...)` per tensor, in the layout their gradients will have.
    """

    def __init__(self, weights: NDArray[np.float64], like: Tensors) -> None:
        device = like[0].device
        self._like = like
        self._weights = torch.tensor(weights, dtype=wide(device), device=device)
        self._totals = [self._weights.new_zeros(len(weights), len(x), x[:1].numel()) for x in like]

    def add(self, samples: Points, places: Points, grads: Tensors) -> None:
        """Add the gradients `(m, ...)` of these samples at these places among the n."""
        weights = self._weights[:, torch.from_numpy(places)]
        one = bool((samples == samples[0]).all())
        for total, grad, x in zip(self._totals, grads, self._like, strict=True):
            rows = as_stored(grad, x).reshape(len(grad), -1)
            if one:
                _add_to_one(total[:, samples[0]], weights, rows)
            else:
                owners = torch.from_numpy(samples).to(total.device)
                for sums, w in zip(total, weights, strict=True):
                    sums.index_add_(0, owners, rows * w[:, None])

    def maps(self) -> list[Tensors]:
        """The sums, `(N, ...)` per tensor, for every row of weights; laid out like the samples."""
        found = ([shaped(sums, x) for sums in total] for total, x in zip(self._totals, self._like, strict=True))
        return list(zip(*found, strict=True))


def _add_to_one(total: Tensor, weights: Tensor, rows: Tensor) -> None:
    for lo in range(0, rows.shape[1], BLOCK):
        part = slice(lo, lo + BLOCK)
        total[:, part].addmm_(weights, rows[:, part].to(total.dtype))
