"""Two different questions never share cached gradients, however alike their names are."""

import gc

import torch

import whylight as wl
from tests.unit.models import mlp, points
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.explainer.request import Request
from whylight.problem.gradient_cache import GradientCache


def same_as_fresh(*requests: dict, labels: list[str] | None = None) -> None:
    net, x = mlp(act=torch.nn.Tanh), points(2, 5)
    task = Explainer(net, x, Options(labels=labels), store=GradientCache())
    for request in requests:
        *_, found = task.refine(Request(n_steps=9, **request))
        fresh = wl.attribute(net, x, n_steps=9, labels=labels, **request)
        assert torch.allclose(found.attributions, fresh.attributions, rtol=0, atol=1e-14), request


def test_classes_scalars_and_lists():
    same_as_fresh({"target": 0}, {"target": 1}, {"target": [0, 1]}, {"target": [1, 0]}, {"target": None})


def test_labels_that_occur_twice():
    same_as_fresh({"target": 0}, {"target": 1}, {"target": 2}, labels=["crane", "crane", "dog"])


def test_contrasts_of_different_classes():
    same_as_fresh({"target": wl.contrast(0, 1)}, {"target": wl.contrast(1, 0)}, {"target": wl.contrast(2, 0)})


def test_contrasts_of_labels_that_occur_twice():
    first, second = {"target": wl.contrast(0, 2)}, {"target": wl.contrast(1, 2)}
    same_as_fresh(first, second, labels=["crane", "crane", "dog"])


def test_contrasts_of_callables():
    zero, one, two = (lambda o: o[:, 0]), (lambda o: o[:, 1]), (lambda o: o[:, 2])
    same_as_fresh({"target": wl.contrast(zero, one)}, {"target": wl.contrast(two, one)})


def test_contrasts_of_lists():
    same_as_fresh({"target": wl.contrast([0, 1], 2)}, {"target": wl.contrast([1, 0], 2)})


def test_callable_targets_that_come_and_go():
    net, x = mlp(act=torch.nn.Tanh), points(2, 5)
    task = Explainer(net, x, Options(), store=GradientCache())
    for factor in range(1, 8):
        *_, found = task.refine(Request(target=lambda o, factor=factor: factor * o[:, 0], n_steps=9))
        expected = factor * wl.attribute(net, x, target=0, n_steps=9).attributions
        assert torch.allclose(found.attributions, expected, rtol=0, atol=1e-12)
        del found
        gc.collect()


def test_baselines_that_come_and_go():
    net, x = mlp(act=torch.nn.Tanh), points(2, 5)
    task = Explainer(net, x, Options(target=0), store=GradientCache())
    for k in range(8):
        *_, found = task.refine(Request(target=0, baseline=torch.full((1, 5), float(k)), n_steps=9))
        fresh = wl.attribute(net, x, target=0, baseline=float(k), n_steps=9)
        assert torch.allclose(found.attributions, fresh.attributions, rtol=0, atol=1e-12)
        del found
        gc.collect()


def test_a_baseline_that_is_written_to():
    net, x, start = mlp(act=torch.nn.Tanh), points(2, 5), torch.zeros(1, 5).double()
    task = Explainer(net, x, Options(target=0), store=GradientCache())
    list(task.refine(Request(target=0, baseline=start, n_steps=9)))
    start += 1
    *_, found = task.refine(Request(target=0, baseline=start, n_steps=9))
    assert torch.allclose(found.attributions, wl.attribute(net, x, target=0, baseline=1.0, n_steps=9).attributions)


def test_numbers_that_agree_in_six_digits():
    net, x = mlp(act=torch.nn.Tanh), points(1, 5)
    task = Explainer(net, x, Options(target=0), store=GradientCache())
    for start in (1000.0001, 1000.0002):
        *_, found = task.refine(Request(target=0, baseline=start, n_steps=9, rule="riemann_left"))
        fresh = wl.attribute(net, x, target=0, baseline=start, n_steps=9, rule="riemann_left")
        assert torch.equal(found.attributions, fresh.attributions)
