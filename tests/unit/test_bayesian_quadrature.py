"""Bayesian quadrature: exact on its trend, honest about draws from its own covariances, and unaffected by scale."""

import numpy as np
import pytest

from whylight.quadrature import bayesian
from whylight.quadrature.rules import nested


def rule(nodes: np.ndarray, values: np.ndarray) -> bayesian.Rule:
    (found,) = bayesian.choose(nodes, (values @ values.T)[None], values.shape[1])
    return found


def spread(rule: bayesian.Rule, values: np.ndarray) -> float:
    """Standard deviation of the integral, pooled over the columns."""
    unit = float(np.square(rule.roots @ values).mean())
    return (unit * rule.variance) ** 0.5


def brownian(rng: np.random.Generator, columns: int) -> np.ndarray:
    return np.concatenate([np.zeros((1, columns)), rng.normal(size=(4096, columns)).cumsum(0) / 64])


def waves(rng: np.random.Generator, columns: int) -> np.ndarray:
    t = np.linspace(0, 1, 4097)[:, None, None]
    amplitude, phase = rng.normal(size=(8, columns)), rng.random((8, columns)) * 2 * np.pi
    frequency = np.arange(1, 9)[:, None] * 1.7
    return (amplitude * np.exp(-frequency / 4) * np.sin(frequency * t + phase)).sum(1)


def integral(path: np.ndarray) -> np.ndarray:
    return (path.sum(0) - (path[0] + path[-1]) / 2) / (len(path) - 1)


@pytest.mark.parametrize("n", [3, 4, 5, 7, 9, 12, 17, 33])
def test_weights_sum_to_one_and_integrate_the_trend(n):
    nodes = np.sort(nested(n))
    found = rule(nodes, np.random.default_rng(n).normal(size=(n, 50)))
    assert found.weights.sum() == pytest.approx(1, abs=1e-12)
    for power in range(min(1, n - 3) + 1):
        assert found.weights @ nodes**power == pytest.approx(1 / (power + 1), abs=1e-10)


def test_a_path_without_residual_has_no_error():
    nodes = np.sort(nested(9))
    values = np.stack([np.ones(9), 2 - 3 * nodes], 1)
    found = rule(nodes, values)
    assert spread(found, values) < 1e-12
    assert np.allclose(found.weights @ values, [1, 0.5], rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("n", [5, 9, 17])
def test_brownian_paths_get_the_trapezoid_rule_and_their_variance(n, seed):
    path = brownian(np.random.default_rng(seed), 400)
    nodes = np.sort(nested(n))
    values = path[np.round(nodes * 4096).astype(int)]
    found = rule(nodes, values)
    even = np.r_[0.5, np.ones(n - 2), 0.5] / (n - 1)
    assert np.allclose(found.weights, even, rtol=0, atol=0.03 / (n - 1))
    error = float(np.square(found.weights @ values - integral(path)).mean() ** 0.5)
    assert 0.8 < spread(found, values) / error < 1.25
    assert spread(found, values) == pytest.approx((n - 1) ** -1 / 12**0.5, rel=0.15)


def test_a_kinked_path_that_looks_smooth_is_believed_as_far_as_the_nodes_resolve_it():
    path = waves(np.random.default_rng(0), 300)
    nodes = np.sort(nested(17))
    values = path[np.round(nodes * 4096).astype(int)]
    assert spread(rule(nodes, values), values) < 0.3 * spread(bayesian._rules(tuple(nodes))[0], values)


def test_paths_are_chosen_for_one_by_one():
    nodes, rng = np.sort(nested(9)), np.random.default_rng(2)
    paths = [brownian(rng, 50)[:: 4096 // 8], waves(rng, 50)[:: 4096 // 8]]
    together = bayesian.choose(nodes, np.stack([p @ p.T for p in paths]), 50)
    assert together == [rule(nodes, p) for p in paths]
    assert together[0] is not together[1]


@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_scale_changes_nothing(scale):
    nodes = np.sort(nested(9))
    values = np.random.default_rng(1).normal(size=(9, 20)).cumsum(0)
    assert rule(nodes, values * scale) is rule(nodes, values)


def test_nothing_at_all_is_integrated_too():
    assert rule(np.sort(nested(5)), np.zeros((5, 3))).weights.sum() == pytest.approx(1)
