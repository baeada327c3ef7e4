"""Mean and variance of maps that arrive a few at a time (Chan, Golub, LeVeque 1983). Knows nothing of where they come from."""

import torch
from torch import Tensor

from whylight.methods.reporting import unknown
from whylight.quadrature.estimate import pooled
from whylight.results.attribution import COVER
from whylight.tensors import Tensors, as_rows, to_ndim


class Moments:
    """Running moments of draws `(b, N, ...)`, one tensor per input.

    Attributes
    ----------
    n
        Draws so far.
    mean
        Their average, `(N, ...)`.
    """

    def __init__(self) -> None:
        self.n = 0
        self.mean: Tensors = ()
        self._squares: Tensors = ()  # summed squared distances from the mean

    def add(self, draws: Tensors) -> None:
        """Take more draws in."""
        count = len(draws[0])
        means = tuple(d.mean(0) for d in draws)
        squares = tuple((d - m).square().sum(0) for d, m in zip(draws, means, strict=True))
        if self.n:
            total = self.n + count
            shifts = tuple(new - old for new, old in zip(means, self.mean, strict=True))
            means = tuple(old + s * (count / total) for old, s in zip(self.mean, shifts, strict=True))
            parts = zip(self._squares, squares, shifts, strict=True)
            squares = tuple(a + b + s.square() * (self.n * count / total) for a, b, s in parts)
        self.n, self.mean, self._squares = self.n + count, means, squares

    @property
    def variance(self) -> Tensors:
        """Variance of the draws (divided by their number)."""
        return tuple(s / self.n for s in self._squares)

    @property
    def errors(self) -> Tensors:
        """`COVER` standard deviations of the mean; NaN where a single draw tells nothing."""
        if self.n < 2:
            return unknown(self.mean)
        return tuple(COVER * (s / (self.n * (self.n - 1))).sqrt() for s in self._squares)

    @property
    def variance_errors(self) -> Tensors:
        """`COVER` standard deviations of the variance, as for normal draws; NaN where a single draw tells nothing."""
        factor = COVER * (2 / (self.n - 1)) ** 0.5 if self.n > 1 else torch.nan
        return tuple(factor * v for v in self.variance)


def bounds(squares: Tensors, observations: int) -> Tensors:
    """`COVER` standard deviations, from squared changes `(N, ...)`; values of a sample, each seen few times, tell of one another."""
    joined = pooled(torch.cat([as_rows(square) for square in squares], 1), observations)
    parts = joined.split([square[0].numel() for square in squares], 1)
    return tuple(COVER * part.reshape(square.shape) for part, square in zip(parts, squares, strict=True))


def blocks(total: int, size: int) -> list[tuple[int, int]]:
    """Stretches of 0..total, `size` long and then half as long again each time, as answers are worth showing.

    Examples
    --------
    >>> blocks(20, 4)
    [(0, 4), (4, 8), (8, 12), (12, 18), (18, 20)]
    """
    found, lo = [], 0
    while lo < total:
        hi = min(total, lo + max(size, lo // 2))
        found.append((lo, hi))
        lo = hi
    return found


def noisy(inputs: Tensors, level: float, count: int, generator: torch.Generator) -> Tensors:
    """`count` copies of a batch one after the other, `(count * N, ...)` per input, each under noise of its own.

    The noise is normal, of `level` times each sample's range; all samples of a copy get the same.
    """
    noise = [torch.empty(count, 1, *x.shape[1:], dtype=torch.float64) for x in inputs]
    for copy in zip(*noise, strict=True):
        for draw in copy:
            draw.normal_(generator=generator)
    return tuple((x + level * _range(x) * e.to(x)).flatten(0, 1) for x, e in zip(inputs, noise, strict=True))


def _range(x: Tensor) -> Tensor:
    """Of every sample's values, shaped to multiply them."""
    flat = as_rows(x)
    return to_ndim(flat.amax(1) - flat.amin(1), x.ndim)
