"""The model, the process and the caller's tensors are found again exactly as they were, also after an exception."""

import threading

import numpy as np
import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, conv_net, mlp, points
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.inputs.embedding import _POINTS


def state(net: nn.Module) -> list:
    """Everything about a model and the process that must not change."""
    found = []
    for module in net.modules():
        hooks = (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks, module._backward_pre_hooks)
        found.append((module.training, *(tuple(h) for h in hooks)))
    found += [(p.requires_grad, id(p.grad), p.detach().clone().numpy().tobytes()) for p in net.parameters()]
    found += [b.clone().numpy().tobytes() for b in net.buffers()]
    found += [torch.get_rng_state().numpy().tobytes(), np.random.get_state()[1].tobytes()]  # noqa: NPY002
    flags = torch.backends.cudnn
    found += [
        flags.enabled,
        flags.benchmark,
        flags.deterministic,
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
    ]
    return found


def mixed_net() -> nn.Sequential:
    """Batch norm in eval mode in a net in train mode, one layer frozen, gradients and a hook of the user's own."""
    net = conv_net(dtype=torch.float64).train()
    net[1].eval()
    net[0].weight.requires_grad_(False)
    net(points(2, 3, 8, 8)).sum().backward()
    net.register_forward_hook(lambda *_: None)
    return net


@pytest.mark.parametrize("method", ["integrated_gradients", "input_gradient", "input_x_gradient"])
def test_everything_is_as_it_was_after_success(method):
    net, x = mixed_net(), points(2, 3, 8, 8).requires_grad_()
    before, image = state(net), x.detach().clone()
    found = wl.attribute(net, x, target=1, method=method)
    assert state(net) == before
    assert torch.equal(x.detach(), image)
    assert x.grad is None
    assert x.requires_grad
    assert not found.attributions.requires_grad


