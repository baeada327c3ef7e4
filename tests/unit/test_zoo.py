"""The zoo: for models as people write them the numbers are right, and the models are left as they were.

The oracle runs one point at a time: plain autograd at the midpoints of the path.
"""

import pytest
import torch
from torch import Tensor, nn

import whylight as wl
from tests.unit.test_state import state
from tests.unit.zoo import CASES, Case, made

STEPS = 8


def row(kwargs: dict, i: int, n: int) -> dict:
    return {k: v[i : i + 1] if isinstance(v, Tensor) and len(v) == n else v for k, v in kwargs.items()}


def literal(case: Case) -> list[Tensor]:
    """Integrated gradients from zero by the midpoint rule, sample by sample and point by point."""
    n, maps = len(case.inputs[0]), [torch.zeros_like(x) for x in case.inputs]
    for i in range(n):
        for k in range(STEPS):
            point = [((k + 0.5) / STEPS * x[i : i + 1]).requires_grad_() for x in case.inputs]
            held = [p.clone() for p in point]  # models write into their inputs
            score = case.score(case.model(*held, **row(case.kwargs, i, n)))
            for total, gradient, x in zip(maps, torch.autograd.grad(score.sum(), point), case.inputs, strict=True):
                total[i] += gradient[0] * x[i] / STEPS
    return maps


@pytest.mark.parametrize("name", CASES)
def test_integrated_gradients_of_the_zoo(name):
    case = made(name)
    module = isinstance(case.model, nn.Module)
    before = state(case.model) if module else None
    options = {"target": case.target if name != "siamese" else None, "forward_kwargs": case.kwargs}
    x = case.inputs if len(case.inputs) > 1 else case.inputs[0]
    found = wl.attribute(case.model, x, baseline=0, n_steps=STEPS, rule="riemann_middle", **options)
    converged = wl.attribute(case.model, x, baseline=0, tol=1e-3, **options)
    assert not module or state(case.model) == before
    if module:
        case.model.eval()
    for ours, theirs in zip(
        found.attributions if len(case.inputs) > 1 else (found.attributions,), literal(case), strict=True
    ):
        assert torch.allclose(ours, theirs, rtol=1e-9, atol=1e-12)
    whole = converged.attributions if len(case.inputs) > 1 else (converged.attributions,)
    size = sum(a.flatten(1).abs().sum(1) for a in whole)
    assert (converged.convergence_delta.abs() <= 2e-3 * size).all()


@pytest.mark.parametrize("name", CASES)
def test_contextual_decomposition_of_the_zoo(name):
    case = made(name)
    module = isinstance(case.model, nn.Module)
    before = state(case.model) if module else None
    generator = torch.Generator().manual_seed(1)
    masks = tuple(torch.rand(x.shape, generator=generator) > 0.5 for x in case.inputs)
    several = len(case.inputs) > 1
    found = wl.contextual_decomposition(
        case.model,
        case.inputs if several else case.inputs[0],
        masks if several else masks[0],
        target=case.score,
        forward_kwargs=case.kwargs,
    )
    assert not module or state(case.model) == before
    if module:
        case.model.eval()
    expected = case.score(case.model(*(x.clone() for x in case.inputs), **case.kwargs))
    assert torch.allclose(found.relevant + found.irrelevant, expected.detach(), rtol=1e-9, atol=1e-9)
    assert (found.relevant != 0).all()
    assert (found.irrelevant != 0).all()
