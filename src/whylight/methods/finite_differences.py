"""Finite differences: the slope of any predictor, one feature at a time (Hechtlinger 2016, arXiv 1611.07634).

    (f(x + h eₖ) − f(x − h eₖ)) / 2h

needs nothing but predictions, so it explains what has no gradient: a forest, a pipeline, a service. Flags are toggled,
f(1) − f(0), and counts raised by one, f(x + 1) − f(x), because a fraction of either says nothing. Categories and missing values
have no slope: they are switched (`switching.py`), and f(x) − mean f(x with another one) tells what the one at hand is worth.

A predictor made of steps, as trees are, has slope zero almost everywhere. That is noticed by trying it, and slopes over half
a standard deviation to either side are given instead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from whylight.methods.method import Method, Plan, Question
from whylight.methods.stencil import Stencil, answers_at, evaluate, extrapolated, real, slope_errors, slopes
from whylight.methods.switching import MOST_LEVELS, Alternatives, Switched, switched
from whylight.parameters import parameter
from whylight.problem.problem import Problem
from whylight.results.attribution import Attribution
from whylight.tensors import Tensors, as_rows, like
from whylight.views.columns import CATEGORY, GOLDEN, NUMBER, Columns

ORDERS = {"central": 3, "central4": 5, "forward": 2}  # the root of the rounding error that balances it against the bend
WIDE = 0.5  # standard deviations to either side, where smaller steps change nothing
INPUT_DIGITS = 1000  # a step is at least so many times the rounding of the input


class Probe(NamedTuple):
    """What a tiny move of all features together tells of a predictor: the rounding of its answers, and whether it has steps."""

    eps: float
    flat: bool


class Found(NamedTuple):
    """Of every input: its stencils, what the scores are there, and what switching its categories did; the cost."""

    stencils: list[list[Stencil]]
    answers: list[list[Tensor]]
    exchanges: list[Switched]
    predictions: int


@dataclass(frozen=True)
class FiniteDifferences(Method):
    """The slope of the score in every feature, from predictions alone.

    Unit: output per unit of input; for flags and counts, output per toggle and per one more. Categories are switched to their
    other levels: f(x) minus its mean over them, by how often they occur in the rows that are known ("missing" among them, where
    it occurs), and the change to each is in `level_changes`. A missing number is switched to the known values of its column in the
    same way. What could not be moved or switched is NaN, and False in `examined`.

    Parameters
    ----------
    scheme
        `"central"` (error of order h², none for quadratic predictors, 2 D predictions per row), `"central4"` (central
        differences at h and h/2 extrapolated: order h⁴, 4 D predictions) or `"forward"` (order h, D predictions).
    step
        How far numbers move, in their own unit. None takes the cube root (`"central4"`: the fifth, `"forward"`: the square
        root) of the rounding error times the column's standard deviation, or times max(1, abs(x)) where no other rows are
        known; and half a standard deviation, by central differences, where so small a step changes nothing.
    multiply_by_inputs
        True gives the slope times the input.

    Examples
    --------
    >>> import numpy as np, whylight as wl
    >>> wl.attribute(lambda X: X[:, 0] ** 2 + 3 * X[:, 1], np.array([2.0, 5.0])).numpy().round(6)
    array([[4., 3.]])
    """

    scheme: str = parameter("central", choices=ORDERS)
    step: float | None = parameter(None, above=0, unit="unit of the column")
    multiply_by_inputs: bool = parameter(False)

    name: ClassVar[str] = "finite_differences"
    label: ClassVar[str] = "Finite differences"
    asks: ClassVar[Question] = "change"
    hint: ClassVar[str] = "How the score moves with each feature, from predictions alone; works for any model."
    needs_gradients: ClassVar[bool] = False
    counted: ClassVar[str] = "prediction"

    def suits(self, model: Any, inputs: Tensors) -> bool:
        """Rows, not pictures or texts: it asks for two predictions per value."""
        return len(inputs) == 1 and inputs[0].ndim == 2

    @property
    def per_unit(self) -> bool:
        """A slope, unless it is multiplied."""
        return not self.multiply_by_inputs

    def planned(self, problem: Problem) -> Plan:
        """A prediction for every arm of every stencil and every level that is switched to."""
        asked = 1 + (self.step is None)
        for x in problem.inputs:
            rows, columns = as_rows(x), _columns(problem, x)
            stencil = Stencil.of(rows, torch.ones_like(real(rows)), columns, self.scheme)
            arms = len(stencil.asked(rows))
            arms += len(stencil.halved(rows).asked(rows)) if self.scheme == "central4" else 0
            asked += (arms + int(Alternatives.of(columns, rows).apply(real(rows)).sum())) // problem.n_samples
        return Plan(asked)

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the one answer."""
        yield self.together([problem])[0]

    def together(self, problems: Sequence[Problem]) -> list[Attribution]:
        """The answers to problems that differ in nothing but the target, from the same predictions."""
        first = problems[0]
        probe = _probe(problems, ORDERS[self.scheme]) if self.step is None else Probe(0.0, flat=False)
        flat = [as_rows(x) for x in first.inputs]
        stencils = [
            [Stencil.of(rows, self._step(first, x, probe), _columns(first, x), self.scheme)]
            for rows, x in zip(flat, first.inputs, strict=True)
        ]
        if self.scheme == "central4" and not probe.flat:
            stencils = [[whole, whole.halved(rows)] for [whole], rows in zip(stencils, flat, strict=True)]
        found = [[answers_at(problems, i, stencil) for stencil in levels] for i, levels in enumerate(stencils)]
        asked = sum(len(stencil.asked(rows)) for levels, rows in zip(stencils, flat, strict=True) for stencil in levels)
        others = [switched(problems, i, _columns(first, x)) for i, x in enumerate(first.inputs)]
        count = 1 + (self.step is None) + (asked + sum(o.predictions for o in others)) // first.n_samples
        return [
            self._attribution(
                problem,
                Found(stencils, [[f[t] for f in levels] for levels in found], others, count),
                probe,
                t,
            )
            for t, problem in enumerate(problems)
        ]

    def _step(self, problem: Problem, x: Tensor, probe: Probe) -> Tensor:
        """How far every number moves, `(N, D)`."""
        x = real(as_rows(x))
        if self.step is not None:
            return torch.full_like(x, float(self.step))
        scales = _scales(_columns(problem, x), x)
        if probe.flat:
            return WIDE * (torch.where(x == 0, 1.0, x.abs()) if scales is None else scales)
        share = probe.eps ** (1 / ORDERS[self.scheme])
        unit = x.abs().clamp(min=1) if scales is None else scales
        return torch.maximum(share * unit, INPUT_DIGITS * probe.eps * x.abs())

    def _attribution(self, problem: Problem, found: Found, probe: Probe, target: int) -> Attribution:
        base, eps = problem.value(), probe.eps or torch.finfo(real(problem.inputs[0]).dtype).eps
        maps, errors, seen = [], [], []
        for x, levels, values, exchange in zip(problem.inputs, *found[:3], strict=True):
            stencil = levels[0]
            factor = x.to(values[0].dtype) if self.multiply_by_inputs else torch.ones_like(x, dtype=values[0].dtype)
            if len(levels) == 1:
                slope, error = slopes(values[0], stencil), slope_errors(values[0], base, stencil, self.scheme, eps)
            else:
                slope, error = extrapolated(values[0], values[1], stencil, levels[1], eps)
            if probe.flat:  # there is no derivative to be compared with
                error = torch.where(stencil.sloped, torch.nan, error)
            how = "sum" if self.multiply_by_inputs else "norm"
            examined = exchange.tried | ((stencil.up != stencil.down) & ~real(as_rows(x)).isnan())
            whole = slope.reshape(x.shape) * factor + exchange.worth[target].reshape(x.shape)
            maps.append(problem.reduce(torch.where(examined.reshape(x.shape), whole, torch.nan), how))
            error = torch.where(examined, error, torch.nan)
            error[:, _sampled(_columns(problem, x))] = torch.nan  # how far some levels stand for all is not known
            error = error.reshape(x.shape)
            errors.append(problem.reduce(error * factor.abs(), how))
            seen.append(problem.reduce(examined.reshape(x.shape).to(whole.dtype), "sum") > 0)
        return Attribution(
            attributions=like(tuple(maps), len(maps) == 1),
            convergence_delta=None,
            error_estimate=like(tuple(errors), len(maps) == 1),
            score=base,
            baseline_score=None,
            target=problem.target.label,
            n_evaluations=found.predictions,
            method=self.name,
            provenance={"steps": "wide" if probe.flat else "own" if self.step else "small"},
            notes=(*((_flat(problem),) if probe.flat else ()), *_held(problem, seen), *_cut(problem.columns)),
            **_told(problem, found, seen, target),
        )


