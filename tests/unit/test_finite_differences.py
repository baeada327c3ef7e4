"""Finite differences against closed forms and autograd (METHODS 1.3), on functions, estimators and torch models."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from torch import nn

import whylight as wl
from tests.unit.models import mlp, points

BETA = np.array([2.0, -1.0, 0.5])


def rows(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d))


def slopes(predict, x, method="finite_differences", **options) -> np.ndarray:
    return wl.attribute(predict, x, method=method, **options).numpy()


def scheme(**parameters) -> wl.methods.FiniteDifferences:
    return wl.methods.FiniteDifferences(**parameters)


@pytest.mark.parametrize(
    ("method", "within"),
    [
        (scheme(), 1e-8),
        (scheme(scheme="central4"), 1e-9),
        (scheme(scheme="forward"), 1e-6),  # the square root of the rounding error is all it can reach
        (scheme(step=0.25), 1e-12),
        (scheme(step=1e3), 1e-12),
        (scheme(scheme="central4", step=0.25), 1e-12),
    ],
)
def test_a_linear_predictor_has_its_coefficients_everywhere(method, within):
    found = slopes(lambda X: X @ BETA + 7, rows(50, 3), method)
    assert np.abs(found - BETA).max() < within
    assert found.std(0).max() < within


def test_logistic_regression():
    predict = lambda X: 1 / (1 + np.exp(-(X @ [1, -2] + 0.5)))
    found = wl.attribute(predict, np.array([1.0, 0.5]))
    assert found.score.item() == pytest.approx(0.6224593312018546, abs=1e-12)
    assert np.allclose(found.numpy(), [[0.2350037122, -0.4700074244]], rtol=0, atol=2e-10)
    assert found.method == "finite_differences"


def test_softmax_gradients_add_up_to_nothing():
    W, x = rows(3, 4, seed=5), rows(4, 4)
    softmax = lambda Z: np.exp(Z) / np.exp(Z).sum(1, keepdims=True)
    predict = lambda X: softmax(X @ W.T)
    p = predict(x)
    maps = [slopes(predict, x, target=c) for c in range(3)]
    for c in range(3):
        assert np.allclose(maps[c], p[:, c : c + 1] * (W[c] - p @ W), rtol=0, atol=1e-9)
    assert np.abs(sum(maps)).max() < 1e-9


@given(st.integers(0, 10_000), st.sampled_from([None, 0.01, 1.0, 7.0]), st.sampled_from(["central", "central4"]))
def test_central_differences_are_exact_for_quadratics(seed, step, name):
    A, x = rows(4, 4, seed), rows(3, 4, seed + 1)
    f = lambda X: np.einsum("ni,ij,nj->n", X, A, X)
    error = np.abs(slopes(f, x, scheme(scheme=name, step=step)) - x @ (A + A.T))
    if step is None:  # rounding, on the scale of the predictor's values and the columns' spread
        error = error * x.std(0) / (1 + np.abs(f(x)).max())
    assert error.max() < 1e-10


def test_extrapolation_is_exact_for_quartics():
    x = rows(5, 3)
    found = slopes(lambda X: (X**4 - 2 * X**3).sum(1), x, scheme(scheme="central4", step=0.5))
    assert np.abs(found - (4 * x**3 - 6 * x**2)).max() < 1e-12


def test_extrapolation_is_of_fourth_order():
    x = rows(50, 3)
    errors = [
        np.abs(slopes(lambda X: np.exp(X).sum(1), x, scheme(scheme="central4", step=h)) - np.exp(x)) for h in (0.4, 0.2)
    ]
    assert (errors[0] / errors[1]).mean() == pytest.approx(16, rel=0.05)
    assert np.abs(errors[1] - np.exp(x) * 0.2**4 / 480).max() < 0.02 * errors[1].max()


def test_a_cube_has_the_error_of_the_textbook():
    cube, x = lambda X: X[:, 0] ** 3, np.array([2.0])
    assert slopes(cube, x, scheme(scheme="forward", step=0.1)).item() == pytest.approx(12.61, abs=1e-12)
    assert slopes(cube, x, scheme(step=0.1)).item() == pytest.approx(12.01, abs=1e-12)
    assert slopes(cube, x).item() == pytest.approx(12, abs=1e-8)


def test_autograd_agrees_on_a_smooth_net():
    net, x = mlp(act=nn.Tanh), points(6, 5)
    exact = wl.attribute(net, x, method="input_gradient", target=1).numpy()
    assert np.abs(slopes(net, x, scheme(step=1e-5), target=1) - exact).max() < 1e-8
    assert np.abs(slopes(net, x, target=1) - exact).max() < 1e-9
    assert np.abs(slopes(net, x, scheme(scheme="central4"), target=1) - exact).max() < 1e-11
    black = lambda X: net(torch.from_numpy(X)).detach().numpy()
    assert np.abs(slopes(black, x.numpy(), scheme(step=1e-5), target=1) - exact).max() < 1e-8


@pytest.mark.parametrize("output", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0, 1000])
def test_a_predictor_in_float32_gets_steps_it_can_see(output, offset):
    predict = lambda X: np.sin(X.astype(np.float32) - np.float32(offset)).sum(1).astype(output)
    x = rows(40, 3) + offset
    found = wl.attribute(predict, x)
    assert not found.notes
    assert np.abs(found.numpy() - np.cos(x - offset)).max() < (1e-3 if offset == 0 else 1e-2)
    naive = slopes(predict, x, scheme(step=6e-6))
    assert np.abs(naive - np.cos(x - offset)).max() > 5e-3


def test_float32_torch_models_get_steps_of_their_own():
    net, x = mlp(act=nn.Tanh, dtype=torch.float32), points(6, 5, dtype=torch.float32)
    exact = wl.attribute(net, x, method="input_gradient", target=1).numpy()
    bound = 10 * torch.finfo(torch.float32).eps ** (
        2 / 3
    )  # rounding and curvature at the best step; in float64's: 0.02
    for name in ("central", "central4"):
        assert np.abs(slopes(net, x, scheme(scheme=name), target=1) - exact).max() < bound


def test_a_feature_that_is_not_used_gets_exactly_nothing():
    assert (slopes(lambda X: np.sin(X[:, 0]), rows(5, 3))[:, 1:] == 0).all()


def test_a_constant_predictor():
    found = wl.attribute(lambda X: np.ones(len(X)), rows(5, 3))
    assert (found.numpy() == 0).all()
    assert found.error_estimate.isnan().all(), "no derivative to compare with"


@given(st.integers(0, 10_000))
def test_the_error_estimate_covers_the_error(seed):
    W, x = rows(4, 4, seed), rows(500, 4, seed + 1)
    predict = lambda X: np.tanh(X @ W).sum(1)
    exact = (1 - np.tanh(x @ W) ** 2) @ W.T
    steps = [scheme(step=1e-3), scheme(step=0.02), scheme(scheme="central4", step=0.1)]
    for method in (scheme(), scheme(scheme="central4"), *steps):
        found = wl.attribute(predict, x, method=method)
        assert (np.abs(found.numpy() - exact) <= found.error_estimate.numpy() + 1e-12).mean() > 0.95


def test_flags_are_toggled_and_counts_raised():
    predict = lambda X: X[:, 0] * (1 + X[:, 1]) + X[:, 2] ** 2
    x = np.array([[2.0, 0, 3], [4.0, 1, 3]])
    background = np.array([[0.0, 0, 1], [1.5, 1, 2], [3.0, 1, 5]])
    found = slopes(predict, x, background=background)
    assert np.allclose(found[:, 1], [2, 4]), "the toggle's sign does not depend on where it stands"
    assert np.allclose(found[:, 2], [6, 6]), "floating point numbers have slopes"
    counts = slopes(lambda X: X[:, 0] ** 2, np.array([[3], [5], [2]]))
    assert np.allclose(counts[:, 0], [7, 11, 5]), "f(x + 1) − f(x)"


def test_a_toggle_needs_one_prediction_a_slope_two():
    seen = []

    def predict(X):
        seen.append(len(X))
        return X.sum(1)

    background = np.array([[0.0, 0.1, 0], [1.0, 2.0, 1]])
    for _ in range(2):  # the first time it is also seen whether it answers alike
        seen.clear()
        found = wl.attribute(predict, np.array([[0.0, 0.5, 1.0]]), background=background, method=scheme(step=0.1))
    assert found.n_evaluations == 1 + 1 + 2 + 1
    assert sum(seen) == found.n_evaluations, "what the outputs are is seen from the answer"
    assert "predictions" in repr(found)
    seen.clear()
    found = wl.attribute(predict, np.array([[0.0, 0.5, 1.0]]), background=background, method=scheme(scheme="central4"))
    assert found.n_evaluations == 1 + 1 + 1 + 4 + 1, "the answer, the trial, a slope of four between two toggles"
    assert sum(seen) == found.n_evaluations


def test_a_missing_value_that_nothing_is_known_of_is_not_examined():
    predict = lambda X: np.nansum(X * [1, 2, 3], axis=1)
    found = wl.attribute(predict, np.array([1.0, np.nan, 3.0]))
    assert np.allclose(found.numpy(), [[1, np.nan, 3]], equal_nan=True)
    assert found.examined.tolist() == [[True, False, True]]
    assert found.total.item() == pytest.approx(4)


def test_predictions_are_asked_for_in_blocks():
    sizes = []

    def predict(X):
        sizes.append(len(X))
        return X @ np.arange(30.0)

    found = slopes(predict, rows(700, 30))
    assert np.abs(found - np.arange(30)).max() < 1e-5
    assert max(sizes) <= 8192
    assert len(sizes) < 12


def test_a_forest_is_flat_close_by_and_has_slopes_from_afar():
    x = rows(300, 2)
    forest = RandomForestRegressor(20, random_state=0).fit(x, 3 * x[:, 0] - x[:, 1])
    near = slopes(forest, x, scheme(step=1e-9))
    assert (near == 0).mean() > 0.99
    found = wl.attribute(forest, x)
    assert found.numpy().mean(0) == pytest.approx([3, -1], abs=0.5)
    assert "does not react to small steps" in found.notes[0]
    assert found.provenance["steps"] == "wide"
    assert (slopes(forest, x, scheme(scheme="central4")) == found.numpy()).all(), "no extrapolation across steps"
    wide = slopes(forest, x, scheme(step=2.0))
    assert wide.mean(0)[0] > 1


def test_a_sparse_linear_model_is_not_taken_for_a_tree():
    found = wl.attribute(lambda X: 2 * X[:, 3], rows(30, 40))
    assert not found.notes
    assert np.abs(found.numpy()[:, 3] - 2).max() < 1e-7


def test_steps_follow_the_columns_scale():
    widths = []

    def predict(X):
        widths.append(np.ptp(X, axis=0))
        return X.sum(1)

    background = rows(100, 3) * [1e-3, 1, 1e3]
    slopes(predict, np.zeros(3), background=background)
    width = np.max(widths, axis=0) / background.std(0)
    assert width == pytest.approx([width[0]] * 3, rel=1e-6)


def test_times_input():
    x = rows(5, 3)
    found = slopes(lambda X: X @ BETA, x, scheme(multiply_by_inputs=True))
    assert np.allclose(found, x * BETA, atol=1e-7)


def test_an_estimator_and_its_method_are_the_same():
    x = rows(40, 3)
    line = LinearRegression().fit(x, x @ BETA)
    assert np.abs(slopes(line, x) - BETA).max() < 1e-7
    assert (slopes(line, x) == slopes(line.predict, x)).all()
    assert wl.attribute(line, x).provenance["model"] == "LinearRegression.predict"


@pytest.mark.parametrize(
    ("parameters", "words"),
    [({"scheme": "centre"}, ["scheme", "'central'"]), ({"step": 0}, ["above 0"]), ({"step": "1"}, ["above 0", "'1'"])],
)
def test_wrong_parameters(parameters, words):
    with pytest.raises(wl.WhylightError) as caught:
        scheme(**parameters)
    assert all(word in str(caught.value) for word in words)


def test_methods_that_need_gradients_say_so():
    with pytest.raises(wl.WhylightError, match="method='finite_differences'"):
        wl.attribute(lambda X: X.sum(1), np.ones(3), method="integrated_gradients")


@pytest.mark.parametrize("labels", [np.array([1, 0]), np.array(["yes", "no"])])
def test_class_labels_cannot_be_explained(labels):
    with pytest.raises(TypeError, match="predict_proba"):
        wl.attribute(lambda X: labels[:1].repeat(len(X)), np.ones(3))


def test_steins_identity():
    x = np.random.default_rng(0).normal(size=(200_000, 1))
    found = slopes(lambda X: X[:, 0] ** 3, x)
    assert found.mean() == pytest.approx(3, abs=0.05)
    assert np.mean(x * x**3) == pytest.approx(3, abs=0.05)


def test_a_predictor_with_further_inputs_is_asked_with_them():
    predict = lambda X, shift=100.0: X[:, 0] * shift
    found = wl.attribute(predict, np.array([[2.0, 1.0]]), forward_kwargs={"shift": 3.0}, method=scheme(step=0.5))
    assert found.score.item() == pytest.approx(6.0)
    assert found.numpy() == pytest.approx(np.array([[3.0, 0.0]]))
