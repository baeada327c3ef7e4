"""A picture cut into some fifty regions of similar colour, to add a map up over: k-means of place and colour, as SLIC has it.

Achanta et al. 2012 (SLIC superpixels), on a small copy of the picture and with specks outvoted instead of its step that joins islands, so that it
takes a few milliseconds and no other package. Knows nothing of models or of groups, whose superpixels are finer.
"""

import numpy as np
from numpy.typing import NDArray

from whylight.views.told import Told, place, told

COUNT = 7  # seeds along the longer side
SEEDING, FINE = 56, 112  # places along the longer side: while centres move, and of the labels
ROUNDS = 6
AROUND = 2  # places to each side that vote on a label
COMPACT = 0.3  # of the colours' range: how much of it the way from seed to seed counts


def region_labels(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The number of the region of each block of a picture `(H, W, 3)`, `(h, w)`, sides at most `FINE`.

    Examples
    --------
    >>> halves = np.zeros((64, 64, 3), np.uint8)
    >>> halves[:, 32:] = 255
    >>> labels = region_labels(halves)
    >>> set(labels[:, :32].flat) & set(labels[:, 32:].flat)
    set()
    """
    seeding, fine = (_features(pixels, side) for side in (SEEDING, FINE))
    centres = seeding[tuple(np.ix_(*(_middles(n) for n in seeding.shape[:2])))].reshape(-1, 5)
    points = seeding.reshape(-1, 5)
    for _ in range(ROUNDS):
        nearest = _nearest(points, centres)
        counts = np.bincount(nearest, minlength=len(centres))
        sums = np.stack([np.bincount(nearest, column, len(centres)) for column in points.T], axis=1)
        centres = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centres).astype(np.float32)
    nearest = _nearest(fine.reshape(-1, 5), centres).reshape(fine.shape[:2])
    for _ in range(2):
        nearest = _most_common(nearest)
    return np.unique(nearest, return_inverse=True)[1].reshape(nearest.shape).astype(np.uint8)


def spread(labels: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The region of every pixel `(H, W)`."""
    rows, columns = (np.arange(n) * small // n for n, small in zip(shape, labels.shape, strict=True))
    return labels[np.ix_(rows, columns)]


def region_parts(labels: NDArray[np.uint8], values: NDArray[np.floating]) -> list[Told]:
    """What every region adds up to of a map `(H, W)`, with its number from 1 and where it is.

    Examples
    --------
    >>> labels = np.array([[0, 1]], np.uint8)
    >>> [part.name for part in region_parts(labels, np.ones((2, 4)))]
    ['Region 1 near the left', 'Region 2 near the right']
    """
    flat = spread(labels, values.shape).reshape(-1)
    sums, sizes, pixels = (np.bincount(flat, one) for one in (values.reshape(-1), np.abs(values).reshape(-1), None))
    rows, columns = (
        np.bincount(flat, at.reshape(-1) + 0.5) / pixels / n
        for at, n in zip(np.indices(values.shape), values.shape, strict=True)
    )
    names = [
        f"Region {i + 1} near the {place(row, column)}"
        for i, (row, column) in enumerate(zip(rows, columns, strict=True))
    ]
    return told(names, sums, sizes)


def mark(labels: NDArray[np.uint8], region: int) -> tuple[int, int]:
    """The pixel of a region that is nearest to its middle: where to write its number."""
    rows, columns = np.nonzero(labels == region)
    at = int(np.argmin(np.square(rows - rows.mean()) + np.square(columns - columns.mean())))
    return int(rows[at]), int(columns[at])


def _features(pixels: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """Place and colour of places of a picture, no more than `side` of them along it, `(h, w, 5)`."""
    longest = max(pixels.shape[:2])
    rows, columns = (np.arange(n) * longest // min(side, longest) for n in _small(pixels.shape[:2], side))
    rows, columns = rows[rows < pixels.shape[0]], columns[columns < pixels.shape[1]]
    colour = pixels[np.ix_(rows, columns)].astype(np.float32) / 255
    far = COMPACT * COUNT / longest
    down, across = np.meshgrid(rows * far, columns * far, indexing="ij")
    return np.concatenate([down[..., None], across[..., None], colour], axis=2).astype(np.float32)


def _small(shape: tuple[int, ...], side: int) -> list[int]:
    """How many places there are along each side."""
    longest = max(shape)
    return [max(1, -(-n * min(side, longest) // longest)) for n in shape]


def _middles(n: int) -> NDArray[np.int64]:
    """Seeds along a side, evenly."""
    count = max(1, min(COUNT, n // 2))
    return ((np.arange(count) + 0.5) * n / count).astype(int)


def _most_common(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """At every place the label that most places around it have: specks go, edges stay."""
    votes = (labels == np.arange(labels.max() + 1)[:, None, None]).astype(np.int8)  # up to 25 of them
    for axis in (1, 2):
        padded = np.pad(votes, [(AROUND, AROUND) if a == axis else (0, 0) for a in range(3)], mode="edge")
        shifted = np.moveaxis(np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1, axis), -1, 0)
        votes = np.add.reduce(shifted, dtype=np.int8)
    return np.argmax(votes, axis=0)


def _nearest(points: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    """The centre nearest to each point."""
    return np.argmin(np.square(centres).sum(1) - 2 * points @ centres.T, axis=1)
