"""Rules for the path integral: weights, degree of exactness, nesting, and the errors known in closed form."""

from math import factorial

import numpy as np
import pytest
import torch

import whylight as wl
from whylight.errors import InvalidValueError
from whylight.quadrature import rules
from whylight.quadrature.rules import RULES

SIZES = [1, 2, 3, 4, 5, 7, 8, 16, 33, 50, 64, 100, 257]


def integral(name: str, n: int, g) -> float:
    nodes, weights = rules.rule(name, n)
    return float(weights @ g(nodes))


def sizes(name: str) -> list[int]:
    return [n for n in SIZES if n > 1 or name != "riemann_trapezoid"]


@pytest.mark.parametrize("name", RULES)
def test_weights_sum_to_one_and_nodes_lie_on_the_path(name):
    for n in sizes(name):
        nodes, weights = rules.rule(name, n)
        assert len(nodes) == len(weights) == n
        assert abs(weights.sum() - 1) < 1e-14
        assert (weights > 0).all()
        assert nodes.min() >= 0
        assert nodes.max() <= 1
        assert (np.diff(nodes) > 0).all()
        assert nodes.dtype == weights.dtype == np.float64


@pytest.mark.parametrize("name", RULES)
def test_constant_is_exact_with_every_rule(name):
    for n in sizes(name):
        assert integral(name, n, lambda a: np.full_like(a, 3.7)) == pytest.approx(3.7, abs=1e-13)


@pytest.mark.parametrize("name", ["auto", "gausslegendre", "riemann_middle", "riemann_trapezoid"])
def test_degree_one_is_exact(name):
    for n in sizes(name):
        if name == "auto" and n == 1:
            continue  # the single node is the input itself
        assert integral(name, n, lambda a: 2 * a - 5) == pytest.approx(-4, abs=1e-13)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_gauss_legendre_is_exact_to_degree_2n_minus_1_and_no_further(n):
    for degree in range(2 * n):
        assert integral("gausslegendre", n, lambda a, d=degree: a**d) == pytest.approx(1 / (degree + 1), abs=1e-14)
    missed = 1 / (2 * n + 1) - integral("gausslegendre", n, lambda a: a ** (2 * n))
    assert missed == pytest.approx(factorial(n) ** 4 / factorial(2 * n) ** 2 / (2 * n + 1), rel=1e-4)


def test_ninth_power_with_eight_gauss_nodes():
    assert integral("gausslegendre", 8, lambda a: a**9) == pytest.approx(0.1, abs=1e-14)


@pytest.mark.parametrize(("name", "error"), [("riemann_middle", -1 / 12), ("riemann_trapezoid", 1 / 6)])
def test_second_order_rules_miss_the_square_by_the_textbook_term(name, error):
    intervals = 10
    n = intervals + (name == "riemann_trapezoid")
    assert integral(name, n, lambda a: a**2) - 1 / 3 == pytest.approx(error / intervals**2, abs=1e-14)


def test_middle_error_is_half_the_trapezoid_error_with_the_opposite_sign():
    true = 1 - np.cos(1)
    middle = integral("riemann_middle", 20, np.sin) - true
    trapezoid = integral("riemann_trapezoid", 21, np.sin) - true
    assert middle / trapezoid == pytest.approx(-0.5, abs=1e-3)


@pytest.mark.parametrize("n", [1, 2, 10, 50])
def test_left_and_right_miss_a_line_by_half_a_step(n):
    assert integral("riemann_left", n, lambda a: a) == pytest.approx(0.5 - 0.5 / n, abs=1e-14)
    assert integral("riemann_right", n, lambda a: a) == pytest.approx(0.5 + 0.5 / n, abs=1e-14)


def test_nested_order_is_one_zero_then_ever_finer_halvings():
    assert rules.nested(9).tolist() == [1, 0, 0.5, 0.25, 0.75, 0.125, 0.625, 0.375, 0.875]


