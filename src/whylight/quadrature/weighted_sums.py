"""Weighted sums of one sample's gradients, kept wide. Knows nothing of models, paths or methods."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whylight.tensors import Tensors, wide

BLOCK = 2**13  # values of a gradient widened at once: what is made on the way stays in the processor's cache


class GradientSums:
    """Sums of gradients, one per row of weights, laid out in memory as the gradients come.

    Parameters
    ----------
    rows
        `(R, n)`: weights of the n gradients to come.
    like
        The sample `(1, ...)` per tensor, in the layout its gradients will have.
    """

    def __init__(self, rows: NDArray[np.float64], like: Tensors) -> None:
        device = like[0].device
        self.finite = True  # no gradient was NaN or infinite so far
        self._like = like
        self._rows = torch.tensor(rows, dtype=wide(device), device=device)
        self._totals = [self._rows.new_zeros(len(rows), x.numel()) for x in like]

    def add(self, places: NDArray[np.int64], grads: Tensors) -> None:
        """Add the gradients `(m, ...)` at these places among the n; what is not finite counts as zero."""
        weights = self._rows[:, torch.from_numpy(places)]
        for total, grad, x in zip(self._totals, map(self._clean, grads), self._like, strict=True):
            flat = _as_stored(grad, x).reshape(len(grad), -1)
            for lo in range(0, flat.shape[1], BLOCK):
                part = slice(lo, lo + BLOCK)
                total[:, part].addmm_(weights, flat[:, part].to(total.dtype))

    def _clean(self, grad: Tensor) -> Tensor:
        if bool(grad.sum().isfinite()) or bool(grad.isfinite().all()):
            return grad
        self.finite = False
        return grad.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)

    def maps(self) -> list[Tensors]:
        """The sums, `(1, ...)` per tensor, for every row of weights; laid out like the sample."""
        stored = [t.reshape(-1, *_as_stored(x, x).shape) for t, x in zip(self._totals, self._like, strict=True)]
        shaped = (t.movedim(-1, 2) if _channels_last(x) else t for t, x in zip(stored, self._like, strict=True))
        return list(zip(*shaped, strict=True))


def flat(x: Tensor) -> Tensor:
    """All values in the order they lie in memory."""
    return _as_stored(x, x).reshape(-1)


def _as_stored(x: Tensor, like: Tensor) -> Tensor:
    """Dimensions in the order they lie in the memory of `like`."""
    return x.movedim(1, -1) if _channels_last(like) else x


def _channels_last(x: Tensor) -> bool:
    return x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
