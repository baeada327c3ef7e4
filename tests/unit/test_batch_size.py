"""Chunks find their size on the work itself, whatever that is leaves the answer alone, and memory stays flat."""

import gc
import os
import subprocess
import sys
import time
import weakref

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import conv_net, counted, mlp, points
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.methods import METHODS, IntegratedGradients
from whylight.model import batch_size
from whylight.model.batch_size import ROUNDS, TRIALS, BatchSize, batch_size_for, layout_for
from whylight.problem.gradient_cache import GradientCache

CPU = torch.device("cpu")


class Clock:
    """Time that passes only inside a pass: seconds per point by the size of the chunk."""

    def __init__(self, cost: dict[int, float]) -> None:
        self.cost, self.now = cost, 0.0

    def perf_counter(self) -> float:
        return self.now

    def run(self, pace: BatchSize, total: int) -> list[int]:
        taken = []
        while total:
            count = pace.next_size(total)
            pace.timed(lambda count=count: self.spend(count), count, CPU)
            taken.append(count)
            total -= count
        return taken

    def spend(self, count: int) -> None:
        self.now += count * self.cost[min(self.cost, key=lambda size: abs(size - count))]


def paced(monkeypatch: pytest.MonkeyPatch, cost: dict[int, float], totals: list[int]) -> list[int]:
    clock, one = Clock(cost), BatchSize((16, 32, 8))
    monkeypatch.setattr(batch_size, "time", clock)
    return [clock.run(one, total) for total in totals][-1]


