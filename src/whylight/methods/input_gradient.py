"""The input gradient and its product with the input: one gradient, exact as it stands.

The partial derivative ∂F/∂xᵢ is to any differentiable predictor what the coefficient βᵢ is to a linear one: the
slope of the answer in that feature at the observed point (Hechtlinger 2016, arXiv 1611.07634). Times the input it is a first-order share of the score (with x′ = 0).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from whylight.methods.method import Method, Question
from whylight.methods.reporting import attribution_of, shown
from whylight.problem.problem import Problem
from whylight.results.attribution import Attribution
from whylight.tensors import Tensors, wide


def gradient_at_input(problem: Problem) -> tuple[Tensor, Tensors]:
    """F(x) `(N,)` and the gradients `(N, ...)` of every sample at its input."""
    n = problem.n_samples
    grads = tuple(torch.zeros_like(x, dtype=wide(x.device)) for x in problem.inputs)
    score = torch.zeros(n, dtype=grads[0].dtype, device=problem.device)
    for chunk in problem.gradients(np.ones(n), np.arange(n)):
        for whole, part in zip(grads, chunk.grads, strict=True):
            whole[chunk.points] = part.to(whole.dtype)
        score[chunk.points] = chunk.values.to(score.dtype)
    return score, grads


@dataclass(frozen=True)
class InputGradient(Method):
    """The gradient of the score with respect to the input, signed.

    Unit: output per unit of input. For text: the L2 norm of each token's gradient (no sign).

    Examples
    --------
    >>> import torch, whylight as wl
    >>> wl.attribute(torch.nn.Linear(3, 1), torch.ones(2, 3), method="input_gradient").attributions.shape
    torch.Size([2, 3])
    """

    name: ClassVar[str] = "input_gradient"
    label: ClassVar[str] = "Input gradient"
    asks: ClassVar[Question] = "change"
    hint: ClassVar[str] = "Which small changes of the input move the score most, and which way."

    @property
    def n_gradients(self) -> int:
        """At the input."""
        return 1

    @property
    def per_unit(self) -> bool:
        """A slope."""
        return True

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the one exact answer."""
        score, grads = gradient_at_input(problem)
        yield attribution_of(
            problem, shown(problem, grads, "norm"), score=score, n_evaluations=1, exact=True, method=self.name
        )


@dataclass(frozen=True)
class InputXGradient(Method):
    """The gradient times the input: integrated gradients from zero with a single point.

    Exact for linear models, and (up to the degree) for homogeneous ones; elsewhere the parts need not add up.
    """

    name: ClassVar[str] = "input_x_gradient"
    label: ClassVar[str] = "Input × gradient"
    hint: ClassVar[str] = "The gradient weighted by the input itself; one gradient, no baseline."

    @property
    def n_gradients(self) -> int:
        """At the input."""
        return 1

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the one exact answer."""
        score, grads = gradient_at_input(problem)
        products = tuple(g * x.to(g.dtype) for g, x in zip(grads, problem.inputs, strict=True))
        yield attribution_of(
            problem, shown(problem, products), score=score, n_evaluations=1, exact=True, method=self.name
        )
