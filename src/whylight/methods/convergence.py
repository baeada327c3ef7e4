r"""How far a nested sequence of maps still is from its limit, value by value.

Each level T doubles the points of the one before and changes the map by d. On a kinked path the changes are noise:
E d^2 = 3 E error^2, so the error is about abs(d) / sqrt(3). On a smooth path they shrink at a rate r, by more from level to
level, and r d is still to come. Knows nothing of models.
"""

from itertools import pairwise

import torch
from torch import Tensor

from whylight.attribution import COVER, norm

Maps = tuple[Tensor, ...]

SETTLING = 0.3  # a level that changes the map by less than this share of the last change: perhaps a smooth path
SMOOTH = 0.35  # by less than this share (1/4 in the limit), twice in a row: a smooth path
CHANCE = 0.2  # before there are `TRUSTED` of them, a smaller share than this is chance
TRUSTED = 3


def settles(levels: list[Maps]) -> Tensor:
    """Which samples' changes shrink so fast that even refinement is worth another level."""
    if len(levels) < 3:
        return torch.zeros(len(levels[0][0]), dtype=torch.bool, device=levels[0][0].device)
    *_, before, after = _changes(levels)
    return _ratio(before, after) < SETTLING


def best(levels: list[Maps], noise: Maps) -> tuple[Maps, Maps, Tensor]:
    """The best map that the last (up to five) levels give, its error value by value, and which samples are smooth.

    `noise` is the error expected if the panels of the newest level err independently. A sample is smooth when its map
    changed by less than `SMOOTH` of the change before, twice in a row. There the Simpson combination
    T + (T - previous T) / 3, of fourth order, is taken; elsewhere the newest level itself.
    """
    changes = _changes(levels)
    ratios = [_ratio(old, new) for old, new in pairwise(changes)]
    maps, errors = levels[-1], _scaled(COVER, _kinked_error(levels[-1], changes, ratios, noise))
    smooth = torch.zeros(len(maps[0]), dtype=torch.bool, device=maps[0].device)
    if len(levels) < 4:
        return maps, errors, smooth
    last = torch.stack(ratios[-2:])
    smooth = (last.amax(0) < SMOOTH) & ((last.amin(0) > CHANCE) | (len(ratios) >= TRUSTED))
    simpson = [tuple(b + (b - a) / 3 for a, b in zip(old, new, strict=True)) for old, new in pairwise(levels)]
    sharper = _scaled(COVER, _smooth_error(_changes(simpson)))
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


def _kinked_error(maps: Maps, changes: list[Maps], ratios: list[Tensor], noise: Maps) -> Maps:
    """Standard deviation of the newest level: of noise, or where it settles the change still to come."""
    if not changes:
        return tuple(m.abs() for m in maps)
    rough = tuple(torch.maximum(n, d / 3**0.5) for n, d in zip(noise, changes[-1], strict=True))
    if len(ratios) < TRUSTED:
        return rough
    rate = ratios[-1].clamp(min=1 / 4)  # one small ratio alone proves little
    pairs = zip(*changes[-2:], strict=True)
    ahead = tuple(_rows(rate, new) * torch.maximum(new, _rows(rate, old) * old) for old, new in pairs)
    return choose(ratios[-1] < SETTLING, ahead, rough)


def _smooth_error(changes: list[Maps]) -> Maps:
    """The change still to come of Simpson's combination, whose changes shrink at the rate seen."""
    old, new = changes[-2:]
    rate = _ratio(old, new).clamp(1 / 16, 1 / 2)
    pairs = zip(old, new, strict=True)
    return tuple(_rows(rate / (1 - rate), b) * torch.maximum(b, _rows(rate, a) * a) for a, b in pairs)


def _scaled(factor: float, maps: Maps) -> Maps:
    return tuple(factor * m for m in maps)


def _rows(per_sample: Tensor, like: Tensor) -> Tensor:
    return per_sample.reshape(-1, *[1] * (like.ndim - 1))
