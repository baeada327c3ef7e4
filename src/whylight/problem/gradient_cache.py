"""Gradients and answers already paid for, the former kept while memory allows. Knows nothing of scores, paths or methods beyond their keys."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from whylight.problem.score import Answers
from whylight.tensors import Tensors

Key = tuple[Any, ...]


class KnownOutputs(NamedTuple):
    """What the model returned at the inputs (None) or at baselines (their keys), N rows for each."""

    keys: tuple[str | None, ...]
    answers: Answers


class GradientCache:
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

    def stacked(self, keys: Sequence[Key]) -> tuple[Tensor, Tensors]:
        """F `(m,)` and gradients `(m, ...)` of those that are here."""
        found = [entry for key in keys if (entry := self.get(key)) is not None]
        return torch.stack([v for v, _ in found]), tuple(map(torch.stack, zip(*(g for _, g in found), strict=True)))

    def keep(self, keys: Sequence[Key], values: Tensor, grads: Tensors) -> None:
        """Keep F `(m,)` and its gradients `(m, ...)` one by one: a slice would keep its whole chunk alive."""
        for i, key in enumerate(keys):
            self.put(key, values[i].clone(), tuple(g[i].clone() for g in grads))

    def put(self, key: Key, value: Tensor, grads: Tensors) -> None:
        """Keep F and its gradient."""
        if key in self._entries:
            return
        self._entries[key] = (value, grads)
        self._bytes += _size(grads)
        while self._bytes > self.max_bytes and len(self._entries) > 1:
            _, (_, old) = self._entries.popitem(last=False)
            self._bytes -= _size(old)

    def alphas(self, path_key: Key, start: str, sample: int) -> list[float]:
        """Where on the path from the baseline with key `start` gradients of a sample are kept, ascending."""
        here = {(*path_key, start, sample), (*path_key, None, sample)}
        return sorted(key[-2] for key in list(self._entries) if (*key[:-2], key[-1]) in here)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self.kinked.clear()
        self._bytes = 0


def _size(grads: Tensors) -> int:
    return sum(g.numel() * g.element_size() for g in grads)
