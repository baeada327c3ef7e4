"""What paths known at some nodes give: the mean of their rows, and how far it may be off. Knows nothing of nodes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Kind = TypeVar("Kind", Array, Ints)

POOLED = 3  # how many observations the common variance counts beside a value's own
EQUAL = 1e-24  # a variance below this share of the largest is that of rounding: no value's error may hang on it
LEFT = 1 / 4  # of what Simpson's combination adds, how much it may be off by
ROUNDING = 1e-6  # errors below this share of the mean count as equal, so that rounding never chooses the nodes


@dataclass(frozen=True)
class Estimate:
    """Integrals over N paths.

    Attributes
    ----------
    mean, total
        `(N, D)`, and the integral of the slopes, `(N,)`.
    spread
        Standard deviation of the whole mean, `(N,)`: the L2 norm of those of its values.
    gap
        Standard deviation of the integral of the slopes, `(N,)`; infinite where `spread` has heeded them or nothing is known.
    deviation
        Makes the standard deviation of every value, `(N, D)`.
    jump
        What the score rises by in panels too narrow for any gradient to tell, `(N,)`.
    """

    mean: Tensor
    total: Array
    spread: Array
    gap: Array
    deviation: Callable[[], Tensor]
    jump: Array | float = 0.0


@dataclass(frozen=True)
class Sums:
    """Sums over the values of changes: of slopes, of squares, of fourth powers; of every panel, `(N, P)`, or of one, `(N,)`."""

    shift: Array
    power: Array
    peak: Array

    @classmethod
    def of(cls, change: Tensor, shift: Array) -> "Sums":
        """Of changes `(..., D)` whose slopes' is `shift`."""
        squares = change.square()
        return cls(shift, numbers(squares.sum(-1)), numbers(squares.square_().sum(-1)))

    def joined(self, others: Sequence["Sums"]) -> "Sums":
        """These `(N, P)` and those of further panels, `(N, p)` each."""
        column = lambda name: np.column_stack([getattr(self, name), *(getattr(other, name) for other in others)])
        return Sums(column("shift"), column("power"), column("peak"))

    def taken(self, places: Ints, there: np.ndarray) -> "Sums":
        """Those at the places `(N, Q)`, zero where none is there."""
        return Sums(*(np.where(there, taken(a, places), 0.0) for a in (self.shift, self.power, self.peak)))

    def of_paths(self, which: np.ndarray) -> "Sums":
        """Those of some paths."""
        return Sums(self.shift[which], self.power[which], self.peak[which])

    def replace(self, paths: Ints, places: Ints, new: "Sums") -> None:
        """Write over those of one panel of some paths."""
        for old, fresh in ((self.shift, new.shift), (self.power, new.power), (self.peak, new.peak)):
            old[paths, places] = fresh

    def noise(self) -> tuple[Array, Array, Array]:
        """Spread and gap, and the factor of squares in a variance, of independent changes, each `(N,)`.

        A change is the most its panel may be off, and its error has the variance change^2 / 3. Where one panel's change of
        one value makes up all there is no mean to rely on, so its bound counts: 1 / share is how many take part.
        """
        power = self.power.sum(1)
        share = self.peak.sum(1) / np.maximum(power**2, np.finfo(float).tiny)
        factor = (1 + 2 * share**0.5) / 3
        return (factor * power) ** 0.5, (np.square(self.shift).sum(1) / 3) ** 0.5, factor


