"""Reads the path an answer rests on out of the gradients a method has paid for. The model computes nothing again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whylight.errors import InvalidValueError
from whylight.problem.baseline_spec import Baseline
from whylight.problem.problem import Chunk, Problem
from whylight.results.attribution import Attribution
from whylight.results.path_trace import Array, PathTrace
from whylight.tensors import as_rows, wide

if TYPE_CHECKING:
    from whylight.views.view import View

AT_ONCE = 16  # points


def trace(
    problem: Problem,
    answer: Attribution,
    *,
    view: "View",
    multiply: bool = True,
    most: int | None = None,
    which: int = 0,
) -> PathTrace:
    """Read the path an answer rests on from the problem's store, with maps at `most` points (all without a limit).

    `which` of several baselines it starts from.
    """
    baseline = answer.baselines[which]
    alphas = np.array(problem.known(baseline))
    if len(alphas) < 2:
        raise InvalidValueError(
            "The gradients of this path are no longer in memory: others have taken their place. Ask for it again, by "
            "moving the step slider or setting n_steps."
        )
    read = _Reader(problem, baseline, view, multiply)
    values, slopes, norms, gradient_norms = read.numbers(alphas)
    picked = alphas[_spread(alphas, values, most or len(alphas))]
    alone = answer.baseline_score is not None and len(answer.baselines) == 1
    return PathTrace(
        alphas=alphas,
        values=values,
        slopes=slopes,
        norms=norms,
        gradient_norms=gradient_norms,
        score=float(answer.score[0]),
        baseline_score=_end(alphas, values, answer if alone else None),
        map_alphas=picked,
        maps=read.maps(picked),
        target=answer.target,
        unit=problem.target.unit,
        baseline=baseline,
        view=view,
        multiplied=multiply,
        notes=(*read.notes, *_remarks(len(alphas), baseline, answer)),
        baselines=tuple(b.label for b in answer.baselines),
        which=which,
    )


def _end(alphas: Array, values: Array, answer: Attribution | None) -> float:
    if alphas[0] == 0:
        return float(values[0])
    known = None if answer is None else answer.baseline_score
    return float("nan") if known is None else float(known[0])


def _remarks(found: int, baseline: Baseline, answer: Attribution) -> tuple[str, ...]:
    """What a reader should know about the points; paths from several baselines may need different numbers of them."""
    if len(answer.baselines) > 1:
        return (f"The path from {baseline.label}, one of {len(answer.baselines)} baselines.",)
    wanted = answer.provenance.get("n_steps") or 0
    if found < wanted:
        return (f"{wanted - found} of the {wanted} gradients are no longer in memory; the curve skips them.",)
    return ()


@dataclass
class _Reader:
    """Gradients of the store as numbers and maps."""

    problem: Problem
    baseline: Baseline
    view: "View"
    multiply: bool
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        (x,), (start,) = self.problem.inputs, self.baseline.tensors
        self.difference = x.to(wide(x.device)) - start.to(wide(x.device))

    def numbers(self, alphas: Array) -> tuple[Array, Array, Array, Array]:
        """F, its slope, and the norms of (x - x') times the gradient and of the gradient."""
        rows = np.empty((4, len(alphas)))
        for chunk in self._chunks(alphas):
            grads = chunk.grads[0].to(self.difference.dtype)
            if not bool(grads.isfinite().all()):
                self.notes = ("Some gradients on the path are not finite (NaN or infinite); they count as zero.",)
                grads = grads.nan_to_num(0.0, 0.0, 0.0)
            flat, parts = as_rows(grads), as_rows(self.difference * grads)
            found = (chunk.values.to(parts.dtype), parts.sum(1), parts.norm(dim=1), flat.norm(dim=1))
            rows[:, chunk.points] = torch.stack(found).cpu().numpy()
        return rows[0], rows[1], rows[2], rows[3]

    def maps(self, alphas: Array) -> NDArray[np.float32]:
        """The map at every alpha, as the view draws it."""
        maps: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(alphas)
        for chunk in self._chunks(alphas):
            grads = chunk.grads[0].to(self.difference.dtype).nan_to_num(0.0, 0.0, 0.0)
            reduce = self.problem.reduce
            whole = reduce(self.difference * grads, "sum") if self.multiply else reduce(grads, "norm")
            for point, one in zip(chunk.points, whole, strict=True):
                maps[point] = self._drawn(one[None])
        return np.stack(maps)

    def _drawn(self, one: Tensor) -> NDArray[np.float32]:
        return self.view.path_numbers(one.cpu().numpy()).astype(np.float32)

    def _chunks(self, alphas: Array) -> Iterator[Chunk]:
        """A few points at a time, so that whoever waits can stop the work between them."""
        for lo in range(0, len(alphas), AT_ONCE):
            part = alphas[lo : lo + AT_ONCE]
            for chunk in self.problem.gradients(part, np.zeros(len(part), dtype=int), self.baseline):
                yield chunk._replace(points=chunk.points + lo)
            self.problem.tick(0)


def _spread(alphas: Array, values: Array, most: int) -> NDArray[np.intp]:
    """At most so many of the points, spread evenly over alpha and over the ups and downs of F alike."""
    if len(alphas) <= most:
        return np.arange(len(alphas))
    travel = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(values)))])
    place = (alphas - alphas[0]) / (alphas[-1] - alphas[0]) + travel / (travel[-1] or 1.0)
    wanted = np.linspace(0, place[-1], most)
    return np.unique(np.abs(place[:, None] - wanted).argmin(0))
