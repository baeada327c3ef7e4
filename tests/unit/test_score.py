"""Memory running out is survived, chunks are kept small, further inputs follow the path, weights have a fingerprint."""

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import mlp, points
from whylight.errors import ModelError
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.model.weights import model_version, weights_hash
from whylight.tensors import expand


class Small(nn.Module):
    """Runs out of memory above `limit` samples (above `alone` without gradients)."""

    def __init__(self, limit: int, error: Exception, forgiving: bool = True) -> None:
        super().__init__()
        self.net, self.limit, self.error, self.forgiving, self.seen = mlp(act=nn.Tanh), limit, error, forgiving, []

    def forward(self, x):
        if torch.is_grad_enabled() or not self.forgiving:
            self.seen.append(len(x))
            if len(x) > self.limit:
                raise self.error
        return self.net(x)


OOM = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 999 bytes."),
    MemoryError(),
]


@pytest.mark.parametrize("error", OOM, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("limit", [1, 3, 5, 15])
def test_out_of_memory_halves_the_chunk_and_goes_on(error, limit):
    x = points(3, 5)
    net = Small(limit, error)
    found = wl.attribute(net, x, target=0, n_steps=33)
    expected = wl.attribute(net.net, x, target=0, n_steps=33)
    assert torch.allclose(found.attributions, expected.attributions, rtol=0, atol=1e-12)
    assert torch.allclose(found.score, expected.score, rtol=0, atol=1e-12)
    refused = [n for n in net.seen if n > limit]
    assert 1 <= len(refused) <= 5
    assert max(n for n in net.seen if n <= limit) >= (limit + 1) // 2
    assert sum(n for n in net.seen if n <= limit) == 99


@pytest.mark.parametrize("error", OOM, ids=lambda e: type(e).__name__)
def test_out_of_memory_with_a_single_sample_is_raised(error):
    net = Small(0, error)
    with pytest.raises(type(error)):
        wl.attribute(net, points(2, 5), target=0)
    assert net.seen[-1] == 1


def test_a_smaller_chunk_is_remembered_by_the_task():
    net = Small(4, OOM[0])
    task = Explainer(net, points(1, 5), Options(target=0, n_steps=33))
    list(task.refine())
    net.seen.clear()
    list(task.refine())
    assert max(net.seen) <= 4


def test_a_large_batch_never_runs_in_one_pass():
    net = Small(4, OOM[0], forgiving=False)
    found = wl.attribute(net, points(9, 5), target=0, n_steps=5)
    expected = wl.attribute(net.net, points(9, 5), target=0, n_steps=5)
    assert torch.allclose(found.attributions, expected.attributions, rtol=0, atol=1e-12)


def test_other_errors_are_not_taken_for_memory():
    net = Small(4, RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="mat1"):
        wl.attribute(net, points(1, 5), target=0, internal_batch_size=8)
    assert net.seen == [8]


def test_internal_batch_size_is_the_most_that_runs_at_once():
    net = Small(7, ValueError("too many"))
    wl.attribute(net, points(3, 5), target=0, n_steps=33, internal_batch_size=7)
    assert max(net.seen) == 7


# ---------------------------------------------------------------- further inputs, fingerprints


def test_forward_kwargs_are_expanded_per_sample():
    x, scale = points(3, 4), torch.tensor([1.0, 10.0, 100.0]).double()
    F = lambda x, scale, *, shift, names: (x * scale[:, None] + shift).sum(1) * len(names)
    found = wl.attribute(F, x, forward_kwargs={"scale": scale, "shift": torch.ones(4).double(), "names": ["a", "b"]})
    assert torch.allclose(found.attributions, 2 * x * scale[:, None])


def test_expand_repeats_only_tensors_with_a_row_per_sample():
    rows = torch.tensor([0, 1, 1])
    made = expand({"a": torch.tensor([5, 6]), "b": torch.tensor(3), "c": torch.zeros(3, 2), "d": "text"}, 2, rows)
    assert made["a"].tolist() == [5, 6, 6]
    assert made["b"].ndim == 0
    assert made["c"].shape == (3, 2)
    assert made["d"] == "text"


def test_the_fingerprint_follows_the_weights():
    net = mlp()
    first = weights_hash(net), model_version(net.modules())
    assert (weights_hash(net), model_version(net.modules())) == first
    assert weights_hash(mlp()) == first[0]
    with torch.no_grad():
        net[0].bias[0] += 1e-9
    assert weights_hash(net) != first[0]
    assert model_version(net.modules()) != first[1]
    assert weights_hash(lambda x: x) is None


@pytest.mark.parametrize(
    "F",
    [lambda x: x.detach().sum(1), lambda x: torch.ones(len(x)), lambda x: torch.from_numpy(x.detach().numpy()).sum(1)],
)
@pytest.mark.parametrize("method", ["integrated_gradients", "input_gradient"])
def test_an_output_independent_of_the_input(F, method):
    with pytest.raises(ModelError, match="does not depend on the input") as info:
        wl.attribute(F, points(2, 5), method=method)
    assert isinstance(info.value, RuntimeError)
    assert ".detach()" in str(info.value)


def test_an_output_that_depends_only_on_the_parameters():
    net = mlp()
    with pytest.raises(ModelError, match="does not depend on the input"):
        wl.attribute(lambda x: net(torch.ones_like(x)), points(2, 5), target=0)


def test_an_input_that_is_not_used_gets_zeros():
    found = wl.attribute(lambda a, b: a.sum(1), (points(2, 3), points(2, 4)))
    assert (found.attributions[1] == 0).all()
    assert torch.allclose(found.attributions[0], points(2, 3))
