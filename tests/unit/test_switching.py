"""Categories and missing values switched to what else is known; what was not examined, in numbers, words, files and messages."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.ensemble import RandomForestRegressor

import whylight as wl
from tests.unit.models import mlp

X = pd.DataFrame({"n": [1.0, 2.0, np.nan, 4.0, 3.0, 2.0], "city": ["a", "b", "c", "a", None, "a"]})
CITY = {"a": 1.0, "b": 2.0, "c": 5.0, None: -3.0}


def predict(frame: pd.DataFrame) -> np.ndarray:
    towns = frame["city"].astype(object)
    towns = towns.where(towns.notna(), None)
    return 10 * frame["n"].fillna(7).to_numpy() + np.array([CITY[c] for c in towns])


def found(x, **options) -> wl.Attribution:
    return wl.attribute(predict, x, method="finite_differences", **options)


@pytest.mark.parametrize("row", range(6))
def test_levels_by_direct_recomputation(row):
    answer = found(X.iloc[row], background=X)
    here = X["city"][row] if isinstance(X["city"][row], str) else None
    often = {"a": 3, "b": 1, "c": 1, None: 1}
    others = {town: count for town, count in often.items() if town != here}
    mean = sum(CITY[town] * count for town, count in others.items()) / sum(others.values())
    assert answer.numpy()[0, 1] == pytest.approx(CITY[here] - mean, abs=1e-10)
    changes = answer.level_changes.of("city")
    assert set(changes) == {"a", "b", "c", "missing"}
    for town, change in changes.items():
        assert change == pytest.approx(CITY[None if town == "missing" else town] - CITY[here], abs=1e-10)
    assert answer.examined is None


def test_a_missing_number_is_switched_to_known_ones_and_a_known_one_to_missing():
    known = X["n"].dropna()
    answer = found(X.iloc[2], background=X)
    assert answer.numpy()[0, 0] == pytest.approx(10 * (7 - known.mean()), abs=1e-10)
    assert answer.level_changes.of("n") == {"missing": 0.0}
    answer = found(X.iloc[0], background=X)
    assert answer.numpy()[0, 0] == pytest.approx(10)
    assert answer.level_changes.of("n")["missing"] == pytest.approx(60, abs=1e-10)


def test_a_frame_and_its_rows_agree():
    whole = found(X)
    for row in range(len(X)):
        alone = found(X.iloc[row], background=X)
        assert np.allclose(alone.numpy()[0], whole.numpy()[row], rtol=1e-6)
        assert whole.level_changes.of("city", row) == alone.level_changes.of("city")
    with pytest.raises(ValueError, match="Known: n, city"):
        whole.level_changes.of("town")


def test_what_nothing_is_known_of_is_left_out_of_sums_and_said(tmp_path):
    answer = found(pd.Series({"n": 2.0, "city": "a"}))
    assert answer.examined.tolist() == [[True, False]]
    assert answer.total.item() == pytest.approx(10)
    assert answer.map_error.isfinite().all()
    assert any("No other category of city is known" in note for note in answer.notes)
    page = answer.save(tmp_path / "a.html").read_text()
    assert page.count("not examined") >= 1
    assert "0 · 0 %" not in page
    texts = [t.get_text() for ax in answer.plot().axes for t in ax.texts]
    assert "not examined" in texts
    for kind in ("npz", "json"):
        again = wl.load(answer.save(tmp_path / f"a.{kind}"))
        assert torch.equal(again.examined, answer.examined)
        assert torch.equal(again.attributions.isnan(), answer.attributions.isnan())
        assert again.level_changes.of("city") == answer.level_changes.of("city")
    with answer.widget() as widget:
        told = widget._frame
        assert list(told["arrays"]["examined"]["data"]) == [1, 0]
        json.dumps({**told["meta"]}, allow_nan=False)


def test_all_unexamined_is_not_all_zero():
    answer = wl.attribute(lambda f: np.ones(len(f)), pd.Series({"city": "a"}))
    assert answer.examined.tolist() == [[False]]
    assert not any("zero" in note for note in answer.notes)


def test_nan_of_the_predictor_is_no_lack_of_examination():
    answer = wl.attribute(lambda A: np.where(A[:, 0] == 2, 1.0, np.nan), np.array([[2.0, 1.0]]))
    assert answer.examined is None
    assert any("not finite" in note for note in answer.notes)


def test_a_number_too_large_to_be_moved():
    huge = np.array([[1e30, 1.0], [2e30, 2.0]])
    answer = wl.attribute(lambda A: A[:, 1] * 1.0, huge, method=wl.methods.FiniteDifferences(step=1.0))
    assert answer.examined.tolist() == [[False, True]] * 2
    assert answer.attributions.isnan().tolist() == [[True, False]] * 2


def test_correlations_leave_out_what_was_not_examined():
    row = pd.Series({"a": 1.0, "b": 2.0, "c": 3.0, "city": "x"})
    model = lambda f: (f["a"] + 2 * f["b"] + 4 * f["c"]).to_numpy(dtype=float)
    with wl.explain(model, row) as widget:
        widget.wait(300)
        widget.compare = [{"method": "occlusion"}]
        widget.wait(300)
        (tile,) = widget._compared["tiles"]
        assert tile["correlations"][0]["value"] == pytest.approx(1)


def test_a_forest_with_missing_numbers_by_the_way_of_pandas():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(80, 2))
    A[::4, 1] = np.nan
    forest = RandomForestRegressor(10, random_state=0).fit(A, np.nan_to_num(A[:, 1], nan=5))
    answer = wl.attribute(forest, A[0], background=A, method="finite_differences")
    known = A[~np.isnan(A[:, 1]), 1]
    switched = np.array([[A[0, 0], value] for value in known])
    assert answer.numpy()[0, 1] == pytest.approx(forest.predict(A[:1])[0] - forest.predict(switched).mean(), abs=1e-10)
    shares = wl.attribute(forest, A[0], background=A)
    assert shares.total.item() == pytest.approx(forest.predict(A[:1])[0] - forest.predict(A).mean(), abs=1e-10)


@pytest.mark.parametrize("method", ["finite_differences", "input_gradient"])
def test_effects_and_the_widget_agree(method):
    model, frame = (
        (predict, X) if method == "finite_differences" else (mlp(features=2), X[["n"]].fillna(0).assign(m=1.5))
    )
    effects = wl.effects(model, frame, groups=["u", "v", "u", "u", "v", "v"], method=method)
    with wl.explain(model, frame, groups=["u", "v", "u", "u", "v", "v"], method=method) as widget:
        answer = widget.wait(300)
        assert answer.target == effects.target
        values = np.frombuffer(widget._frame["arrays"]["values"]["data"], "<f4").reshape(answer.attributions.shape)
        assert np.allclose(values, effects.local, rtol=1e-6, equal_nan=True)
    slopes = ~np.isnan(frame["n"].to_numpy())
    assert effects.mean[0, 0] == pytest.approx(answer.numpy()[slopes, 0].mean())
    assert effects.counts[0].tolist() == [int(slopes.sum()), 6]
    group = np.array([True, False, True, True, False, False])
    assert effects.mean[1] == pytest.approx([answer.numpy()[slopes & group, 0].mean(), answer.numpy()[group, 1].mean()])


def test_effects_of_what_was_not_examined(tmp_path):
    frame = pd.DataFrame({"n": [1.0, 2.0, 3.0], "city": ["a", "a", "a"]})
    effects = wl.effects(predict, frame)
    assert effects.counts[0].tolist() == [3, 0]
    assert np.isnan(effects.mean[0, 1])
    assert effects.order() == [0, 1]
    assert "not examined" in effects.save(tmp_path / "a.html").read_text()
    assert effects.table()["count"]["city"] == 0


def test_rows_have_their_own_numbers_on_the_wire():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(8, 5)), columns=list("abcde"))
    net = mlp()
    with wl.explain(net, frame, target=1) as widget:
        answer = widget.wait(300)
        arrays = widget._frame["arrays"]
        read = lambda name: np.frombuffer(arrays[name]["data"], "<f4")
        assert np.allclose(read("scores"), answer.score, atol=1e-6)
        assert np.allclose(read("baseline_scores"), answer.baseline_score, atol=1e-6)
        assert np.allclose(read("sums"), answer.total, atol=1e-6)
        assert np.allclose(read("gaps"), answer.convergence_delta, atol=1e-6)
        rows = widget._choices["rows"]
        scores = np.frombuffer(rows["scores"]["data"], "<f4").reshape(rows["scores"]["shape"])
        outputs = net(torch.tensor(frame.to_numpy())).detach()
        assert np.allclose(scores, outputs, atol=1e-6)
        chances = np.frombuffer(rows["probabilities"]["data"], "<f4").reshape(scores.shape)
        assert np.allclose(chances, outputs.softmax(1), atol=1e-6)
