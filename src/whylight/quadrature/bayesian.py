r"""Bayesian quadrature: the integral of a kinked path known at a few nodes, and how uncertain it is.

The gradients of all features along the path are taken for draws from one Gaussian process whose covariance is learned from
them: by restricted maximum likelihood among a fixed set, with a linear trend of unknown coefficients left out. The
posterior mean of the integral is a weighted sum of the gradients, its variance is the estimate of the error (O'Hagan 1991,
J. Stat. Plan. Inference 29, 245; Rasmussen and Ghahramani 2002, "Bayesian Monte Carlo").

The covariances are a Brownian part, whose mean is the trapezoid rule, plus a smooth part (squared exponential) of lengths
that the nodes resolve. Where ReLUs switch by the hundred the Brownian part is all; where few do, the smooth one leads.

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


def choose(nodes: Array, products: Array, features: int) -> list[Rule]:
    """The rules with the greatest likelihood, one for each path.

    Parameters
    ----------
    nodes
        At least three, increasing; the same for all paths.
    products
        `(N, n, n)` inner products of the gradients at the nodes.
    features
        How many values each gradient has.
    """
    rules = _rules(tuple(nodes.tolist()))
    squares = np.stack([rule.roots.T @ rule.roots for rule in rules]).reshape(len(rules), -1)
    dof, log_det = (np.array([getattr(rule, name) for rule in rules]) for name in ("dof", "log_det"))
    unit = products.reshape(len(products), -1) @ squares.T / (dof * features)  # (N, rules)
    likelihood = -dof * np.log(np.maximum(unit, np.finfo(float).tiny)) - log_det
    return [rules[i] for i in likelihood.argmax(1)]


@lru_cache(maxsize=256)
def _rules(nodes: tuple[float, ...]) -> tuple[Rule, ...]:
    """All candidates at these nodes."""
    x = np.array(nodes)
    trend = np.vander(x, min(1, len(x) - 3) + 1, increasing=True)
    spacing = float(np.diff(x).max())
    lengths = [length for length in LENGTHS if length >= RESOLVED * spacing]
    mixtures = [(1.0, 1.0), *((length, share) for length in lengths for share in BROWNIAN)]
    return tuple(_rule(x, trend, *mixture) for mixture in mixtures)


def _rule(x: Array, trend: Array, length: float, share: float) -> Rule:
    grid, shares = _grid()

    def covariance(a: Array, b: Array) -> Array:
        distance = np.abs(a[:, None] - b)
        return (1 - share) * _smooth(distance / length) - share * distance

    own = covariance(x, x) + JITTER * np.eye(len(x))
    with_integral = (1 - share) * (_smooth(np.abs(x[:, None] - grid) / length) @ shares) - share * (
        x**2 + (1 - x) ** 2
    ) / 2
    of_integral = (1 - share) * (shares @ _smooth(np.abs(grid[:, None] - grid) / length) @ shares) - share / 3
    contrasts = np.linalg.qr(trend, mode="complete")[0][:, trend.shape[1] :]
    exact = np.linalg.lstsq(trend.T, 1 / np.arange(1, trend.shape[1] + 1), rcond=None)[0]  # integrates the trend
    factor = np.linalg.cholesky(contrasts.T @ own @ contrasts)
    roots = np.asarray(np.linalg.solve(factor, contrasts.T), dtype=float)
    gain = roots @ (with_integral - own @ exact)
    variance = of_integral - 2 * exact @ with_integral + exact @ own @ exact - gain @ gain
    return Rule(exact + roots.T @ gain, max(float(variance), 0.0), roots, 2 * float(np.log(np.diag(factor)).sum()))


def _smooth(r: Array) -> Array:
    return np.exp(-0.5 * r**2)
