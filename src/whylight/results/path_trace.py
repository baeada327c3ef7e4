"""The straight path from a baseline to the input as it was seen: F, its slope and its gradients at every point evaluated.

Everything is read from gradients a method has already paid for; nothing is computed by the model again. Knows nothing of
methods, sessions or widgets.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from whylight.errors import InvalidValueError
from whylight.numbers import number, plural
from whylight.problem.baseline_spec import Baseline
from whylight.records import record
from whylight.results import drawing
from whylight.results.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from whylight.views.view import View


Array = NDArray[np.float64]


@record
@dataclass(frozen=True, eq=False)
class PathTrace(Result):
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

    def plot(self, **options: Any) -> "Figure":
        """A matplotlib figure: F and the gradient's norm along the path, and the maps at some points of it."""
        return drawing.plot(self, **options)

    def __repr__(self) -> str:
        ends = f"F(x′) = {number(self.baseline_score)}, F(x) = {number(self.score)}"
        return f"PathTrace({plural(len(self.alphas), 'point')} from {self.baseline.label!r} to the input, {ends})"


def _cumulative(alphas: Array, heights: Array) -> Array:
    """Integral up to each point, by trapezoids."""
    return np.concatenate([[0.0], np.cumsum(np.diff(alphas) * (heights[1:] + heights[:-1]) / 2)])
