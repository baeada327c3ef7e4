"""No gradient is computed twice: counted by a forward hook on the model."""

from itertools import pairwise

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import counted, looked_at, mlp, points
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.explainer.request import Request
from whylight.problem.gradient_cache import GradientCache


def task_for(net: nn.Module, n: int = 1, **options) -> Explainer:
    return Explainer(net, points(n, 5), Options(target=0, **options), store=GradientCache())


def cost(task: Explainer, net: nn.Module, **request) -> int:
    with counted(net) as count:
        *_, last = task.refine(Request(target=0, **request))
    assert last.final
    return count.gradients


@pytest.mark.parametrize("n", range(1, 71))
def test_n_steps_cost_exactly_n_gradients(n):
    net = mlp()
    with counted(net) as count:
        wl.attribute(net, points(1, 5), target=0, n_steps=n)
    assert count.gradients == n


@pytest.mark.parametrize("samples", [1, 3])
def test_refining_costs_only_the_difference(samples):
    net = mlp()
    task = task_for(net, samples)
    assert cost(task, net, n_steps=33) == 33 * samples
    assert cost(task, net, n_steps=65) == 32 * samples
    assert cost(task, net, n_steps=33) == 0
    assert cost(task, net, n_steps=65) == 0


def test_steps_between_levels_are_reused_too():
    net = mlp()
    task = task_for(net)
    assert cost(task, net, n_steps=32) == 32
    assert cost(task, net, n_steps=64) == 32
    assert cost(task, net, n_steps=50) == 0
    assert cost(task, net, n_steps=70) == 6
    assert cost(task, net, n_steps=129) == 59


def test_a_single_gradient_is_shared_between_methods():
    net = mlp()
    task = task_for(net)
    assert cost(task, net, n_steps=9) == 9
    assert cost(task, net, method="input_gradient") == 0
    assert cost(task, net, method="input_x_gradient") == 0


def test_only_the_input_itself_is_shared_between_baselines():
    net = mlp()
    task = task_for(net)
    assert cost(task, net, n_steps=9) == 9
    assert cost(task, net, n_steps=9, baseline=1.0) == 8
    assert cost(task, net, n_steps=9, baseline="mean") == 8
    assert cost(task, net, n_steps=9, baseline=[0.0, 1.0]) <= 8


def test_other_targets_are_new_work():
    net = mlp()
    task = task_for(net)
    assert cost(task, net, n_steps=9) == 9
    with counted(net) as count:
        *_, last = task.refine(Request(target=1, n_steps=9))
    assert count.gradients == 9
    assert last.target == "class 1"


def test_other_rules_reuse_the_nodes_they_share():
    net = mlp()
    task = task_for(net)
    assert cost(task, net, n_steps=9) == 9  # evenly spaced so far
    assert cost(task, net, n_steps=9, rule="riemann_trapezoid") == 0
    assert cost(task, net, n_steps=8, rule="riemann_left") == 0
    assert cost(task, net, n_steps=8, rule="riemann_right") == 0
    assert cost(task, net, n_steps=8, rule="gausslegendre") == 8


def test_changed_weights_are_noticed():
    net = mlp()
    task = task_for(net)
    assert cost(task, net, n_steps=9) == 9
    with torch.no_grad():
        net[0].weight.mul_(1.5)
    assert cost(task, net, n_steps=9) == 9
    *_, last = task.refine(Request(target=0, n_steps=9))
    assert torch.allclose(last.attributions, wl.attribute(net, points(1, 5), target=0, n_steps=9).attributions)


def test_without_a_store_nothing_is_kept_but_nothing_is_repeated():
    net = mlp()
    task = Explainer(net, points(1, 5), Options(target=0))
    assert cost(task, net, n_steps=33) == 33
    assert cost(task, net, n_steps=33) == 33


def test_the_store_forgets_the_oldest_when_it_is_full():
    net = mlp()
    row = 5 * 8  # bytes of one gradient
    task = Explainer(net, points(1, 5), Options(target=0), store=GradientCache(max_bytes=20 * row))
    whole = wl.attribute(net, points(1, 5), target=0, n_steps=33)
    assert cost(task, net, n_steps=33) == 33
    assert cost(task, net, n_steps=33) > 0
    *_, last = task.refine(Request(target=0, n_steps=33))
    assert torch.allclose(last.attributions, whole.attributions, rtol=0, atol=1e-13)


def test_an_answer_from_the_store_equals_a_fresh_one_exactly():
    net, x = mlp(), points(2, 5)
    task = Explainer(net, x, Options(target=0), store=GradientCache())
    first, second = ([*task.refine(Request(target=0, n_steps=65))][-1] for _ in range(2))
    assert torch.equal(first.attributions, second.attributions)
    assert torch.equal(first.error_estimate, second.error_estimate)
    assert torch.equal(first.score, second.score)


