"""Panels: exact counts, the same nodes for every number of points, where they go, and how much is kept."""

import numpy as np
import pytest
import torch

import whylight as wl
from tests.unit.models import mlp, points
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.explainer.request import Request
from whylight.problem.gradient_cache import GradientCache
from whylight.quadrature.adaptive import MOST, AdaptiveQuadrature
from whylight.quadrature.bisection import BATCH, OPEN
from whylight.quadrature.estimate import pooled
from whylight.quadrature.halving import Halving
from whylight.quadrature.path_integral import FIRST
from whylight.results.attribution import COVER

REAL = torch.float64


def grown(
    slope, limit: int, *, kinked: bool = True, first: int = FIRST, score=lambda a: np.nan
) -> tuple[AdaptiveQuadrature, list[float]]:
    """A path whose gradient at alpha is `slope(alpha)`, and the nodes it asked for in order."""
    like = torch.zeros(1, len(slope(0.5)), dtype=REAL)
    paths, nodes = AdaptiveQuadrature(like, lambda: kinked, first, np.ones(1), np.finfo(float).eps), []
    while paths.left(limit):
        _samples, asked = paths.ask(limit)
        rows = torch.tensor(np.stack([slope(a) for a in asked]), dtype=REAL)
        paths.put(np.arange(len(asked)), rows, np.array([score(a) for a in asked]), rows.sum(1).numpy())
        paths.tell()
        nodes += asked.tolist()
    paths.read()
    return paths, nodes


def errors(paths: AdaptiveQuadrature) -> torch.Tensor:
    return COVER * paths.deviation()[0]


def kink(place: float):
    return lambda a: np.array([1.0 if a < place else 3.0, 0.5])


def wiggles(a: float) -> np.ndarray:
    return np.sign(np.sin(np.arange(1, 30) * (a + 0.1) * 7))


@pytest.mark.parametrize("kinked", [True, False])
@pytest.mark.parametrize("slope", [kink(0.3), wiggles, lambda a: np.array([a**5, 1.0]), lambda a: np.zeros(2)])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 10, 17, 18, 33, 34, 50, 129, 400, 4096])
def test_every_number_of_points_is_met_with_nodes_that_differ(slope, n, kinked):
    panels, nodes = grown(slope, n, kinked=kinked)
    assert panels.sizes[0] == len(nodes) == len(set(nodes)) == n
    assert all(0 <= a <= 1 for a in nodes)
    assert torch.isfinite(errors(panels)).all()


@pytest.mark.parametrize("kinked", [True, False])
@pytest.mark.parametrize("slope", [kink(0.3), wiggles])
def test_every_n_uses_all_nodes_of_smaller_n(slope, kinked):
    longest = grown(slope, 300, kinked=kinked)[1]
    for n in range(1, 300, 7):
        assert set(grown(slope, n, kinked=kinked)[1]) <= set(longest)


def trapezoid(slope, nodes) -> np.ndarray:
    nodes = np.sort(nodes)
    values = np.stack([slope(a) for a in nodes])
    return ((values[1:] + values[:-1]) / 2 * np.diff(nodes)[:, None]).sum(0)


@pytest.mark.parametrize("n", [33, 65, 129, 257, 1001])
def test_the_sum_over_panels_is_the_trapezoid_rule_at_their_nodes(n):
    walk = np.random.default_rng(0).normal(size=(2**12 + 1, 1000)).cumsum(0)  # its changes have nothing in common
    scattered = lambda a: walk[round(a * 2**12)]
    panels, nodes = grown(scattered, n)
    far = panels.mean[0].numpy() - trapezoid(scattered, nodes)
    assert np.linalg.norm(far) < 0.1 * panels.spread[0]


@pytest.mark.parametrize("n", [33, 65, 129, 257, 1001])
def test_a_trend_below_the_kinks_is_simpsons(n):
    bent = lambda a: np.full(40, 1 / (a + 0.05))
    panels, nodes = grown(bent, n)
    exact = np.log(1.05 / 0.05)
    error, plain = (np.abs(found - exact).max() for found in (panels.mean[0].numpy(), trapezoid(bent, nodes)))
    assert error < plain / 4
    assert error < errors(panels).min()


def test_an_error_does_not_hang_on_the_last_bits():
    exact, rounded = (pooled(torch.tensor([[4.0, 1.0, same]], dtype=REAL), 1)[0] for same in (0, 1e-32))
    torch.testing.assert_close(rounded, exact, rtol=1e-15, atol=1e-15)
    assert exact.tolist() == pytest.approx([(11.5 / 4) ** 0.5, (8.5 / 4) ** 0.5, 0])


def test_the_first_nodes_are_evenly_spaced():
    assert sorted(grown(wiggles, OPEN)[1]) == [k / (OPEN - 1) for k in range(OPEN)]