def _columns(problem: Problem, x: Tensor) -> Columns | None:
    """What is known of the columns, if this input is the table."""
    known = problem.columns
    return known if known is not None and x.ndim == 2 and x.shape[1] == len(known) else None


def _scales(columns: Columns | None, x: Tensor) -> Tensor | None:
    """Standard deviations of the columns `(D,)`; 1 for a constant one; None where only one row is known."""
    if columns is None or columns.scales is None:
        return None
    scales = torch.as_tensor(columns.scales).to(x)
    return torch.where(scales > 0, scales, 1.0)


def _probe(problems: Sequence[Problem], order: int) -> Probe:
    """Move all numbers of every row a little, each by a share of its own, and see what the scores do."""
    first = problems[0]
    moved = tuple(_jiggled(x, _columns(first, x), order) for x in first.inputs)
    samples = torch.arange(first.n_samples, device=first.device)
    after = evaluate(problems, moved, samples)
    before = torch.stack([problem.value() for problem in problems])
    changed = after.to(before.dtype) != before
    eps = max(torch.finfo(t.dtype).eps for t in (after, *first.inputs) if t.is_floating_point())
    rounded = after[changed]
    if len(rounded) and torch.equal(rounded.float().to(rounded.dtype), rounded):
        eps = max(eps, torch.finfo(torch.float32).eps)
    return Probe(eps, flat=bool(changed.any(0).double().mean() < 0.5) and _movable(problems[0]))


