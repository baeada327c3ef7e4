"""The question a method answers: a score, inputs, baselines, and gradients along the straight lines between them.

`Problem.gradients` is how methods obtain gradients on those lines; ones already paid for come out of `GradientCache`, a store
with a memory limit. `gradients_at` and `values_at` answer for any other points. Knows nothing of methods, Jupyter or threads.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from whylight.problem.baseline_spec import Baseline
from whylight.problem.finite_scores import Losses, require_numbers
from whylight.problem.gradient_cache import GradientCache, Key, KnownOutputs
from whylight.problem.score import Score
from whylight.problem.straight_line import Alphas, StraightLine, by_place
from whylight.targets.target import Target
from whylight.tensors import Points, Tensors, joined, sum_finite, wide
from whylight.views.columns import Columns

Make = Callable[[int, int], Tensors]  # fresh points lo to hi, which may be written to


class Chunk(NamedTuple):
    """What was found at m points: which of the asked ones `(m,)`, F `(m,)` and gradients `(m, ...)` per input."""

    points: Points
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
    score, inputs
        F, its target fixed, and N samples, `(N, ...)` per tensor.
    baselines
        The reference inputs x'; a method that needs none ignores them.
    reduce
        `reduce(map, how)` turns a map of one input into the shape shown to the user: for text the embedding
        dimension is summed (`how="sum"`) or replaced by its L2 norm (`how="norm"`). The identity elsewhere.
    store, path_key
        Gradients already paid for, and what identifies this model, input and target in there.
    shared
        For one input under several targets: a path key for each. All samples are that input then, points at the same
        place share a forward pass, and `path_key` stands for all together.
    answered
        What the model returned at the inputs and at baselines before; more is added.
    tick
        Called after every chunk with the number of gradients (or mere scores) just computed; may raise to stop the work.
    losses
        What was not finite on the way.
    stands_for
        What `owners` says of each sample of a replicated problem; None elsewhere.
    final_only
        Nobody looks at answers before the last one, so a method may leave them out.
    windows
        Of every input that is cut into windows (a signal): their sizes along its axes `(...)`, without that of the samples; None of others.
    """

    score: Score
    inputs: Tensors
    baselines: tuple[Baseline, ...] = ()
    reduce: Callable[[Tensor, str], Tensor] = keep_shape
    store: GradientCache | None = None
    path_key: Key = ()
    shared: tuple[Key, ...] = ()
    answered: list[KnownOutputs] = field(default_factory=list)
    columns: Columns | None = None  # of a table
    tick: Callable[[int], None] = tick_nothing
    stands_for: tuple[Points, Points] | None = None
    final_only: bool = False
    windows: tuple[tuple[int, ...] | None, ...] = ()
    losses: Losses = field(default_factory=Losses)

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

    def laid_out(self, baseline: Baseline | None = None) -> Tensors:
        """The inputs, or those of a baseline, laid out as gradients come."""
        key, given = (None, self.inputs) if baseline is None else (baseline.key, baseline.tensors)
        if key not in self._laid_out:
            self._laid_out[key] = self.score.batch_size.in_layout(tuple(t[self._own] for t in given))
        return tuple(t.expand(self.n_samples, *t.shape[1:]) for t in self._laid_out[key])

    @cached_property
    def _laid_out(self) -> dict[str | None, Tensors]:
        """Copies are made once."""
        return {}

    def sample(self, i: int) -> Tensors:
        """One sample, laid out as its gradients come."""
        return tuple(x[i : i + 1] for x in self.laid_out())

    @property
    def _own(self) -> slice:
        """The samples that are inputs of their own."""
        return slice(1) if self.shared else slice(None)

    def value(self, baseline: Baseline | None = None) -> Tensor:
        """F at a baseline (the inputs, without one), `(N,)`, or an error where it is no number; what is known by now costs no pass."""
        found = self.answer(baseline)
        self.require_numbers(found, np.arange(self.n_samples), baseline and baseline.label)
        return found

    def require_numbers(self, values: Tensor, samples: Points, start: str | None = None) -> None:
        """Raise where one of these scores of samples, at the input or (if named) where the path starts, is NaN or infinite."""
        if self.stands_for is None:
            require_numbers(values, samples, self.n_samples, self.target, start)

    def answer(self, baseline: Baseline | None = None) -> Tensor:
        """The same, NaN and infinity included."""
        key = None if baseline is None else baseline.key
        if key in self._values:
            return self._values[key].clone()
        seen = next((seen for seen in self.answered if key in seen.keys), None)
        stored = self._stored(baseline) if seen is None else None
        if stored is not None:
            return stored
        seen = seen or self.ask([baseline])
        rows = self.owners(np.arange(self.n_samples))[1]
        columns = rows[:, None] if self.shared else rows[None]
        everyone = torch.as_tensor(np.tile(columns, len(seen.keys)), device=self.device)
        values = [self.score.values(seen.answers, column) for column in everyone]
        found = torch.stack(values, 1).reshape(len(seen.keys), self.n_samples).to(wide(self.device))
        self._values.update(zip(seen.keys, found, strict=True))
        return self._values[key].clone()

    @cached_property
    def _values(self) -> dict[str | None, Tensor]:
        """F where the model has answered."""
        return {}

    def ask(self, baselines: Sequence[Baseline | None]) -> KnownOutputs:
        """Have the model answer at all these baselines (None: the inputs) in one pass, and remember what it says."""
        owners = np.tile(self.owners(np.arange(self.n_samples))[0][self._own], len(baselines))
        inputs = torch.as_tensor(owners, device=self.device)
        places = [self.laid_out(b) for b in baselines]
        points = tuple(joined([x[self._own] for x in parts]) for parts in zip(*places, strict=True))
        keys = tuple(None if b is None else b.key for b in baselines)
        self.answered.append(KnownOutputs(keys, self.score.answers(points, inputs)))
        return self.answered[-1]

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

    def known(self, baseline: Baseline, sample: int = 0) -> list[float]:
        """The alphas of a sample's path from this baseline whose gradients are in the store, ascending."""
        return [] if self.store is None else self.store.alphas(self.path_key, baseline.key, sample)

    def gradients(
        self,
        alphas: Sequence[float] | np.ndarray,
        samples: Sequence[int] | np.ndarray,
        baseline: Baseline | None = None,
        *,
        together: int | None = None,
    ) -> Iterator[Chunk]:
        """Yield F and its gradient at the points x' + alpha (x - x'), each of one sample, known ones first.

        Without a baseline only alpha = 1, the input itself, makes sense. No pass is of more than `together` points.
        """
        alphas, samples = np.asarray(alphas, dtype=float), np.asarray(samples)
        points = np.arange(len(alphas))
        if self.store is None:
            yield from self._compute(points, alphas, samples, baseline, [], together=together)
            return
        pairs = zip(alphas.tolist(), samples.tolist(), strict=True)
        keys = [self._key(alpha, sample, baseline) for alpha, sample in pairs]
        have = np.array([self.store.get(key) is not None for key in keys], dtype=bool)
        known = points[have]
        while len(known):
            step = self.score.batch_size.next_size(len(known))
            yield Chunk(known[:step], *self.store.stacked([keys[p] for p in known[:step]]))
            known = known[step:]
        yield from self._compute(points[~have], alphas, samples, baseline, keys, together=together)

    def _key(self, alpha: float, sample: int, baseline: Baseline | None) -> Key:
        start = None if baseline is None or alpha == 1.0 else baseline.key
        return (*self.shared[sample], start, alpha, 0) if self.shared else (*self.path_key, start, alpha, sample)

    def _compute(
        self,
        points: Points,
        alphas: Alphas,
        samples: Points,
        baseline: Baseline | None,
        keys: list[Key],
        *,
        together: int | None,
    ) -> Iterator[Chunk]:
        if not len(points):
            return
        table = by_place(points, alphas) if self.shared else points[:, None]
        first, there = table[:, 0], table >= 0
        made = self.path(alphas[first], samples[first], baseline)
        inputs = torch.as_tensor(self.owners(samples[first])[0], device=self.device)
        rows = np.where(there, self.owners(samples[table])[1], -1)
        for part, found in self.score.gradients(made, inputs, rows, together):
            for column, asked, (values, grads) in zip(table[part].T, there[part].T, found, strict=False):
                mine = column[asked]
                if not sum_finite(values):
                    for end, place in ((1.0, None), (0.0, baseline and baseline.label)):
                        here = np.flatnonzero(alphas[mine] == end)
                        self.require_numbers(values[torch.from_numpy(here)], samples[mine[here]], place)
                if self.store is not None:
                    self.store.keep([keys[p] for p in mine], values, grads)
                yield Chunk(mine, values, grads)
                self.tick(len(mine))

    def path(
        self,
        alphas: Sequence[float] | np.ndarray,
        samples: Sequence[int] | np.ndarray,
        baseline: Baseline | None = None,
    ) -> Make:
        """The points that `gradients` evaluates, as a function that makes any stretch of them."""
        alphas, samples = np.asarray(alphas, dtype=float), np.asarray(samples)
        samples = np.zeros_like(samples) if self.shared else samples
        start = None if baseline is None else self.laid_out(baseline)
        return StraightLine(self.laid_out(), start, alphas, samples).made

    def gradients_at(self, points: Make, samples: Sequence[int] | np.ndarray) -> Iterator[Chunk]:
        """Yield F and its gradient at points of any kind, each of one sample; none of it is kept."""
        inputs, rows = self.owners(np.asarray(samples))
        asked = self.score.gradients(points, torch.as_tensor(inputs, device=self.device), rows[:, None])
        for part, [(values, grads)] in asked:
            yield Chunk(np.arange(part.start, part.stop), values, grads)
            self.tick(part.stop - part.start)

    def values_at(self, points: Make, samples: Sequence[int] | np.ndarray) -> Tensor:
        """F at points of any kind, each of one sample, `(M,)`."""
        inputs, rows = (torch.as_tensor(o, device=self.device) for o in self.owners(np.asarray(samples)))
        found, lo = [], 0
        while lo < len(rows):
            hi = lo + self.score.batch_size.next_size(len(rows) - lo)
            found.append(self.score.values(self.score.answers(points(lo, hi), inputs[lo:hi]), rows[lo:hi]))
            self.tick(hi - lo)
            lo = hi
        return torch.cat(found).to(wide(self.device))

    def replicated(self, inputs: Tensors, samples: Sequence[int] | np.ndarray) -> "Problem":
        """The same question about other inputs, each of which stands for one sample; it shares no store."""
        samples = np.asarray(samples)
        kept = torch.from_numpy(samples)
        references = (replace(b, tensors=tuple(t[kept] for t in b.tensors)) for b in self.baselines)
        fresh = {"store": None, "shared": (), "answered": [], "final_only": True}
        return replace(self, inputs=inputs, baselines=tuple(references), stands_for=self.owners(samples), **fresh)

    def owners(self, samples: Points) -> tuple[Points, Points]:
        """Which of the score's inputs these samples are, and which of its rows of targets they ask for."""
        if self.stands_for is not None:
            inputs, rows = self.stands_for
            return inputs[samples], rows[samples]
        return np.zeros_like(samples) if self.shared else samples, samples
