"""An answer about several inputs of a model, as one answer for each of them. Knows nothing of engines, or of how to draw."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

import numpy as np
from torch import Tensor

from whylight.results.attribution import Attribution
from whylight.tensors import as_tuple, doubles
from whylight.views.several import SeveralView


class Share(NamedTuple):
    """How much of a map lies in one input, or one part of it: its name, its sum, and its part of all |attributions|."""

    name: str
    total: float
    share: float


@dataclass(frozen=True)
class Part:
    """What one of several inputs has to do with the score.

    Attributes
    ----------
    name
        What the input is called.
    attribution
        Its map, with the scores, gap and notes of the whole.
    total
        The sum of its map.
    share
        Of all |attributions|, from 0 to 1; NaN where those are all zero.
    """

    name: str
    attribution: Attribution
    total: float
    share: float


def parts_of(attribution: Attribution) -> Sequence[Part]:
    """The inputs of an answer about several, in their order; none of any other answer."""
    view = attribution.view
    if not isinstance(view, SeveralView):
        return ()
    arrays = doubles(attribution.known)
    sizes = np.array([np.abs(a).sum() for a in arrays])
    shares = sizes / sizes.sum() if sizes.sum() else np.full(len(sizes), np.nan)
    return [
        Part(name, _of_input(attribution, i), float(arrays[i].sum()), float(shares[i]))
        for i, name in enumerate(view.names)
    ]


def shares_of(attribution: Attribution) -> list[Share]:
    """The shares of several inputs, or of the texts of a pair; markers of the model only where they have any."""
    view = attribution.view
    if view is None or not view.sections:
        return [Share(part.name, part.total, part.share) for part in parts_of(attribution)]
    values = view.numbers(doubles(attribution.attributions)).reshape(-1)
    size, found = np.abs(values).sum(), []
    for i, (name, own) in enumerate(view.sections.items()):
        part = values[list(own)]
        if i < len(view.sections) - 1 or part.any():
            found.append(Share(name, float(part.sum()), float(np.abs(part).sum() / size) if size else math.nan))
    return found


def _of_input(attribution: Attribution, i: int) -> Attribution:
    """The answer with the map of one input alone."""
    view, spread = cast(SeveralView, attribution.view).views[i], attribution.baseline_spread
    one = lambda maps: cast(Tensor, as_tuple(maps)[i])
    return replace(
        attribution,
        attributions=one(attribution.attributions),
        error_estimate=one(attribution.error_estimate),
        baseline_spread=None if spread is None else one(spread),
        examined=None if attribution.examined is None else one(attribution.examined),
        baselines=tuple(replace(b, tensors=(b.tensors[i],)) for b in attribution.baselines),
        view=view,
    )
