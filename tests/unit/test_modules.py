"""The net behind a function is cared for as if it had been given itself."""

import functools

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import conv_net, points
from tests.unit.test_state import state
from whylight.model.modules import modules_behind
from whylight.model.user_model import UserModel
from whylight.model.weights import weights_hash

net = conv_net(dtype=torch.float64)


class Wrapped:
    def __init__(self, inner):
        self.inner = inner

    def __call__(self, x):
        return self.inner(x)

    def forward(self, x, scale=1.0):
        return self.inner(x) * scale


def wrapped_in_every_way(inner):
    def named(x):
        return inner(x)

    held, listed = {"net": inner}, [(inner, 1), 2]
    return {
        "lambda": lambda x: inner(x) * 1,
        "nested": lambda x: named(x) + 0,
        "object": Wrapped(inner),
        "method": Wrapped(inner).forward,
        "partial": functools.partial(Wrapped(inner).forward, scale=1.0),
        "default": lambda x, inner=inner: inner(x),
        "bound": inner.forward,
        "dictionary": lambda x: held["net"](x) * 1,
        "list": lambda x: listed[0][0](x) * 1,
    }


@pytest.mark.parametrize("how", list(wrapped_in_every_way(net)))
def test_it_is_found_runs_in_eval_mode_and_is_left_as_it_was(how):
    inner, x = conv_net(dtype=torch.float64), points(2, 3, 8, 8)
    want = wl.attribute(inner.eval(), x, target=1, n_steps=9)
    inner.train()
    model, before = wrapped_in_every_way(inner)[how], state(inner)
    assert modules_behind(model) == (inner,)
    found = wl.attribute(model, x, target=1, n_steps=9)
    assert state(inner) == before
    torch.testing.assert_close(found.attributions, want.attributions)
    assert found.provenance["weights"] == want.provenance["weights"] == weights_hash(inner)


def test_a_net_among_the_globals_is_found_and_a_written_weight_noticed():
    model = lambda x: net(x)  # noqa: PLW0108
    assert modules_behind(model) == (net,)
    known = UserModel(model)
    before, other = known.version(), UserModel(lambda x: net(x) * 2).version()
    assert before != other  # two functions may do different things with one net
    assert known.version() == before
    with torch.no_grad():
        net[0].weight.add_(1.0)
    assert known.version() != before


def test_only_the_outermost_of_several_and_always_in_one_order():
    a, b = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2))
    assert set(modules_behind(lambda x: a(b(b[0](x))))) == {a, b}
    assert modules_behind(lambda x: a(b(x))) == modules_behind(lambda x: b(a(x)))
    assert modules_behind(torch.sin) == modules_behind(lambda x: x) == modules_behind(nn.Linear) == ()


def test_a_function_that_knows_itself_ends():
    def model(x, depth=2):
        return model(x, depth - 1) if depth else x

    assert modules_behind(model) == ()


def test_layers_behind_a_function_have_their_rules():
    lstm = nn.LSTM(3, 4, batch_first=True)
    x = points(1, 5, 3).float()
    found = wl.contextual_decomposition(lambda x: lstm(x)[0][:, -1], x, torch.tensor([1, 0, 1, 0, 0]))
    torch.testing.assert_close(found.relevant + found.irrelevant, lstm(x)[0][:, -1].detach(), atol=1e-5, rtol=1e-5)
