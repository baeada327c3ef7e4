"""Geometric ensemble gradients, the sister method of GGIG (Rahman, Lewis, Plis 2022; follows the authors' code).

Gradients at the input itself, of copies of the model whose weights carry a little noise. A copy counts if it predicts the
same class as the model, at least as surely. Knows nothing of paths.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, ModelError
from whylight.methods.method import Method, Question
from whylight.methods.reporting import attribution_of, shown, zeros
from whylight.model.outputs import output_tensor
from whylight.model.user_model import UserModel
from whylight.numbers import percent
from whylight.parameters import parameter
from whylight.problem.problem import Problem
from whylight.problem.score import Score
from whylight.results.attribution import Attribution
from whylight.tensors import Tensors, to_ndim

SHOWN = 1.5  # a map is worth showing again once it rests on so many times as many models


@dataclass(frozen=True)
class GEG(Method):
    """The largest slope (or the mean one) over slightly perturbed copies of the model.

    Unit: output per unit of input. No completeness. Your model is never touched: one copy of it takes all the noise.

    Parameters
    ----------
    n_models
        Accepted copies per sample.
    noise
        Standard deviation of the noise added to every floating point weight, buffers without "running" in their name included.
    max_trials
        Copies tried at most; None means ten times `n_models`.
    reduce
        What is kept of the copies: `"max"`, the largest signed slope, or `"mean"`, the average.
    seed
        Seed of the noise.

    Raises
    ------
    ModelError
        No copy keeps the predicted class of some sample: the noise is too strong.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> net = torch.nn.Linear(3, 2)
    >>> wl.attribute(net, torch.ones(1, 3), method=wl.methods.GEG(n_models=5)).provenance["accepted"]
    [5]
    """

    n_models: int = parameter(200, least=1, unit="copies")
    noise: float = parameter(1e-3, least=0, unit="unit of the weights")
    max_trials: int | None = parameter(None, least=1, unit="copies")
    reduce: str = parameter("max", choices=("max", "mean"))
    seed: int = parameter(0)

    name: ClassVar[str] = "geg"
    label: ClassVar[str] = "Ensemble gradients (GEG)"
    asks: ClassVar[Question] = "change"
    hint: ClassVar[str] = "The steepest slopes at the input over copies of the model with slightly noisy weights."

    @property
    def n_gradients(self) -> int:
        """One per model."""
        return self.n_models

    def suits(self, model: Any, inputs: Tensors) -> bool:
        """Only modules have weights."""
        return UserModel.of(model).module is not None

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the map as more models are accepted."""
        ensemble = _Ensemble(self, problem)
        limit = self.max_trials if self.max_trials is not None else 10 * self.n_models
        before, trial = 0, 0
        while trial < limit and ensemble.wanting.any():
            trial += 1
            ensemble.draw()
            least = int(ensemble.accepted.min())
            if least >= SHOWN * before and 0 < least < self.n_models:
                before = least
                yield ensemble.attribution(trial, final=False)
        if not ensemble.accepted.all():
            raise ModelError(
                f"None of {trial} perturbed copies kept the predicted class of every sample with at least its probability. "
                f"Lower noise ({self.noise:g}), or allow more with max_trials."
            )
        yield ensemble.attribution(trial, final=True)


