"""Integrated gradients (Sundararajan, Taly, Yan 2017, arXiv 1703.01365, eq. 1).

    aᵢ = (xᵢ − x′ᵢ) ∫₀¹ ∂F/∂xᵢ (x′ + α (x − x′)) dα

The parts add up to F(x) - F(x') (completeness). With `rule="auto"` the nodes go where the gradient changes, in panels that say
how far they err: no gradient is computed twice, however long the refinement goes on, and every single value has a bound
(`whylight.quadrature.adaptive`).
"""

import numbers
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whylight.errors import InvalidValueError
from whylight.methods.method import Method
from whylight.methods.reporting import reduced
from whylight.numbers import number
from whylight.parameters import parameter
from whylight.problem.problem import Problem
from whylight.quadrature import rules
from whylight.quadrature.path_integral import PathIntegral
from whylight.results.attribution import Attribution
from whylight.tensors import Tensors, like, norm, sum_features, to_ndim

DEFAULT_TOL = 0.01
LEAST = 9  # points before an estimate is trusted
SHOWN = 1.5  # a map is worth showing again once it rests on so many times as many points
STRAIN = 3  # a gap of more than so many of the standard deviations expected of it says that they are too small
JUMPED = 1 / 2  # the share of a gap that makes a jump its reason
MOST_POINTS = 2**rules.MAX_LEVEL + 1  # where a tolerance that is never met gives up


