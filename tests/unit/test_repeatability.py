"""A model that does not give the same answer again is found out by every method and rule, and only such a model."""

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import conv_net, mlp, points
from tests.unit.test_notes import TimeFirst, batch_statistics, noisy, told

KEPT = "keeps state between calls"


class Remembers(nn.Module):
    """A detector of speech: the state of its recurrent layer is there at the next call, unless that has other rows."""

    def __init__(self, *, resets: bool = True) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net, self.out = nn.GRU(5, 8), nn.Linear(8, 2)
        self.state, self.resets = None, resets

    def forward(self, x):
        if self.resets and self.state is not None and self.state.shape[1] != len(x):
            self.state = None
        found, self.state = self.net(x[None], self.state)
        self.state = self.state.detach()
        return self.out(3 * found[0])


class Counts(nn.Module):
    """Its answer depends on how often it was asked, by a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.net = mlp()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        return self.net(x) * self.calls


def drawn(x):
    return mlp()(x) + torch.randn(len(x), 3)


def in_a_dictionary(x):
    return {"scores": mlp()(x), "noise": torch.rand(len(x), 2)}


OPTIONS = [
    {"n_steps": 9},
    {},
    {"rule": "gausslegendre", "n_steps": 8},
    {"rule": "riemann_middle", "n_steps": 8},
    {"method": "input_gradient"},
    {"method": "occlusion"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("model", [Remembers, Counts], ids=lambda made: made.__name__)
def test_state_kept_between_calls_is_told(model, options):
    x = points(1, 5) if model is Counts else points(1, 5).float()
    found = wl.attribute(model(), x, target=0, **options)
    assert sum(KEPT in note for note in found.notes) == 1
    assert not told(found)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("model", [noisy, drawn], ids=["dropout", "drawn"])
def test_random_numbers_are_told_also_by_rules_that_skip_the_input(model, options):
    found = wl.attribute(model, points(1, 5), target=0, **options)
    assert sum("random numbers" in note for note in found.notes) == 1


def test_an_axis_of_samples_taken_for_time_is_told_by_every_rule():
    assert told(wl.attribute(TimeFirst(), points(1, 6, 3), target=0, rule="gausslegendre", n_steps=8))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(
    "make", [lambda: (mlp(), points(3, 5)), lambda: (conv_net(dtype=torch.float64), points(2, 3, 8, 8))]
)
def test_a_model_that_answers_alike_is_left_in_peace(make, options):
    model, x = make()
    found = wl.attribute(model, x, target=1, **options)
    assert not any(KEPT in note or "random numbers" in note for note in found.notes)


def test_it_is_told_whatever_the_model_returns():
    found = wl.attribute(in_a_dictionary, points(1, 5), target=lambda out: out["scores"][:, 0], n_steps=9)
    assert any("random numbers" in note for note in found.notes)


def test_it_is_looked_at_once_for_a_model_as_it_stands():
    net, rows = mlp(), []
    net.register_forward_pre_hook(lambda module, args: rows.append(len(args[0])))
    look = lambda model: wl.attribute(model, points(1, 5), target=0, method="input_gradient")
    for _ in range(3):
        look(net)
        assert rows.count(2) == 2
    for _ in range(3):
        look(lambda x: net(x) * 1)
        assert rows.count(2) == 4
    net[1] = nn.Dropout1d(0.5)
    net[1].forward = lambda x: nn.functional.dropout(x, 0.5, training=True)
    assert any("random numbers" in note for note in look(net).notes)


@pytest.mark.parametrize("model", [Remembers, Counts], ids=lambda made: made.__name__)
def test_a_widget_says_it_too(model):
    x = points(1, 5) if model is Counts else points(1, 5).float()
    with wl.explain(model(), x, target=0, n_steps=9) as made:
        assert any(KEPT in note for note in made.wait(300).notes)


def test_state_without_a_reset_is_told_where_rows_stay_the_same():
    found = wl.attribute(Remembers(resets=False), points(1, 5).float(), target=0, n_steps=9, internal_batch_size=1)
    assert any(KEPT in note for note in found.notes)


def test_statistics_of_a_batch_are_still_told_by_their_gap():
    assert told(wl.attribute(batch_statistics, points(3, 5), target=0, n_steps=33))
