"""Expected gradients (Erion, Janizek, Sturmfels, Lundberg, Lee 2021, arXiv 1906.10670): integrated gradients over many baselines at once.

    aᵢ = E [(xᵢ − x′ᵢ) ∂F/∂xᵢ (x′ + α (x − x′))],  x′ ~ D,  α ~ U(0, 1)

One gradient per draw, so that a hundred baselines cost no more than one. Knows nothing of quadrature.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import torch

from whylight.methods.method import Method
from whylight.methods.reporting import attribution_of, gap, shown
from whylight.methods.running_moments import Moments, blocks
from whylight.parameters import parameter
from whylight.problem.problem import Make, Problem
from whylight.results.attribution import Attribution
from whylight.tensors import Tensors, to_ndim, wide


@dataclass(frozen=True)
class ExpectedGradients(Method):
    """Integrated gradients averaged over baselines drawn at random, each with one random point of its line.

    The parts add up to F(x) minus the mean F(x') up to the noise of the draws; the error estimate says how much that is.

    Parameters
    ----------
    n_samples
        Number of draws. Errors fall with the square root of it.
    multiply_by_inputs
        False leaves the factor (x - x') out: the average gradient.
    seed
        Seed of the draws; the same for every sample of a batch.

    Notes
    -----
    `convergence_delta` is about the map multiplied by (x - x'), with `multiply_by_inputs=False` too: gradients alone add up to nothing.

    The baselines are those of `baseline=`: a list of names, or rows of your data, `baseline=X_train[:100]` for one input and
    `baseline=list(X_train[:100])` for a batch.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> x, data = torch.tensor([[2.0, 1.0]]), [torch.zeros(2), torch.ones(2)]
    >>> linear = lambda x: 3 * x[:, 0] + x[:, 1]
    >>> wl.attribute(linear, x, method="expected_gradients", baseline=data).attributions.shape
    torch.Size([1, 2])
    """

    n_samples: int = parameter(200, least=1, unit="draws")
    seed: int | None = parameter(0, least=0)
    multiply_by_inputs: bool = parameter(True)

    name: ClassVar[str] = "expected_gradients"
    label: ClassVar[str] = "Expected gradients"
    hint: ClassVar[str] = "Integrated gradients averaged over many baselines by random draws."

    @property
    def needs_baseline(self) -> bool:
        """At least one to draw from."""
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
    def n_gradients(self) -> int:
        """One per draw."""
        return self.n_samples

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the average as draws come in."""
        n, rng = problem.n_samples, np.random.default_rng(self.seed)
        alphas, picks = rng.random(self.n_samples), rng.integers(len(problem.baselines), size=self.n_samples)
        starts = self._starts(problem)
        size = max(1, problem.score.batch_size.next_size(self.n_samples * n) // n)
        products, gradients = Moments(), Moments()
        for lo, hi in blocks(self.n_samples, size):
            draws = _draws(problem, alphas[lo:hi], picks[lo:hi])
            apart = lambda found, m=hi - lo: tuple(t.unflatten(0, (m, n)) for t in found)
            products.add(apart(shown(problem, draws.products)))
            gradients.add(apart(draws.gradients))
            yield attribution_of(
                problem,
                products.mean if self.multiply_by_inputs else shown(problem, gradients.mean, "norm"),
                errors=products.errors if self.multiply_by_inputs else shown(problem, gradients.errors, "norm"),
                convergence_delta=gap(products.mean, problem.value() - starts),
                baseline_score=starts,
                n_evaluations=hi,
                method=self.name,
                provenance={"samples": hi, "baselines": len(problem.baselines)},
                final=hi == self.n_samples,
            )

    def _starts(self, problem: Problem) -> torch.Tensor:
        """F at the baselines, averaged, `(N,)`."""
        n, m = problem.n_samples, len(problem.baselines)
        samples = np.tile(np.arange(n), m)
        values = problem.values_at(_references(problem, np.repeat(np.arange(m), n), samples), samples).reshape(m, n)
        for row, baseline in zip(values, problem.baselines, strict=True):
            problem.require_numbers(row, np.arange(n), baseline.label)
        return values.mean(0)


def _references(problem: Problem, picks: np.ndarray, samples: np.ndarray) -> Make:
    """Rows of the picked baselines."""

    def made(lo: int, hi: int) -> Tensors:
        chosen = [(problem.baselines[b].tensors, s) for b, s in zip(picks[lo:hi], samples[lo:hi], strict=True)]
        return tuple(torch.stack([tensors[i][s] for tensors, s in chosen]) for i in range(len(problem.inputs)))

    return made


class _Draws(NamedTuple):
    """Of every draw and sample, draw by draw: the gradient, and (x - x') times it."""

    gradients: Tensors
    products: Tensors


def _draws(problem: Problem, alphas: np.ndarray, picks: np.ndarray) -> _Draws:
    """What these draws give."""
    n = problem.n_samples
    samples = np.tile(np.arange(n), len(alphas))
    references = _references(problem, np.repeat(picks, n), samples)
    weights = torch.from_numpy(np.repeat(alphas, n))

    def points(lo: int, hi: int) -> Tensors:
        rows = torch.from_numpy(samples[lo:hi])
        pairs = zip(references(lo, hi), problem.inputs, strict=True)
        return tuple(torch.lerp(b, x[rows], to_ndim(weights[lo:hi].to(x), x.ndim)) for b, x in pairs)

    empty = lambda: tuple(x.new_zeros((len(samples), *x.shape[1:]), dtype=wide(x.device)) for x in problem.inputs)
    found = _Draws(empty(), empty())
    for chunk in problem.gradients_at(points, samples):
        part = slice(int(chunk.points[0]), int(chunk.points[-1]) + 1)
        rows = torch.from_numpy(samples[part])
        usable = problem.losses.usable(chunk.values, chunk.grads)
        parts = zip(*found, usable, problem.inputs, references(part.start, part.stop), strict=True)
        for slopes, products, grads, x, b in parts:
            slopes[part] = grads.to(slopes.dtype)
            products[part] = slopes[part] * (x[rows] - b).to(slopes.dtype)
    return found
