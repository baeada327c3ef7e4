"""Average effects against closed forms, coefficients and Stein's identity; groups, words, Jacobians (METHODS 1.2-1.3)."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

import whylight as wl
from tests.unit.models import WordTokenizer, mlp, points
from whylight.average_effects.averages import over_names, over_rows, subgroups
from whylight.results.effects import LEVELS

BETA = torch.tensor([2, -1, 0.5], dtype=torch.float64)


def product(x):
    return x[:, 0] * x[:, 1]


def signs(n: int = 100) -> torch.Tensor:
    x = points(n, 2)
    x[:, 1] = torch.tensor([1.0, -1.0]).repeat(n // 2)
    return x


def test_a_linear_model_has_its_coefficients_as_average_effects():
    found = wl.effects(lambda x: x @ BETA + 7, points(50, 3))
    assert np.array_equal(found.mean[0], BETA.numpy())
    assert (found.std == 0).all()
    assert np.array_equal(found.magnitude[0], BETA.abs().numpy())
    assert found.positive[0].tolist() == [1, 0, 1]
    assert found.counts.tolist() == [[50, 50, 50]]
    assert (found.quantiles[0] == BETA.numpy()).all()


@pytest.mark.parametrize("black", [False, True])
def test_opposite_effects_cancel_until_they_are_told_apart(black):
    x = signs()
    groups = x[:, 1].numpy()
    found = wl.effects(product, x.numpy() if black else x, groups=groups)
    assert found.groups == ("all", "-1.0", "1.0")
    assert found.mean[:, 0] == pytest.approx([0, -1, 1], abs=1e-8)
    assert found.magnitude[:, 0] == pytest.approx([1, 1, 1], abs=1e-8)
    assert found.positive[:, 0].tolist() == [0.5, 0, 1]
    assert found.std[:, 0] == pytest.approx([1, 0, 0], abs=1e-8)


def test_stein_identity():
    x = torch.randn(200_000, 1, dtype=torch.float64)
    assert wl.effects(lambda x: x[:, 0] ** 3, x).mean.item() == pytest.approx(3, abs=0.05)


def test_standardized_effects_are_coefficients_on_standardized_columns():
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    plain = LinearRegression().fit(X, y)
    scaled = LinearRegression().fit(StandardScaler().fit_transform(X), y)
    found = wl.effects(plain, X)
    number = np.array([name != "sex" for name in X])
    assert np.abs(found.mean[0] - plain.coef_)[number].max() < 1e-6
    assert np.abs(found.standardized().mean[0] - scaled.coef_).max() < 1e-5
    assert found.standardized().standardized() is not None
    assert found.names == tuple(X.columns)
    assert found.unit == "output"


def cancer():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return X, y, make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)


@pytest.mark.parametrize("call", ["predict_proba", "decision_function"])
def test_logistic_regression_keeps_signs_and_ranks(call):
    X, _, line = cancer()
    found = wl.effects(getattr(line, call), X).standardized().mean[0]
    assert (np.sign(found) == np.sign(line[-1].coef_[0])).all()
    assert spearmanr(found, line[-1].coef_[0]).statistic > 0.999


def test_a_net_in_a_pipeline_agrees_with_the_linear_model():
    X, y, line = cancer()
    net = make_pipeline(StandardScaler(), MLPClassifier((16,), alpha=1.0, max_iter=400, random_state=0)).fit(X, y)
    found = wl.effects(net, X, output="logit").standardized().mean[0]
    assert spearmanr(found, line[-1].coef_[0]).statistic > 0.9


@pytest.mark.parametrize(
    ("trees", "least"),
    [(RandomForestClassifier(100, random_state=0), 0.7), (GradientBoostingClassifier(random_state=0), 0.5)],
)
def test_trees_lean_the_way_of_the_linear_model(trees, least):
    X, y, line = cancer()
    found = wl.effects(trees.fit(X, y), X)
    assert "steps" in found.notes[0]
    assert spearmanr(found.standardized().mean[0], line[-1].coef_[0]).statistic > least


def test_a_forest_on_diabetes():
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    forest = RandomForestRegressor(100, min_samples_leaf=5, random_state=0).fit(X, y)
    found = wl.effects(forest, X)
    assert set(found.extremes(2)[0]) == {"bmi", "s5"}
    assert {found.names[i] for i in found.order()[:2]} == {"bmi", "s5"}


def test_torch_gradients_and_finite_differences_of_one_net_agree():
    net, x = mlp(act=nn.Tanh), points(40, 5)
    by_gradient = wl.effects(net, x, target=1, groups="predicted")
    black = lambda X: net(torch.from_numpy(X)).detach().numpy()
    by_steps = wl.effects(black, x.numpy(), target=1, groups="predicted")
    assert by_gradient.groups == by_steps.groups
    for name in ("mean", "magnitude", "std", "quantiles", "scales"):
        assert np.allclose(getattr(by_gradient, name), getattr(by_steps, name), rtol=0, atol=1e-8)
    assert (by_gradient.method, by_steps.method) == ("input_gradient", "finite_differences")


def test_the_target_is_one_class_for_all_rows():
    two, three, x = mlp(classes=2), mlp(classes=3), points(40, 5)
    assert wl.effects(two, x).target == "class 1"
    most = three(x).argmax(1).mode().values.item()
    assert wl.effects(three, x).target == f"class {most}"
    assert wl.effects(three, x, target="b", labels=list("abc")).target == "b"


def test_predicted_and_true_classes_as_groups():
    X, y, line = cancer()
    found = wl.effects(line, X, groups="predicted", labels=["malignant", "benign"])
    assert found.groups == ("all", "malignant", "benign")
    assert found.counts[1:, 0].tolist() == np.bincount(line.predict(X)).tolist()
    assert np.allclose(found.mean[1], found.local[line.predict(X) == 0].mean(0))
    true = wl.effects(line, X, groups=y, labels=["malignant", "benign"])
    assert true.counts[1:, 0].tolist() == np.bincount(y).tolist()


def test_groups_by_name_mask_and_mapping():
    rows = np.array([True, False, True])
    assert [n for n, _ in subgroups(rows, 3)] == ["selected", "others"]
    assert [n for n, _ in subgroups(np.ones(3, dtype=bool), 3)] == ["selected"]
    assert [n for n, _ in subgroups(pd.Series(["x", "y", "x"]), 3)] == ["x", "y"]
    assert [n for n, _ in subgroups({"old": rows, "young": ~rows}, 3)] == ["old", "young"]
    assert [n for n, _ in subgroups([1, 0, 1], 3, ["no", "yes"])] == ["no", "yes"]
    assert [n for n, _ in subgroups(pd.Series(["x", None, pd.NA]), 3)] == ["x"]
    assert [n for n, _ in subgroups([2.0, np.nan, 1.0], 3)] == ["1.0", "2.0"]
    both = dict(subgroups({"old": rows, "sex": ["m", None, "f"]}, 3))
    assert {name: mask.tolist() for name, mask in both.items()} == {
        "old": [True, False, True],
        "sex: f": [False, False, True],
        "sex: m": [True, False, False],
    }


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (["a"], ["(3,)", "(1,)"]),
        ("predictd", ["'predicted'"]),
        ("predicted", ["one score per class"]),
        (np.zeros(3, dtype=bool), ["no row"]),
        ({"a": [1, 0]}, ["(3,)", "(2,)"]),
        ({"a": "predicted"}, ["(3,)"]),
    ],
)
def test_wrong_groups(groups, words):
    with pytest.raises(wl.WhylightError) as caught:
        wl.effects(lambda X: X.sum(1), np.ones((3, 2)), groups=groups)
    assert all(word in str(caught.value) for word in words)


@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 8))
def test_averages_by_name_are_numpy_s(seed, count, width):
    rng = np.random.default_rng(seed)
    names, values, sizes = rng.integers(0, width, count), rng.normal(size=count), rng.random(count)
    found = over_names(values, sizes, names, [np.ones(count, dtype=bool)])
    for name in range(names.max() + 1):
        own = values[names == name]
        assert found.counts[0, name] == len(own)
        if not len(own):
            assert np.isnan(found.mean[0, name])
            assert np.isnan(found.quantiles[0, :, name]).all()
            continue
        assert found.mean[0, name] == pytest.approx(own.mean())
        assert found.std[0, name] == pytest.approx(own.std(), abs=1e-12)
        assert found.positive[0, name] == pytest.approx((own > 0).mean())
        assert found.magnitude[0, name] == pytest.approx(sizes[names == name].mean())
        assert found.quantiles[0, :, name] == pytest.approx(np.quantile(own, LEVELS))


def test_dense_averages():
    values = points(30, 4).numpy()
    found = over_rows(values, [np.arange(30) < 10])
    assert np.allclose(found.mean[0], values[:10].mean(0))
    assert np.allclose(found.quantiles[0], np.quantile(values[:10], LEVELS, axis=0))


def test_jacobians():
    W, x = points(3, 4, seed=5), points(2, 4)
    softmax = lambda z: (z @ W.T).softmax(1)
    p = softmax(x)
    expected = p[:, :, None] * (W - (p @ W)[:, None])
    assert torch.allclose(wl.jacobian(softmax, x), expected, rtol=0, atol=1e-12)
    calls = []

    def predict(X):
        calls.append(len(X))
        return softmax(torch.from_numpy(X)).numpy()

    found = wl.jacobian(predict, x.numpy())
    assert torch.allclose(found, expected, rtol=0, atol=1e-9)
    assert found.sum(1).abs().max() < 1e-9
    calls.clear()  # by now it is known that it answers alike
    wl.jacobian(predict, x.numpy())
    assert sum(calls) == 2 * (1 + 1 + 8), "all classes from the same predictions"
    assert wl.jacobian(lambda x: x @ BETA, points(5, 3)).shape == (5, 1, 3)


def test_times_input():
    x = points(20, 3)
    found = wl.effects(lambda x: x @ BETA, x, method="input_x_gradient")
    assert np.allclose(found.mean[0], (x * BETA).mean(0))
    assert found.scales is None, "shares of the output are not per unit of a column"
    with pytest.raises(ValueError, match="standardize"):
        found.standardized()


def test_pictures_and_several_inputs_are_flattened():
    found = wl.effects(lambda a, b: (a * a).sum((1, 2)) + b.sum(1), (points(6, 2, 2), points(6, 3)))
    assert found.mean.shape == (1, 7)
    assert np.allclose(found.mean[0, 4:], 1)


class Bag(nn.Module):
    """A linear model on a bag of embedded words: the effect of a word is known."""

    def __init__(self, words: int = 40) -> None:
        super().__init__()
        self.embedding, self.out = nn.Embedding(words, 6), nn.Linear(6, 2)
        self.double().eval()

    def forward(self, ids):
        return self.out(self.embedding(ids).sum(1))


def test_words_of_a_corpus_against_a_linear_model():
    texts = ["Good film good cast", "bad film", "a GOOD end", "bad bad plot"]
    net, tokenizer = Bag(600), WordTokenizer(600)
    found = wl.effects(net, texts, tokenizer=tokenizer, target=1, groups=["pos", "neg", "pos", "neg"])
    assert list(found.names) == sorted(found.names)
    counts = dict(zip(found.names, found.counts[0], strict=True))
    assert (counts["good"], counts["bad"]) == (3, 3)
    negative, good = found.group("neg"), found.names.index("good")
    assert found.counts[negative, good] == 0
    assert np.isnan(found.mean[negative, good])
    ids = [tokenizer(word)["input_ids"][1] for word in ("Good", "good", "GOOD")]
    products = (net.embedding.weight[ids] @ net.out.weight[1]).tolist()
    assert found.mean[0, good] == pytest.approx(np.mean(products))
    assert found.magnitude[0] == pytest.approx([net.out.weight[1].norm().item()] * len(found.names))
    above, below = found.extremes(3)
    assert found.mean[0, found.names.index(above[0])] == np.nanmax(found.mean[0])
    assert found.mean[0, found.names.index(below[0])] == np.nanmin(found.mean[0])
    assert found.table().index[0] in (above + below)


def test_the_demo_s_words_carry_their_sentiment():
    demo = wl.demo.sentiment()
    found = wl.effects(demo.model, list(demo.inputs), target="positive", **demo.options)
    above, below = found.extremes(5)
    assert above
    assert below
    assert not set(above) & set(below)
    assert "<table" in found._repr_html_()


def test_the_table_and_its_pictures():
    X, _, line = cancer()
    found = wl.effects(line, X, groups="predicted", labels=["malignant", "benign"])
    table = found.table()
    assert list(table.columns) == [
        "mean",
        "standardized",
        "magnitude",
        "std",
        "positive",
        "q05",
        "q25",
        "q50",
        "q75",
        "q95",
        "count",
    ]
    assert table.index[0] == found.names[found.order()[0]]
    assert (table["standardized"].abs().diff().dropna() <= 0).all()
    assert table.loc["worst area", "mean"] == found.mean[0, found.names.index("worst area")]
    assert found.plot()._repr_png_()[:4] == b"\x89PNG"
    html = found._repr_html_()
    assert html.count('scope="row"') == 20
    assert "per standard deviation" in html
    assert "569 rows" in repr(found)
    with pytest.raises(ValueError, match="benign"):
        found.table("benin")


def test_names_are_never_markup():
    found = wl.effects(lambda X: X.sum(1), np.ones((3, 1)), feature_names=["<b>$x"])
    assert "<b>$x" not in found._repr_html_()
    assert found.plot()._repr_png_()


def test_without_pandas_the_table_is_a_list(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pandas", None)
    rows = wl.effects(lambda x: x @ BETA, points(5, 3)).table()
    assert [row["feature"] for row in rows] == ["feature 0", "feature 1", "feature 2"]
    assert rows[0]["mean"] == 2
