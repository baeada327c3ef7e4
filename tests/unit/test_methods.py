"""What holds for every registered method, whatever it computes."""

import copy

import pytest
import torch

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, conv_net, mlp, points
from whylight.methods import METHODS

QUICK = {
    "ggig": wl.methods.GGIG(n_steps=4, n_iter=3),
    "geg": wl.methods.GEG(n_models=3),
    "guided_ig": wl.methods.GuidedIG(n_steps=16),
    "smoothgrad": wl.methods.SmoothGrad(n_samples=4),
    "vargrad": wl.methods.VarGrad(n_samples=4),
    "expected_gradients": wl.methods.ExpectedGradients(n_samples=9),
    "integrated_gradients": wl.methods.IntegratedGradients(n_steps=9),
    "blur_ig": wl.methods.BlurIG(n_steps=16),
    "idgi": wl.methods.IDGI(n_steps=16),
    "split_ig": wl.methods.SplitIG(n_steps=16),
    "shapley_values": wl.methods.ShapleyValues(n_samples=4),
}
every = pytest.mark.parametrize("method", [QUICK.get(name, name) for name in METHODS], ids=list(METHODS))
COMPLETE = {"integrated_gradients", "guided_ig", "blur_ig", "idgi", "split_ig", "expected_gradients", "shapley_values"}


@every
def test_what_every_yield_is(method):
    net, x = conv_net().eval(), points(2, 3, 8, 8)
    found = list(wl.refine(net, x, target=1, baseline=0.5, method=method))
    assert [a.final for a in found] == [False] * (len(found) - 1) + [True]
    for a in found:
        assert a.attributions.shape == a.error_estimate.shape == x.shape
        assert a.attributions.dtype == torch.float64
        assert a.attributions.isfinite().all()
        assert ((a.error_estimate >= 0) | a.error_estimate.isnan()).all()
        assert torch.allclose(a.score, net(x)[:, 1].detach(), rtol=0, atol=1e-12)
        assert a.n_evaluations >= 1
        assert (a.convergence_delta is not None) == (a.method in COMPLETE)
    assert found[-1].method in METHODS
    assert found[-1].provenance["method_label"] == wl.methods.make(method).title


@every
def test_batches_and_chunks_do_not_matter(method):
    net, x = conv_net().eval(), points(3, 3, 8, 8)
    atol = 1e-8 if wl.methods.make(method).name == "finite_differences" else 1e-11  # rounding over a step of 6e-6
    whole = wl.attribute(net, x, target=[0, 2, 1], baseline=0.5, method=method)
    for size in (1, 5, 1000):
        found = wl.attribute(net, x, target=[0, 2, 1], baseline=0.5, method=method, internal_batch_size=size)
        assert torch.allclose(found.attributions, whole.attributions, rtol=0, atol=atol)
        assert torch.allclose(found.error_estimate, whole.error_estimate, rtol=0, atol=1e-9, equal_nan=True)
    for i, target in enumerate([0, 2, 1]):
        alone = wl.attribute(net, x[i : i + 1], target=target, baseline=0.5, method=method)
        assert torch.allclose(alone.attributions[0], whole.attributions[i], rtol=0, atol=atol)
        assert torch.allclose(alone.error_estimate[0], whole.error_estimate[i], rtol=0, atol=1e-9, equal_nan=True)


@every
def test_the_model_and_the_random_state_are_found_as_they_were(method):
    net, x = conv_net(), points(1, 3, 8, 8)
    net.train()
    net[0].eval()
    net[5].weight.requires_grad_(False)
    before, flags = copy.deepcopy(net.state_dict()), [(m.training, len(m._forward_hooks)) for m in net.modules()]
    learning, state = [p.requires_grad for p in net.parameters()], torch.random.get_rng_state()
    work = wl.refine(net, x, target=1, method=method)
    next(work)
    work.close()
    wl.attribute(net, x, target=1, method=method)
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    assert [(m.training, len(m._forward_hooks)) for m in net.modules()] == flags
    assert [p.requires_grad for p in net.parameters()] == learning
    assert all(p.grad is None for p in net.parameters())
    assert torch.equal(torch.random.get_rng_state(), state)


@every
def test_twice_is_the_same(method):
    net, x = conv_net().eval(), points(1, 3, 8, 8)
    one, two = (wl.attribute(net, x, target=1, method=method) for _ in range(2))
    assert torch.equal(one.attributions, two.attributions)


@every
def test_a_feature_the_model_does_not_use_gets_nothing(method):
    net = mlp()
    with torch.no_grad():
        net[0].weight[:, 2] = 0
    picture = lambda x: net(x.flatten(1)[:, :5])
    x = points(2, 1, 2, 3)
    if wl.methods.make(method).name == "geg":
        pytest.skip("noise on the weights makes every feature count")
    if wl.methods.make(method).name == "occlusion":
        method = wl.methods.Occlusion(1)
    found = wl.attribute(picture, x, target=1, baseline=1.0, method=method).attributions.flatten(1)
    # a gradient with respect to what is not used is zero; two scores that should be one differ by rounding, over a step of 6e-6
    name = wl.methods.make(method).name
    assert found[:, [2, 5]].abs().max() <= {
        "occlusion": 1e-13,
        "shapley_values": 1e-13,
        "finite_differences": 1e-8,
    }.get(name, 0)
    assert found[:, [0, 1, 3, 4]].any()


