r"""How far a nested sequence of maps still is from its limit, value by value.

Each level doubles the points of the one before. The change from level to level shrinks by a factor that tells what the
path is like: about 1/2 per doubling where the gradient has kinks, 1/4 where it is smooth. Knows nothing of models.
"""

from itertools import pairwise

import torch
from torch import Tensor

from whylight.attribution import norm

Maps = tuple[Tensor, ...]

SMOOTH = 0.35  # a level that changes the map by less than this share of the last change: a smooth path


def best(history: list[Maps]) -> tuple[Maps, Maps]:
    """The best map that the last levels T give, and its error, value by value.

    On a smooth path each doubling changes the map about four times less than the one before; there the Simpson
    combination T + (T - previous T) / 3 is of fourth order, and is taken sample by sample where it promises more.
    """
    maps, errors = history[-1], estimate(history, floor=1 / 4)
    if len(history) < 4:
        return maps, errors
    simpson = [tuple(b + (b - a) / 3 for a, b in zip(old, new, strict=True)) for old, new in pairwise(history)]
    sharper = estimate(simpson, floor=1 / 16)
    smooth = (_ratio(history[-3:]) < SMOOTH) & (norm(sharper) < norm(errors))

    def pick(a: Maps, b: Maps) -> Maps:
        return tuple(torch.where(_rows(smooth, m), m, n) for m, n in zip(a, b, strict=True))

    return pick(simpson[-1], maps), pick(sharper, errors)


def estimate(levels: list[Maps], floor: float) -> Maps:
    """Error of the newest level: the changes still to come, if they go on shrinking at the rate r seen so far.

    The sum of the remaining changes is d r / (1 - r) for a last change d; r lies between `floor` (the best a smooth
    path can do) and 0.9. With one level nothing is known, and the error is the whole value.
    """
    if len(levels) == 1:
        return tuple(m.abs() for m in levels[0])
    changes = [tuple((b - a).abs() for a, b in zip(old, new, strict=True)) for old, new in pairwise(levels)]
    if len(changes) == 1:
        return changes[-1]
    ratios = [_ratio(levels[i : i + 3]) for i in range(len(levels) - 2)]
    rate = torch.stack(ratios).amax(0).clamp(floor, 0.9)
    pairs = zip(changes[-1], changes[-2], strict=True)
    return tuple(torch.maximum(new, old * _rows(rate, old)) * _rows(rate / (1 - rate), old) for new, old in pairs)


def _ratio(three: list[Maps]) -> Tensor:
    """Norm of the last change over that of the one before, per sample; 0 where both vanish."""
    before, after = (norm(tuple(b - a for a, b in zip(old, new, strict=True))) for old, new in pairwise(three))
    return torch.where(after == 0, torch.zeros_like(after), after / before)


def _rows(per_sample: Tensor, like: Tensor) -> Tensor:
    return per_sample.reshape(-1, *[1] * (like.ndim - 1))
