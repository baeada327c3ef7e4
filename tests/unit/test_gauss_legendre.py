"""Nodes and weights of Gauss-Legendre quadrature beside NumPy's, polynomials, closed forms, and what every rule has."""

import numpy as np
import pytest

from whylight.errors import InvalidValueError
from whylight.methods import IntegratedGradients
from whylight.quadrature import rules
from whylight.quadrature.gauss_legendre import gauss_legendre

LARGE = [257, 1000, 4096, 8191]


@pytest.mark.parametrize("n", [*range(1, 31), 63, 64, 99, 100, 200])
def test_nodes_and_weights_are_those_of_numpy(n):
    nodes, weights = gauss_legendre(n)
    theirs, heavy = np.polynomial.legendre.leggauss(n)
    np.testing.assert_allclose(nodes, (theirs + 1) / 2, rtol=0, atol=1e-15)
    np.testing.assert_allclose(weights, heavy / 2, rtol=1e-9)  # theirs lose digits at the ends


@pytest.mark.parametrize("n", range(1, 40))
def test_polynomials_up_to_degree_2n_minus_1_are_exact_and_the_next_is_not(n):
    nodes, weights = gauss_legendre(n)
    found = [float(weights @ nodes**k) for k in range(2 * n)]
    np.testing.assert_allclose(found, 1 / np.arange(1, 2 * n + 1), rtol=1e-13)
    if n < 10:  # beyond, the error is below rounding
        assert abs(weights @ nodes ** (2 * n) - 1 / (2 * n + 1)) > 1e-13


@pytest.mark.parametrize("n", LARGE)
def test_many_nodes_integrate_waves_and_thin_layers(n):
    nodes, weights = gauss_legendre(n)
    waves = np.sin(1.6 * n) / (1.6 * n)
    assert weights @ np.cos(1.6 * n * nodes) == pytest.approx(waves, rel=0, abs=1e-13)
    assert weights @ np.exp(nodes) == pytest.approx(np.e - 1, rel=1e-14)
    layer = 25 / n**2
    assert weights @ (1 / (nodes + layer)) == pytest.approx(np.log((1 + layer) / layer), rel=1e-6)
    assert weights @ nodes ** (2 * n - 1) == pytest.approx(1 / (2 * n), rel=1e-10)


@pytest.mark.parametrize("n", [1, 2, 3, 8, 9, *LARGE])
def test_nodes_are_inside_ascending_and_symmetric_and_weights_add_up_to_one(n):
    nodes, weights = gauss_legendre(n)
    assert len(nodes) == len(weights) == n
    assert nodes.min() > 0
    assert nodes.max() < 1
    assert (np.diff(nodes) > 0).all()
    np.testing.assert_allclose(nodes + nodes[::-1], 1, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(weights, weights[::-1])
    assert weights.sum() == pytest.approx(1, rel=0, abs=1e-14)


def test_too_many_nodes_say_how_many_and_what_else():
    with pytest.raises(InvalidValueError, match=r"at most 32\u2009768 points, got n_steps=100000.*riemann_middle"):
        IntegratedGradients(n_steps=100_000, rule="gausslegendre")
    assert len(rules.rule("riemann_middle", 100_000)[0]) == 100_000
