"""F(x) and F(x') that are NaN or infinite: an error at once, from every method; on the way between: a note."""

import math

import numpy as np
import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import REAL, points
from whylight.errors import ModelError
from whylight.explainer.explainer import Explainer
from whylight.methods import METHODS

M = wl.methods
WASTED = 64  # gradients per sample that may be spent before the error, a quick look of a path method say
LONG = {
    "integrated_gradients": M.IntegratedGradients(n_steps=4097),
    "ggig": M.GGIG(n_steps=30, n_iter=100),
    "geg": M.GEG(n_models=500),
    "guided_ig": M.GuidedIG(n_steps=400),
    "smoothgrad": M.SmoothGrad(n_samples=2000),
    "smoothgrad_sq": M.SmoothGradSquared(n_samples=2000),
    "vargrad": M.VarGrad(n_samples=2000),
    "expected_gradients": M.ExpectedGradients(n_samples=5000),
    "blur_ig": M.BlurIG(n_steps=400),
    "idgi": M.IDGI(n_steps=400),
    "split_ig": M.SplitIG(n_steps=400),
}
every = pytest.mark.parametrize("method", [LONG.get(name, name) for name in METHODS], ids=list(METHODS))
starting = pytest.mark.parametrize(
    "method",
    [LONG.get(name, name) for name, cls in METHODS.items() if cls().needs_baseline],
    ids=[name for name, cls in METHODS.items() if cls().needs_baseline],
)
RULES = [M.IntegratedGradients(n_steps=999, rule=rule) for rule in ("gausslegendre", "riemann_left", "riemann_middle")]


class Broken(nn.Module):
    """Two scores that are sums of all numbers, but `value` where the largest one is `end`; it counts gradients."""

    def __init__(self, value: float = math.nan, end: float = 1.0) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1, dtype=REAL))
        self.value, self.end, self.seen = value, end, 0

    def forward(self, x):
        flat = x.flatten(1)
        self.seen += len(x) * torch.is_grad_enabled()
        wrong = flat.amax(1) == self.end
        score = torch.where(wrong, self.value, flat.sum(1) * self.scale)
        return torch.stack([score, -score], 1)


def picture(n: int = 1):
    x = points(n, 3, 8, 8).sigmoid() / 2
    x[-1, 0, 0, 0] = 1.0
    return x


@every
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_score_of_the_input(method, value):
    net, x = Broken(value).eval(), picture(3)
    with pytest.raises(ModelError, match=r"F\(x\) is .* sample 3 of 3 \(x\[2\]\).*or explain another target") as error:
        wl.attribute(net, x, target=0, baseline=0.25, method=method)
    assert {math.nan: "NaN", math.inf: "is infinite", -math.inf: "minus infinite"}[value] in str(error.value)
    assert net.seen <= WASTED * 3


@starting
def test_no_score_of_the_baseline(method):
    net, x = Broken().eval(), points(2, 3, 8, 8).sigmoid() / 2
    start = torch.full_like(x, 0.25)
    start[1] = 1.0
    with pytest.raises(ModelError, match=r"F\(x'\) is NaN for sample 2 of 2 \(x\[1\]\).*Give a baseline="):
        wl.attribute(net, x, target=0, baseline=start, method=method)
    assert net.seen <= WASTED * 2


@every
def test_a_target_of_ones_own(method):
    if wl.methods.make(method).name == "contextual_decomposition":
        pytest.skip("has no rule for such a model")
    net = Broken().eval()
    with pytest.raises(ModelError, match=r"F\(x\) is NaN: "):
        wl.attribute(net, picture(), target=lambda outputs: outputs[:, 0], baseline=0.25, method=method)
    assert net.seen <= 2 * WASTED