@pytest.mark.parametrize("best", [32, 16, 8])
def test_the_fastest_size_wins(monkeypatch, best):
    cost = dict.fromkeys((32, 16, 8), 0.02) | {best: 0.01}
    assert paced(monkeypatch, cost, [64] * 12) == [best] * (64 // best)


def test_another_size_must_be_clearly_faster(monkeypatch):
    assert paced(monkeypatch, {32: 0.0096, 16: 0.01, 8: 0.02}, [640, 64])[0] == 32
    assert paced(monkeypatch, {32: 0.0098, 16: 0.01, 8: 0.02}, [640, 64])[0] == 16


def test_timings_before_sizes_take_turns_do_not_count():
    seconds = {8: [9.0] * TRIALS + [1.0] * (ROUNDS - TRIALS), 4: [0.5] * TRIALS + [2.0] * (ROUNDS - TRIALS)}
    assert BatchSize((8, 4), seconds=seconds).next_size(32) == 8


def test_sizes_take_turns(monkeypatch):
    taken = paced(monkeypatch, dict.fromkeys((32, 16, 8), 0.01), [1000])
    assert taken[:9] == [16, 16, 16, 32, 8, 32, 8, 32, 8]


def test_a_size_that_never_fits_is_not_waited_for(monkeypatch):
    assert paced(monkeypatch, {32: 0.01, 16: 0.01, 8: 0.005}, [20] * 40) == [8, 8, 4]


def test_quick_passes_are_not_tuned(monkeypatch):
    assert paced(monkeypatch, {32: 1e-6, 16: 1e-4, 8: 1e-6}, [64] * 10) == [16] * 4


def test_memory_may_run_out_at_any_time(monkeypatch):
    clock, one = Clock(dict.fromkeys((32, 16, 8), 1e-6)), BatchSize((16, 32, 8))
    monkeypatch.setattr(batch_size, "time", clock)
    for expected in (16, 8, 4):
        assert clock.run(one, 96) == [expected] * (96 // expected)
        one.halve(expected)


def test_a_shortage_of_memory_may_pass(monkeypatch):
    clock, one = Clock({}), BatchSize((16, 8))
    monkeypatch.setattr(batch_size, "time", clock)
    one.halve(16)
    one.halve(8)
    found = []
    for seconds in (1, 1, batch_size.PATIENCE, 1, batch_size.PATIENCE, batch_size.PATIENCE):
        clock.now += seconds
        found.append(one.next_size(1000))
    assert found == [4, 4, 8, 8, 16, 16]


def test_passes_are_filled():
    one = BatchSize((16,))
    assert [one.next_size(n) for n in (1, 16, 17, 33, 300)] == [1, 16, 16, 16, 16]
    one.halve(16)
    assert [one.next_size(n) for n in (1, 16, 17, 33, 300)] == [1, 8, 8, 8, 8]


def test_large_inputs_and_heavy_models_run_in_small_chunks():
    sizes = lambda *shape, model=None: batch_size_for(model or nn.Identity(), (torch.empty(1, *shape),), None).sizes
    assert sizes(3, 32, 32) == (32, 16, 8)
    assert sizes(3, 96, 96) == (16, 8, 4)
    assert sizes(3, 224, 224) == (16, 8, 4)
    assert sizes(3, 512, 512) == (4,)
    assert sizes(3, 4096, 4096) == (1,)
    heavy = nn.Linear(2**12, 2**12 + 1, device="meta")
    assert sizes(3, 32, 32, model=heavy) == (32, 16, 8)
    assert sizes(3, 224, 224, model=heavy) == (8, 4)


def test_what_was_found_is_remembered_per_model_and_shape():
    net, x = mlp(), points(1, 5)
    assert batch_size_for(net, (x,), None) is batch_size_for(net, (x + 1,), None)
    assert batch_size_for(net, (x,), None) is not batch_size_for(net, (x.float(),), None)
    assert batch_size_for(net, (x,), None) is not batch_size_for(mlp(), (x,), None)
    gone = weakref.ref(net)
    del net
    gc.collect()
    assert gone() is None


class Slow(nn.Module):
    """Takes long enough per pass for sizes to be tried."""

    def __init__(self) -> None:
        super().__init__()
        self.net = mlp(act=nn.Tanh)

    def forward(self, x):
        time.sleep(batch_size.WORTHWHILE)
        return self.net(x)


def test_trying_sizes_costs_no_gradient_and_changes_no_answer():
    net, x = Slow(), points(1, 5)
    asked = {"target": 0, "n_steps": 150, "rule": "gausslegendre"}
    expected = wl.attribute(net.net, x, **asked, internal_batch_size=150).attributions
    for _ in range(12):
        with counted(net) as count:
            found = wl.attribute(net, x, **asked)
        assert count.gradients == 150
        assert torch.allclose(found.attributions, expected, rtol=0, atol=1e-13)
    assert len(batch_size_for(net, (x,), None, None).seconds) == 3


@pytest.mark.parametrize(("side", "options", "most"), [(8, {}, 16), (96, {}, 8), (96, {"internal_batch_size": 12}, 12)])
def test_passes_do_not_grow_with_rounds(side, options, most):
    net = conv_net(size=side, dtype=torch.float32).eval()
    with counted(net) as count:
        wl.attribute(net, torch.rand(1, 3, side, side), target=0, n_steps=200, **options)
    assert max(count.passes) == most


class Views(nn.Module):
    """Old code that flattens with .view, which needs the plain layout."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.out = nn.Conv2d(3, 4, 3), nn.Linear(4 * 36, 3)

    def forward(self, x):
        return self.out(self.conv(x).relu().view(len(x), -1))


@pytest.mark.parametrize("make", [Views, lambda: conv_net(dtype=torch.float32).eval()], ids=["view", "flatten"])
def test_the_layout_does_not_change_the_answer(make):
    torch.manual_seed(0)
    net, x = make(), points(1, 3, 8, 8, dtype=torch.float32)
    found = wl.attribute(net, x, target=0, n_steps=33)
    assert (batch_size_for(net, (x,), None, None).layout == torch.channels_last) == (not isinstance(net, Views))
    expected = wl.attribute(net.double(), x.double(), target=0, n_steps=33)
    assert torch.allclose(found.attributions, expected.attributions, rtol=0, atol=1e-5)


class Refuses(nn.Module):
    """Fails, in whichever layout, until it is told not to."""

    def __init__(self) -> None:
        super().__init__()
        self.net, self.error = conv_net(dtype=torch.float32).eval(), None

    def forward(self, x):
        if self.error is not None:
            raise self.error
        return self.net(x)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("out of memory"), RuntimeError("the disk is full")])
def test_a_failure_that_has_passed_leaves_the_layout_as_it_was(error):
    net, x = Refuses(), points(1, 3, 8, 8, dtype=torch.float32)
    net.error = error
    with pytest.raises(type(error)):
        wl.attribute(net, x, target=0, n_steps=9)
    net.error = None
    wl.attribute(net, x, target=0, n_steps=9)
    assert batch_size_for(net, (x,), None, None).layout == torch.channels_last


def test_pictures_lie_channels_last_where_the_model_convolves():
    x = torch.rand(1, 3, 8, 8)
    assert layout_for(conv_net(), (x,)) == torch.channels_last
    assert layout_for(conv_net(), (x.double(),)) is None
    assert layout_for(mlp(), (x,)) is None
    assert layout_for(conv_net(), (x[0],)) is None


# ---------------------------------------------------------------- memory


def test_a_stored_gradient_does_not_keep_its_chunk():
    store = GradientCache()
    list(Explainer(mlp(), points(1, 5), Options(target=0, n_steps=33), store=store).refine())
    kept = list(store._entries.values())
    assert len(kept) == 33
    assert all(g.untyped_storage().nbytes() == 5 * 8 for _, grads in kept for g in grads)
    assert all(value.untyped_storage().nbytes() == 8 for value, _ in kept)


PEAK = """
import resource, sys, torch
from torch import nn
import whylight as wl
torch.set_num_threads(1)
net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
x = torch.rand(1, 3, 96, 96)
wl.attribute(net, x, target=0, n_steps=int(sys.argv[1]), rule=sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(n_steps: int, rule: str) -> int:
    command = [sys.executable, "-c", PEAK, str(n_steps), rule]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "MALLOC_MMAP_THRESHOLD_": "65536"}  # freed tensors no longer count
    return int(subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the peak")
@pytest.mark.parametrize("rule", ["gausslegendre", "auto"])
def test_peak_memory_does_not_grow_with_steps(rule):
    assert peak(300, rule) <= 1.05 * peak(30, rule)  # as many points at once as asked for would take a tenth more


def tensors() -> int:
    return sum(type(o) is torch.Tensor for o in gc.get_objects())


@pytest.fixture
def uncollected():
    """Without the garbage collector, which looks at the number of objects and not at their size."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("method", METHODS)
def test_repeated_calls_leave_no_tensor_behind(method, uncollected):
    net, x = conv_net(dtype=torch.float64).eval(), points(1, 3, 8, 8)
    explain = lambda: wl.attribute(net, x, target=0, method=method)
    explain()
    gc.collect()  # what torch and Python make the first time
    before = tensors()
    for _ in range(3):
        explain()
    assert tensors() <= before


def test_two_hundred_calls_leave_no_tensor_behind(uncollected):
    net, x = conv_net(dtype=torch.float64).eval(), points(1, 3, 8, 8)
    explain = lambda: wl.attribute(net, x, target=0, n_steps=9)
    explain()
    gc.collect()
    before = tensors()
    for _ in range(200):
        explain()
    assert tensors() <= before


@pytest.mark.parametrize(
    "options",
    [
        {"rule": "gausslegendre"},
        {"tol": 0.001},
        {"target": [0, 1]},
        {"baseline": [0.0, 1.0]},
        {"n_steps": 2},
        {"method": IntegratedGradients(multiply_by_inputs=False)},
    ],
    ids=str,
)
def test_no_way_to_integrate_leaves_a_tensor_behind(options, uncollected):
    net, x = mlp(), points(2, 5)[:1]
    before = tensors()
    for _ in range(3):
        wl.attribute(net, x, **{"target": 0, **options})
    assert tensors() <= before


def test_work_broken_off_leaves_no_tensor_behind(uncollected):
    net, x = mlp(), points(1, 5)
    before = tensors()
    next(wl.refine(net, x, target=0, tol=1e-4))
    assert tensors() <= before


# ---------------------------------------------------------------- half precision


def test_half_precision_is_close_and_leaves_the_weights_alone():
    net, x = mlp(act=nn.Tanh, dtype=torch.float32), points(2, 5, dtype=torch.float32)
    weights = [p.clone() for p in net.parameters()]
    expected = wl.attribute(net, x, target=0, n_steps=33).attributions
    found = wl.attribute(net, x, target=0, n_steps=33, dtype=torch.bfloat16)
    assert 0 < (found.attributions - expected).norm() < 0.02 * expected.norm()
    assert found.attributions.dtype == torch.float64
    assert found.provenance["dtype"] == "bfloat16"
    assert all(torch.equal(a, b) for a, b in zip(weights, net.parameters(), strict=True))


def test_half_precision_is_asked_for_by_dtype():
    with pytest.raises(ValueError, match=r"torch.bfloat16 or torch.float16"):
        wl.attribute(mlp(), points(1, 5), target=0, dtype=torch.float64)
    with pytest.raises(ValueError, match="float32 models"):
        wl.attribute(mlp(), points(1, 5), target=0, dtype=torch.bfloat16)


@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")  # torch's own, while it traces
def test_a_compiled_model_is_explained_like_any_other():
    net, x = mlp(act=nn.Tanh), points(1, 5)
    compiled = torch.compile(net, backend="eager")
    found = wl.attribute(compiled, x, target=0, n_steps=9).attributions
    assert torch.allclose(found, wl.attribute(net, x, target=0, n_steps=9).attributions, rtol=0, atol=1e-13)
