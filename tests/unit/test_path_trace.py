"""The path: against F and autograd at every point, closed forms of saturation, and what the store no longer has."""

import math

import numpy as np
import pytest
import torch

import whylight as wl
from tests.unit.models import REAL, conv_net, counted, mlp, points
from whylight.explainer.explainer import Explainer
from whylight.explainer.request import Request
from whylight.problem.gradient_cache import GradientCache


def direct(forward, x, start, alphas):
    """F, and (x - x') times its gradient, one point at a time."""
    values, maps = [], []
    for alpha in alphas:
        z = (start + alpha * (x - start)).requires_grad_()
        f = forward(z)
        (g,) = torch.autograd.grad(f, z)
        values.append(f.item())
        maps.append(((x - start) * g).detach().numpy()[0])
    return np.array(values), np.stack(maps)


@pytest.mark.parametrize("rule", ["auto", "gausslegendre", "riemann_middle"])
def test_every_point_is_f_and_its_gradient(rule):
    net, x, start = mlp(act=torch.nn.Tanh), points(1, 5), points(1, 5, seed=2)
    seen = wl.path(net, x, baseline=start, target=1, n_steps=17, rule=rule)
    values, maps = direct(lambda z: net(z)[0, 1], x, start, seen.alphas)
    assert len(seen.alphas) == 17
    np.testing.assert_allclose(seen.values, values, rtol=0, atol=1e-12)
    np.testing.assert_allclose(seen.slopes, maps.sum(1), rtol=0, atol=1e-12)
    np.testing.assert_allclose(seen.norms, np.linalg.norm(maps, axis=1), rtol=1e-10)
    factor = (x - start).numpy()
    np.testing.assert_allclose(seen.gradient_norms, np.linalg.norm(maps / factor, axis=1), rtol=1e-10)
    np.testing.assert_allclose(seen.maps, maps, rtol=1e-6)
    assert seen.score == pytest.approx(net(x)[0, 1].item(), abs=1e-12)
    assert seen.baseline_score == pytest.approx(net(start)[0, 1].item(), abs=1e-12)


def test_mean_of_the_maps_is_the_answer_and_the_shares_end_at_one():
    net, x = conv_net(), torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(3), dtype=REAL)
    seen = wl.path(net, x, n_steps=33)
    answer = wl.attribute(net, x, n_steps=33)
    mean = np.trapezoid(seen.maps.astype(float), seen.alphas, axis=0)
    np.testing.assert_allclose(mean, answer.attributions[0].sum(0), atol=1e-5 * np.abs(mean).max())
    assert seen.maps.shape == (33, 8, 8)
    assert seen.shares[0] == 0
    assert seen.shares[-1] == 1
    assert np.trapezoid(seen.slopes, seen.alphas) == pytest.approx(float(answer.total), rel=1e-9)


def sigmoid(t):
    return 1 / (1 + math.exp(-t))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_saturation_of_a_sigmoid_of_a_line(share, sign):
    x, start = torch.tensor([[4.0, 4.0]], dtype=REAL), -8.0  # the score is sigmoid(24 alpha - 16)
    seen = wl.path(lambda z: sign * z.sum(1).sigmoid(), x, baseline=start, n_steps=513)
    reached = sigmoid(-16) + share * (sigmoid(8) - sigmoid(-16))
    exact = (math.log(reached / (1 - reached)) + 16) / 24
    assert seen.saturation(share) == pytest.approx(exact, abs=2e-4)
    assert seen.gain(exact) == pytest.approx(share, abs=1e-3)
    # all slopes have one sign and one direction, so the norms past a point are the gain past it
    assert seen.norm_after(exact) == pytest.approx(1 - share, abs=1e-3)


def test_saturation_counts_from_the_last_time_the_gain_falls_short():
    hill = lambda z: z[:, 0] * (2.5 - 1.5 * z[:, 0])  # rises to 1.04 at 5/6 and comes back to 1
    seen = wl.path(hill, torch.ones(1, 1, dtype=REAL), n_steps=1025)
    assert seen.saturation(0.9) == pytest.approx((2.5 - math.sqrt(2.5**2 - 5.4)) / 3, abs=1e-5)
    late = wl.path(lambda z: (3 * math.pi * z[:, 0] / 2).sin().neg(), torch.ones(1, 1, dtype=REAL), n_steps=1025)
    assert late.saturation(0.5) == pytest.approx((math.pi + math.asin(0.5)) / (1.5 * math.pi), abs=1e-5)


def test_a_flat_score_has_no_saturation_and_no_shares():
    seen = wl.path(lambda z: 0 * z.sum(1), torch.ones(1, 3), n_steps=5)
    assert seen.saturation() is None
    assert np.isnan(seen.shares).all()
    assert seen.norm_after(0.5) == 0


@pytest.mark.parametrize("share", [0.0, 1.0, 90])
def test_saturation_asks_for_a_part(share):
    with pytest.raises(wl.WhylightError, match="between 0 and 1"):
        wl.path(lambda z: z.sum(1), torch.ones(1, 3), n_steps=5).saturation(share)


