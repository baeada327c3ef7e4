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
from numpy.typing import NDArray
from torch import Tensor

from whylight.score import Score, Tensors, wide
from whylight.targets import Target

Key = tuple[Any, ...]
Points = NDArray[np.int64]  # numbers of points: node * N + sample


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

    @property
    def kinked(self) -> bool:
        """Whether F may have kinks; known once gradients are."""
        found = self.score.kinked
        if self.store is None:
            return found is not False
        if found is not None:
            self.store.kinked.setdefault(self.path_key, found)
        return self.store.kinked.get(self.path_key, True)

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
        along = torch.tensor(np.asarray(alphas, dtype=float), dtype=wide(self.device), device=self.device)
        lay = self.score.pace.laid_out
        path = _Path(lay(self.inputs), lay(baseline.tensors) if baseline is not None else None, along)
        n = self.n_samples  # points are numbered node by node, sample by sample
        points = np.arange(len(along) * n) if samples is None else np.arange(len(along)) * n + np.asarray(samples)
        if self.store is None:
            yield from self._compute(points, path, {})
            return
        nodes = [float(a) for a in alphas]
        keys = {p: self._key(nodes[p // n], p % n, baseline) for p in points.tolist()}
        have = np.array([self.store.get(key) is not None for key in keys.values()], dtype=bool)
        known = points[have]
        while len(known):
            step = self.score.pace.share(len(known))
            yield self._recall(known[:step], keys)
            known = known[step:]
        yield from self._compute(points[~have], path, keys)

    def _key(self, alpha: float, sample: int, baseline: Baseline | None) -> Key:
        start = None if baseline is None or alpha == 1.0 else baseline.key
        return (*self.path_key, start, alpha, sample)

    def _recall(self, points: Points, keys: dict[int, Key]) -> Chunk:
        assert self.store is not None
        found = [entry for p in points if (entry := self.store.get(keys[int(p)])) is not None]
        grads = tuple(torch.stack(rows) for rows in zip(*(g for _, g in found), strict=True))
        return self._chunk(self._tensor(points), torch.stack([v for v, _ in found]), grads)

    def _compute(self, points: Points, path: "_Path", keys: dict[int, Key]) -> Iterator[Chunk]:
        if not len(points):
            return
        flat = self._tensor(points)
        samples = flat % self.n_samples
        make = lambda lo, hi: path.points(flat[lo:hi] // self.n_samples, samples[lo:hi])
        for part, values, grads in self.score.gradients(make, samples):
            if self.store is not None:
                for i, p in enumerate(points[part]):  # clones: a slice would keep its whole chunk alive
                    self.store.put(keys[int(p)], values[i].clone(), tuple(g[i].clone() for g in grads))
            yield self._chunk(flat[part], values, grads)
            self.tick(part.stop - part.start)

    def _tensor(self, points: Points) -> Tensor:
        return torch.as_tensor(points, device=self.device)

    def _chunk(self, flat: Tensor, values: Tensor, grads: Tensors) -> Chunk:
        return Chunk(flat // self.n_samples, flat % self.n_samples, values, grads)


@dataclass(frozen=True)
class _Path:
    """Fresh points x' + alpha (x - x'), exact at both ends; without a baseline the inputs themselves."""

    inputs: Tensors
    baseline: Tensors | None
    alphas: Tensor

    def points(self, nodes: Tensor, samples: Tensor) -> Tensors:
        if self.baseline is None:
            return tuple(x[samples] for x in self.inputs)
        rows = slice(None) if len(self.inputs[0]) == 1 else samples  # one row is broadcast, not repeated
        pairs = zip(self.baseline, self.inputs, strict=True)
        return tuple(torch.lerp(b[rows], x[rows], _column(self.alphas[nodes], x)) for b, x in pairs)


def _column(values: Tensor, like: Tensor) -> Tensor:
    return values.to(like.dtype).reshape(-1, *[1] * (like.ndim - 1))


def accumulate(sums: list[Tensors], chunk: Chunk, weights: Tensor) -> None:
    """Add `weights[row, node] * gradient` of every point of a chunk to its sample's sum, in place, for every row."""
    chosen = weights[:, chunk.nodes]
    for part, grads in enumerate(chunk.grads):
        wide_grads = grads.to(weights.dtype)
        for total, row in zip(sums, chosen, strict=True):
            own = row.nonzero().flatten()
            if not len(own):
                continue
            mine = wide_grads[own] if len(own) < len(row) else wide_grads
            if len(total[part]) == 1:
                total[part][0] += torch.tensordot(row[own], mine, 1)
            else:
                total[part].index_add_(0, chunk.samples[own], mine * _column(row[own], total[part]))