def test_refine_goes_from_coarse_to_fine():
    net, x = mlp(act=nn.Tanh), points(2, 5)
    exact = wl.attribute(net, x, target=0, rule="gausslegendre", n_steps=100).attributions
    found = list(wl.refine(net, x, target=0, n_steps=129))
    counts = [a.n_evaluations for a in found]
    assert (counts[0], counts[-1]) == (9, 129)
    assert all(b >= 1.5 * a for a, b in pairwise(counts[:-1]))
    assert [a.final for a in found] == [False] * (len(found) - 1) + [True]
    errors = [float((a.attributions - exact).norm()) for a in found]
    assert errors == sorted(errors, reverse=True)
    assert [a.n_evaluations for a in wl.refine(net, x, target=0, n_steps=20)] == [9, 17, 20]


def test_large_inputs_are_seen_after_five_points_and_answered_alike():
    x = torch.linspace(0, 1, 2**15, dtype=torch.float64)[None]
    score = lambda x: (x * x.tanh()).sum(1)
    counts = [a.n_evaluations for a in wl.refine(score, x, n_steps=17)]
    assert counts[:2] == [5, 9]
    assert counts[-1] == 17
    small = wl.attribute(score, x[:, ::16], n_steps=17)
    large = wl.attribute(score, x, n_steps=17)
    assert torch.allclose(large.attributions[:, ::16], small.attributions, rtol=0, atol=1e-12)


@pytest.mark.parametrize("request_", [{"n_steps": 65}, {"tol": 0.001}, {"n_steps": 20, "rule": "gausslegendre"}])
def test_the_finished_answer_is_the_last_of_the_refinement_and_the_only_one_made(request_):
    task = Explainer(mlp(), points(2, 5), Options(target=0, **request_))
    *_, last = task.refine()
    made = list(task._refine(task.request, lambda _: None, final_only=True))
    assert [a.final for a in made] == [True]
    for one in (made[0], task.answer()):
        assert one.n_evaluations == last.n_evaluations
        assert torch.equal(one.attributions, last.attributions)
        assert torch.equal(one.error_estimate, last.error_estimate)
        assert torch.equal(one.convergence_delta, last.convergence_delta)


def test_closing_early_stops_the_work():
    net = mlp()
    with counted(net) as count:
        steps = wl.refine(net, points(1, 5), target=0, n_steps=1025)
        next(steps)
        steps.close()
    assert count.gradients == 9


class StopError(Exception):
    pass


def test_a_tick_that_raises_stops_within_a_chunk_and_paid_gradients_stay():
    net = mlp()
    task = task_for(net, internal_batch_size=4)
    done = []

    def tick(count: int) -> None:
        done.append(count)
        if sum(done) >= 20:
            raise StopError

    with counted(net) as count, pytest.raises(StopError):
        list(task.refine(Request(target=0, n_steps=257), tick=tick))
    assert count.gradients == sum(done) <= 24
    assert max(done) <= 4
    assert cost(task, net, n_steps=257) == 257 - count.gradients


def test_progress_counts_gradients():
    seen = []
    wl.attribute(mlp(), points(2, 5), target=0, n_steps=33, internal_batch_size=8, progress=seen.append)
    assert seen[-1] == 66
    assert seen == sorted(seen)


# ---------------------------------------------------------------- every pair of requests


RULES = ["riemann_left", "riemann_right", "riemann_middle", "riemann_trapezoid", "gausslegendre"]
ASKED = [{"method": "input_gradient"}, {"tol": 0.003}]
ASKED += [{"n_steps": n} for n in (5, 9, 17, 33)]
ASKED += [{"n_steps": n, "rule": rule} for rule in RULES for n in (8, 16, 24, 32)]


class Ledger(nn.Module):
    """Writes down where between 0 and its input it was asked, with and without gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.net, self.gradients, self.scores = mlp(), [], []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        places = (x[:, 0] / points(1, 5)[0, 0]).tolist()
        (self.gradients if x.requires_grad else self.scores).extend(round(p, 12) for p in places)
        return self.net(x)

    def ask(self, task: Explainer, request: dict) -> tuple[list[float], list[float]]:
        self.gradients, self.scores = [], []
        list(task.refine(Request(**request)))
        return self.gradients, self.scores


@pytest.fixture(scope="module")
def alone() -> list[tuple[set[float], set[float]]]:
    """Where each request evaluates gradients and mere scores if it comes first."""
    found = []
    for request in ASKED:
        net = Ledger()
        looked_at(net, points(1, 5))
        gradients, scores = net.ask(Explainer(net, points(1, 5), Options(target=0), store=GradientCache()), request)
        assert len(set(gradients)) == len(gradients)
        assert len(set(scores)) == len(scores)
        found.append((set(gradients), set(scores)))
    return found


@pytest.mark.parametrize("first", range(len(ASKED)), ids=lambda i: str(ASKED[i]))
@pytest.mark.parametrize("second", range(len(ASKED)), ids=lambda i: str(ASKED[i]))
def test_the_second_request_evaluates_only_what_is_new(alone, first, second):
    net = Ledger()
    looked_at(net, points(1, 5))
    task = Explainer(net, points(1, 5), Options(target=0), store=GradientCache())
    net.ask(task, ASKED[first])
    gradients, scores = net.ask(task, ASKED[second])
    assert sorted(gradients) == sorted(alone[second][0] - alone[first][0])
    assert sorted(scores) == sorted(alone[second][1] - alone[first][1] - alone[first][0])