def finished(net, x, request, **options):
    task = Explainer(net, x, {}, store=GradientCache(**options))
    *_, answer = task.refine(request)
    return task, answer


def test_nothing_is_computed_again():
    net, x = mlp(), points(1, 5)
    request = Request(n_steps=33)
    task, answer = finished(net, x, request)
    with counted(net) as count:
        seen = task.path(answer, request, most=7)
    assert count.passes == []
    assert len(seen.alphas) == 33
    assert len(seen.map_alphas) == len(seen.maps) <= 7
    assert set(seen.map_alphas) <= set(seen.alphas)
    assert {0.0, 1.0} <= set(seen.map_alphas)


def test_gradients_that_made_room_are_told_and_skipped():
    net, x = mlp(), points(1, 5)
    request = Request(n_steps=33)
    task, answer = finished(net, x, request, max_bytes=10 * 5 * 8)
    with counted(net) as count:
        seen = task.path(answer, request)
    assert count.passes == []
    assert len(seen.alphas) == 10
    assert any("23 of the 33 gradients are no longer in memory" in note for note in seen.notes)
    assert seen.baseline_score == pytest.approx(float(answer.baseline_score))
    assert seen.curve[0][[0, -1]].tolist() == [0, 1]
    task.store.clear()
    with pytest.raises(wl.WhylightError, match="no longer in memory"):
        task.path(answer, request)


def test_other_targets_and_baselines_keep_to_themselves():
    net, x = mlp(), points(1, 5)
    task, first = finished(net, x, Request(target=0, n_steps=5))
    *_, second = task.refine(Request(target=1, baseline="mean", n_steps=9))
    assert len(task.path(first, Request(target=0)).alphas) == 5
    assert len(task.path(second, Request(target=1)).alphas) == 9


def test_any_of_several_baselines_is_followed():
    net, x = mlp(), points(1, 5)
    task, answer = finished(net, x, Request(target=0, baseline=[0.0, 1.0], n_steps=5))
    for which, value in enumerate((0.0, 1.0, 0.0)):  # the first stands in for one that is not there
        seen = task.path(answer, Request(target=0), which=which)
        assert seen.baseline_score == pytest.approx(net(torch.full_like(x, value))[0, 0].item())
        assert (seen.baselines, seen.which) == (("0", "1"), which % 2)
        assert seen.notes == (f"The path from {value:g}, one of 2 baselines.",)


def test_a_path_that_needed_fewer_points_than_another_has_lost_none():
    bend = lambda z: (z - 0.5).relu().sum(1) * 40
    x = torch.ones(1, 1, dtype=REAL)
    task, answer = finished(bend, x, Request(baseline=[-3.0, 0.9], tol=1e-6))
    counts = []
    for which in (0, 1):
        seen = task.path(answer, Request(), which=which)
        counts.append(len(seen.alphas))
        assert not any("no longer" in note for note in seen.notes)
    assert counts[0] != counts[1]


def test_average_gradients_have_gradients_as_maps():
    net, x = mlp(act=torch.nn.Tanh), points(1, 5)
    seen = wl.path(net, x, target=0, n_steps=5, method=wl.methods.IntegratedGradients(multiply_by_inputs=False))
    maps = direct(lambda z: net(z)[0, 0], x, torch.zeros_like(x), seen.alphas)[1]
    np.testing.assert_allclose(seen.maps, maps / x.numpy(), rtol=1e-6)


def test_text_has_one_value_per_token():
    demo = wl.demo.sentiment()
    seen = wl.path(demo.model, demo.inputs[0], **demo.options, n_steps=9)
    np.testing.assert_allclose(seen.maps.sum(1), seen.slopes, rtol=1e-4, atol=1e-5)
    assert seen.maps.shape[1] == len(seen.view.tokens)


def test_methods_without_a_path_and_batches_say_so():
    net = mlp()
    with pytest.raises(wl.WhylightError, match="Input gradient is no integral over the straight path"):
        wl.path(net, points(1, 5), method="input_gradient")
    with pytest.raises(wl.WhylightError, match="one picture, sentence or row"):
        wl.path(net, points(2, 5))


def test_infinite_gradients_count_as_zero_and_are_told():
    seen = wl.path(lambda z: z.sum(1).sqrt(), torch.tensor([[1.0, 3.0]], dtype=REAL), n_steps=9)
    assert np.isfinite(seen.slopes).all()
    assert "not finite" in seen.notes[0]


@pytest.mark.parametrize("kind", ["picture", "text", "row"])
def test_the_figure_has_a_curve_and_maps(kind):
    if kind == "row":
        seen = wl.path(mlp(), points(1, 5), n_steps=5)
    else:
        demo = wl.demo.digits() if kind == "picture" else wl.demo.sentiment()
        seen = wl.path(demo.model, demo.inputs[0], **demo.options, n_steps=9)
    figure = seen.plot()
    figure.canvas.draw()
    (line,) = (
        line
        for ax in figure.get_axes()
        for line in ax.lines
        if len(line.get_xdata()) == len(seen.curve[0]) and line.get_marker() == "None"
    )
    np.testing.assert_array_equal(line.get_ydata(), seen.curve[1])
    assert figure._repr_png_()[:4] == b"\x89PNG"
