"""What groups are made of: words, positions, tiles, blocks, superpixels; which of them touch. Knows nothing of scores."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.records import record

LONG_NAME = 60  # letters of the name of joined units
LARGE = 56  # pictures with longer sides get 14 tiles along them, smaller ones 7
BLOCKS = 6  # along the longest side of a volume: 216 of a cube


@record
@dataclass(frozen=True, eq=False)
class Units:
    """The smallest groups, U of them.

    Attributes
    ----------
    labels
        Which unit each position belongs to, integers 0..U−1: `(T,)` for a sentence, `(H, W)` for a picture, `(D, H, W)` for a volume.
    names
        For people: the words, or the position.
    touching
        `(U, U)`, boolean and symmetric: which units are neighbours.
    ordered
        Whether they follow each other as words do.
    windows
        Whether they are stretches of a signal, one after the other in time.
    """

    labels: NDArray[np.int64]
    names: tuple[str, ...]
    touching: NDArray[np.bool_]
    ordered: bool = False
    windows: bool = False

    @property
    def sort(self) -> str:
        """What they are: "windows" of a signal, "areas" of a picture or volume, words or steps of a "sequence", features of a "row"."""
        if self.windows:
            return "windows"
        return "areas" if self.labels.ndim > 1 else "sequence" if self.ordered else "row"

    def __len__(self) -> int:
        return len(self.names)

    def masks(self, groups: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Masks of positions `(M, *positions)` of groups of units `(M, U)`."""
        return np.asarray(groups, dtype=bool)[:, self.labels]

    def group(self, members: Sequence[int]) -> NDArray[np.bool_]:
        """One group `(U,)` from the numbers of its units."""
        numbers = np.asarray(members, dtype=int).reshape(-1)
        if len(numbers) and not (numbers.min() >= 0 and numbers.max() < len(self)):
            raise InvalidValueError(f"Units are numbered 0..{len(self) - 1}; got {list(members)}.")
        found = np.zeros(len(self), dtype=bool)
        found[numbers] = True
        return found

    def connected(self, group: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
        """The connected pieces of a group of units `(U,)`, in the order of their first unit."""
        left, pieces = group.copy(), []
        while left.any():
            edge = piece = np.arange(len(left)) == np.argmax(left)
            while edge.any():
                edge = self.touching[edge].any(0) & left & ~piece
                piece = piece | edge
            pieces.append(piece)
            left &= ~piece
        return pieces


def sequence(labels: Sequence[int], names: Sequence[str]) -> Units:
    """Words of a sentence: neighbours follow each other."""
    count = len(names)
    order = np.arange(count)
    return Units(np.asarray(labels, dtype=np.int64), tuple(names), np.abs(order[:, None] - order) == 1, ordered=True)


def unordered(count: int, names: Sequence[str] | None = None) -> Units:
    """Features of a row: every one is a neighbour of every other."""
    shown = tuple(names) if names is not None else tuple(f"feature {i}" for i in range(count))
    return Units(np.arange(count), shown, ~np.eye(count, dtype=bool))


def coarser(units: Units, spec: Any) -> Units:
    """Units joined to larger ones: so many that follow each other, or those with the same label `(U,)`; None leaves them.

    Examples
    --------
    >>> sentence = sequence([0, 1, 1, 2], ["not", "a", "film"])
    >>> joined = coarser(sentence, 2)
    >>> joined.names, joined.labels.tolist(), coarser(sentence, [7, 7, 9]).names
    (('not a', 'film'), [0, 0, 0, 1], ('not a', 'film'))
    """
    if spec is None:
        return units
    labels = _labels(units, spec)
    _, first, joined = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(first)  # new units are numbered as they first occur
    joined = np.argsort(order)[joined.reshape(-1)]
    member = joined == np.arange(len(first))[:, None]
    names = [_joined([units.names[i] for i in np.flatnonzero(row)], " " if units.ordered else ", ") for row in member]
    touching = (member @ units.touching.astype(np.float32) @ member.T) > 0
    np.fill_diagonal(touching, val=False)
    return Units(joined[units.labels], tuple(names), touching, units.ordered and bool((np.diff(joined) >= 0).all()))


def _labels(units: Units, spec: Any) -> NDArray[Any]:
    """One label per unit."""
    count = len(units)
    if units.ordered and whole_number(spec):
        return np.arange(count) // int(spec)
    labels = np.asarray(spec)
    if labels.shape == (count,) and labels.dtype.kind in "iub":
        return labels
    number = (
        f"how many of the {count} units are joined, " if units.ordered else "(for pictures and sequences) a number, "
    )
    raise InvalidTypeError(
        f"units must be {number}or one integer label per unit, shape ({count},), those with the same one being joined; got "
        f"{spec!r}. Tiles and 'slic' are for pictures."
    )


def _joined(names: Sequence[str], between: str) -> str:
    whole = between.join(names)
    return whole if len(whole) <= LONG_NAME else f"{names[0]} … {names[-1]}"


def whole_number(spec: Any) -> bool:
    """Whether something is a number of 1 or more to count with."""
    return not isinstance(spec, (str, bool)) and np.ndim(spec) == 0 and hasattr(spec, "__index__") and int(spec) >= 1


def areas(labels: NDArray[Any]) -> Units:
    """Areas of a picture or volume from a label map; they touch where pixels do, corners included."""
    _, compact = np.unique(labels, return_inverse=True)
    labels = compact.reshape(np.shape(labels)).astype(np.int64)
    count = int(labels.max()) + 1
    touching = np.zeros((count, count), dtype=bool)
    for step in product((0, 1, -1), repeat=labels.ndim):
        if step > (0,) * labels.ndim:  # each pair of neighbours once
            one, other = (labels[tuple(_overlap(sign * s) for s in step)] for sign in (1, -1))
            touching[one, other] = touching[other, one] = True
    np.fill_diagonal(touching, val=False)
    return Units(labels, tuple(f"area {i}" for i in range(count)), touching)


def _overlap(step: int) -> slice:
    """What is left of an axis that is moved by one step against itself."""
    return {0: slice(None), 1: slice(1, None), -1: slice(None, -1)}[step]


def tile_side(*shape: int) -> int:
    """The side of the tiles, 14 of them (in small pictures 7) along the longer edge; of the cubes of a volume, 6."""
    longest = max(shape)
    return -(-longest // (BLOCKS if len(shape) == 3 else 14 if longest > LARGE else 7))


def tiles(height: int, width: int, side: int | None = None) -> Units:
    """Square tiles; without a side, 14 (small pictures: 7) of them along the longer edge."""
    return areas(tile_labels((height, width), side or tile_side(height, width)))


def tile_labels(where: tuple[int, ...], side: int | Sequence[int]) -> NDArray[np.int64]:
    """The tile each position belongs to, `(*where)`, numbered row by row; `side` is one, or one for every axis."""
    sides = np.broadcast_to(side, len(where))
    steps = [np.arange(n) // s for n, s in zip(where, sides, strict=True)]
    return np.asarray(np.ravel_multi_index(tuple(np.ix_(*steps)), [int(step[-1]) + 1 for step in steps]))


def superpixels(pixels: NDArray[np.uint8], count: int = 150) -> Units:
    """SLIC superpixels of a picture `(H, W, 3)`, cut into connected areas; needs scikit-image."""
    try:
        from skimage.segmentation import slic
    except ImportError:
        raise InvalidTypeError(
            'units="slic" needs scikit-image: pip install scikit-image, or give a tile side in pixels.'
        ) from None
    return areas(slic(pixels, n_segments=count, compactness=10, enforce_connectivity=True))


def positions(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Where features stand: features of a row, steps of a sequence `(N, T, E)`, pixels of a picture `(N, C, H, W)` or volume.

    Examples
    --------
    >>> positions((1, 3, 8, 8)), positions((1, 7, 64)), positions((1, 5)), positions((1,))
    ((8, 8), (7,), (5,), (1,))
    >>> positions((1, 1, 16, 8, 8))
    (16, 8, 8)
    """
    inner = shape[1:] or (1,)
    return inner[:1] if len(inner) <= 2 else inner[1:]


def units_at(
    shape: tuple[int, ...],
    spec: Any = None,
    *,
    names: Sequence[str] | None = None,
    pixels: NDArray[np.uint8] | None = None,
) -> Units:
    """What groups of an input `(1, ...)` are made of: areas of a picture, blocks of a volume, features of a row, steps of a sequence."""
    where = positions(shape)
    if len(where) in (2, 3):
        return areas_at(where, spec, pixels=pixels)
    if len(where) == 1 and len(shape) <= 2:
        return coarser(unordered(where[0], names), spec)
    if len(where) == 1:
        return coarser(sequence(range(where[0]), [str(i) for i in range(where[0])]), spec)
    raise InvalidValueError(f"Groups need a sequence, a row, a picture or a volume; the input has shape {shape}.")


def areas_at(
    where: tuple[int, ...],
    spec: Any = None,
    *,
    pixels: NDArray[np.uint8] | None = None,
    sides: int | Sequence[int] | None = None,
) -> Units:
    """Tiles, superpixels or given areas of a picture or volume; `sides` are those of the tiles that nobody asked for."""
    given = areas_given(spec, where, slic=pixels is not None)
    if isinstance(given, np.ndarray):
        return areas(given)
    if isinstance(given, str):
        assert pixels is not None
        return superpixels(pixels)
    return areas(tile_labels(where, given or sides or tile_side(*where)))


def areas_given(spec: Any, where: tuple[int, ...], *, slic: bool) -> "str | int | np.ndarray | None":
    """What areas of a picture are asked for, checked: "slic" where that is possible, the side of tiles, a label map, or None."""
    if spec is None or (isinstance(spec, str) and spec == "slic" and slic):
        return spec
    if whole_number(spec):
        return int(spec)
    labels = np.asarray(spec)
    if labels.shape == where and labels.dtype.kind in "iu":
        return labels
    got = f"{labels.dtype} of shape {labels.shape}" if labels.ndim else repr(spec)
    otherwise = ", 'slic'" if slic else ""
    raise InvalidValueError(
        f"units must be the side of tiles in pixels (1, 2, 3, ...){otherwise}, an integer label map {where}, or None; got {got}."
    )


def area_count(units: Any, shape: tuple[int, ...], sides: int | Sequence[int] | None = None) -> int | None:
    """How many areas a picture or volume has for `units=`; None where that takes work to know."""
    if isinstance(units, str):
        return None
    if isinstance(units, list):
        return len(np.unique(units))
    each = np.broadcast_to(units or sides or tile_side(*shape), len(shape))
    return math.prod(-(-n // int(side)) for n, side in zip(shape, each, strict=True))
