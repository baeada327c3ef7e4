"""Parts of an input that a sentence tells of, each with what it adds up to. Knows nothing of models or of answers."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MIDDLE = (0.4, 0.6)  # between these shares of a side something is in the middle of it


class Told(NamedTuple):
    """One part: what it is called, the sum of its attributions, and the sum of their sizes."""

    name: str
    value: float
    size: float


def told(names: Sequence[str], values: NDArray[Any], sizes: NDArray[Any] | None = None) -> list[Told]:
    """Parts `(P,)` of these sums; each is one value where no sizes are given.

    Examples
    --------
    >>> told(["a", "b"], np.array([1.0, -2.0]))[1]
    Told(name='b', value=-2.0, size=2.0)
    """
    sizes = np.abs(values) if sizes is None else sizes
    return [Told(name, float(v), float(s)) for name, v, s in zip(names, values, sizes, strict=True)]


def place(row: float, column: float) -> str:
    """Where something is in a picture, from shares of its height and width.

    Examples
    --------
    >>> place(0.1, 0.2), place(0.5, 0.5), place(0.9, 0.5), place(0.5, 0.8)
    ('upper left', 'middle', 'bottom', 'right')
    """
    across = _third(column, ("left", "", "right"))
    down = _third(row, ("upper", "", "lower"))
    alone = {"upper": "top", "lower": "bottom", "": "middle"}
    return f"{down} {across}".strip() if across else alone[down]


def _third(share: float, words: tuple[str, str, str]) -> str:
    return words[int(share >= MIDDLE[0]) + int(share > MIDDLE[1])]