class Breaks(nn.Module):
    """Raises at the second pass with gradients."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net, self.calls = net, 0

    def forward(self, x):
        self.calls += torch.is_grad_enabled()
        if self.calls == 2:
            torch.rand(3)
            raise KeyError("the model broke")
        return self.net(x)


def test_everything_is_as_it_was_after_an_exception_in_the_model():
    net = Breaks(mixed_net())
    before = state(net)
    with pytest.raises(KeyError, match="the model broke"):
        wl.attribute(net, points(2, 3, 8, 8), target=1, internal_batch_size=2)
    assert net.calls == 2
    assert state(net) == before


def test_everything_is_as_it_was_while_and_after_a_refinement():
    net = mixed_net()
    before = state(net)
    steps = wl.refine(net, points(2, 3, 8, 8), target=1, n_steps=65)
    for _ in range(2):
        next(steps)
        assert state(net) == before
    steps.close()
    assert state(net) == before


def test_everything_is_as_it_was_when_a_tick_stops_the_work():
    net = mixed_net()
    before = state(net)

    def tick(count: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        list(Explainer(net, points(1, 3, 8, 8), Options(target=1)).refine(tick=tick))
    assert state(net) == before


def test_dropout_is_off_and_the_random_stream_goes_on_undisturbed():
    net = nn.Sequential(mlp(), nn.Dropout(0.5)).train()
    x = points(1, 5)
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    found = wl.attribute(net, x, target=0)
    assert torch.equal(torch.rand(4), expected)
    assert torch.equal(found.attributions, wl.attribute(net[0], x, target=0).attributions)


def test_a_model_that_draws_random_numbers_itself_does_not_move_the_stream():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    wl.attribute(lambda x: (x * torch.rand(5)).sum(1), points(1, 5))
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize("grad", [torch.no_grad, torch.enable_grad])
def test_works_whatever_the_grad_mode(grad):
    net, x = mlp(), points(2, 5)
    expected = wl.attribute(net, x, target=0)
    with grad():
        before = state(net)
        found = wl.attribute(net, x, target=0)
        assert state(net) == before
    assert torch.equal(found.attributions, expected.attributions)


@pytest.mark.parametrize("where", ["model outside", "input inside"])
def test_works_in_inference_mode(where):
    net, x = mlp(), points(2, 5)
    expected = wl.attribute(net, x, target=0)
    with torch.inference_mode():
        found = wl.attribute(net, x.clone() if where == "input inside" else x, target=0)
        assert torch.is_inference_mode_enabled()
    assert torch.equal(found.attributions, expected.attributions)


def test_an_input_made_in_inference_mode_works():
    net = mlp()
    with torch.inference_mode():
        x = points(2, 5).clone()
    assert wl.attribute(net, x, target=0).attributions.abs().sum() > 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_scripts_are_explained_frozen_or_not():
    net, x = mlp(), points(2, 5)
    expected = wl.attribute(net, x).attributions
    script = torch.jit.script(net)
    for made in (script, torch.jit.freeze(script), torch.jit.trace(net, x)):
        assert torch.allclose(wl.attribute(made, x).attributions, expected, rtol=0, atol=1e-12)


def test_frozen_parameters_do_not_matter():
    net, x = mlp(), points(2, 5)
    expected = wl.attribute(net, x, target=0)
    net.requires_grad_(False)
    assert torch.equal(wl.attribute(net, x, target=0).attributions, expected.attributions)
    assert not any(p.requires_grad for p in net.parameters())


def test_layers_keep_nothing_for_gradients_of_parameters():
    net, seen = mlp(), []
    net.register_forward_hook(
        lambda *_: seen.append([torch.is_grad_enabled() and p.requires_grad for p in net.parameters()])
    )
    wl.attribute(net, points(2, 5), target=0)
    assert not any(map(any, seen))
    assert all(p.requires_grad for p in net.parameters())


def in_place_net() -> nn.Sequential:
    return nn.Sequential(nn.ReLU(inplace=True), mlp(act=nn.Tanh))


def test_an_in_place_first_layer_gives_the_right_answer():
    x = points(2, 5)
    expected = wl.attribute(
        nn.Sequential(nn.ReLU(), mlp(act=nn.Tanh)), x.clone(), target=0, rule="riemann_middle", n_steps=9
    )
    found = wl.attribute(in_place_net(), x.clone(), target=0, rule="riemann_middle", n_steps=9)
    assert torch.equal(found.score, expected.score)
    assert torch.equal(found.attributions, expected.attributions)


def test_an_in_place_first_layer_leaves_the_callers_tensor_alone():
    x = points(2, 5)
    before = x.clone()
    wl.attribute(in_place_net(), x, target=0)
    assert torch.equal(x, before)


def test_an_in_place_layer_after_the_embedding_leaves_the_embedding_alone():
    class InPlace(Bag):
        def forward(self, ids):
            return self.net(self.words(ids).mul_(3).mean(1))

    class Plain(Bag):
        def forward(self, ids):
            return self.net((self.words(ids) * 3).mean(1))

    found, expected = (
        wl.attribute(model(), "one two three", tokenizer=WordTokenizer(), target=0, n_steps=9)
        for model in (InPlace, Plain)
    )
    assert torch.allclose(found.attributions, expected.attributions, rtol=0, atol=1e-14)


def test_the_text_hook_is_gone_after_an_exception():
    net = Bag()
    with pytest.raises(KeyError):
        wl.attribute(net, "one two", tokenizer=WordTokenizer(), forward_kwargs={"fail": True})
    assert not net.words._forward_hooks
    assert _POINTS.get() is None
    assert net(torch.tensor([[5, 6]])).shape == (1, 3)


def test_a_model_can_be_used_from_another_thread_while_it_is_explained():
    net, ids = Bag().eval(), torch.tensor([[2, 20, 30, 3]])  # as many tokens as the sentence
    expected, seen = net(ids).detach(), []

    def other() -> None:
        with torch.no_grad():
            seen.append(net(ids))

    def tick(count: int) -> None:
        assert not net.words._forward_hooks

    def inside(outputs: torch.Tensor) -> torch.Tensor:  # runs between forward and backward
        return outputs[:, 0]

    def hook(*_) -> None:  # runs while the points are in the embedding's place
        if threading.current_thread() is threading.main_thread():
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()

    handle = net.net.register_forward_hook(hook)
    list(Explainer(net, "one two", Options(tokenizer=WordTokenizer(), target=inside, n_steps=17)).refine(tick=tick))
    handle.remove()
    assert len(seen) >= 2
    assert all(torch.equal(s, expected) for s in seen)
