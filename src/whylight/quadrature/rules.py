"""Rules for the integral over the path, ∫₀¹ g(α) dα ≈ Σₖ wₖ g(αₖ).

Every rule's weights sum to one (in float64), so a linear model is integrated exactly at every number of points.
The nested order (1, 0, 1/2, 1/4, 3/4, 1/8, ...) lets a longer run reuse every node of a shorter one.
Knows nothing of models, gradients or tensors: NumPy arrays of nodes and weights only.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from whylight.errors import InvalidValueError, unknown_name
from whylight.numbers import count
from whylight.quadrature.gauss_legendre import gauss_legendre

Nodes = NDArray[np.float64]

MAX_LEVEL = 12  # 2**12 + 1 = 4097 nested nodes
MOST_GAUSS = 2**15  # nodes of Gauss and Legendre's rule; their time grows with the square of n, and is a second by now

RULES = (
    "auto",
    "gausslegendre",
    "riemann_left",
    "riemann_right",
    "riemann_middle",
    "riemann_trapezoid",
)


def rule(name: str, n: int) -> tuple[Nodes, Nodes]:
    """Nodes in [0, 1] and weights of a rule with `n` points, under Captum's names.

    `riemann_trapezoid` halves both end weights of a sum over n - 1 intervals, so its weights sum to 1
    (and it needs two points). `gausslegendre` is exact for polynomials of degree up to 2n - 1.

    Examples
    --------
    >>> rule("riemann_trapezoid", 3)
    (array([0. , 0.5, 1. ]), array([0.25, 0.5 , 0.25]))
    """
    check(name, n)
    if name == "auto":
        nodes = np.sort(nested(n))
        return nodes, voronoi_weights(nodes)
    if name == "gausslegendre":
        return _gauss_legendre(n)
    if name == "riemann_trapezoid":
        nodes = np.linspace(0.0, 1.0, n)
        return nodes, voronoi_weights(nodes)
    shift = {"riemann_left": 0.0, "riemann_right": 1.0, "riemann_middle": 0.5}[name]
    return (np.arange(n) + shift) / n, np.full(n, 1.0 / n)


def check(name: str, n: int) -> None:
    """Complain about an unknown rule, or a number of points that it does not take."""
    if not isinstance(name, str) or name not in RULES:
        raise unknown_name("rule", str(name), RULES)
    least = 2 if name == "riemann_trapezoid" else 1
    if n < least:
        raise InvalidValueError(f"Rule {name!r} needs n_steps >= {least}, got {n}.")
    if name == "gausslegendre" and n > MOST_GAUSS:
        raise InvalidValueError(
            f"Rule 'gausslegendre' takes at most {count(MOST_GAUSS)} points, got n_steps={n}. Smooth paths need no more than a few "
            "hundred; for kinks take rule='auto' or 'riemann_middle'."
        )


@lru_cache(maxsize=16)
def _gauss_legendre(n: int) -> tuple[Nodes, Nodes]:
    nodes, weights = gauss_legendre(n)
    nodes.flags.writeable = weights.flags.writeable = False
    return nodes, weights


def nested(n: int) -> Nodes:
    """The first `n` nodes of the nested order: 1, 0, then the midpoints of ever finer halvings.

    Examples
    --------
    >>> nested(6)
    array([1.   , 0.   , 0.5  , 0.25 , 0.75 , 0.125])
    """
    if n < 1:
        raise InvalidValueError(f"n_steps must be at least 1, got {n}.")
    blocks: list[Nodes] = [np.array([1.0, 0.0])]
    level = 0
    while sum(map(len, blocks)) < n:
        blocks.append(midpoints(level))
        level += 1
    return np.concatenate(blocks)[:n]


def midpoints(level: int) -> Nodes:
    """The 2**level nodes that halve the panels of a level, in an order whose every prefix is well spread."""
    odd = np.arange(2**level)
    reversed_bits = np.zeros_like(odd)
    for bit in range(level):
        reversed_bits |= ((odd >> bit) & 1) << (level - 1 - bit)
    return (reversed_bits + 0.5) / 2**level


def voronoi_weights(nodes: Nodes) -> Nodes:
    """Give each node of an increasing sequence the part of [0, 1] nearest to it; the weights sum to 1.

    With both end points among the nodes this is the trapezoid rule.
    """
    edges = np.concatenate([[0.0], (nodes[1:] + nodes[:-1]) / 2.0, [1.0]])
    return np.diff(edges)


def embedded_weights(nodes: Nodes) -> Nodes:
    """Weights of a coarser rule on every second of the given nodes (0 on the others).

    The distance between a rule and this one estimates the rule's error at no further cost.
    """
    weights = np.zeros_like(nodes)
    kept = slice(len(nodes) % 2 == 0, None, 2) if len(nodes) > 1 else slice(0)
    if len(nodes) > 1:
        weights[kept] = voronoi_weights(nodes[kept])
    return weights
