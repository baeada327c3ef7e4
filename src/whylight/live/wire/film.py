"""Several samples as a message: what the strip of them shows. Knows nothing of traits, comms or threads."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from whylight.live.wire.arrays import VERSION, PackedArray, array, number
from whylight.results.film_entry import FilmEntry


class FilmSample(TypedDict):
    """One of several samples.

    Attributes
    ----------
    caption
        Its first words, if it has any.
    label
        What the model says of it; empty where that is no class and no number.
    truth
        What is true of it; empty where that is not known.
    wrong
        Whether the model is wrong; null where that is not known.
    picture
        Its place among the pictures, −1 for none.
    source, edit
        Of a sample made by hand: the number of the one it was made from (else null), and what is different.
    was, before, after
        What the model said of the sample it was made from, how probable that was, and how probable the same class is now.
    """

    caption: str
    label: str
    probability: float | None
    truth: str
    wrong: bool | None
    picture: int
    source: int | None
    edit: str
    was: str
    before: float | None
    after: float | None


class FilmMessage(TypedDict):
    """The samples of a widget, the first of them while others are read.

    Attributes
    ----------
    count
        How many there are in all.
    pictures
        uint8 `(P, S, S, 3)` with `sizes`, the height and width that each fills of it.
    """

    v: int
    count: int
    samples: list[FilmSample]
    sizes: list[list[int]]
    pictures: PackedArray | None


class Gaps(TypedDict):
    """Relative gaps of the samples that were explained, by their numbers."""

    v: int
    gaps: dict[str, float | None]


def film_message(count: int, entries: Sequence[FilmEntry]) -> FilmMessage:
    """What is known of the first samples."""
    icons = [entry.icon for entry in entries if entry.icon is not None]
    places = iter(range(len(icons)))
    return {
        "v": VERSION,
        "count": count,
        "samples": [
            {
                "caption": entry.caption,
                "label": entry.label,
                "probability": None if entry.probability is None else number(entry.probability),
                "truth": entry.truth,
                "wrong": entry.wrong,
                "picture": -1 if entry.icon is None else next(places),
                "source": entry.source,
                "edit": entry.edit,
                "was": entry.was,
                "before": None if entry.before is None else number(entry.before),
                "after": None if entry.after is None else number(entry.after),
            }
            for entry in entries
        ],
        "sizes": [list(icon.shape[:2]) for icon in icons],
        "pictures": _stacked(icons),
    }


def _stacked(icons: Sequence[np.ndarray]) -> PackedArray | None:
    """All in one array, each in the corner of its square."""
    if not icons:
        return None
    side = max(max(icon.shape[:2]) for icon in icons)
    whole = np.zeros((len(icons), side, side, 3), dtype=np.uint8)
    for place, icon in zip(whole, icons, strict=True):
        place[: icon.shape[0], : icon.shape[1]] = icon
    return array(whole, "uint8")
