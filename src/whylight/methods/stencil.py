"""The points finite differences ask for, and the slopes they give. Knows nothing of how large a step should be."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from whylight.problem.problem import Problem
from whylight.tensors import Tensors, as_rows, wide
from whylight.views.columns import BINARY, CATEGORY, COUNT, NUMBER, Columns, Kind

BLOCK = 8192  # predictions asked for at once
BLOCK_VALUES = 2**21  # most numbers in the points of one block: 16 MB


@dataclass(frozen=True, eq=False)
class Stencil:
    """The two values every feature is given in turn, and what the answers' difference is divided by, `(N, D)` each.

    An arm equal to x itself costs no prediction; where both are, the feature is held.
    """

    up: Tensor
    down: Tensor
    width: Tensor
    sloped: Tensor  # a number was moved: its slope has an error, toggles and counts have none

    @classmethod
    def of(cls, x: Tensor, step: Tensor, columns: Columns | None, scheme: str) -> "Stencil":
        """The arms of rows `(N, D)`: to both sides, unless the scheme is "forward"."""
        own = _kind(x.dtype)
        kinds = [
            own if columns is None or own != NUMBER == columns.kinds[i] else columns.kinds[i] for i in range(x.shape[1])
        ]
        most, x = torch.inf if x.is_floating_point() or x.dtype == torch.bool else torch.iinfo(x.dtype).max, real(x)
        binary, count, held = (
            torch.tensor([kind == k for kind in kinds], device=x.device) for k in (BINARY, COUNT, CATEGORY)
        )
        held = held | x.isnan()
        one = torch.where(x < most, x, x - 1)  # the largest number of its dtype can only fall
        up = torch.where(binary, 1.0, torch.where(count, one + 1, x + step))
        down = torch.where(binary, 0.0, torch.where(count, one, x if scheme == "forward" else x - step))
        up, down = torch.where(held, x, up), torch.where(held, x, down)
        width = torch.where(up == down, 1.0, up - down).to(wide(x.device))  # the step as rounding made it
        return cls(up, down, torch.where(held, 1.0, width), ~(binary | count | held))

    def halved(self, x: Tensor) -> "Stencil":
        """Arms half as long, of the numbers only."""
        x = real(x)
        up, down = (torch.where(self.sloped, x + (arm - x) / 2, x) for arm in (self.up, self.down))
        width = torch.where(up == down, 1.0, up - down).to(self.width.dtype)
        return Stencil(up, down, width, self.sloped)

    def asked(self, x: Tensor) -> Tensor:
        """Which predictions are needed: rows of (side, sample, feature)."""
        x = real(x)
        moved = torch.stack([self.up != x, self.down != x]) & ~x.isnan()
        return moved.nonzero()


def real(x: Tensor) -> Tensor:
    """Whole numbers and flags as floating point."""
    return x if x.is_floating_point() else x.to(wide(x.device))


def _kind(dtype: torch.dtype) -> Kind:
    """What the values of a tensor without known columns are."""
    return NUMBER if dtype.is_floating_point else BINARY if dtype == torch.bool else COUNT


def evaluate(problems: Sequence[Problem], points: Tensors, samples: Tensor) -> Tensor:
    """The scores of all problems, which share a model, at M points from the same predictions: `(T, M)`."""
    answers = problems[0].score.answers(points, samples)
    return torch.stack([problem.score.values(answers, samples) for problem in problems])


def answers_at(problems: Sequence[Problem], which: int, stencil: Stencil) -> Tensor:
    """The scores with every feature of one input at its upper and lower arm: `(T, 2, N, D)`."""
    first = problems[0]
    x = as_rows(first.inputs[which])
    base = torch.stack([problem.value() for problem in problems])
    found = base[:, None, :, None].repeat(1, 2, 1, x.shape[1])
    side, sample, feature = stencil.asked(x).T
    values = torch.stack([stencil.up, stencil.down])[side, sample, feature]
    found[:, side, sample, feature] = moved_answers(problems, which, sample, feature, values).to(found.dtype)
    return found


def moved_answers(problems: Sequence[Problem], which: int, samples: Tensor, features: Tensor, values: Tensor) -> Tensor:
    """The scores of all problems with one feature of one input set to another value, for M pairs of sample and feature: `(T, M)`."""
    first, found = problems[0], []
    x = as_rows(first.inputs[which])
    block = max(1, min(BLOCK, BLOCK_VALUES // x.shape[1]))
    for part in torch.arange(len(samples), device=x.device).split(block) if len(samples) else ():
        sample = samples[part]
        moved = x[sample]
        moved[torch.arange(len(part), device=x.device), features[part]] = values[part].to(moved.dtype)
        points = [other[sample] for other in first.inputs]
        points[which] = moved.reshape(-1, *first.inputs[which].shape[1:])
        found.append(evaluate(problems, tuple(points), sample))
        first.tick(len(part))
    return torch.cat(found, 1) if found else torch.empty(len(problems), 0, device=x.device)


def slopes(found: Tensor, stencil: Stencil) -> Tensor:
    """Difference quotients of one problem's answers `(2, N, D)`: `(N, D)`."""
    return (found[0] - found[1]) / stencil.width


def slope_errors(found: Tensor, base: Tensor, stencil: Stencil, scheme: str, rounding: float) -> Tensor:
    """What the slopes may be off by, `(N, D)`.

    The bend between the arms bounds the error of a central difference; a forward one cannot see it (NaN).
    """
    bend = torch.nan if scheme == "forward" else (found[0] - 2 * base[:, None] + found[1]).abs()
    rounded = rounding * found.abs().amax(0)
    return torch.where(stencil.sloped, bend + rounded, rounded) / stencil.width


def extrapolated(
    coarse: Tensor, fine: Tensor, stencil: Stencil, halves: Stencil, rounding: float
) -> tuple[Tensor, Tensor]:
    """Slopes `(N, D)` from the answers at whole and half arms, and what they may be off by.

    Richardson's extrapolation, (4 D(h/2) - D(h)) / 3: errors of order h squared cancel. The step from D(h/2) to it is the error
    of the former, and bounds its own.
    """
    whole, half = slopes(coarse, stencil), slopes(fine, halves)
    bend = (half - whole) / 3
    rounded = rounding * torch.maximum(coarse.abs().amax(0) / stencil.width, 2 * fine.abs().amax(0) / halves.width)
    return torch.where(stencil.sloped, half + bend, whole), torch.where(stencil.sloped, bend.abs() + rounded, rounded)