def _movable(problem: Problem) -> bool:
    """Whether there is any number to move."""
    columns = problem.columns
    numbers = any(x.is_floating_point() for x in problem.inputs)
    return numbers and (columns is None or NUMBER in columns.kinds)


def _jiggled(x: Tensor, columns: Columns | None, order: int) -> Tensor:
    flat = as_rows(x)
    if not x.is_floating_point():
        return x
    scales = _scales(columns, flat)
    unit = flat.abs().clamp(min=1) if scales is None else scales
    eps = torch.finfo(x.dtype).eps
    size = torch.maximum(eps ** (1 / order) * unit, 2 * torch.finfo(torch.float32).eps * flat.abs())
    share = 0.5 + 0.5 * ((torch.arange(flat.shape[1], device=x.device) + 1) * GOLDEN % 1).to(x.dtype)
    if columns is not None:
        share = share * torch.tensor([kind == NUMBER for kind in columns.kinds], device=x.device)
    return (flat + size * share).reshape(x.shape)


def _told(problem: Problem, found: Found, seen: Sequence[Tensor], target: int) -> dict[str, Any]:
    """What was not examined, and the changes to levels, where there are any."""
    levels = [e.levels(_columns(problem, x), target) for x, e in zip(problem.inputs, found.exchanges, strict=True)]
    whole = all(bool(s.all()) for s in seen)
    return {
        "examined": None if whole else like(tuple(seen), len(seen) == 1),
        "level_changes": next((one for one in levels if one is not None), None),
    }


def _held(problem: Problem, seen: Sequence[Tensor]) -> tuple[str, ...]:
    """Sentences where a column was not examined: its value has nothing to be compared with, or is too large to be moved."""
    columns = problem.columns
    if columns is None or len(seen) != 1:
        return ()
    known = _columns(problem, problem.inputs[0])
    lost = [] if known is None else (~as_rows(seen[0])).any(0).nonzero()[:, 0].tolist()
    x = as_rows(problem.inputs[0])
    category = [columns.names[i] for i in lost if columns.kinds[i] == CATEGORY]
    missing = [columns.names[i] for i in lost if columns.kinds[i] != CATEGORY and bool(x[:, i].isnan().any())]
    give = "so it was not examined: give background= (typical rows)."
    return (
        *((f"No other category of {', '.join(category)} is known, {give}",) if category else ()),
        *((f"{', '.join(missing)} is missing, and no value of it is known, {give}",) if missing else ()),
    )


def _sampled(columns: Columns | None) -> list[int]:
    """Categories with more levels than they are switched to."""
    shares = {} if columns is None else columns.shares
    return [i for i, s in shares.items() if int((s > 0).sum()) > MOST_LEVELS]


def _cut(columns: Columns | None) -> tuple[str, ...]:
    """A sentence where a category has more levels than it is switched to."""
    if columns is None or not _sampled(columns):
        return ()
    many = [f"{columns.names[i]} ({int((columns.shares[i] > 0).sum())})" for i in _sampled(columns)]
    most = f"switched to {MOST_LEVELS} of these: the most frequent, and some that stand for the rare ones."
    return (f"More levels than can be tried in {', '.join(many)}: {most}",)


def _flat(problem: Problem) -> str:
    known = problem.columns is not None and problem.columns.scales is not None
    size = f"{WIDE:g} standard deviations" if known else f"{WIDE:g} × |x|"
    hint = "" if known else " Give background= (typical rows), so that the steps fit each column."
    return (
        "The predictor does not react to small steps, as is the way of trees: the slopes shown are over "
        f"{size} to either side.{hint}"
    )
