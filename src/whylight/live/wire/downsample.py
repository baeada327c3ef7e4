"""Pictures and maps made smaller for the wire. Knows nothing of views or of what a message is for."""

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
    if block == 1:
        return maps
    for axis in (1, 2):
        edges = np.arange(0, maps.shape[axis], block)
        widths = to_ndim(np.diff([*edges, maps.shape[axis]]), 3 - axis)
        maps = np.add.reduceat(maps, edges, axis=axis) / widths
    return maps


def thumbnail(pixels: np.ndarray) -> PackedArray:
    """A small picture of a baseline, sides at most 48 pixels."""
    stride = max(1, -(-max(pixels.shape[:2]) // THUMBNAIL))
    return array(pixels[::stride, ::stride], "uint8")