@every
def test_several_targets_share_their_passes_and_differ_in_nothing(method):
    net, x = conv_net().eval(), points(1, 3, 8, 8)
    both = wl.attribute(net, x, target=[2, 0], baseline=0.5, method=method).attributions
    for row, target in zip(both, (2, 0), strict=True):
        alone = wl.attribute(net, x, target=target, baseline=0.5, method=method).attributions[0]
        assert torch.allclose(row, alone, rtol=0, atol=1e-11)


@every
def test_one_value_per_token(method):
    if wl.methods.make(method).name == "blur_ig":
        pytest.skip("only for pictures")
    found = wl.attribute(Bag(), "one two three", tokenizer=WordTokenizer(), method=method)
    assert found.attributions.shape == found.error_estimate.shape == (1, 5)


@every
def test_float32_is_close(method):
    net, x = conv_net().eval(), points(1, 3, 8, 8)
    exact = wl.attribute(net, x, target=1, method=method).attributions
    rough = wl.attribute(copy.deepcopy(net).float(), x.float(), target=1, method=method).attributions
    name = wl.methods.make(method).name
    tol = {"guided_ig": 0.05, "finite_differences": 1e-3}.get(name, 1e-4)  # a path of slopes; slopes of rounded values
    assert (rough - exact).abs().max() < tol * exact.abs().max()


@every
def test_code_makes_it_again(method):
    made = wl.methods.make(method)
    assert eval(made.code()) == made


def test_code_of_a_method_within_a_method():
    made = wl.methods.SmoothGrad(wl.methods.GuidedIG(n_steps=20), n_samples=3)
    assert made.code().startswith("wl.methods.SmoothGrad(method=wl.methods.GuidedIG(n_steps=20, ")
    assert eval(made.code()) == made


def names(x, model=None, **options):
    with wl.explain(model or mlp(dtype=torch.float32), x, **options) as widget:
        widget.wait()
        return {choice["value"]: choice for choice in widget._choices["methods"]}


def test_the_list_offers_what_suits_the_model_and_the_input():
    picture = names(points(1, 3, 8, 8).float(), conv_net(dtype=torch.float32).eval())
    assert set(METHODS) - set(picture) == {"finite_differences", "shapley_values"}
    assert set(METHODS) - set(names(points(1, 5).float())) == {"blur_ig"}
    assert set(METHODS) - set(names(points(1, 5).float(), lambda x: x.sum(1))) == {"blur_ig", "geg"}
    assert picture["integrated_gradients"]["steps"]
    assert picture["ggig"]["baseline"]
    assert not picture["smoothgrad"]["baseline"]
    assert not picture["blur_ig"]["baseline"]
    assert all(choice["label"] and choice["hint"] for choice in picture.values())


def test_the_widget_runs_them_all():
    with wl.explain(conv_net(dtype=torch.float32).eval(), points(1, 3, 8, 8).float()) as widget:
        for method in QUICK.values():
            widget.method = method
            found = widget.wait(300)
            assert found.method == method.name
            assert f"method={method.code()}" in widget.code()


@pytest.mark.parametrize("name", METHODS)
def test_a_method_with_steps_takes_them_as_an_option(name):
    given = wl.methods.make(name, n_steps=12, tol=None, rule=None)
    assert getattr(given, "n_steps", 12) == 12


def test_progress_knows_the_total():
    from whylight.explainer.request import Request

    assert Request(method="ggig").n_gradients == 51 * 100 + 6 * 99
    assert Request(method="ggig", n_steps=10, baseline=[0.0, 1.0]).n_gradients == 2 * (11 * 100 + 2 * 99)
    assert Request().n_gradients is None
    assert Request(n_steps=33).n_gradients == 33
    assert Request(method="nonsense").n_gradients is None


def test_the_list_says_what_each_asks_and_what_it_costs():
    offered = names(points(1, 3, 8, 8).float(), conv_net(dtype=torch.float32).eval())
    asked = {name: offered[name]["question"] for name in ("guided_ig", "input_gradient", "occlusion")}
    assert asked == {
        "guided_ig": "Which part contributed",
        "input_gradient": "Which change matters",
        "occlusion": "What a group contributes",
    }
    assert (offered["input_gradient"]["gradients"], offered["input_gradient"]["per_step"]) == (1, 0)
    assert (offered["integrated_gradients"]["gradients"], offered["integrated_gradients"]["per_step"]) == (None, 1)
    assert offered["ggig"]["per_step"] >= METHODS["ggig"]().n_iter
    assert offered["occlusion"]["gradients"] == 64
    assert offered["occlusion"]["counted"] == "prediction"


@pytest.mark.parametrize("name", ["input_gradient", "input_x_gradient", "smoothgrad", "guided_ig", "idgi"])
def test_the_cost_that_is_told_is_the_cost(name):
    made = wl.methods.make(name, n_steps=16)
    found = wl.attribute(mlp(), points(1, 5), method=made)
    assert found.n_evaluations == pytest.approx(made.n_gradients, abs=2)