@dataclass(frozen=True)
class IntegratedGradients(Method):
    """Integrated gradients along the straight line from the baseline to the input.

    Parameters
    ----------
    n_steps
        Number of path points. Exclusive with `tol`.
    tol
        Relative L2 error of the map to stop at, as estimated; 0.01 when neither is given.
    rule
        `"auto"` (nested, adaptive in order) or Captum's names, see `whylight.quadrature.rules.rule`.
    multiply_by_inputs
        False leaves the factor (x - x') out: the average gradient.

    Notes
    -----
    `convergence_delta` is about the map multiplied by (x - x'), with `multiply_by_inputs=False` too: gradients alone add up to nothing.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> product = lambda x: x[:, 0] * x[:, 1]
    >>> wl.attribute(product, torch.tensor([[2.0, 3.0]])).attributions.round(decimals=6)
    tensor([[3., 3.]], dtype=torch.float64)
    """

    n_steps: int | None = parameter(None, least=1, unit="points")
    tol: float | None = parameter(None, above=0, below=1, unit="relative error: 0.01 = 1 %")
    rule: str = parameter("auto", choices=rules.RULES)
    multiply_by_inputs: bool = parameter(True)

    name: ClassVar[str] = "integrated_gradients"
    label: ClassVar[str] = "Integrated gradients"
    hint: ClassVar[str] = "Shares of F(x) − F(x′), gathered on the way from the baseline to the input."
    on_line: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.n_steps is not None and self.tol is not None:
            raise InvalidValueError(
                f"Give n_steps or tol, not both (n_steps={self.n_steps}, tol={self.tol}): "
                "n_steps fixes the number of path points, tol the accuracy to reach."
            )
        if isinstance(self.n_steps, numbers.Integral) and not isinstance(self.n_steps, bool):
            rules.check(self.rule, int(self.n_steps))  # how many points a rule needs
        super().__post_init__()

    @property
    def needs_baseline(self) -> bool:
        """The line starts at x'."""
        return True

    @property
    def per_unit(self) -> bool:
        """Without the factor (x - x') it is an average slope."""
        return not self.multiply_by_inputs

    @property
    def multiplies_by_inputs(self) -> bool:
        """Unless asked not to."""
        return self.multiply_by_inputs

    @property
    def n_gradients(self) -> int | None:
        """The points asked for."""
        return self.n_steps

    @property
    def starts_at_baseline(self) -> bool:
        """Whether x' is among the points."""
        return self.rule in ("auto", "riemann_left", "riemann_trapezoid")

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the map as it grows, after 9, 17, ... points, 5 for large inputs (or once per asked rule)."""
        lines = [PathIntegral(problem, b, self.multiply_by_inputs) for b in problem.baselines]
        limit, tol, shown = self.n_steps, self.tol if self.tol is not None else DEFAULT_TOL, 0
        for last in self._nested(lines) if self.rule == "auto" else self._ruled(lines):
            showing = last or (lines[0].size >= SHOWN * shown and not problem.final_only)
            if limit is not None and not showing:
                continue  # nothing to decide, nothing to show
            found = _Found.of(lines, _mean([line.found.maps for line in lines]), self._gap)
            done = last if limit is not None else self._settled(lines, found, tol)
            if done or showing:
                shown = lines[0].size
                notes = () if done or not last else (_unmet(shown, found, tol),)
                yield self._attribution(lines, found, final=done or last, notes=notes)
            if done or last:
                return

    def _settled(self, lines: list[PathIntegral], found: "_Found", tol: float) -> bool:
        """Whether all samples are accurate; those that are rest."""
        met = found.accurate(tol) & (min(line.size for line in lines) >= LEAST)
        for line in lines:
            line.rest(met)
        return bool(met.all())

    def _gap(self, lines: list[PathIntegral], maps: Tensors) -> Tensor:
        """Sum of the attributions minus F(x) - F(x'), `(N,)`."""
        rise = torch.stack([line.score - line.baseline_score for line in lines]).mean(0)
        if self.multiply_by_inputs:
            return sum_features(maps) - rise
        return torch.stack([line.found.total.to(rise) for line in lines]).mean(0) - rise

    def _nested(self, lines: list[PathIntegral]) -> Iterator[bool]:
        """Refine the lines round by round; yield whether every one has all the points it may have."""
        limit = self.n_steps if self.n_steps is not None else MOST_POINTS
        left = True
        while left:
            left = any([line.grow(limit) for line in lines])  # noqa: C419  every line grows
            yield not left

    def _ruled(self, lines: list[PathIntegral]) -> Iterator[bool]:
        """Bring the lines to the asked rule; with a tolerance, to 8, 16, 32, ... points of it."""
        sizes = [self.n_steps] if self.n_steps is not None else [2**k for k in range(3, rules.MAX_LEVEL + 1)]
        for n in sizes:
            for line in lines:
                line.integrate(*rules.rule(self.rule, n))
            yield n == sizes[-1]

    def _attribution(
        self,
        lines: list[PathIntegral],
        found: "_Found",
        *,
        final: bool,
        notes: tuple[str, ...],
    ) -> Attribution:
        single = len(found.maps) == 1
        spread = like(reduced([line.found.maps for line in lines], torch.std), single) if len(lines) > 1 else None
        return Attribution(
            attributions=like(found.maps, single),
            convergence_delta=found.gap,
            error_estimate=like(found.errors, single),
            score=lines[0].score,
            baseline_score=torch.stack([line.baseline_score for line in lines]).mean(0),
            target=lines[0].problem.target.label,
            n_evaluations=sum(line.size for line in lines),
            method=self.name,
            baseline_spread=spread,
            provenance={"n_steps": max(line.size for line in lines), "rule": self.rule},
            notes=notes,
            final=final,
        )


def _mean(parts: list[Tensors]) -> Tensors:
    """The average over baselines."""
    return parts[0] if len(parts) == 1 else reduced(parts, torch.mean)


@dataclass(frozen=True)
class _Found:
    """What the lines give together after a round."""

    lines: list[PathIntegral]
    maps: Tensors
    gap: Tensor  # (N,)
    rounding: Tensor  # (N,): what rounding may add to the gap
    strain: Tensor  # (N,): by how much completeness is missed by more than the estimates explain, at least 1

    @classmethod
    def of(
        cls, lines: list[PathIntegral], maps: Tensors, measure: Callable[[list[PathIntegral], Tensors], Tensor]
    ) -> "_Found":
        gap = measure(lines, maps)
        scale = torch.stack([torch.maximum(line.score.abs(), line.baseline_score.abs()) for line in lines]).amax(0)
        rounding = 100 * torch.finfo(lines[0].problem.inputs[0].dtype).eps * scale
        expected = STRAIN * torch.stack([line.found.expected_gap for line in lines]).mean(0).to(gap)
        beyond = (gap.abs() - rounding).clamp(min=0)
        strain = torch.where(beyond > expected, beyond / expected, 1.0).nan_to_num(posinf=1.0)
        return cls(lines, maps, gap, rounding, strain)

    @property
    def map_error(self) -> Tensor:
        """Estimated relative L2 error, `(N,)`."""
        spread = self.strain * torch.stack([line.found.spread.to(self.gap) for line in self.lines]).mean(0)
        return torch.where(spread == 0, spread, spread / norm(self.maps))

    @property
    def errors(self) -> Tensors:
        """Bounds of every value."""
        errors = _mean([line.errors for line in self.lines])
        return tuple(e * to_ndim(self.strain.to(e), e.ndim) for e in errors)

    def accurate(self, tol: float) -> Tensor:
        """For which samples the estimate meets `tol` and completeness does not contradict it, `(N,)`."""
        closed = self.gap.abs() <= tol * norm(self.maps, 1) + self.rounding
        return closed & (self.map_error <= tol)


def _unmet(n: int, found: _Found, tol: float) -> str:
    gap = found.gap.abs()
    jump = torch.stack([line.found.jump for line in found.lines]).mean(0).to(gap)
    missing = (gap > found.rounding) & (jump > JUMPED * gap)
    reached = float(found.map_error.max())
    if bool(missing.any()) or reached <= tol:
        return (
            f"Stopped after {n} points: the parts miss F(x) - F(x') by {number(float(gap.max()))}. The score jumps somewhere on "
            "the path, where no gradient can see it."
        )
    zero = any(not any(bool(t.any()) for t in line.baseline.tensors) for line in found.lines)
    hint = " Models that normalise their input first turn sharply near zero: try another baseline." if zero else ""
    return f"Stopped after {n} points at an estimated map error of {number(reached)}; tol={tol:g} was asked for.{hint}"
