"""The path of an answer as a message. Knows nothing of traits, comms or threads."""

from typing import TypeAlias, TypedDict

import numpy as np

from whylight.live.wire.arrays import VERSION, Message, Missing, array, number
from whylight.live.wire.encoder import encoder
from whylight.results.path_trace import PathTrace
from whylight.views.view import View

PATH_MAPS = (17, 33)  # how many there are, by their size
PATH_VALUES = 250_000  # in all of them together
SMALL_PATH = 64_000  # bytes of maps up to which the path travels unasked
SATURATION = (0.9, 0.99)


class Saturation(TypedDict):
    """From `alpha` on, F keeps at least this share of F(x) − F(x')."""

    share: float
    alpha: float


class PathMeta(TypedDict):
    """What is said of a path.

    Attributes
    ----------
    missing
        Empty: there is a path.
    baselines
        The names of all baselines of the answer.
    which
        The place of the one the path starts from.
    norm_after
        Share of the integral of the norms that lies beyond the first saturation.
    multiplied
        Whether the maps hold the factor (x − x').
    block
        Pixels per cell of the maps, along each side.
    map_scales
        Largest absolute value of every map.
    """

    missing: str
    target: str
    baseline: str
    baselines: list[str]
    which: int
    output: str
    score: float | None
    baseline_score: float | None
    saturation: list[Saturation]
    norm_after: float | None
    multiplied: bool
    block: int
    map_scales: list[float | None]
    notes: list[str]


PathMessage: TypeAlias = Message[PathMeta | Missing]


def path_maps(view: View) -> tuple[int, bool]:
    """Maps that a path of this view is sent with, and whether they are so small that it travels unasked."""
    known = encoder(view)
    cells, (fewest, most) = known.path_cells(), PATH_MAPS
    maps = max(fewest, min(most, PATH_VALUES // max(1, cells)))
    return maps, maps * cells * known.map_bytes <= SMALL_PATH


def path_message(seen: PathTrace | None, *, seq: int, missing: str = "") -> PathMessage:
    """The path that frame `seq` rests on; or, without one, the sentence why."""
    if seen is None:
        return {"v": VERSION, "seq": seq, "meta": {"missing": missing, "notes": []}, "arrays": {}}
    curves = ("alphas", "values", "slopes", "norms", "gradient_norms", "shares", "map_alphas")
    arrays = {name: array(getattr(seen, name)) for name in curves}
    known = encoder(seen.view)
    arrays["maps"], scales, block = known.path_maps(seen)
    arrays |= known.path_start(seen)
    return {"v": VERSION, "seq": seq, "meta": _path_meta(seen, scales, block), "arrays": arrays}


def _path_meta(seen: PathTrace, scales: np.ndarray, block: int) -> PathMeta:
    reached = [seen.saturation(share) for share in SATURATION]
    return {
        "missing": "",
        "target": seen.target,
        "baseline": seen.baseline.label,
        "baselines": list(seen.baselines),
        "which": seen.which,
        "output": seen.unit,
        "score": number(seen.score),
        "baseline_score": number(seen.baseline_score),
        "saturation": [{"share": s, "alpha": a} for s, a in zip(SATURATION, reached, strict=True) if a is not None],
        "norm_after": None if reached[0] is None else number(seen.norm_after(reached[0])),
        "multiplied": seen.multiplied,
        "block": block,
        "map_scales": [number(s) for s in scales],
        "notes": list(seen.notes),
    }