@pytest.mark.parametrize("kinked", [True, False])
@pytest.mark.parametrize("n", [2, 4, 5, 9, 17, 33, 40, 65, 129])
def test_nine_points_in_one_go_lead_to_the_map_of_five_and_four(n, kinked):
    one, two = (grown(wiggles, n, kinked=kinked, first=first) for first in (OPEN, FIRST))
    assert sorted(one[1]) == sorted(two[1])
    assert torch.equal(one[0].mean, two[0].mean)
    assert torch.equal(errors(one[0]), errors(two[0]))


def test_a_round_takes_what_is_nearly_as_rough_as_the_roughest_and_no_more():
    even = grown(wiggles, OPEN)[0].ask(4096)[1]
    assert len(even) == 2 * 4 <= BATCH  # all four panels
    lone = grown(kink(0.3), OPEN)[0].ask(4096)[1]
    assert lone.min() > 0.25  # the panel of the kink alone
    assert lone.max() < 0.5


@pytest.mark.parametrize("place", [0.1, 0.3, 0.77])
def test_points_gather_at_a_kink(place):
    panels, nodes = grown(kink(place), 65)
    assert sum(abs(a - place) < 1 / 16 for a in nodes) > 20  # evenly spaced 8
    error = abs(float(panels.mean[0, 0]) - (place + 3 * (1 - place)))
    assert error < 2 / 64 / 8  # evenly spaced points would leave up to 2 / 64 / 2
    assert float(errors(panels)[1]) == 0  # nothing changes there


def test_a_smooth_path_is_met_to_the_last_digits():
    panels, _nodes = grown(lambda a: np.array([np.exp(a), a**3]), 257, kinked=False)
    assert np.allclose(panels.mean[0], [np.e - 1, 0.25], rtol=0, atol=1e-11)
    panels, _nodes = grown(lambda a: np.array([np.exp(a), a**3]), 4097, kinked=False)
    assert np.allclose(panels.mean[0], [np.e - 1, 0.25], rtol=0, atol=1e-13)


def test_levels_of_a_smooth_path_err_ever_less_and_say_so():
    exact = torch.tensor([np.e - 1, np.sin(8) / 8], dtype=REAL)
    before = 1.0
    for n in (9, 17, 33, 65, 129):
        panels = grown(lambda a: np.array([np.exp(a), np.cos(8 * a)]), n, kinked=False)[0]
        error = float((panels.mean[0] - exact).norm())
        assert error < before / 2
        assert error < float(errors(panels).norm())
        before = error
    assert error < 1e-6


def test_what_is_kept_does_not_grow_with_the_number_of_points():
    for n in (200, 4096):
        panels = grown(wiggles, n)[0]
        (pool,) = panels._pools
        assert isinstance(pool.paths, Halving)
        assert MOST <= pool.paths._totals.shape[1] < 1.5 * MOST


def test_going_on_from_the_store_uses_the_nodes_of_a_single_run():
    net = mlp()
    task = Explainer(net, points(1, 5), Options(target=0), store=GradientCache())
    for n in (7, 20, 50, 130):
        *_, last = task.refine(Request(target=0, n_steps=n))
        fresh = wl.attribute(net, points(1, 5), target=0, n_steps=n)
        assert torch.allclose(last.attributions, fresh.attributions, rtol=0, atol=1e-13)
    assert len(task.store) == 130


def test_samples_of_a_batch_stop_on_their_own():
    net, x = mlp(3), points(6, 5, seed=3)
    whole = wl.attribute(net, x, target=0, tol=0.01)
    alone = [wl.attribute(net, x[i : i + 1], target=0, tol=0.01) for i in range(6)]
    assert torch.allclose(whole.attributions, torch.cat([a.attributions for a in alone]), rtol=0, atol=1e-12)
    assert whole.n_evaluations == max(a.n_evaluations for a in alone)
    assert (whole.map_error <= 0.01).all()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n", [33, 65, 129])
def test_bounds_cover_95_in_100_values_of_a_path_with_many_kinks(n, seed):
    rng = np.random.default_rng(seed)
    places, jumps = np.sort(rng.random(200)), rng.normal(size=(200, 300))
    steps = np.concatenate([np.zeros((1, 300)), jumps.cumsum(0)])
    panels = grown(lambda a: steps[np.searchsorted(places, a)], n)[0]
    exact = np.diff(np.concatenate([[0], places, [1]])) @ steps
    error = np.abs(panels.mean[0].numpy() - exact)
    bounds = errors(panels).numpy()
    assert (error <= bounds).mean() >= 0.93
    assert 0.7 < np.linalg.norm(bounds) / COVER / np.linalg.norm(error) < 1.5
