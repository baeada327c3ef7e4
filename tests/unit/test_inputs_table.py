"""Rows and frames of pandas and NumPy for torch models and for predictors; columns, codes, the table view and its messages."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from torch import nn

import whylight as wl
from tests.unit.models import mlp
from whylight.explainer.explainer import Explainer
from whylight.inputs.rows import read
from whylight.live.choices import row_groups
from whylight.live.wire.inputs import input_message
from whylight.views.columns import spread

NAMES = ["a", "b", "c", "d", "e"]


def frame(n: int = 12, seed: int = 0) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(n, 5)), columns=NAMES)


def people(n: int = 60) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "age": rng.integers(20, 60, n),
            "income": rng.normal(30, 10, n),
            "member": rng.random(n) > 0.5,
            "city": rng.choice(["Lyon", "Oslo", "Rome"], n),
        }
    )
    return X, ((X["income"] > 30) ^ X["member"]).astype(int).to_numpy()


def pipeline(X: pd.DataFrame, y: np.ndarray):
    dressed = make_column_transformer(
        (OneHotEncoder(), ["city"]), (StandardScaler(), ["age", "income"]), remainder="passthrough"
    )
    return make_pipeline(dressed, LogisticRegression()).fit(X, y)


@pytest.mark.parametrize("kind", ["series", "one row", "array", "matrix"])
def test_a_row_for_a_torch_model_is_the_tensor(kind):
    net, X = mlp(), frame()
    rows = {"series": X.iloc[3], "one row": X.iloc[[3]], "array": X.to_numpy()[3], "matrix": X.to_numpy()[[3]]}
    tensor = torch.tensor(X.to_numpy()[[3]])
    found = wl.attribute(net, rows[kind], baseline=0)
    assert torch.equal(found.attributions, wl.attribute(net, tensor, baseline=0).attributions)
    named = kind in ("series", "one row")
    assert list(found.view.names) == (NAMES if named else [f"feature {i}" for i in range(5)])
    assert found.view.values.tolist() == X.iloc[3].tolist()


def test_a_frame_for_a_torch_model_is_a_batch_with_one_target():
    net, X = mlp(dtype=torch.float32), frame()
    found = wl.attribute(net, X, method="input_gradient")
    assert found.attributions.shape == (12, 5)
    outputs = net(torch.tensor(X.to_numpy()).float())
    assert found.target == f"class {outputs.argmax(1).mode().values.item()}"
    assert found.view.kind == "table"
    assert found.view.rows == tuple(map(str, range(12)))


def test_the_mean_row_is_the_baseline_where_rows_are_known():
    net, X = mlp(), frame()
    assert wl.attribute(net, X.iloc[0]).provenance["baseline"] == ["zero"]
    assert wl.attribute(net, X).provenance["baseline"] == ["mean"]
    found = wl.attribute(net, X.iloc[0], background=X, baseline="mean")
    assert torch.allclose(found.baselines[0].tensors[0][0], torch.tensor(X.mean().to_numpy()))
    assert found.convergence_delta.abs().item() < 1e-2


def test_a_pipeline_with_texts_flags_and_counts():
    X, y = people()
    model = pipeline(X, y)
    columns = read(X)
    assert columns.kinds == ("count", "number", "binary", "category")
    assert columns.to_rows(columns.values)["city"].tolist() == X["city"].tolist()
    found = wl.attribute(model, X, output="logit")
    effects = found.numpy()
    older = X.assign(age=X["age"] + 1)
    logit = lambda p: np.log(p / (1 - p))
    assert np.allclose(effects[:, 0], logit(model.predict_proba(older)[:, 1]) - logit(model.predict_proba(X)[:, 1]))
    on, off = (logit(model.predict_proba(X.assign(member=flag))[:, 1]) for flag in (True, False))
    assert np.allclose(effects[:, 2], on - off)
    in_town = {town: logit(model.predict_proba(X.assign(city=town))[:, 1]) for town in X["city"].unique()}
    often = X["city"].value_counts()
    for row, town in enumerate(X["city"]):
        rest = often.drop(town)
        beside = sum(in_town[other][row] * rest[other] for other in rest.index) / rest.sum()
        assert effects[row, 3] == pytest.approx(in_town[town][row] - beside, abs=1e-12)


def test_one_row_of_mixed_columns_knows_its_background():
    X, y = people()
    model = pipeline(X, y)
    whole = wl.attribute(model, X, target=1)
    row = wl.attribute(model, X.iloc[5], background=X, target=1, method="finite_differences")
    assert np.allclose(row.numpy()[0], whole.numpy()[5])
    assert row.view.shown[3] == X["city"][5]
    assert row.view.columns.kinds == ("count", "number", "binary", "category")


def test_estimators_get_what_they_were_fitted_on():
    X, y = people()
    X = X[["age", "income"]]
    fitted_on_frame = LogisticRegression().fit(X, y)
    fitted_on_array = LogisticRegression().fit(X.to_numpy(), y)
    for name in ("coef_", "intercept_"):  # where the search for them ends hangs on the layout of the rows
        setattr(fitted_on_array, name, getattr(fitted_on_frame, name))
    a, b = (
        wl.attribute(m, X).numpy() for m in (fitted_on_frame, fitted_on_array)
    )  # sklearn's warnings are errors here
    assert np.allclose(a, b, rtol=0, atol=1e-10)  # rounding over a step of 6e-6 standard deviations
    by_array = wl.attribute(fitted_on_array, X.to_numpy()[0])
    assert by_array.view.names == ("feature 0", "feature 1")
    seen = []
    wl.attribute(lambda rows: seen.append(type(rows).__name__) or np.zeros(len(rows)), X)
    wl.attribute(lambda rows: seen.append(type(rows).__name__) or np.zeros(len(rows)), X.to_numpy())
    assert set(seen) == {"DataFrame", "ndarray"}


def test_names_of_a_fitted_estimator_are_used_for_arrays():
    X, y = people()
    model = LinearRegression().fit(X[["age", "income"]], y)
    found = wl.attribute(model, X[["age", "income"]].to_numpy()[0].astype(float))
    assert found.view.names == ("age", "income")


def test_what_is_explained_of_an_estimator():
    X, y = frame(40), np.arange(40) % 2
    named = np.where(y == 1, "yes", "no")
    forest = wl.attribute(RandomForestClassifier(5, random_state=0).fit(X, named), X.iloc[0], target="yes")
    assert forest.provenance["unit"] == "probability"
    assert forest.target == "yes"
    margin = wl.attribute(LinearSVC().fit(X, y), X.iloc[0])
    assert margin.provenance["model"] == "LinearSVC.decision_function"
    assert margin.provenance["unit"] == "output"
    line = wl.attribute(LinearRegression().fit(X, y), X.iloc[0])
    assert line.target == "output"


def test_probabilities_and_their_logits():
    predict = lambda X: np.stack([1 - 1 / (1 + np.exp(-X[:, 0])), 1 / (1 + np.exp(-X[:, 0]))], 1)
    x, p = np.array([0.3, 9.0]), 1 / (1 + np.exp(-0.3))
    slope = lambda **options: wl.attribute(predict, x, target=1, **options).numpy()[0, 0]
    assert slope() == pytest.approx(p * (1 - p), abs=1e-9)
    assert slope(output="probability") == slope()
    assert slope(output="log_probability") == pytest.approx(1 - p, abs=1e-8)
    assert slope(output="logit") == pytest.approx(1, abs=1e-8)


def test_missing_values_and_columns_that_are_all_missing():
    X = frame()
    X.iloc[2, 1] = np.nan
    table = read(X)
    assert table.shown(2)[1] is None
    assert spread(table.values)[1] == pytest.approx(X["b"].std(ddof=0))
    with pytest.raises(ValueError, match="NaN"):
        wl.attribute(mlp(), X)


def test_nullable_and_categorical_columns():
    X = pd.DataFrame(
        {
            "n": pd.array([1, 2, None], dtype="Int64"),
            "c": pd.Categorical(["x", "y", "x"]),
            "s": pd.array(["u", None, "v"], dtype="string"),
        }
    )
    table = read(X)
    assert np.isnan(table.values[2, 0])
    assert table.kinds[1:] == ("category", "category")
    assert table.shown(1) == [2.0, "y", None]
    assert table.to_rows(table.values)["s"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (pd.DataFrame({"when": pd.to_datetime(["2020-01-01", "2021-01-01"])}), ["'when'", "dates"]),
        (pd.DataFrame(), ["empty"]),
        (pd.DataFrame(np.ones((2, 2)), columns=["a", "a"]), ["unique"]),
    ],
)
def test_tables_that_cannot_be_explained(x, words):
    with pytest.raises(wl.WhylightError) as caught:
        wl.attribute(lambda X: np.ones(len(X)), x)
    assert all(word in str(caught.value) for word in words)


def test_texts_are_not_for_torch_models_and_backgrounds_fit():
    X, _ = people()
    with pytest.raises(wl.WhylightError, match="city"):
        wl.attribute(nn.Linear(4, 1), X)
    with pytest.raises(wl.WhylightError, match="background has 2 columns"):
        wl.attribute(lambda X: X.sum(1), np.ones(3), background=np.ones((4, 2)))
    with pytest.raises(wl.WhylightError, match="rows of a table"):
        wl.attribute(nn.Flatten(), torch.ones(1, 1, 4, 4), background=np.ones((4, 2)))


def test_pandas_is_not_imported_for_arrays():
    code = (
        "import sys, numpy as np, whylight as wl; wl.attribute(lambda X: X.sum(1), np.ones((3, 2)));"
        "print([m for m in ('pandas', 'sklearn') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_explain_chooses_shapley_values_by_itself():
    X, y = people()
    with wl.explain(pipeline(X, y), X.iloc[0], background=X) as widget:
        assert (widget.method, widget.baseline) == ("shapley_values", "background")
        assert {m["value"] for m in widget._choices["methods"]} == {
            "finite_differences",
            "occlusion",
            "shapley_values",
        }
        same = wl.attribute(pipeline(X, y), X.iloc[0], background=X)
        assert torch.equal(widget.wait(300).attributions, same.attributions)
        assert widget._frame["meta"]["sum"] == pytest.approx(float(same.score - same.baseline_score))
        assert widget._frame["meta"]["baseline"] == {"value": "background", "label": "Background (60 rows)"}
        widget.method = "finite_differences"
        assert widget.wait(300).method == "finite_differences"
        assert widget._input["values"][3] == X["city"][0]
        assert widget._input["kinds"] == ["count", "number", "binary", "category"]
        assert widget._frame["meta"]["counted"] == "prediction"
        assert widget._frame["meta"]["sum"] is None


def test_a_frame_in_the_widget():
    X, y = people()
    model = pipeline(X, y)
    with wl.explain(model, X, labels=["no", "yes"]) as widget:
        answer = widget.wait(300)
        assert widget._input["kind"] == "table"
        (group,) = widget._input["groups"]
        assert group["of"] == model.predict(X).tolist()
        assert group["labels"] == ["no", "yes"]
        values = np.frombuffer(widget._frame["arrays"]["values"]["data"], "<f4").reshape(60, 4)
        assert np.allclose(values, answer.numpy(), atol=1e-6)
        scores = np.frombuffer(widget._frame["arrays"]["scores"]["data"], "<f4")
        assert np.allclose(scores, model.predict_proba(X)[:, 1], atol=1e-6)
        assert widget._frame["meta"]["score"] == pytest.approx(model.predict_proba(X)[:, 1].mean())
        assert widget.target == 1
        probabilities = {t["label"]: t["probability"] for t in widget._choices["targets"]}
        assert probabilities["yes"] == pytest.approx(model.predict_proba(X)[:, 1].mean())
        widget.order, widget.subgroup, widget.selection = "name", "Predicted class: yes", [3]
        twin = widget._repr_mimebundle_()[0]["text/html"]
        assert "income" in twin
        assert "mean of 60 rows" in twin


def test_a_frame_and_a_torch_model_in_the_widget():
    X = frame()
    with wl.explain(mlp(), X, n_steps=9) as widget:
        answer = widget.wait(300)
        assert answer.method == "integrated_gradients"
        assert widget._frame["meta"]["rows"] == 12
        assert widget._frame["meta"]["sum"] == pytest.approx(float(answer.total.mean()))
        gap, rise = answer.convergence_delta.abs().sum(), (answer.score - answer.baseline_score).abs().sum()
        assert widget._frame["meta"]["relative_gap"] == pytest.approx(float(gap / rise))
        widget.method = "finite_differences"
        assert widget.wait(300).method == "finite_differences"


def test_a_regression_is_grouped_by_thirds_of_its_score():
    X, _ = people()
    X = X[["age", "income"]]
    (group,) = row_groups(Explainer(LinearRegression().fit(X, X["income"]), X, {}))
    assert group.labels == ("lowest third", "middle third", "highest third")
    order = np.argsort(X["income"].to_numpy())
    assert [group.of[i] for i in order] == [0] * 20 + [1] * 20 + [2] * 20


def test_groups_of_ones_own_can_be_chosen():
    X, y = people()
    model, sex = pipeline(X, y), ["f", "m", None] * 20
    old = X["age"].to_numpy() > 40
    with wl.explain(model, X, labels=["no", "yes"], groups={"Old": old, "Sex": sex, "Truth": y}) as widget:
        found, own, people_, truth = widget._input["groups"]
        assert (found["name"], own["name"], people_["name"], truth["name"]) == (
            "Predicted class",
            "Old",
            "Sex",
            "Truth",
        )
        assert own["labels"] == ["selected", "others"]
        assert own["of"] == [0 if is_old else 1 for is_old in old]
        assert (people_["labels"], people_["of"][:3]) == (["f", "m"], [0, 1, -1])
        assert truth["labels"] == ["no", "yes"]
        assert widget.code().endswith("groups=groups)")
    with wl.explain(model, X, groups="predicted") as widget:
        assert [g["name"] for g in widget._input["groups"]] == ["Predicted class"]
    with pytest.raises(wl.WhylightError, match="one entry per row"):
        wl.explain(model, X, groups=sex[:5])
    with pytest.raises(wl.WhylightError, match="rows of a table"):
        wl.explain(model, X.iloc[0], background=X, groups=sex)
    with pytest.raises(TypeError, match="groups"):
        wl.attribute(model, X, groups=sex)


def test_the_paper_twins_of_a_row_and_a_frame(tmp_path):
    X, y = people()
    model = pipeline(X, y)
    for x in (X.iloc[0], X):
        found = wl.attribute(model, x, background=X, method="finite_differences")
        page = found.save(tmp_path / "a.html").read_text()
        assert page.count('scope="row"') == 4
        assert "per standard deviation" in page
        assert found.save(tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    row = wl.attribute(model, X.iloc[0], background=X)
    assert X["city"][0] in row.save(tmp_path / "b.html").read_text()


def test_very_large_frames_are_for_effects():
    big = np.zeros((5000, 100))
    with pytest.raises(wl.WhylightError, match=r"wl\.effects"):
        wl.explain(lambda X: X.sum(1), big)


def test_a_frame_of_one_row_is_a_row():
    assert input_message(wl.attribute(lambda X: X.sum(axis=1), frame(1)).view)["kind"] == "features"


def test_a_background_is_matched_by_the_names_of_its_columns():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(40, 3)), columns=list("abc"))
    model = LinearRegression().fit(frame, frame.a + 10 * frame.b + 100 * frame.c)
    expected = (frame.iloc[0] - frame.mean()).to_numpy() * model.coef_
    for background in (frame, frame[["c", "b", "a"]]):
        found = wl.attribute(model, frame.iloc[0], background=background).numpy()[0]
        np.testing.assert_allclose(found, expected, rtol=1e-9)
    with pytest.raises(wl.WhylightError, match="background has no column 'q'"):
        wl.attribute(model, frame.iloc[0].rename({"a": "q"}), background=frame)
    with pytest.raises(wl.WhylightError, match="LinearRegression was fitted on a, b, c"):
        wl.attribute(model, frame.iloc[0][::-1], background=frame)


def test_the_error_of_levels_that_stand_for_others_is_unknown():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=400), "z": [f"z{i}" for i in rng.integers(0, 150, 400)]})
    score = lambda rows: np.array([float(level[1:]) for level in rows["z"]]) * 0.1
    found = wl.attribute(score, frame.iloc[0], background=frame, method="finite_differences")
    assert np.isnan(found.error_estimate[0, 1].item())
    assert any("More levels than can be tried in z" in note for note in found.notes)
