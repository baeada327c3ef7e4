"""The question a method answers: a score, inputs, baselines, and gradients along the straight lines between them.

`Problem.gradients` is the one way methods obtain gradients; gradients already paid for come out of `Gradients`,
a store with a memory limit. Knows nothing of methods, Jupyter or threads.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whylight.score import Score, Tensors, wide
from whylight.targets import Target

Key = tuple[Any, ...]


class Gradients:
    """Scores and gradients already computed, one entry per (path, alpha, sample); the oldest go when memory is short."""

    def __init__(self, max_bytes: int = 256 * 2**20) -> None:
        self.max_bytes = max_bytes
        self._bytes = 0
        self._entries: OrderedDict[Key, tuple[Tensor, Tensors]] = OrderedDict()

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


@dataclass(frozen=True)
class Chunk:
    """Gradients at m points: node indices `(m,)`, samples `(m,)`, F `(m,)` and gradients `(m, ...)` per input."""

    nodes: Tensor
    samples: Tensor
    values: Tensor
    grads: Tensors


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
    tick
        Called after every chunk with the number of gradients just computed; may raise to stop the work.
    """

    score: Score
    inputs: Tensors
    baselines: tuple[Baseline, ...] = ()
    reduce: Callable[[Tensor, str], Tensor] = keep_shape
    store: Gradients | None = None
    path_key: Key = ()
    tick: Callable[[int], None] = tick_nothing
    notes: list[str] = field(default_factory=list)

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

    def zeros(self, samples: int | None = None) -> tuple[Tensor, ...]:
        """Fresh accumulators shaped like the inputs (or so many samples of them), in the widest dtype of the device."""
        return tuple(torch.zeros_like(x[:samples], dtype=wide(x.device)) for x in self.inputs)

    def gradients(
        self,
        alphas: Sequence[float] | np.ndarray,
        baseline: Baseline | None = None,
        samples: Sequence[int] | None = None,
    ) -> Iterator[Chunk]:
        """Yield F and its gradient at x' + alpha (x - x') for every alpha and sample, known ones first.

        With `samples` every alpha belongs to one sample. Without a baseline only alpha = 1, the input itself, makes sense.
        """
        alphas = [float(a) for a in alphas]
        everyone = range(self.n_samples)
        points = (
            [(node, sample) for node in range(len(alphas)) for sample in everyone]
            if samples is None
            else list(enumerate(samples))
        )
        keys = {point: self._key(alphas[point[0]], point[1], baseline) for point in points}
        known = [p for p in points if self.store is not None and self.store.get(keys[p]) is not None]
        have = set(known)
        missing = [p for p in points if p not in have]
        step = max(1, self.score.chunk)
        for at in range(0, len(known), step):
            yield self._recall(known[at : at + step], keys)
        yield from self._compute(missing, keys, alphas, baseline)

    def _key(self, alpha: float, sample: int, baseline: Baseline | None) -> Key:
        start = None if baseline is None or alpha == 1.0 else baseline.key
        return (*self.path_key, start, alpha, sample)

    def _recall(self, points: list[tuple[int, int]], keys: dict[tuple[int, int], Key]) -> Chunk:
        assert self.store is not None
        found = [entry for p in points if (entry := self.store.get(keys[p])) is not None]
        grads = tuple(torch.stack(rows) for rows in zip(*(g for _, g in found), strict=True))
        return self._chunk(points, torch.stack([v for v, _ in found]), grads)

    def _compute(
        self,
        points: list[tuple[int, int]],
        keys: dict[tuple[int, int], Key],
        alphas: list[float],
        baseline: Baseline | None,
    ) -> Iterator[Chunk]:
        if not points:
            return
        device = self.device
        samples = torch.tensor([s for _, s in points], device=device)
        along = torch.tensor([alphas[n] for n, _ in points], device=device, dtype=wide(device))

        def line(lo: int, hi: int) -> Tensors:
            rows = samples[lo:hi]
            if baseline is None:
                return tuple(x[rows] for x in self.inputs)
            pairs = zip(self.inputs, baseline.tensors, strict=True)
            return tuple(_lerp(b[rows], x[rows], along[lo:hi]) for x, b in pairs)

        for part, values, grads in self.score.gradients(line, samples):
            if self.store is not None:
                for i, point in enumerate(points[part]):
                    self.store.put(keys[point], values[i], tuple(g[i] for g in grads))
            yield self._chunk(points[part], values, grads)
            self.tick(part.stop - part.start)

    def _chunk(self, points: list[tuple[int, int]], values: Tensor, grads: Tensors) -> Chunk:
        pairs = torch.tensor(points, device=values.device)
        return Chunk(pairs[:, 0], pairs[:, 1], values, grads)


def _lerp(start: Tensor, end: Tensor, alphas: Tensor) -> Tensor:
    """Start + alpha (end - start), exact at both ends."""
    weight = alphas.to(start.dtype).reshape(-1, *[1] * (start.ndim - 1))
    return torch.lerp(start, end, weight)


def accumulate(sums: list[Tensors], chunk: Chunk, weights: Tensor) -> None:
    """Add `weights[row, node] * gradient` of every point of a chunk to its sample's sum, in place, for every row."""
    chosen = weights[:, chunk.nodes]
    for part, grads in enumerate(chunk.grads):
        wide_grads = grads.to(weights.dtype)
        for total, row in zip(sums, chosen, strict=True):
            if len(total[part]) == 1:
                own = row.nonzero().flatten()
                if len(own):
                    total[part][0] += torch.tensordot(
                        row[own], wide_grads[own] if len(own) < len(row) else wide_grads, 1
                    )
            else:
                scale = row.reshape(-1, *[1] * (grads.ndim - 1))
                total[part].index_add_(0, chunk.samples, wide_grads * scale)
