"""What is told of one of several samples before it is explained. Knows nothing of models or messages."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class FilmEntry:
    """One of several samples.

    Attributes
    ----------
    icon, caption
        A small picture `(h, w, 3)`, or its first words.
    label, probability
        What the model says, and how probable that is.
    truth
        What is true; empty where that is not known.
    wrong
        Whether the model is wrong; None where that is not known.
    source, edit
        Of a sample that was made by hand: the number of the one it was made from, and what is different.
    was, before, after
        What the model said of `source`, how probable that was, and how probable the same class is now.
    """

    icon: NDArray[np.uint8] | None
    caption: str
    label: str
    probability: float | None = None
    truth: str = ""
    wrong: bool | None = None
    source: int | None = None
    edit: str = ""
    was: str = ""
    before: float | None = None
    after: float | None = None