@dataclass(frozen=True)
class Trend:
    """What the changes of trapezoid sums have in common: where a path bends one way, they do not scatter but add up.

    Of independent changes the squared norm of the sum is that of the squared norms; what it exceeds that by is the trend's
    (shrunk as by James and Stein 1961). To that share Simpson's combination holds, which adds a third of the sum.

    Attributes
    ----------
    common
        The sum of the changes, `(N, D)`.
    share
        How much of it is trend, `(N,)`.
    sums
        Of the changes, panel by panel.
    """

    common: Tensor
    share: Array
    sums: Sums

    @classmethod
    def of(cls, common: Tensor, sums: Sums) -> "Trend":
        """From the sum of the changes."""
        size = numbers(common.square().sum(1))
        share = 1 - sums.power.sum(1) / np.maximum(size, np.finfo(float).tiny)
        return cls(common, np.where(size > 0, np.maximum(share, 0.0), 0.0), sums)

    def estimate(self, total: Tensor, rise: Array, squares: Callable[[], Tensor], panels: Ints) -> Estimate:
        """The integral from the trapezoid sums of rows and slopes; `squares` adds up those of the changes, `(N, D)`, over so many panels, `(N,)`."""
        noise, gap, factor = self.sums.noise()
        share = torch.from_numpy(self.share[:, None] / 3).to(total)
        spread = (noise**2 + (LEFT * self.share / 3) ** 2 * numbers(self.common.square().sum(1))) ** 0.5

        def deviation() -> Tensor:
            scattered = squares().mul_(torch.from_numpy(factor[:, None]).to(total))
            return pooled(scattered.addcmul_(LEFT * share * self.common, LEFT * share * self.common), panels)

        mean = torch.addcmul(total, share, self.common)
        return Estimate(mean, rise + self.share / 3 * self.sums.shift.sum(1), spread, gap, deviation)


def taken(values: Kind, places: Ints) -> Kind:
    """Values `(N, P, ...)` at some places of every path, `(N, Q)`: `(N, Q, ...)`; several times faster than `np.take_along_axis`."""
    n, p = values.shape[:2]
    return values.reshape(n * p, *values.shape[2:]).take(places + p * np.arange(n)[:, None], axis=0)


def numbers(values: Tensor) -> Array:
    """Few values as an array."""
    return np.asarray(values.detach().cpu().double().numpy())  # in this order: not every device has float64


def pooled(variances: Tensor, observations: Ints | int) -> Tensor:
    """Standard deviations `(N, D)`, each variance drawn towards the mean of those in its row that are more than rounding.

    `observations` each rests on, of all paths or of each, `(N,)`.

    A value's own variance rests on few observations; that of all together on many.
    """
    least = EQUAL * variances.amax(1, keepdim=True)
    counts = variances > least
    drawn = variances * counts
    common = drawn.sum(1, keepdim=True) / counts.sum(1, keepdim=True).clamp(min=1)
    own = torch.as_tensor(observations, device=variances.device).to(variances.dtype).reshape(-1, 1)
    drawn.mul_(own).add_(POOLED * common).div_(own + POOLED)
    return torch.where(counts, drawn, variances, out=drawn).sqrt_()


def least_gain(mean: Tensor) -> Array:
    """Squared errors of means `(N, D)` below which all count the same, `(N,)`."""
    return np.asarray((ROUNDING * numbers(mean.norm(dim=1))) ** 2 + np.finfo(float).tiny ** 0.5)


def by_gain(power: Array, least: Array, width: Array, near: float, parts: Ints | int = 1) -> tuple[Ints, Ints]:
    """Panels by what a gradient wins in them, `(N, P)`, and how many win nearly as much as the first, `(N,)`.

    Parameters
    ----------
    power, least
        Squared errors `(N, P)`; below the least one of a whole path, `(N,)`, the widths decide.
    width
        `(N, P)`; 0 where there is no panel.
    near
        The share of the first one's gain.
    parts
        What a panel costs.

    Logarithms are rounded, and equal ones keep their order: rounding never chooses the nodes.
    """
    there = width > 0
    gain = np.where(there, np.maximum(power, least[:, None] * width) / parts, 1.0)
    levels = np.where(there, np.log2(gain).round(3), -np.inf)
    close = levels >= levels.max(1, keepdims=True) + np.log2(near)
    return np.argsort(-levels, axis=1, kind="stable"), close.sum(1)