class _Ensemble:
    """Perturbed copies drawn one after the other, and what is kept of their gradients."""

    def __init__(self, method: GEG, problem: Problem) -> None:
        self.method, self.problem = method, problem
        self._twin = _Twin(problem.score, method.noise, method.seed)
        problem.value()  # may be no number
        self._predicted, self._surely = self._predictions(problem.score)
        self._kept = zeros(problem)
        self.accepted = np.zeros(problem.n_samples, dtype=int)
        self._tried = np.zeros(problem.n_samples, dtype=int)

    @property
    def wanting(self) -> np.ndarray:
        """Samples that need more models."""
        return self.accepted < self.method.n_models

    def draw(self) -> None:
        """Perturb the copy anew, and take in its gradients for the samples it is accepted for."""
        self._twin.perturb()
        wanting = self.wanting
        self._tried += wanting
        use = np.flatnonzero(wanting & self._accepts())
        twin = replace(self.problem, score=self._twin.score, store=None, answered=[])
        for chunk in twin.gradients(np.ones(len(use)), use):
            rows = use[chunk.points]
            usable = self.problem.losses.usable(chunk.values, chunk.grads)
            for kept, grads in zip(self._kept, usable, strict=True):
                kept[rows] = self._merged(kept[rows], grads.to(kept.dtype), self.accepted[rows])
        self.accepted[use] += 1

    def _merged(self, kept: Tensor, new: Tensor, counts: np.ndarray) -> Tensor:
        count = to_ndim(torch.from_numpy(counts).to(kept), kept.ndim)
        if self.method.reduce == "mean":
            return kept + (new - kept) / (count + 1)
        return torch.where(count == 0, new, torch.maximum(kept, new))

    def _accepts(self) -> np.ndarray:
        """For which samples the copy predicts what the model does, at least as surely."""
        predicted, probabilities = self._predictions(self._twin.score)
        rows = torch.arange(len(predicted))
        same = predicted == self._predicted
        return (same & (probabilities[rows, self._predicted] >= self._surely[rows, self._predicted])).numpy()

    def _predictions(self, score: Score) -> tuple[Tensor, Tensor]:
        """Predicted classes `(N,)` and probabilities `(N, C)`; a model without classes always predicts the same."""
        inputs, _ = self.problem.owners(np.arange(self.problem.n_samples))
        samples = torch.as_tensor(inputs, device=self.problem.device)
        answers = score.answers(self.problem.inputs, samples)
        try:
            scores = torch.cat([output_tensor(outputs) for _, outputs in answers]).cpu()
        except InvalidTypeError:  # only a target of one's own knows where its score is
            scores = samples
        if scores.ndim != 2:
            scores = torch.zeros(len(samples), 1)
        probabilities = scores.double().softmax(1)
        return probabilities.argmax(1), probabilities

    def attribution(self, trials: int, *, final: bool) -> Attribution:
        """The map as it stands."""
        rate = self.accepted / self._tried
        notes = [
            f"{self.accepted.min()} models per sample: {percent(rate.mean())} of {trials} perturbed copies were accepted."
        ]
        if final and self.accepted.min() < self.method.n_models:
            notes.append(f"{self.method.n_models} models were asked for; max_trials ended the search.")
        return attribution_of(
            self.problem,
            shown(self.problem, self._kept, "norm"),
            n_evaluations=int(self.accepted.max()),
            method=self.method.name,
            provenance={"accepted": self.accepted.tolist(), "trials": trials, "acceptance_rate": rate.tolist()},
            notes=tuple(notes),
            final=final,
        )


class _Twin:
    """A copy of the score's model, and the noise that its weights get; the model itself is only read."""

    def __init__(self, score: Score, noise: float, seed: int) -> None:
        if score.model.module is None:
            raise InvalidTypeError(
                f"GEG perturbs the weights of a torch.nn.Module; the model is a {score.model.name} without any. "
                "Give the module itself, or choose another method."
            )
        try:
            forward, model = copy.deepcopy((score.forward, score.model.module))
        except RuntimeError as error:
            raise ModelError(
                f"GEG works on a copy of the model, and this one cannot be copied: {str(error).splitlines()[0]}"
            ) from error
        self.score = replace(score, forward=forward, model=UserModel(model))
        self._noise, self._generator = noise, torch.Generator().manual_seed(seed)
        own, original = self.score.model.named_weights, score.model.named_weights
        self._pairs = [(t, original[n]) for n, t in own.items() if t.is_floating_point() and "running" not in n]

    @torch.no_grad()
    def perturb(self) -> None:
        """The model's weights plus fresh noise."""
        for own, original in self._pairs:
            noise = torch.randn(own.shape, generator=self._generator, dtype=torch.float32)
            own.copy_(original + self._noise * noise.to(own))
