"""The question a method answers: a score, inputs, baselines, and gradients along the straight lines between them.

`Problem.gradients` is the one way methods obtain gradients; gradients already paid for come out of `Gradients`,
a store with a memory limit. Knows nothing of methods, Jupyter or threads.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whylight.columns import Columns
from whylight.score import Answers, Score, Tensors, wide
from whylight.targets import Target

Key = tuple[Any, ...]
Points = NDArray[np.int64]  # which of the points asked for


class Gradients:
    """Scores and gradients already computed, one entry per (path, alpha, sample); the oldest go when memory is short."""

    def __init__(self, max_bytes: int = 256 * 2**20) -> None:
        self.max_bytes = max_bytes
        self._bytes = 0
        self._entries: OrderedDict[Key, tuple[Tensor, Tensors]] = OrderedDict()
        self.kinked: dict[Key, bool] = {}  # of the scores the gradients belong to, by path key

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> tuple[Tensor, Tensors] | None:
        """F and its gradient, if they are still here."""
        return self._entries.get(key)

    def put(self, key: Key, value: Tensor, grads: Tensors) -> None:
        """Keep F and its gradient."""
        if key in self._entries:
            return
        self._entries[key] = (value, grads)
        self._bytes += _size(grads)
        while self._bytes > self.max_bytes and len(self._entries) > 1:
            _, (_, old) = self._entries.popitem(last=False)
            self._bytes -= _size(old)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self.kinked.clear()
        self._bytes = 0


def _size(grads: Tensors) -> int:
    return sum(g.numel() * g.element_size() for g in grads)


@dataclass(frozen=True)
class Baseline:
    """One reference input x' (shaped like the inputs): label for people, name for settings, key by content."""

    tensors: Tensors
    label: str
    name: str
    key: str


class Chunk(NamedTuple):
    """What was found at m points: which of the asked ones `(m,)`, F `(m,)` and gradients `(m, ...)` per input."""

    points: Points
    values: Tensor
    grads: Tensors


class Answered(NamedTuple):
    """What the model returned at the inputs (None) or at baselines (their keys), N rows for each."""

    keys: tuple[str | None, ...]
    answers: Answers


def tick_nothing(count: int) -> None:
    """The default of `Problem.tick`: go on."""


def keep_shape(attributions: Tensor, how: str) -> Tensor:
    """The default of `Problem.reduce`: a map shaped like the input."""
    return attributions


