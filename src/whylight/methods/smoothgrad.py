"""Methods averaged over noise: SmoothGrad (Smilkov et al. 2017, arXiv 1706.03825), its square and VarGrad (Adebayo et al. 2018).

    1/n Σⱼ A(x + εⱼ),  εⱼ ~ N(0, σ²),  σ = level · (max x − min x),  j = 1 … n

They go around any other method A. Knows nothing of what A does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from whylight.methods.method import Method, Question
from whylight.methods.reporting import attribution_of, require_ends
from whylight.methods.running_moments import Moments, noisy
from whylight.parameters import parameter
from whylight.problem.problem import Problem
from whylight.results.attribution import Attribution
from whylight.tensors import Tensors, as_tuple, wide


@dataclass(frozen=True)
class SmoothGrad(Method):
    """The average map of noisy copies of the input.

    Sign and unit are those of the method within. The error estimate is that of the average over `n_samples` draws, and of the method
    within; unknown (NaN) where that one's is, and of a single draw.

    Parameters
    ----------
    method
        What is averaged: a registry name or an instance.
    n_samples
        Number of noisy copies.
    noise_level
        Standard deviation of the noise, as a share of each input's range.
    seed
        Seed of the noise; the same for every sample of a batch.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> square = lambda x: x.square().sum(1)
    >>> found = wl.attribute(square, torch.tensor([[1.0, 2.0]]), method=wl.methods.SmoothGrad(noise_level=0.0))
    >>> found.attributions
    tensor([[2., 4.]], dtype=torch.float64)
    """

    method: str | Method = parameter("input_gradient")
    n_samples: int = parameter(25, least=1, unit="copies")
    noise_level: float = parameter(0.15, least=0, unit="share of the range")
    seed: int = parameter(0)

    name: ClassVar[str] = "smoothgrad"
    label: ClassVar[str] = "SmoothGrad"
    asks: ClassVar[Question] = "change"
    hint: ClassVar[str] = "A method averaged over noisy copies of the input: less speckle."

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.inner  # its name is known

    @property
    def inner(self) -> Method:
        """The method that is averaged."""
        from whylight.methods.method import make

        return make(self.method)

    @property
    def title(self) -> str:
        """With the method within, where it is not the plain gradient."""
        return self.label if self.inner.name == "input_gradient" else f"{self.label} of {self.inner.title}"

    @property
    def needs_baseline(self) -> bool:
        """As the method within."""
        return self.inner.needs_baseline

    @property
    def multiplies_by_inputs(self) -> bool:
        """As the method within."""
        return self.inner.multiplies_by_inputs

    @property
    def n_gradients(self) -> int | None:
        """The method's own, times the copies; unknown where the method decides."""
        own = self.inner.n_gradients
        return None if own is None else own * self.n_samples

    def suits(self, model: Any, inputs: Tensors) -> bool:
        """As the method within."""
        return self.inner.suits(model, inputs)

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the average as copies come in, as many at a time as fit one pass."""
        require_ends(problem)
        generator, inner, n = torch.Generator().manual_seed(self.seed), self.inner, problem.n_samples
        moments, within, evaluations, left = Moments(), Moments(), 0, self.n_samples
        while left:
            count = max(1, min(left, problem.score.batch_size.next_size(left * n) // n))
            copies = noisy(problem.inputs, self.noise_level, count, generator)
            many = problem.replicated(copies, np.tile(np.arange(n), count))
            found = _last(inner.refine(many))
            evaluations, left = evaluations + count * found.n_evaluations, left - count
            both = zip(as_tuple(found.attributions), as_tuple(found.error_estimate), strict=True)
            for taken, draws in zip(
                (moments, within), zip(*(self._counted(*b) for b in both), strict=True), strict=True
            ):
                taken.add(tuple(d.to(wide(d.device)).unflatten(0, (count, n)) for d in draws))
            if not left or not problem.final_only:
                yield self._attribution(problem, moments, within, found, evaluations, final=not left)

    def _counted(self, found: Tensor, error: Tensor) -> tuple[Tensor, Tensor]:
        """What of a copy's map is averaged, and its error."""
        return found, error

    def _maps(self, moments: Moments, within: Moments) -> tuple[Tensors, Tensors]:
        """The maps and their errors: of the draws, and of the method within."""
        return moments.mean, _together(moments.errors, within.mean)

    def _attribution(
        self, problem: Problem, moments: Moments, within: Moments, found: Attribution, evaluations: int, *, final: bool
    ) -> Attribution:
        maps, errors = self._maps(moments, within)
        starts = [problem.value(b) for b in problem.baselines]
        return attribution_of(
            problem,
            maps,
            errors=errors,
            baseline_score=torch.stack(starts).mean(0) if starts else None,
            n_evaluations=evaluations,
            method=self.name,
            provenance={"samples": moments.n},
            notes=found.notes,
            final=final,
        )


@dataclass(frozen=True)
class SmoothGradSquared(SmoothGrad):
    """The average of a method's squared map over noisy copies of the input (Hooker et al. 2019, arXiv 1806.10758); never negative.

    Parameters as for `SmoothGrad`. Unit: that of the method within, squared. It is VarGrad plus the square of SmoothGrad. Captum's
    name of it: `smoothgrad_sq`.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> found = wl.attribute(lambda x: 3 * x[:, 0] - x[:, 1], torch.tensor([[1.0, 2.0]]), method="smoothgrad_sq")
    >>> found.attributions
    tensor([[9., 1.]], dtype=torch.float64)
    """

    name: ClassVar[str] = "smoothgrad_sq"
    label: ClassVar[str] = "SmoothGrad²"
    hint: ClassVar[str] = "A method's squared map averaged over noisy copies of the input: strength without a sign."

    def _counted(self, found: Tensor, error: Tensor) -> tuple[Tensor, Tensor]:
        return found.square(), (2 * found.abs() + error) * error


@dataclass(frozen=True)
class VarGrad(SmoothGrad):
    """The variance of a method's map over noisy copies of the input: where it is unstable; never negative.

    Parameters as for `SmoothGrad`. Unit: that of the method within, squared.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> found = wl.attribute(lambda x: 3 * x[:, 0], torch.tensor([[1.0, 2.0]]), method="vargrad")
    >>> found.attributions
    tensor([[0., 0.]], dtype=torch.float64)
    """

    name: ClassVar[str] = "vargrad"
    label: ClassVar[str] = "VarGrad"
    hint: ClassVar[str] = "How much a method's map varies over noisy copies of the input."

    def _maps(self, moments: Moments, within: Moments) -> tuple[Tensors, Tensors]:
        pairs = zip(moments.variance, within.mean, strict=True)
        return moments.variance, _together(moments.variance_errors, tuple((2 * v.sqrt() + e) * e for v, e in pairs))


def _together(draws: Tensors, within: Tensors) -> Tensors:
    """Errors that know nothing of one another."""
    return tuple(torch.hypot(d, w) for d, w in zip(draws, within, strict=True))


def _last(found: Iterator[Attribution]) -> Attribution:
    answer = next(found)
    for answer in found:  # noqa: B007
        pass
    return answer
