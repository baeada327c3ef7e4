"""Models whose answer to a point depends on the others in its pass: said so, and only of those."""

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import REAL, mlp, points


class TimeFirst(nn.Module):
    """A recurrent net that was meant to be `batch_first`."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net, self.out = nn.LSTM(3, 8, dtype=REAL), nn.Linear(8, 2, dtype=REAL)

    def forward(self, x):
        return self.out(2 * self.net(3 * x)[0][:, -1])


def noisy(x):
    return mlp()(nn.functional.dropout(x, 0.5, training=True))


def batch_statistics(x):
    return mlp()((x - x.mean(0)) / (1 + x.std(0)))


def told(found: wl.Attribution) -> bool:
    return any("depends on what else is in the batch" in note for note in found.notes)


@pytest.mark.parametrize(
    ("model", "x"),
    [(TimeFirst(), points(1, 6, 3)), (noisy, points(1, 5)), (batch_statistics, points(3, 5))],
    ids=["time first", "noise", "statistics"],
)
@pytest.mark.parametrize("spec", [0, lambda outputs: outputs[:, 0]], ids=["class", "callable"])
def test_a_model_that_mixes_points_is_found_out(model, x, spec):
    found = wl.attribute(model, x, target=spec, n_steps=33)
    assert found.relative_gap.abs().max() > 0.01
    assert told(found)


@pytest.mark.parametrize("model", [TimeFirst(), noisy], ids=["time first", "noise"])
def test_one_point_at_a_time_mends_it(model):
    x = points(1, 6, 3) if isinstance(model, nn.Module) else points(1, 5)
    found = wl.attribute(model, x, target=0, tol=1e-3, internal_batch_size=1)
    assert found.relative_gap.abs().max() < 0.01
    assert not told(found)
    alone = wl.attribute(model, x, target=0, n_steps=4097, rule="riemann_middle", internal_batch_size=1)
    assert torch.allclose(found.attributions, alone.attributions, atol=1e-3)


def test_a_mere_gap_is_no_such_model():
    found = wl.attribute(mlp(), 20 * points(2, 5), n_steps=9)
    assert found.relative_gap.abs().max() > 0.01
    assert not told(found)
