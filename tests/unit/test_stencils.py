"""Local polynomials: exact for what they are made of, at nodes of any spacing, whatever is beside them."""

import numpy as np
import pytest

from whylight.quadrature import stencils

SPACINGS = {
    "even": np.linspace(0, 1, 9),
    "towards zero": np.r_[0, 2.0 ** -np.arange(12)[::-1]],
    "random": np.sort(np.r_[0, np.random.default_rng(0).random(10), 1]),
}


@pytest.mark.parametrize("nodes", SPACINGS.values(), ids=SPACINGS)
@pytest.mark.parametrize("order", [2, 3, 4, 6])
def test_polynomials_of_its_degree_are_exact_in_every_interval(nodes, order):
    (weights,) = stencils.interval_weights(nodes[None], order)
    for power in range(order):
        exact = np.diff(nodes ** (power + 1)) / (power + 1)
        assert weights @ nodes**power == pytest.approx(exact, rel=1e-8, abs=1e-11)


def test_two_nodes_are_the_trapezoid_rule():
    nodes = SPACINGS["random"]
    total = stencils.interval_weights(nodes[None], 2).sum(1)[0]
    assert total == pytest.approx(
        np.gradient(nodes) * np.r_[1, np.full(len(nodes) - 2, 1), 1] / np.r_[2, np.full(len(nodes) - 2, 1), 2]
    )


def test_paths_of_fewer_nodes_are_padded():
    few, many = np.linspace(0, 1, 7), np.linspace(0, 1, 9)
    both = np.stack([np.r_[few, np.nan, np.nan], many])
    weights = stencils.interval_weights(both, 6)
    assert np.array_equal(weights[0, :6, :7], stencils.interval_weights(few[None], 6)[0])
    assert not weights[0, 6:].any()
    assert not weights[0, :, 7:].any()
    assert np.array_equal(weights[1], stencils.interval_weights(many[None], 6)[0])
