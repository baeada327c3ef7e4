"""Pictures and maps made smaller for the wire. Knows nothing of views or of what a message is for."""

import math
from collections.abc import Sequence

import numpy as np

from whylight.live.wire.arrays import PackedArray, array
from whylight.tensors import to_ndim

THUMBNAIL = 48  # pixels
PATH_SIDE = 112  # the maps of a path are no larger


def block_side(shape: tuple[int, ...], side: int = PATH_SIDE) -> int:
    """Pixels per cell, along each side, of a map that is no longer than `side`."""
    return max(1, -(-max(shape) // side))


def shrunk(maps: np.ndarray, side: int = PATH_SIDE) -> np.ndarray:
    """Means over blocks of pixels `(M, H, W)`, so that no side is longer than `side`."""
    block = block_side(maps.shape[1:], side)
    return block_means(maps, (1, block, block))


def block_means(values: np.ndarray, blocks: Sequence[int]) -> np.ndarray:
    """Means over blocks, so many values long along each axis; the last ones may be shorter.

    Examples
    --------
    >>> block_means(np.array([[1.0, 3.0, 5.0], [3.0, 5.0, 7.0]]), (2, 2))
    array([[3., 6.]])
    """
    for axis, block in enumerate(blocks):
        if block > 1:
            edges = np.arange(0, values.shape[axis], block)
            widths = to_ndim(np.diff([*edges, values.shape[axis]]), values.ndim - axis)
            values = np.add.reduceat(values, edges, axis=axis, dtype=np.result_type(values, np.float32)) / widths
    return values


def blocks_within(shape: Sequence[int], cells: int, axes: Sequence[int]) -> list[int]:
    """Sides of blocks, so that no more than so many are left; of `axes` the longest gets larger blocks first.

    Examples
    --------
    >>> blocks_within((32, 512, 512), 2_200_000, (0, 1, 2)), blocks_within((8, 8), 64, (0, 1))
    ([1, 2, 2], [1, 1])
    """
    blocks = [1] * len(shape)
    left = lambda axis: -(-shape[axis] // blocks[axis])
    while math.prod(map(left, range(len(shape)))) > cells and max(map(left, axes)) > 1:
        blocks[max(axes, key=left)] += 1
    return [-(-n // left(axis)) for axis, n in enumerate(shape)]  # as even as can be: sizes before and after tell them


def thumbnail(pixels: np.ndarray) -> PackedArray:
    """A small picture of a baseline, sides at most 48 pixels."""
    stride = max(1, -(-max(pixels.shape[:2]) // THUMBNAIL))
    return array(pixels[::stride, ::stride], "uint8")