@pytest.mark.parametrize("method", RULES, ids=lambda method: method.rule)
@pytest.mark.parametrize("target", [0, lambda outputs: outputs[:, 0]], ids=["class", "callable"])
def test_rules_that_skip_the_ends(method, target):
    net = Broken().eval()
    with pytest.raises(ModelError, match=r"F\(x\) is NaN: "):
        wl.attribute(net, picture(), target=target, baseline=0.25, method=method)
    assert net.seen <= WASTED
    net, x = Broken().eval(), points(1, 3, 8, 8).sigmoid() / 2
    with pytest.raises(ModelError, match=r"F\(x'\) is NaN: .*baseline \(white\)"):
        wl.attribute(net, x, target=target, baseline={"white": torch.ones_like(x)}, method=method)
    assert net.seen <= WASTED


def test_the_strongest_blur_has_a_score_too():
    flat = lambda x: torch.where(x[:, 0].flatten(1).std(1) < 0.3, torch.nan, x.flatten(1).sum(1))
    with pytest.raises(ModelError, match=r"F\(x'\) is NaN: .*the strongest blur"):
        wl.attribute(flat, points(1, 3, 8, 8), method=M.BlurIG(n_steps=16, max_sigma=50.0))


def test_several_targets_say_which():
    net = lambda z: torch.stack([z.sum(1), z.sum(1) * torch.nan, z.sum(1)], 1)
    with pytest.raises(ModelError, match=r"F\(x\) is NaN for the target .*1"):
        wl.attribute(net, points(1, 4), target=[0, 1, 2])


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks")
@pytest.mark.parametrize("name", ["DeepLift", "KernelShap", "IntegratedGradients"])
def test_captums(name):
    pytest.importorskip("captum")
    net = Broken().eval()
    with pytest.raises(ModelError, match=r"F\(x\) is NaN"):
        wl.attribute(net, picture(), target=0, baseline=0.25, method=M.Captum(name))


def test_predictors():
    with pytest.raises(ModelError, match=r"F\(x\) is NaN for sample 2 of 2 \(x\[1\]\)"):
        wl.attribute(lambda X: np.where(X[:, 0] > 1, np.nan, X.sum(1)), np.array([[1.0, 2], [3, 4]]))


def test_the_case_of_the_issue():
    with pytest.raises(ModelError, match=r"F\(x\) is NaN: "):
        wl.attribute(lambda z: z.sum(1) * float("nan"), torch.ones(1, 6))


# ---------------------------------------------------------------- between


def pole(x):
    """No number in the middle of the way from 0 to 1."""
    flat = x.flatten(1)
    return torch.where((flat[:, 0] - 0.5).abs() < 1e-3, torch.nan, 1.0) * flat.sum(1)


@pytest.mark.parametrize(
    "method",
    [
        M.IntegratedGradients(n_steps=9),
        M.IntegratedGradients(n_steps=9, rule="riemann_trapezoid"),
        M.GGIG(n_steps=4, n_iter=2, step_size=1e-6),
        M.GuidedIG(n_steps=16, max_dist=0.0),
        M.IDGI(n_steps=16),
        M.SplitIG(n_steps=16),
    ],
    ids=lambda method: method.code(""),
)
def test_no_number_on_the_way_is_a_note(method):
    found = wl.attribute(pole, torch.ones(1, 3).double(), method=method)
    (note,) = [n for n in found.notes if "NaN or infinite at" in n]
    lost, all_points = (int(word) for word in note.split() if word.isdigit())
    assert 1 <= lost < all_points


def test_noise_that_leads_to_no_number_is_a_note_not_an_error():
    x = torch.tensor([[1e-3, 1.0]]).double()
    inner = M.IntegratedGradients(n_steps=5)
    found = wl.attribute(
        lambda z: z.log().sum(1), x, baseline=0.5, method=M.SmoothGrad(inner, n_samples=20, noise_level=0.5)
    )
    assert any("NaN or infinite at" in note for note in found.notes)


def test_baselines_that_are_only_offered_may_be_no_numbers():
    options = {"target": 0, "baseline": 0.5, "n_steps": 5}
    task = Explainer(lambda z: torch.stack([z.log().sum(1), z.sum(1)], 1), points(1, 3).sigmoid(), options)
    scores = task.baseline_scores(task.request, {"zero": 0.0, "half": 0.5})
    assert math.isinf(scores["zero"])
    assert scores["half"] == pytest.approx(3 * math.log(0.5))
