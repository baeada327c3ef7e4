"""Several targets of one input: the answers of single calls, from one forward pass per path point."""

import pytest
import torch
from torch import Tensor, nn

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, conv_net, counted, mlp, points
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.explainer.request import Request
from whylight.problem.gradient_cache import GradientCache


def margin(outputs: Tensor) -> Tensor:
    return outputs[:, 0] - outputs[:, 1:].mean(1)


LISTS = [[0, 1], [2, 0, 1], [1, wl.contrast(0, 2)], [margin, 2], [None, 0]]
STEPS = [{"n_steps": 9}, {"n_steps": 40}, {"tol": 0.003}, {"n_steps": 12, "rule": "gausslegendre"}]
STEPS += [{"n_steps": 12, "rule": "riemann_right", "baseline": [0.0, 1.0]}, {"method": "input_gradient"}]


@pytest.mark.parametrize("wanted", LISTS, ids=["two", "all", "contrast", "callable", "best"])
@pytest.mark.parametrize("options", STEPS, ids=str)
def test_every_row_is_the_answer_of_a_single_call(wanted, options):
    net, x = mlp(), points(1, 5)
    found = wl.attribute(net, x, target=wanted, **options)
    alone = [wl.attribute(net, x, target=t, **options) for t in wanted]
    assert found.attributions.shape == (len(wanted), 5)
    for name in ("attributions", "error_estimate", "score", "baseline_score", "convergence_delta"):
        if getattr(found, name) is not None:
            expected = torch.cat([getattr(a, name) for a in alone])
            assert torch.allclose(getattr(found, name), expected, rtol=0, atol=1e-12), name
    assert found.n_evaluations == max(a.n_evaluations for a in alone)
    assert found.view is None


@pytest.mark.parametrize("wanted", [torch.tensor([2, 0]), torch.tensor([2, 0]).numpy(), ["c", "a"]], ids=type)
def test_tensors_arrays_and_labels_are_lists_too(wanted):
    found = wl.attribute(mlp(), points(1, 5), target=wanted, labels=["a", "b", "c"], n_steps=9)
    assert found.target == "c, a"
    assert len(found.attributions) == 2


@pytest.mark.parametrize(("options", "passes"), [({"n_steps": 40, "rule": "gausslegendre"}, 40), ({"n_steps": 9}, 9)])
@pytest.mark.parametrize("wanted", [[0], [0, 1], [0, 1, 2, wl.contrast(0, 1)]], ids=len)
def test_one_forward_pass_serves_all_targets(options, passes, wanted):
    net = mlp()
    with counted(net) as count:
        wl.attribute(net, points(1, 5), target=wanted, **options)
    assert count.gradients == passes


def test_targets_that_part_ways_share_what_they_can():
    net, x, wanted = mlp(width=64), points(1, 5), [0, 1, 2]
    with counted(net) as count:
        found = wl.attribute(net, x, target=wanted, n_steps=40)
    assert found.n_evaluations == 40
    assert 40 < count.gradients < 3 * 40


def test_each_target_stops_on_its_own():
    net, x, easy = mlp(), points(1, 5), lambda outputs: outputs.new_zeros(len(outputs)) + outputs.sum() * 0
    ticks = []
    list(Explainer(net, x, Options(target=[0, easy], tol=0.003)).refine(tick=ticks.append))
    alone = wl.attribute(net, x, target=0, tol=0.003).n_evaluations
    assert alone > 17
    assert sum(ticks) < alone + 17


def test_the_store_knows_each_target():
    net, x = mlp(), points(1, 5)
    task = Explainer(net, x, Options(), store=GradientCache())

    def cost(target, **request) -> int:
        with counted(net) as count:
            list(task.refine(Request(target=target, **request)))
        return count.gradients

    assert cost([0, 1], n_steps=9) == 9
    assert cost(0, n_steps=9) == 0
    assert cost([1, 0], n_steps=9) == 0
    assert cost([2, 1], n_steps=9) == 9
    assert cost(2, method="input_gradient") == 0
    assert cost([0, 1, 2], n_steps=9, baseline=1.0) == 8


def test_pictures_texts_and_further_inputs():
    net, x = conv_net(dtype=torch.float64).eval(), points(1, 3, 8, 8)
    found = wl.attribute(net, x, target=[0, 2], n_steps=17).attributions
    assert torch.allclose(found[1:], wl.attribute(net, x, target=2, n_steps=17).attributions, rtol=0, atol=1e-12)
    texts = [wl.attribute(Bag(), "one two", tokenizer=WordTokenizer(), target=t, n_steps=9) for t in ([0, 2], 2)]
    assert torch.allclose(texts[0].attributions[1:], texts[1].attributions, rtol=0, atol=1e-12)
    F = lambda x, scale: torch.stack([(x * scale).sum(1), (x * x).sum(1)], 1)
    found = wl.attribute(F, x.flatten(1), target=[0, 1], n_steps=9, forward_kwargs={"scale": 2 * x.flatten(1)})
    assert torch.allclose(found.attributions, torch.cat([2 * x.flatten(1) ** 2, x.flatten(1) ** 2]))


@pytest.mark.parametrize("limit", [1, 3])
def test_memory_running_out_changes_nothing(limit):
    class Small(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = mlp()

        def forward(self, x: Tensor) -> Tensor:
            if len(x) > limit:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return self.net(x)

    found, expected = (wl.attribute(net, points(1, 5), target=[0, 1], n_steps=33) for net in (Small(), mlp()))
    assert torch.allclose(found.attributions, expected.attributions, rtol=0, atol=1e-12)


def test_a_batch_keeps_one_target_per_sample():
    with pytest.raises(ValueError, match="list of 3, but there are 2 samples"):
        wl.attribute(mlp(), points(2, 5), target=[0, 1, 2])


@pytest.mark.parametrize("wanted", [[[0, 1], 2], wl.contrast([0, 1], 2), torch.tensor([[0, 1], [1, 2]])], ids=type)
def test_lists_do_not_nest(wanted):
    with pytest.raises(TypeError, match="cannot stand inside"):
        wl.attribute(mlp(), points(1, 5), target=wanted)


def test_the_widget_shows_one_target_at_a_time():
    with pytest.raises(ValueError, match="use attribute"):
        wl.explain(mlp(), points(1, 5), target=[0, 1])


def test_the_path_is_that_of_one_target():
    with pytest.raises(ValueError, match="list of 2"):
        wl.path(mlp(), points(1, 5), target=[0, 1])
