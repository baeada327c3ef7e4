"""The straight path from a baseline to the input as it was seen: F, its slope and its gradients at every point evaluated.

Everything is read from gradients a method has already paid for; nothing is computed by the model again. Knows nothing of
methods, sessions or widgets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whylight.attribution import Attribution
from whylight.errors import InvalidValueError
from whylight.problem import Baseline, Chunk, Problem
from whylight.score import wide

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from whylight.inputs.views import View

Array = NDArray[np.float64]
AT_ONCE = 16  # points


@dataclass(frozen=True, eq=False)
class PathTrace:
    """What happened at the P points x' + alpha (x - x') of one path, of one input.

    By the chain rule the slope of F along the path is the sum of a map, and integrated gradients is the mean of these
    maps over alpha (Sundararajan, Taly, Yan 2017, arXiv 1703.01365, eq. 1):

        dF/dα = Σᵢ (xᵢ − x′ᵢ) ∂F/∂xᵢ (x′ + α (x − x′))

    Attributes
    ----------
    alphas
        `(P,)`, ascending: the points whose gradients are known; 0 is the baseline, 1 the input.
    values
        `(P,)`: F there, in the unit of the explained output.
    slopes
        `(P,)`: dF/dα, in that unit per unit of alpha.
    norms
        `(P,)`: L2 norm of (x - x') times the gradient, in that unit per unit of alpha.
    gradient_norms
        `(P,)`: L2 norm of the gradient, in that unit per unit of input.
    score, baseline_score
        F(x) and F(x'); NaN where neither the path nor the answer knows it.
    map_alphas, maps
        `(M,)` and `(M, ...)`: the map at some or all of the points, drawn as the view draws answers: per pixel
        `(M, H, W)`, token `(M, T)` or feature `(M, D)`. (x - x') times the gradient, so that the mean over alpha is the
        answer; the gradient itself for a method with `multiply_by_inputs=False`.
    target, unit
        Name of what is explained, and its unit.
    baseline, baselines, which
        x', the names of all baselines of the answer, and the place of x' among them.
    view
        How the input is drawn.
    multiplied
        Whether the maps hold the factor (x - x').
    notes
        Sentences a reader should see with the curve.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> seen = wl.path(lambda x: x.sum(1).sigmoid(), torch.tensor([[4.0, 4.0]]), baseline=-8.0, n_steps=33)
    >>> round(seen.saturation(0.9), 2)  # F = sigmoid(24 alpha - 16)
    0.76
    """

    alphas: Array
    values: Array
    slopes: Array
    norms: Array
    gradient_norms: Array
    score: float
    baseline_score: float
    map_alphas: Array
    maps: NDArray[np.float32]
    target: str
    unit: str
    baseline: Baseline
    view: "View"
    multiplied: bool = True
    notes: tuple[str, ...] = ()
    baselines: tuple[str, ...] = ()
    which: int = 0

    @property
    def curve(self) -> tuple[Array, Array]:
        """Alpha and F of the points, and of both ends where F is known without a gradient."""
        ends = {0.0: self.baseline_score, 1.0: self.score}
        points = dict(zip(self.alphas.tolist(), self.values.tolist(), strict=True))
        known = {**{a: v for a, v in ends.items() if np.isfinite(v)}, **points}
        return np.array(sorted(known)), np.array([known[a] for a in sorted(known)])

    @property
    def shares(self) -> Array:
        """`(P,)`: share of the map's sum gathered up to each point, by trapezoids; NaN where the sum is zero."""
        gathered = _cumulative(self.alphas, self.slopes)
        return gathered / gathered[-1] if gathered[-1] else np.full_like(gathered, np.nan)

    def gain(self, alpha: float | Array) -> Array:
        """(F(alpha) - F(x')) / (F(x) - F(x')), linear between points; NaN where F(x) = F(x')."""
        rise = self.score - self.baseline_score
        gained = np.asarray(np.interp(alpha, *self.curve)) - self.baseline_score
        return gained / rise if rise else np.full_like(gained, np.nan)

    def saturation(self, share: float = 0.9) -> float | None:
        """The least alpha from which on the gain never falls below `share`, linear between points.

        Beyond it F changes little while gradients may stay large: Miglani et al. 2020 (arXiv 2010.12697) call that part of
        the path saturated. None where F(x) = F(x') or an end is unknown.
        """
        if not 0 < share < 1:
            raise InvalidValueError(f"share is a part of F(x) - F(x'), between 0 and 1; got {share!r}.")
        alphas = self.curve[0]
        gain = self.gain(alphas)
        if not np.isfinite(gain).all():
            return None
        last = int(np.flatnonzero(gain < share)[-1])  # the baseline at least: its gain is 0
        rest = (share - gain[last]) / (gain[last + 1] - gain[last])
        return float(alphas[last] + rest * (alphas[last + 1] - alphas[last]))

    def norm_after(self, alpha: float) -> float:
        """Share of the integral of `norms` that lies beyond alpha, by trapezoids: how much gradient the rest still holds."""
        gathered = _cumulative(self.alphas, self.norms)
        return float(1 - np.interp(alpha, self.alphas, gathered) / gathered[-1]) if gathered[-1] else 0.0

    def plot(self) -> "Figure":
        """A matplotlib figure: F and the gradient's norm along the path, and the maps at some points of it."""
        from whylight.path_figure import figure

        return figure(self)

    def __repr__(self) -> str:
        ends = f"F(x') = {self.baseline_score:.4g}, F(x) = {self.score:.4g}"
        return f"PathTrace({len(self.alphas)} points from {self.baseline.label!r} to the input, {ends})"


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
            flat, parts = grads.flatten(1), (self.difference * grads).flatten(1)
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
        values = one.cpu().numpy()
        return self.view.arrays(values, values)["values"].astype(np.float32)

    def _chunks(self, alphas: Array) -> Iterator[Chunk]:
        """A few points at a time, so that whoever waits can stop the work between them."""
        for lo in range(0, len(alphas), AT_ONCE):
            part = alphas[lo : lo + AT_ONCE]
            for chunk in self.problem.gradients(part, np.zeros(len(part), dtype=int), self.baseline):
                yield chunk._replace(points=chunk.points + lo)
            self.problem.tick(0)


def _cumulative(alphas: Array, heights: Array) -> Array:
    """Integral up to each point, by trapezoids."""
    return np.concatenate([[0.0], np.cumsum(np.diff(alphas) * (heights[1:] + heights[:-1]) / 2)])


def _spread(alphas: Array, values: Array, most: int) -> NDArray[np.intp]:
    """At most so many of the points, spread evenly over alpha and over the ups and downs of F alike."""
    if len(alphas) <= most:
        return np.arange(len(alphas))
    travel = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(values)))])
    place = (alphas - alphas[0]) / (alphas[-1] - alphas[0]) + travel / (travel[-1] or 1.0)
    wanted = np.linspace(0, place[-1], most)
    return np.unique(np.abs(place[:, None] - wanted).argmin(0))
