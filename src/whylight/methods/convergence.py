r"""How far a nested sequence of maps still is from its limit, value by value.

Each level doubles the points of the one before. The change from level to level shrinks by a factor that tells what the
path is like: about 1/2 per doubling where the gradient has kinks, 1/4 where it is smooth. Knows nothing of models.
"""

from itertools import pairwise

import torch
from torch import Tensor

from whylight.attribution import norm

Maps = tuple[Tensor, ...]

SAFETY = 1.25  # on kinked paths the error of a single value is noise around the estimate
SMOOTH = 0.35  # a level that changes the map by less than this share of the last change: a smooth path


def best(history: list[Maps]) -> tuple[Maps, Maps, Tensor]:
    """The best map that the last (up to four) levels T give, its error value by value, and which samples are smooth.

    A sample is smooth when the map changed by less than `SMOOTH` of the change before, twice in a row. There the Simpson
    combination T + (T - previous T) / 3, of fourth order, is taken; elsewhere the newest level itself.
    """
    changes = _changes(history)
    ratios = [_ratio(old, new) for old, new in pairwise(changes)]
    maps, errors = history[-1], _kinked_error(history[-1], changes, ratios)
    smooth = torch.zeros(len(maps[0]), dtype=torch.bool, device=maps[0].device)
    if len(history) < 4:
        return maps, errors, smooth
    smooth = torch.stack(ratios).amax(0) < SMOOTH
    simpson = [tuple(b + (b - a) / 3 for a, b in zip(old, new, strict=True)) for old, new in pairwise(history)]
    sharper = _smooth_error(_changes(simpson))
    return choose(smooth, simpson[-1], maps), choose(smooth, sharper, errors), smooth


def choose(smooth: Tensor, yes: Maps, no: Maps) -> Maps:
    """Sample by sample one of two maps."""
    return tuple(torch.where(_rows(smooth, a), a, b) for a, b in zip(yes, no, strict=True))


def _changes(levels: list[Maps]) -> list[Maps]:
    return [tuple((b - a).abs() for a, b in zip(old, new, strict=True)) for old, new in pairwise(levels)]


def _ratio(before: Maps, after: Maps) -> Tensor:
    """Norm of a change over that of the one before, per sample; 0 where both vanish."""
    now = norm(after)
    return torch.where(now == 0, torch.zeros_like(now), now / norm(before))


def _kinked_error(maps: Maps, changes: list[Maps], ratios: list[Tensor]) -> Maps:
    """The changes still to come if they go on halving (or shrinking slower, as at a singular end).

    A change d followed by d p, d p^2, ... sums to d p / (1 - p). By chance one value may change little at one level, so
    the largest of the last changes counts, each carried forward to now. With one level the error is the whole value.
    """
    if not changes:
        return tuple(m.abs() for m in maps)
    start = torch.full((len(maps[0]),), 0.5, dtype=maps[0].dtype, device=maps[0].device)
    rate = torch.maximum(start, torch.stack(ratios).amin(0)).clamp(max=0.9) if ratios else start
    carried = [
        torch.stack([_rows(rate**age, part) * part for age, part in enumerate(reversed(parts))]).amax(0)
        for parts in zip(*changes, strict=True)
    ]
    return tuple(_rows(SAFETY * rate / (1 - rate), c) * c for c in carried)


def _smooth_error(changes: list[Maps]) -> Maps:
    """The same for Simpson's combination, whose changes shrink at the rate seen, with half as much again for safety."""
    old, new = changes[-2:]
    rate = _ratio(old, new).clamp(1 / 16, 1 / 2)
    pairs = zip(old, new, strict=True)
    return tuple(_rows(1.5 * rate / (1 - rate), b) * torch.maximum(b, _rows(rate, a) * a) for a, b in pairs)


def _rows(per_sample: Tensor, like: Tensor) -> Tensor:
    return per_sample.reshape(-1, *[1] * (like.ndim - 1))
