"""Where the values of a picture's map lie, as a light to see the picture by, and which sign they have there.

A map of single pixels flickers between large values of either sign; their density does not. So the light is a Gaussian over their
sizes, less what lies nearly everywhere; its hue is the sign where the signed sum is larger than that of values of random signs.
Width and ends were chosen by `tests/benchmarks/first_look.py`. Knows nothing of models, methods or colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

CELLS = 56  # along the longer side
WIDTH = 3.0  # cells: the standard deviation of the Gaussian, 12 pixels of 224
DARK, FULL = 20.0, 95.0  # percentiles of the density that are dark, and fully lit
EVEN = 0.5  # of the full density: what is denser than that is never dark
UNSURE, SURE = (
    1.0,
    3.0,
)  # a signed sum beside that of random signs (its standard deviation): no hue below, full hue above
FAINT = 1e-6  # of the middle of the Gaussian: nothing
NEITHER = 128  # the hue of no clear sign
LIT = 128  # from here on a place is lit, halfway to full light


@dataclass(frozen=True, eq=False)
class Spotlight:
    """A light over a picture `(H, W)`, a signal `(C, T)` or planes `(D, H, W)`, in blocks of places.

    Attributes
    ----------
    light
        uint8, of every block: 0 where it is dark, 255 in full light.
    hue
        uint8, likewise: 128 where neither sign is clear, above where the values support the target, below where they oppose it.
    blocks
        Places along each side of a block.
    """

    light: NDArray[np.uint8]
    hue: NDArray[np.uint8]
    blocks: tuple[int, ...]

    def lit(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Which places of an input of this shape are lit: at least halfway to full light."""
        places = (np.arange(n) // block for n, block in zip(shape, self.blocks, strict=True))
        return (self.light >= LIT)[np.ix_(*places)]

    def plane(self, axis: int, place: int) -> "Spotlight":
        """The light over the plane at one place of an axis."""
        cell, blocks = place // self.blocks[axis], self.blocks[:axis] + self.blocks[axis + 1 :]
        light, hue = (np.take(whole, [cell], axis).squeeze(axis) for whole in (self.light, self.hue))
        return Spotlight(light, hue, blocks)


def spotlight(values: NDArray[Any], sizes: NDArray[Any], blocks: Sequence[int] | None = None) -> Spotlight:
    """The light where the `sizes` are, none of them negative, and the sign that the `values` (alike in shape) have there.

    `blocks` are places that make one along each axis, 0 for an axis that nothing is smoothed along; None for squares, `CELLS`
    along the longer side of a picture. The Gaussian is `WIDTH` blocks wide.

    Examples
    --------
    >>> values = np.zeros((8, 8))
    >>> values[:2, :2] = -1.0
    >>> found = spotlight(values, np.abs(values))
    >>> found.light[0, 0], found.light[7, 7], found.hue[0, 0] < 128, found.lit((8, 8)).sum() < 32
    (np.uint8(255), np.uint8(0), np.True_, np.True_)
    """
    blocks = blocks or [max(1, -(-max(values.shape) // CELLS))] * values.ndim
    blocks = [b and -(-n // -(-n // b)) for n, b in zip(values.shape, blocks, strict=True)]  # as even as can be
    values, sizes = (np.nan_to_num(a, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32) for a in (values, sizes))
    total, deviation = _over(values, blocks), np.sqrt(_over(values**2, blocks, power=2))
    clear = np.divide(total, deviation, out=np.zeros_like(total), where=deviation > 0)
    hue = np.sign(clear) * ((np.abs(clear) - UNSURE) / (SURE - UNSURE)).clip(0, 1)
    light = _stretched(_over(sizes, blocks))
    return Spotlight(
        np.rint(255 * light).astype(np.uint8),
        np.rint(128 + 127 * hue).astype(np.uint8),
        tuple(max(1, b) for b in blocks),
    )


def _over(values: NDArray[Any], blocks: Sequence[int], power: int = 1) -> NDArray[Any]:
    """Means along every axis under a Gaussian `WIDTH` blocks wide around every block, or sums under a power of its weights."""
    kernels = [_kernel(n, WIDTH * b, b) if b else None for n, b in zip(values.shape, blocks, strict=True)]
    for axis, block in enumerate(blocks):
        if block > 1:
            values = np.add.reduceat(values, np.arange(0, values.shape[axis], block), axis=axis)
    for axis, kernel in enumerate(kernels):
        if kernel is not None:
            values = np.moveaxis(np.moveaxis(values, axis, -1) @ (kernel**power).T, -1, axis)
    return values


def density(sizes: NDArray[Any], width: float) -> NDArray[Any]:
    """A Gaussian of so many places over `sizes`, `(H, W)` or `(T,)`; at an edge what lies beyond it does not count.

    Examples
    --------
    >>> density(np.ones(5, np.float32), 1.0).round(4)
    array([1., 1., 1., 1., 1.], dtype=float32)
    """
    rows = _kernel(len(sizes), width) @ sizes
    return rows if sizes.ndim == 1 else rows @ _kernel(sizes.shape[1], width).T


@lru_cache(maxsize=8)
def _kernel(n: int, width: float, block: int = 1) -> NDArray[np.float32]:
    """A Gaussian of so many places around the middle of each block of n places in a row, `(blocks, blocks)`: weights of sums over the blocks.

    The weights of all places add up to 1.
    """
    starts = np.arange(0, n, block)
    counts = np.minimum(block, n - starts)
    middles = starts + (counts - 1) / 2
    weights = np.exp(-0.5 * np.square((middles[:, None] - middles) / width))
    weights[weights < FAINT] = 0  # numbers too small for float32 would be slow
    return (weights / (weights @ counts)[:, None]).astype(np.float32)


def _stretched(found: NDArray[Any]) -> NDArray[Any]:
    """From 0 at the dark end to 1 at the full one; where it is much the same everywhere, nothing is dark."""
    dark, full = np.percentile(found, (DARK, FULL))
    full = full or found.max()  # all of it in few places
    dark = min(dark, EVEN * full)
    return ((found - dark) / (full - dark)).clip(0, 1) if full > 0 else np.zeros_like(found)