def test_every_prefix_of_the_nested_order_extends_the_shorter_ones():
    longest = rules.nested(300)
    assert len(set(longest.tolist())) == 300
    for n in range(1, 300):
        assert np.array_equal(rules.nested(n), longest[:n])


def test_complete_levels_are_evenly_spaced_and_equal_the_trapezoid_rule():
    for n in (2, 3, 5, 9, 17, 33, 65, 129, 257):
        for ours, theirs in zip(rules.rule("auto", n), rules.rule("riemann_trapezoid", n), strict=True):
            assert np.allclose(ours, theirs, rtol=0, atol=1e-15)


def test_midpoints_are_spread_well_at_every_prefix():
    assert rules.midpoints(0).tolist() == [0.5]
    assert rules.midpoints(2).tolist() == [0.125, 0.625, 0.375, 0.875]
    for level in range(8):
        nodes = rules.midpoints(level)
        assert sorted(nodes) == [(k + 0.5) / 2**level for k in range(2**level)]
        for k in range(level + 1):  # the first 2**k nodes hit every one of 2**k equal parts once
            assert sorted(int(node * 2**k) for node in nodes[: 2**k]) == list(range(2**k))


def test_voronoi_weights_of_uneven_nodes_integrate_a_line_between_the_ends():
    nodes = np.array([0, 0.1, 0.15, 0.7, 1])
    assert rules.voronoi_weights(nodes) @ (3 * nodes + 1) == pytest.approx(2.5, abs=1e-14)


@pytest.mark.parametrize("n", range(2, 20))
def test_embedded_weights_use_every_second_node(n):
    nodes, _ = rules.rule("riemann_middle", n)
    weights = rules.embedded_weights(nodes)
    assert weights.sum() == pytest.approx(1, abs=1e-14)
    assert np.count_nonzero(weights) in (n // 2, (n + 1) // 2)


def test_one_node_has_no_embedded_rule():
    assert rules.embedded_weights(np.array([0.5])).tolist() == [0]


def test_results_that_are_cached_cannot_be_changed_by_a_caller():
    nodes, _ = rules.rule("gausslegendre", 4)
    with pytest.raises(ValueError, match="read-only"):
        nodes[0] = 7


def product(x):
    return x[:, 0] * x[:, 1]


@pytest.mark.parametrize(
    ("name", "each"),
    [
        ("riemann_left", 0.49),
        ("riemann_right", 0.51),
        ("riemann_middle", 0.5),
        ("riemann_trapezoid", 0.5),
        ("gausslegendre", 0.5),
        ("auto", 0.5),
    ],
)
def test_fifty_steps_on_a_product(name, each):
    x = torch.ones(1, 2, dtype=torch.float64)
    found = wl.attribute(product, x, rule=name, n_steps=50)
    assert torch.allclose(found.attributions, torch.full_like(x, each), rtol=0, atol=1e-13)
    assert found.convergence_delta.item() == pytest.approx(2 * each - 1, abs=1e-13)


def test_gauss_legendre_keeps_a_gap_at_a_kink():
    kinked = lambda x: (x[:, 0] + 2 * x[:, 1] - 3).relu()
    found = wl.attribute(kinked, torch.tensor([[3.0, 2.0]], dtype=torch.float64), rule="gausslegendre", n_steps=50)
    assert found.convergence_delta.item() == pytest.approx(-6.6e-2, abs=1e-3)


@pytest.mark.parametrize("n", [0, -1])
def test_too_few_points(n):
    for name in RULES:
        with pytest.raises(InvalidValueError, match=f"got {n}"):
            rules.rule(name, n)
    with pytest.raises(ValueError, match="at least 1"):
        rules.nested(n)


def test_trapezoid_needs_two_points():
    with pytest.raises(InvalidValueError, match="n_steps >= 2, got 1"):
        rules.rule("riemann_trapezoid", 1)


def test_a_misspelt_rule_names_the_near_miss():
    with pytest.raises(InvalidValueError, match=r"Unknown rule 'gauslegendre'\. Did you mean 'gausslegendre'"):
        rules.rule("gauslegendre", 3)
