"""Contextual decomposition of every part on its own (Murdoch, Liu, Yu 2018; Singh, Murdoch, Yu 2019).

The rules are in whylight.decomposition; groups of parts are asked for by `whylight.contextual_decomposition`. This file only
splits inputs into tokens, tiles and features and shares their scores out. Knows nothing of layers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import whylight.decomposition.rules  # noqa: F401  they register themselves
from whylight.decomposition.decomposed import GATES, RELUS, TIES, Choices
from whylight.decomposition.forward import DecomposedForward, masks_at_once
from whylight.decomposition.masks import expand_mask
from whylight.errors import InvalidValueError
from whylight.methods.method import Method, Plan, Question
from whylight.methods.reporting import attribution_of
from whylight.parameters import parameter
from whylight.problem.problem import Problem
from whylight.problem.window_sizes import window_sizes
from whylight.results.attribution import Attribution
from whylight.targets.target import Target
from whylight.tensors import expand, to_ndim, wide
from whylight.views.units import positions, tile_labels, tile_side

Sides = int | tuple[int, ...]
COARSER = (4, 2)  # tiles so many times as large come first


@dataclass(frozen=True)
class ContextualDecomposition(Method):
    """The part β of the score that is credited to each token, feature or tile of a picture.

    Positive: it speaks for the target. Unit: that of the output, which must be the logit. The values of a tile or token share
    its score equally, so that their sum is what `whylight.contextual_decomposition` gives for it. No completeness: parts are
    judged one at a time, and what they do together is in no map (`whylight.interactions`). It runs the model as it is
    written, in its own precision (large parts cancel, so `dtype=` is not heeded), and needs a rule for every operation in it
    (`whylight.decomposition`).

    Parameters
    ----------
    tile
        Side of the tiles of a picture in pixels, samples of a signal in a window (one channel at a time), steps of a sequence in
        a unit. Default: 14 tiles along the longer side (7 where it has at most 56 pixels); 32 windows along a signal; single
        tokens and steps. Features of a row are always single.
    tie
        Who gets a bias where both parts are zero: `"half"` to each, or all to the irrelevant part, `"gamma"`.
    relu
        What a ReLU credits to the relevant part: `"acd"`, its own activation, or `"shapley"`, its average over both orders.
    gates
        Those of LSTMs and GRUs are `"split"` into parts like what they let through, or `"held"` at their totals.

    Raises
    ------
    MissingRuleError
        The model uses an operation without a rule; the message names its layer and how to register one.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> net = torch.nn.Linear(2, 1, bias=False)
    >>> x = torch.tensor([[2.0, 3.0]])
    >>> found = wl.attribute(net, x, method="contextual_decomposition").attributions
    >>> bool(torch.allclose(found.float(), x * net.weight))
    True
    """

    tile: int | None = parameter(None, least=1, unit="pixels, samples or steps")
    tie: str = parameter("half", choices=TIES)
    relu: str = parameter("acd", choices=RELUS)
    gates: str = parameter("split", choices=GATES)

    name: ClassVar[str] = "contextual_decomposition"
    label: ClassVar[str] = "Contextual decomposition"
    asks: ClassVar[Question] = "group"
    hint: ClassVar[str] = "The part of the score due to each word, tile or feature, carried through the model's layers."
    counted: ClassVar[str] = "prediction"

    def planned(self, problem: Problem) -> Plan:
        """A pass for every unit of every stage."""
        stages = [self._sides(problem, k) for k in range(len(problem.inputs))]
        most = max(map(len, stages))
        at = ((k, sides[max(stage - most, -len(sides))]) for stage in range(most) for k, sides in enumerate(stages))
        return Plan(sum(int(_labels(problem, k, side).max()) + 1 for k, side in at))

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the map of large tiles, then of ever smaller ones; sequences and rows have one map."""
        if problem.target.unit in ("probability", "log_probability"):
            raise InvalidValueError(
                "Contextual decomposition splits the model's outputs as they are: ask for output='logit' (a softmax has no parts)."
            )
        stages = [self._sides(problem, k) for k in range(len(problem.inputs))]
        most, count = max(map(len, stages)), 0
        for stage in range(most):
            found = [self._map(problem, k, sides[max(stage - most, -len(sides))]) for k, sides in enumerate(stages)]
            count += sum(n for _, n in found)
            maps, final = tuple(m for m, _ in found), stage == most - 1
            yield attribution_of(problem, maps, n_evaluations=count, exact=True, method=self.name, final=final)

    def _sides(self, problem: Problem, k: int) -> list[Sides]:
        """Sides of the units one input is split into, from coarse to fine."""
        where, windows = positions(tuple(problem.inputs[k].shape)), window_sizes(problem, k, self.tile)
        if windows is not None:
            longest = max(windows)
            return [*(tuple(n * size if size == longest else size for size in windows) for n in COARSER), windows]
        if len(where) == 1:
            return [1 if problem.inputs[k].ndim <= 2 else self.tile or 1]
        last = self.tile or tile_side(*where)
        return [*(n * last for n in COARSER if 2 * n * last <= min(where)), last]

    def _map(self, problem: Problem, k: int, side: Sides) -> tuple[Tensor, int]:
        """The scores of the units of one input, shared out to its values, and how many units there are."""
        x = problem.inputs[k]
        shown = problem.reduce(torch.zeros_like(x, dtype=wide(x.device)), "sum")
        labels, found = _labels(problem, k, side), []
        count = int(labels.max()) + 1
        masks = [to_ndim(x.new_zeros(1), x.ndim) for x in problem.inputs]
        for i in range(problem.n_samples):
            decomposed_forward, target = self._asked(problem, i)
            size = decomposed_forward.score.batch_size.sizes[0]
            for lo in range(0, count, size):
                units = to_ndim(np.arange(lo, min(lo + size, count)), 1 + labels.ndim)
                masks[k] = expand_mask(units == labels, x[:1])
                found.append(
                    decomposed_forward.select(decomposed_forward.decompose(tuple(masks)), target).relevant.to(shown)
                )
                problem.tick(len(units))
        return _spread(torch.cat(found).reshape(-1, count), labels, shown), count

    def _asked(self, problem: Problem, sample: int) -> tuple[DecomposedForward, Target]:
        """The model at one sample, and its target there."""
        (at,), (row,) = problem.owners(np.array([sample]))
        score, target, inputs = problem.score, problem.target, problem.sample(sample)
        model = score.model.as_written  # compiled code has no rules
        alone = replace(
            score,
            model=model,
            forward=model.given if score.forward is score.model.given else score.forward,
            n_samples=1,
            dtype=None,
            forward_kwargs=expand(score.forward_kwargs, score.n_samples, torch.tensor([at])),
            batch_size=masks_at_once(model, inputs, score.batch_size.only),
        )
        here = replace(target, select=lambda outputs, samples: target.select(outputs, samples + int(row)))
        return DecomposedForward(alone, inputs, Choices(self.tie, self.relu, self.gates)), here


def _labels(problem: Problem, k: int, side: Sides) -> NDArray[np.int64]:
    """Which unit of one input every place belongs to."""
    shape = tuple(problem.inputs[k].shape)
    return tile_labels(positions(shape) if isinstance(side, int) else shape[1:], side)


def _spread(scores: Tensor, labels: NDArray[np.int64], shown: Tensor) -> Tensor:
    """Scores of units `(N, U)` shared equally by the values they have in a map like `shown`."""
    per_position = shown[0].numel() // labels.size
    sizes = torch.from_numpy(np.bincount(labels.ravel())).to(shown) * per_position
    places = (scores / sizes)[:, torch.from_numpy(labels)]
    places = places[:, None] if shown.ndim > 3 else places  # channels come first
    return to_ndim(places, shown.ndim).expand_as(shown).clone()
