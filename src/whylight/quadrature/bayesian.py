r"""Bayesian quadrature: the integral of a path known at a few nodes, and how uncertain it is.

The gradients of all features along the path are taken for draws from one Gaussian process whose covariance is learned from
them: by restricted maximum likelihood among a fixed set, with a polynomial trend of unknown coefficients left out. The
posterior mean of the integral is a weighted sum of the gradients, its variance is the estimate of the error (O'Hagan 1991,
J. Stat. Plan. Inference 29, 245; Rasmussen and Ghahramani 2002, "Bayesian Monte Carlo").

- Smooth paths: Matern covariances of smoothness 7/2, of lengths down to the spacing of the nodes.
- Kinked paths: a Brownian part, whose mean is the trapezoid rule, plus a smooth part (squared exponential) of lengths that
  the nodes resolve. Where ReLUs switch by the hundred the Brownian part is all; where few do, the smooth one leads.

The likelihood needs the inner products of the gradients only, a matrix as small as the number of nodes.
Knows nothing of models, gradients or tensors: NumPy arrays only.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LENGTHS = (0.03, 0.045, 0.06, 0.08, 0.1, 0.13, 0.17, 0.22, 0.3, 0.4, 0.5, 0.7, 1.0)
BROWNIAN = (0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4)  # shares of the Brownian part beside a smooth one
RESOLVED = 2.5  # spacings of the nodes in the shortest length believed beside a Brownian part
TREND = {False: 2, True: 1}  # degree of the trend of smooth and of kinked paths: what both integrate exactly
JITTER = 1e-10


@dataclass(frozen=True)
class Rule:
    """What one covariance makes of given nodes.

    Attributes
    ----------
    weights
        Of the gradients in the posterior mean of the integral, `(n,)`.
    variance
        Of the integral, per unit of the process.
    roots
        `(dof, n)`: the squared norm of `roots @ gradients` over `dof` estimates the unit.
    log_det
        Of the covariance of the contrasts.
    """

    weights: Array
    variance: float
    roots: Array
    log_det: float

    @property
    def dof(self) -> int:
        """Contrasts free of the trend."""
        return len(self.roots)


@cache
def _grid() -> tuple[Array, Array]:
    """Nodes in 0..1 at which integrals over the path are taken, and their weights."""
    nodes, weights = np.polynomial.legendre.leggauss(300)
    return nodes / 2 + 0.5, weights / 2


def choose(nodes: Array, products: Array, features: int, *, kinked: bool) -> Rule:
    """The rule with the greatest likelihood.

    Parameters
    ----------
    nodes
        At least three, increasing.
    products
        `(n, n)` inner products of the gradients at the nodes.
    features
        How many values each gradient has.
    kinked
        Whether the path may have kinks.
    """
    return max(_rules(tuple(nodes.tolist()), kinked), key=lambda rule: _likelihood(rule, products, features))


def _likelihood(rule: Rule, products: Array, features: int) -> float:
    unit = float(np.einsum("ij,jk,ik->", rule.roots, products, rule.roots)) / (rule.dof * features)
    return -rule.dof * np.log(max(unit, np.finfo(float).tiny)) - rule.log_det


@lru_cache(maxsize=256)
def _rules(nodes: tuple[float, ...], kinked: bool) -> tuple[Rule, ...]:
    """All candidates at these nodes."""
    x = np.array(nodes)
    trend = np.vander(x, min(TREND[kinked], len(x) - 3) + 1, increasing=True)
    spacing = float(np.diff(x).max())
    if not kinked:
        mixtures = [(length, 0.0) for length in LENGTHS if length >= 0.9 * spacing] or [(LENGTHS[-1], 0.0)]
    else:
        lengths = [length for length in LENGTHS if length >= RESOLVED * spacing]
        mixtures = [(1.0, 1.0), *((length, share) for length in lengths for share in BROWNIAN)]
    return tuple(_rule(x, trend, *mixture, kinked=kinked) for mixture in mixtures)


def _rule(x: Array, trend: Array, length: float, share: float, *, kinked: bool) -> Rule:
    smooth = _squared_exponential if kinked else _matern
    grid, shares = _grid()

    def covariance(a: Array, b: Array) -> Array:
        distance = np.abs(a[:, None] - b)
        return (1 - share) * smooth(distance / length) - share * distance

    own = covariance(x, x) + JITTER * np.eye(len(x))
    with_integral = (1 - share) * (smooth(np.abs(x[:, None] - grid) / length) @ shares) - share * (
        x**2 + (1 - x) ** 2
    ) / 2
    of_integral = (1 - share) * (shares @ smooth(np.abs(grid[:, None] - grid) / length) @ shares) - share / 3
    contrasts = np.linalg.qr(trend, mode="complete")[0][:, trend.shape[1] :]
    exact = np.linalg.lstsq(trend.T, 1 / np.arange(1, trend.shape[1] + 1), rcond=None)[0]  # integrates the trend
    factor = np.linalg.cholesky(contrasts.T @ own @ contrasts)
    roots = np.asarray(np.linalg.solve(factor, contrasts.T), dtype=float)
    gain = roots @ (with_integral - own @ exact)
    variance = of_integral - 2 * exact @ with_integral + exact @ own @ exact - gain @ gain
    return Rule(exact + roots.T @ gain, max(float(variance), 0.0), roots, 2 * float(np.log(np.diag(factor)).sum()))


def _matern(r: Array) -> Array:
    s = 7**0.5 * r
    return (1 + s + 0.4 * s**2 + s**3 / 15) * np.exp(-s)


def _squared_exponential(r: Array) -> Array:
    return np.exp(-0.5 * r**2)