@dataclass(frozen=True)
class Problem:
    """What a method needs to answer "why this score?".

    Parameters
    ----------
    score
        F, its target fixed.
    inputs
        N samples, `(N, ...)` per tensor.
    baselines
        The reference inputs x'; a method that needs none ignores them.
    reduce
        `reduce(map, how)` turns a map of one input into the shape shown to the user: for text the embedding
        dimension is summed (`how="sum"`) or replaced by its L2 norm (`how="norm"`). The identity elsewhere.
    store, path_key
        Gradients already paid for, and what identifies this model, input and target in there.
    answered
        What the model returned at the inputs and at baselines before; more is added.
    columns
        What is known of the input's columns, where it is a table.
    tick
        Called after every chunk with the number of gradients just computed; may raise to stop the work.
    """

    score: Score
    inputs: Tensors
    baselines: tuple[Baseline, ...] = ()
    reduce: Callable[[Tensor, str], Tensor] = keep_shape
    store: Gradients | None = None
    path_key: Key = ()
    answered: list[Answered] = field(default_factory=list)
    columns: Columns | None = None
    tick: Callable[[int], None] = tick_nothing

    @property
    def target(self) -> Target:
        """What is explained."""
        assert self.score.target is not None
        return self.score.target

    @property
    def n_samples(self) -> int:
        """N."""
        return len(self.inputs[0])

    @property
    def device(self) -> torch.device:
        """Where the inputs are."""
        return self.inputs[0].device

    def sample(self, i: int) -> Tensors:
        """One sample, laid out as its gradients come."""
        return self.score.pace.laid_out(tuple(x[i : i + 1] for x in self.inputs))

    def value(self, baseline: Baseline | None = None) -> Tensor:
        """F at a baseline (the inputs, without one), `(N,)`; what is known by now costs no pass."""
        key = None if baseline is None else baseline.key
        seen = next((seen for seen in self.answered if key in seen.keys), None)
        stored = self._stored(baseline) if seen is None else None
        if stored is not None:
            return stored
        samples = torch.arange(self.n_samples, device=self.device)
        if seen is None:
            points = self.inputs if baseline is None else baseline.tensors
            seen = Answered((key,), self.score.answers(points, samples))
            self.answered.append(seen)
        values = self.score.values(seen.answers, samples.repeat(len(seen.keys)))
        return values.reshape(-1, self.n_samples)[seen.keys.index(key)].to(wide(self.device))

    def _stored(self, baseline: Baseline | None) -> Tensor | None:
        """F at an end of the path, if its gradient is in the store."""
        if self.store is None:
            return None
        alpha = 1.0 if baseline is None else 0.0
        found = [self.store.get(self._key(alpha, i, baseline)) for i in range(self.n_samples)]
        values = [entry[0] for entry in found if entry is not None]
        return torch.stack(values).to(wide(self.device)) if len(values) == len(found) else None

    @property
    def kinked(self) -> bool:
        """Whether F may have kinks; known once gradients are."""
        found = self.score.kinked
        if self.store is None:
            return found is not False
        if found is not None:
            self.store.kinked.setdefault(self.path_key, found)
        return self.store.kinked.get(self.path_key, True)

    def gradients(
        self,
        alphas: Sequence[float] | np.ndarray,
        samples: Sequence[int] | np.ndarray,
        baseline: Baseline | None = None,
    ) -> Iterator[Chunk]:
        """Yield F and its gradient at the points x' + alpha (x - x'), each of one sample, known ones first.

        Without a baseline only alpha = 1, the input itself, makes sense.
        """
        alphas, samples = np.asarray(alphas, dtype=float), np.asarray(samples)
        path = _Path.of(self, baseline, alphas, samples)
        points = np.arange(len(alphas))
        if self.store is None:
            yield from self._compute(points, path, [])
            return
        pairs = zip(alphas.tolist(), samples.tolist(), strict=True)
        keys = [self._key(alpha, sample, baseline) for alpha, sample in pairs]
        have = np.array([self.store.get(key) is not None for key in keys], dtype=bool)
        known = points[have]
        while len(known):
            step = self.score.pace.share(len(known))
            yield self._recall(known[:step], keys)
            known = known[step:]
        yield from self._compute(points[~have], path, keys)

    def _key(self, alpha: float, sample: int, baseline: Baseline | None) -> Key:
        start = None if baseline is None or alpha == 1.0 else baseline.key
        return (*self.path_key, start, alpha, sample)

    def _recall(self, points: Points, keys: list[Key]) -> Chunk:
        assert self.store is not None
        found = [entry for p in points if (entry := self.store.get(keys[p])) is not None]
        grads = tuple(torch.stack(rows) for rows in zip(*(g for _, g in found), strict=True))
        return Chunk(points, torch.stack([v for v, _ in found]), grads)

    def _compute(self, points: Points, path: "_Path", keys: list[Key]) -> Iterator[Chunk]:
        if not len(points):
            return
        samples = torch.as_tensor(path.samples[points], device=self.device)
        make = lambda lo, hi: path.made(points[lo:hi])
        for part, values, grads in self.score.gradients(make, samples):
            if self.store is not None:
                for i, p in enumerate(points[part]):  # clones: a slice would keep its whole chunk alive
                    self.store.put(keys[p], values[i].clone(), tuple(g[i].clone() for g in grads))
            yield Chunk(points[part], values, grads)
            self.tick(part.stop - part.start)


@dataclass(frozen=True)
class _Path:
    """Fresh points x' + alpha (x - x'), exact at both ends; without a baseline the inputs themselves."""

    inputs: Tensors
    baseline: Tensors | None
    alphas: NDArray[np.float64]
    samples: Points

    @classmethod
    def of(cls, problem: Problem, baseline: Baseline | None, alphas: NDArray[np.float64], samples: Points) -> "_Path":
        lay = problem.score.pace.laid_out
        return cls(lay(problem.inputs), lay(baseline.tensors) if baseline is not None else None, alphas, samples)

    def made(self, points: Points) -> Tensors:
        samples = self.samples[points]
        if self.baseline is None:
            return tuple(x[torch.from_numpy(samples)] for x in self.inputs)
        one = (samples == samples[0]).all()  # one row is broadcast, not repeated
        rows = slice(int(samples[0]), int(samples[0]) + 1) if one else torch.from_numpy(samples)
        pairs = zip(self.baseline, self.inputs, strict=True)
        return tuple(torch.lerp(b[rows], x[rows], _column(self.alphas[points], x)) for b, x in pairs)


def _column(values: NDArray[np.float64], like: Tensor) -> Tensor:
    return torch.as_tensor(values, dtype=like.dtype, device=like.device).reshape(-1, *[1] * (like.ndim - 1))
