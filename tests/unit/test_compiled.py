"""compile=True: the same answer through torch.compile, the model left alone."""

import shutil

import pytest
import torch
from torch import Tensor, nn

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, mlp, points
from tests.unit.test_state import state
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options

pytestmark = pytest.mark.filterwarnings("ignore")  # the compiler's own, while it traces


class Net(nn.Module):
    """A first layer that writes into its input, batch norm and a further input."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.norm, self.out = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4 * 36, 3)

    def forward(self, x: Tensor, *, scale: Tensor) -> Tensor:
        x = nn.functional.relu(x, inplace=True) * scale[:, None, None, None]
        return self.out(self.norm(self.conv(x)).relu().flatten(1))


def graphs() -> int:
    from torch._dynamo.utils import counters

    return counters["stats"]["unique_graphs"]


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs g++ on a CPU")
def test_the_answer_and_the_model_stay_the_same():
    net, x = Net().train(), points(1, 3, 8, 8, dtype=torch.float32)
    options = {"target": 0, "rule": "riemann_middle", "forward_kwargs": {"scale": torch.tensor([2.0])}}
    expected = wl.attribute(net, x.clone(), n_steps=90, **options)
    before, seen = state(net), graphs()
    for n_steps in (90, 41, 58):
        found = wl.attribute(net, x.clone(), n_steps=n_steps, compile=True, **options)
        if n_steps == 90:
            assert torch.allclose(found.attributions, expected.attributions, rtol=0, atol=1e-5)
            assert torch.allclose(found.convergence_delta, expected.convergence_delta, rtol=0, atol=1e-5)
    assert 1 <= graphs() - seen <= 2
    assert state(net) == before


def test_a_missing_compiler_is_named(monkeypatch, tmp_path):
    import torch._inductor.config as inductor

    monkeypatch.setattr(inductor.cpp, "cxx", ("no-such-compiler",))
    net = mlp(width=17)  # of no other test: nothing compiled for it lies in a cache
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))  # nothing compiled before is found there
    with pytest.raises(RuntimeError, match=r"No working C\+\+ compiler .* Leave compile=True out"):
        wl.attribute(net, points(1, 5), target=0, n_steps=33, compile=True)


def test_kinks_are_told_by_the_first_pass():
    task = Explainer(mlp(act=nn.Tanh), points(1, 5), Options(target=0, n_steps=5, compile=True))
    problem = task._problem(wl.methods.IntegratedGradients(), task.request, lambda _: None)
    list(wl.methods.IntegratedGradients(n_steps=5).refine(problem))
    assert problem.kinked is False


def test_text_is_not_compiled():
    with pytest.raises(ValueError, match="tensors and pictures"):
        wl.attribute(Bag(), "one two", tokenizer=WordTokenizer(), compile=True)
