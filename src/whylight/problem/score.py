"""The score F: what is explained, one differentiable scalar per sample, and its gradient.

This is the only place that runs the user's model and the only one that calls autograd. It works in chunks that fit
memory, never touches parameters' gradients, and leaves the model exactly as it found it after every chunk.
Knows nothing of paths, methods, Jupyter or threads of its own.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.autograd.graph import get_gradient_edge

from whylight.errors import InvalidValueError, ModelError, WhylightError
from whylight.model.batch_size import BatchSize, keep_freed_memory
from whylight.model.half_precision import kernels_named
from whylight.model.inner_gradients import create_graph_named, detached, first_with_graph, tracked
from whylight.model.kinks import has_kinks
from whylight.model.undisturbed import Parts, undisturbed
from whylight.model.user_model import UserModel
from whylight.targets.target import Target
from whylight.tensors import Points, Tensors, expand

Answers = list[tuple[slice, Any]]  # what a model returned at some points, chunk by chunk
T = TypeVar("T")


class _Watched(torch.autograd.Function):
    """The points as they are, known to autograd: no copy, and unlike leaves an in-place first layer may write into them."""

    @staticmethod
    def forward(ctx: Any, anchor: Tensor, *points: Tensor) -> Tensors:
        """Hand the points on; the anchor is there to require gradients."""
        ctx.mark_dirty(*points)
        return points

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, ...]:
        """Never asked for: gradients are taken where the points come out."""
        return (None,) * (1 + len(grads))


@dataclass
class Score:
    """One differentiable scalar per sample, evaluated at many points at once.

    Parameters
    ----------
    forward
        `forward(*points, **kwargs) -> outputs`, differentiable in every tensor of `points`.
    target
        Picks the explained scalar from the outputs; None as long as only `answers` are asked for.
    n_samples
        Number N of inputs; every point belongs to one of them.
    model
        The user's model, kept undisturbed.
    forward_kwargs
        Further inputs. Tensors whose first dimension is N are expanded along the path, everything else is passed on.
    batch_size
        How many points run in one pass.
    dtype
        Half precision for the model's passes (autocast: weights stay as they are, gradients come out in the inputs' dtype).
    hint
        What to note on an error of the model's own, given the points it was called with and the error.
    kinked
        Whether the score may have kinks; None until the first gradient tells.
    """

    forward: Callable[..., Any]
    target: Target | None
    n_samples: int
    model: UserModel
    forward_kwargs: Mapping[str, Any] = field(default_factory=dict)
    batch_size: BatchSize = field(default_factory=lambda: BatchSize((16,)))
    dtype: torch.dtype | None = None
    hint: Callable[[Tensors, Exception], str] | None = None
    kinked: bool | None = None

    @cached_property
    def _parts(self) -> Parts:
        return self.model.parts

    def answers(self, points: Tensors, samples: Tensor) -> Answers:
        """What the model returns at M points, without gradients."""
        with self.model.batch_norms.seen(self._parts.modules):
            # clones: an in-place first layer must not write into ours
            return list(self.passes(lambda lo, hi: tuple(p[lo:hi].clone() for p in points), samples))

    def passes(
        self, points: Callable[[int, int], Tensors], samples: Tensor, *, create_graph: bool = False
    ) -> Iterator[tuple[slice, Any]]:
        """Yield `(slice of the M points, what the model returns there)` chunk by chunk.

        `points(lo, hi)` makes the points of one chunk; they are written to. With `create_graph` the answers know what
        they depend on, parameters included.
        """

        def run(lo: int, hi: int) -> Any:
            with undisturbed(self._parts, frozen=False), torch.set_grad_enabled(create_graph):
                return self._run(self.batch_size.in_layout(points(lo, hi)), samples[lo:hi])

        def run_with_graph(lo: int, hi: int, frozen: bool = True) -> Any:
            with undisturbed(self._parts, frozen=frozen):
                return detached(self._run(tracked(self.batch_size.in_layout(points(lo, hi))), samples[lo:hi]))

        ways = lambda lo, hi: (partial(run, lo, hi), *(partial(run_with_graph, lo, hi, f) for f in (True, False)))
        either = lambda lo, hi: first_with_graph(*ways(lo, hi))
        return self._in_chunks(len(samples), run if create_graph else either)

    def values(self, answers: Answers, samples: Tensor) -> Tensor:
        """F at M points, `(M,)`, from what the model returned there."""
        with undisturbed(self._parts), torch.no_grad():
            return torch.cat([self._select(outputs, samples[part]) for part, outputs in answers])

    def gradients(
        self, points: Callable[[int, int], Tensors], samples: Tensor, rows: Points, together: int | None = None
    ) -> Iterator[tuple[slice, list[tuple[Tensor, Tensors]]]]:
        """Yield a slice of the M points and, for each column of `rows (M, K)`, F `(m,)` and gradients `(m, ...)`, by chunks.

        `samples` says which input a point belongs to, `rows` which scores are asked for there: one forward pass serves all
        K. Rows end in -1 where fewer are asked for; columns without any are left out. `points(lo, hi)` makes the points of one chunk, so that no
        more than a chunk of them ever exists, of `together` at most; they are written to.
        """

        def run(lo: int, hi: int, frozen: bool = True) -> list[tuple[Tensor, Tensors]]:
            asked = rows[lo:hi, (rows[lo:hi] >= 0).any(0)]
            work = partial(self._gradients, partial(points, lo, hi), samples[lo:hi], asked)
            with undisturbed(self._parts, frozen=frozen), create_graph_named():
                lean = partial(self.model.batch_norms.lean, self._parts.modules, work, _finite)
                return self.batch_size.timed(lean, hi - lo, samples.device)

        either = lambda lo, hi: first_with_graph(partial(run, lo, hi), partial(run, lo, hi, frozen=False))
        return self._in_chunks(len(samples), either, together)

    def _in_chunks(
        self, total: int, run: Callable[[int, int], T], together: int | None = None
    ) -> Iterator[tuple[slice, T]]:
        """Yield `(slice, run(lo, hi))` over all points; a chunk that runs out of memory is halved."""
        keep_freed_memory()
        lo = 0
        while lo < total:
            hi = lo + self.batch_size.next_size(min(total - lo, together or total))
            try:
                result = self._in_some_layout(partial(run, lo, hi))
            except (RuntimeError, MemoryError) as error:
                if not _out_of_memory(error) or hi - lo == 1:
                    raise
                self.batch_size.halve(hi - lo)
            else:
                yield slice(lo, hi), result
                lo = hi
                continue
            gc.collect()  # outside the handler, where the failed pass's memory is free
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _in_some_layout(self, run: Callable[[], T]) -> T:
        """The result, in the plain layout from now on if only that works: a .view(...) in the model may need it."""
        try:
            return run()
        except RuntimeError as error:
            if self.batch_size.layout != torch.channels_last or _out_of_memory(error):
                raise
        self.batch_size.layout = torch.contiguous_format
        try:
            return run()
        except BaseException:
            self.batch_size.layout = torch.channels_last
            raise

    def _gradients(self, points: Callable[[], Tensors], samples: Tensor, rows: Points) -> list[tuple[Tensor, Tensors]]:
        with torch.no_grad():
            made = self.batch_size.in_layout(points())
        watched = _Watched.apply(made[0].new_zeros(0).requires_grad_(), *made)
        edges = [get_gradient_edge(p) for p in watched]
        try:
            outputs = self._run(watched, samples)
        except RuntimeError as error:
            if "inference tensor" in str(error).lower():
                raise ModelError(
                    "The model's weights were made under torch.inference_mode() and cannot take part in a gradient. "
                    "Build or load the model outside of it, or use copy.deepcopy(model) made outside of it."
                ) from error
            raise
        values = [self._select(outputs, torch.as_tensor(row.clip(0), device=samples.device)) for row in rows.T]
        if not all(v.requires_grad for v in values):
            raise _independent()
        if self.kinked is None:
            self.kinked = any(map(has_kinks, values))
        found = []
        for left, (value, row) in enumerate(zip(values, rows.T, strict=True), 1 - len(values)):
            with self._kernels_named(made):
                grads = torch.autograd.grad(value.sum(), edges, retain_graph=left < 0, allow_unused=True)
            found.append(_asked(row, value.detach(), _whole(grads, made)))
        return found

    def _precision(self, device: torch.device) -> AbstractContextManager[Any]:
        return nullcontext() if self.dtype is None else torch.autocast(device.type, dtype=self.dtype)

    def _kernels_named(self, points: Tensors) -> AbstractContextManager[Any]:
        return kernels_named(self.dtype, chain(points, self._parts.parameters), points[0].device)

    def _run(self, points: Tensors, samples: Tensor) -> Any:
        try:
            with self._kernels_named(points), self._precision(samples.device):
                return self.forward(*points, **expand(self.forward_kwargs, self.n_samples, samples))
        except Exception as error:
            if self.hint is not None and not isinstance(error, WhylightError):
                error.add_note(self.hint(points, error))
            raise

    def _select(self, outputs: Any, samples: Tensor) -> Tensor:
        assert self.target is not None
        with self._precision(samples.device):
            return self._checked(self.target.select(outputs, samples), samples)

    def _checked(self, values: Tensor, samples: Tensor) -> Tensor:
        if values.shape != samples.shape:
            raise InvalidValueError(
                f"The score must be one number per sample, shape ({len(samples)},); it has shape {tuple(values.shape)}. "
                "Does the model keep the batch dimension first?"
            )
        if not values.is_floating_point():
            raise ModelError(
                f"The score must be a real floating point number to be differentiated; it is {values.dtype}."
            )
        return values if self.dtype is None else values.float()


def _whole(grads: Sequence[Tensor | None], like: Tensors) -> Tensors:
    """The gradients, zero for an input that is not used."""
    if all(g is None for g in grads):
        raise _independent()
    return tuple(torch.zeros_like(x) if g is None else g for g, x in zip(grads, like, strict=True))


def _finite(found: list[tuple[Tensor, Tensors]]) -> bool:
    return all(bool(values.isfinite().all()) for values, _ in found)


def _asked(row: Points, values: Tensor, grads: Tensors) -> tuple[Tensor, Tensors]:
    """Without the points whose row is -1."""
    if (row >= 0).all():
        return values, grads
    here = np.flatnonzero(row >= 0)
    return values[here], tuple(g[here] for g in grads)


def _out_of_memory(error: BaseException) -> bool:
    text = str(error).lower()
    signs = ("out of memory", "can't allocate memory", "alloc_failed")
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or any(sign in text for sign in signs)


def _independent() -> ModelError:
    return ModelError(
        "The model's output does not depend on the input, so there is no gradient. Common causes: the model detaches or "
        "converts its input (.detach(), .numpy(), .argmax(), integer casts), runs under torch.no_grad(), or the target picks "
        "an output computed from something else."
    )
