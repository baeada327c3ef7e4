"""Blur integrated gradients (Xu, Venugopalan, Sundararajan 2020, arXiv 2004.03383): the path deblurs the picture.

    aᵢ = ∫ ∂F/∂xᵢ (x(σ)) ∂xᵢ(σ)/∂σ dσ,  from the strongest σ to 0

with x(σ) the picture under a Gaussian blur of that standard deviation. No baseline has to be chosen, and features
appear at the scale where they start to matter. The sum is a trapezoid over the differences of the pictures themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from whylight.errors import InvalidValueError
from whylight.methods.coarse_to_fine import coarse_then_full
from whylight.methods.method import Method
from whylight.methods.reporting import gap, shown, zeros
from whylight.parameters import parameter
from whylight.problem.baselines import gaussian_blur
from whylight.problem.problem import Problem
from whylight.results.attribution import Attribution
from whylight.tensors import Tensors


@dataclass(frozen=True)
class BlurIG(Method):
    """Integrated gradients from a strongly blurred picture to the picture, for inputs `(N, C, H, W)`.

    The parts add up to F(x) minus F at the strongest blur, in the limit of many steps.

    Parameters
    ----------
    n_steps
        Intervals of the path, evenly spaced in the blur's standard deviation.
    max_sigma
        Standard deviation of the strongest blur, in pixels; None means a sixth of the longer side.

    Examples
    --------
    >>> import whylight as wl
    >>> demo = wl.demo.digits()
    >>> wl.attribute(demo.model, demo.inputs[0], method="blur_ig", **demo.options).attributions.shape
    torch.Size([1, 1, 8, 8])
    """

    n_steps: int = parameter(50, least=1, unit="intervals")
    max_sigma: float | None = parameter(None, least=0, unit="pixels")

    name: ClassVar[str] = "blur_ig"
    label: ClassVar[str] = "Blur IG"
    hint: ClassVar[str] = (
        "Integrated gradients on the way from a blurred picture to the sharp one; no baseline to choose."
    )

    @property
    def n_gradients(self) -> int:
        """One per picture of the path, and those of the first look."""
        return self.n_steps + 1 + self.n_steps // 8

    def suits(self, model: Any, inputs: Tensors) -> bool:
        """Only pictures can be blurred."""
        return all(x.ndim == 4 for x in inputs)

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the map of a rough path, then of the path asked for."""
        if not self.suits(problem.score.model.given, problem.inputs):
            shapes = [tuple(x.shape) for x in problem.inputs]
            raise InvalidValueError(
                f"Blur IG is for pictures (N, C, H, W); the inputs have shape {shapes}. Choose another method."
            )
        return coarse_then_full(problem, lambda n: self._walk(problem, n), self.n_steps, method=self.name)

    def _walk(self, problem: Problem, n: int) -> tuple[Tensors, dict[str, Any]]:
        """The map of n steps with what goes with it."""
        total, rows = zeros(problem), problem.n_samples
        steps, samples = np.tile(np.arange(n + 1), rows), np.repeat(np.arange(rows), n + 1)
        ends = torch.zeros(2, rows, dtype=total[0].dtype, device=problem.device)
        path = _Deblurring(problem.inputs, self.max_sigma, n)
        points = lambda lo, hi: path.at(steps[lo:hi], samples[lo:hi])
        for chunk in problem.gradients_at(points, samples):
            k, who = steps[chunk.points], samples[chunk.points]
            after, before = path.at(np.minimum(k + 1, n), who), path.at(np.maximum(k - 1, 0), who)
            usable = problem.losses.usable(chunk.values, chunk.grads)
            for sums, g, a, b in zip(total, usable, after, before, strict=True):
                sums.index_add_(0, torch.from_numpy(who).to(sums.device), g.to(sums) * (a - b).to(sums) / 2)
            for end, at in enumerate((0, n)):
                here = np.flatnonzero(k == at)
                ends[end, who[here]] = chunk.values[here].to(ends)
        for scores, start in ((ends[1], None), (ends[0], "the strongest blur")):
            problem.require_numbers(scores, np.arange(rows), start)
        maps = shown(problem, total)
        facts = {"score": ends[1], "baseline_score": ends[0], "convergence_delta": gap(maps, ends[1] - ends[0])}
        return maps, {**facts, "provenance": {"max_sigma": path.sigmas[0]}}


class _Deblurring:
    """The pictures of the path: step 0 is the strongest blur, step n the picture itself."""

    def __init__(self, inputs: Tensors, max_sigma: float | None, n: int) -> None:
        self._inputs = inputs
        strongest = max(max(x.shape[-2:]) for x in inputs) / 6 if max_sigma is None else max_sigma
        self.sigmas = [float(strongest * (1 - k / n)) for k in range(n + 1)]

    def at(self, steps: np.ndarray, samples: np.ndarray) -> Tensors:
        """The pictures of these steps and samples, blurred step by step."""
        return tuple(self._blurred(x, steps, samples) for x in self._inputs)

    def _blurred(self, x: Tensor, steps: np.ndarray, samples: np.ndarray) -> Tensor:
        made = x[torch.from_numpy(samples)]
        for k in np.unique(steps):
            here = torch.from_numpy(np.flatnonzero(steps == k))
            if self.sigmas[k]:
                made[here] = gaussian_blur(made[here], self.sigmas[k])
        return made
