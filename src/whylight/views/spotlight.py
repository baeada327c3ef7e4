"""Where the values of a picture's map lie, as a light to see the picture by, and which sign they have there.

A map of single pixels flickers between large values of either sign; their density does not. So the light is a Gaussian over their
sizes, less what lies nearly everywhere; its hue is the sign where the signed sum is larger than that of values of random signs.
Width and ends were chosen by `tests/benchmarks/first_look.py`. Knows nothing of models, methods or colours.
"""

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
LIT = 128  # from here on a place is lit, halfway to full light


@dataclass(frozen=True, eq=False)
class Spotlight:
    """A light over a picture `(H, W)`, in blocks of pixels.

    Attributes
    ----------
    light
        uint8 `(h, w)`: 0 where it is dark, 255 in full light.
    hue
        uint8 `(h, w)`: 128 where neither sign is clear, above where the values support the target, below where they oppose it.
    block
        Pixels along the side of a block.
    """

    light: NDArray[np.uint8]
    hue: NDArray[np.uint8]
    block: int

    def lit(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Which pixels `(H, W)` are lit: at least halfway to full light."""
        rows, columns = (np.arange(n) // self.block for n in shape)
        return (self.light >= LIT)[np.ix_(rows, columns)]


def spotlight(values: NDArray[Any], sizes: NDArray[Any]) -> Spotlight:
    """The light where the `sizes` are `(H, W)`, none of them negative, and the sign that the `values` `(H, W)` have there.

    Examples
    --------
    >>> values = np.zeros((8, 8))
    >>> values[:2, :2] = -1.0
    >>> found = spotlight(values, np.abs(values))
    >>> found.light[0, 0], found.light[7, 7], found.hue[0, 0] < 128, found.lit((8, 8)).sum() < 32
    (np.uint8(255), np.uint8(0), np.True_, np.True_)
    """
    block = max(1, -(-max(values.shape) // CELLS))
    rows, columns = (_kernel(n, WIDTH * block, block) for n in values.shape)
    values, sizes = (np.nan_to_num(a, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32) for a in (values, sizes))
    total, deviation = _over(values, rows, columns), np.sqrt(_over(values**2, rows**2, columns**2))
    clear = np.divide(total, deviation, out=np.zeros_like(total), where=deviation > 0)
    hue = np.sign(clear) * ((np.abs(clear) - UNSURE) / (SURE - UNSURE)).clip(0, 1)
    light = _stretched(_over(sizes, rows, columns))
    return Spotlight(np.rint(255 * light).astype(np.uint8), np.rint(128 + 127 * hue).astype(np.uint8), block)


def _over(values: NDArray[Any], rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
    """Weighted sums over a picture `(H, W)`, by weights `(h, H)` and `(w, W)`."""
    return rows @ (values @ columns.T)


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
    """A Gaussian of so many places around the middle of each block of n places in a row, `(blocks, n)`; the rows add up to 1."""
    middles = np.arange(0, n, block) + (block - 1) / 2
    weights = np.exp(-0.5 * np.square((middles[:, None] - np.arange(n)) / width))
    weights[weights < FAINT] = 0  # numbers too small for float32 would be slow
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)


def _stretched(found: NDArray[Any]) -> NDArray[Any]:
    """From 0 at the dark end to 1 at the full one; where it is much the same everywhere, nothing is dark."""
    dark, full = np.percentile(found, (DARK, FULL))
    full = full or found.max()  # all of it in few places
    dark = min(dark, EVEN * full)
    return ((found - dark) / (full - dark)).clip(0, 1) if full > 0 else np.zeros_like(found)
