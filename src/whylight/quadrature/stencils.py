"""Weights of local polynomials: integrals between neighbouring nodes of any spacing, for smooth integrands.

Between two nodes the integrand is taken for the polynomial through the p nodes nearest to them. The distance of a higher
order to a lower one estimates the error of the lower. Knows nothing of gradients: NumPy arrays only.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
FINE, COARSE = 6, 4  # nodes of a polynomial, and of the one its error is estimated by


def fine_and_coarse(nodes: Array) -> tuple[Array, Array]:
    """`interval_weights` of both orders, lower ones where there are fewer nodes."""
    least = int((~np.isnan(nodes)).sum(1).min())
    fine = min(FINE, least)
    return interval_weights(nodes, fine), interval_weights(nodes, max(2, min(COARSE, fine - 1)))


def interval_weights(nodes: Array, order: int) -> Array:
    """Weights of all nodes in the integral between every two neighbours.

    Parameters
    ----------
    nodes
        `(N, K)`, increasing in every row; rows of fewer nodes end in NaN.
    order
        Nodes of a polynomial, at most as many as every row has.

    Returns
    -------
    weights
        `(N, K - 1, K)`, zero between nodes that are not there.

    Examples
    --------
    >>> interval_weights(np.array([[0.0, 0.5, 1.0]]), 3).sum(1) * 6  # Simpson's rule
    array([[1., 4., 1.]])
    """
    if len(nodes) == 1:
        return _of_one(nodes.tobytes(), order)
    known, back = np.unique(nodes, axis=0, return_inverse=True, equal_nan=True)
    return _weights(known, order)[back.reshape(-1)]


@lru_cache(maxsize=64)
def _of_one(row: bytes, order: int) -> Array:
    """Of one row of nodes; many paths begin with the same."""
    weights = _weights(np.frombuffer(row)[None], order)
    weights.flags.writeable = False
    return weights


def _weights(nodes: Array, order: int) -> Array:
    n, k = nodes.shape
    count = (~np.isnan(nodes)).sum(1)
    interval = np.arange(k - 1)
    first = np.clip(interval - (order // 2 - 1), 0, (count - order)[:, None])  # (N, K - 1)
    places = first[..., None] + np.arange(order)  # (N, K - 1, order)
    x = np.where(np.isnan(nodes), 0.0, nodes)
    low, high = x[:, :-1], x[:, 1:]
    there = interval < (count - 1)[:, None]
    middle, half = (low + high) / 2, np.where(there, (high - low) / 2, 1.0)
    at = (np.take_along_axis(x[:, None], places, 2) - middle[..., None]) / half[..., None]  # the interval is -1..1
    scale = np.abs(at).max(2, keepdims=True)
    powers = (at / scale)[..., None, :] ** np.arange(order)[:, None]  # (N, K - 1, power, node)
    even = np.where(np.arange(order) % 2, 0.0, 2 / (np.arange(order) + 1.0)) / scale ** np.arange(order)
    solved = np.linalg.solve(powers, even[..., None])[..., 0] * half[..., None]
    weights = np.zeros((n, k - 1, k))
    np.put_along_axis(weights, places, np.where(there[..., None], solved, 0.0), 2)
    return weights
