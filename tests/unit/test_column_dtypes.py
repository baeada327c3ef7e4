"""Columns keep their dtype on the way to the predictor, and categories are worth what the predictor makes of them."""

import numpy as np
import pandas as pd
import pytest
from pandas.api.types import is_bool_dtype

import whylight as wl
from whylight.inputs.rows import read

CITIES = ["Oslo", "Lyon", "Rome", "Bonn"]


def frame(n: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "bp": rng.normal(120, 10, n),
            "city": pd.Categorical(rng.choice(CITIES[:3], n), categories=CITIES),
            "size": pd.Categorical(rng.choice(["s", "m", "l"], n), categories=["s", "m", "l"], ordered=True),
            "rooms": rng.integers(1, 9, n).astype(np.int64),
            "small": rng.integers(0, 9, n).astype(np.uint8),
            "old": rng.random(n) > 0.5,
            "floor": pd.array([*rng.integers(0, 4, n - 1), None], dtype="Int64"),
            "lift": pd.array([*(rng.random(n - 1) > 0.5), None], dtype="boolean"),
            "name": pd.array([*rng.choice(["a", "b"], n - 1), None], dtype="string"),
            "code": pd.Categorical(rng.choice([10, 20], n)),
        }
    )


def codes(f: pd.DataFrame) -> np.ndarray:
    """What only works, or is only right, with the dtypes as they were."""
    worth = np.array([1.0, 4.0, -2.0, 9.0])
    old = np.where(f["old"], 5.0, 1.0) if is_bool_dtype(f["old"]) else np.nan
    return worth[f["city"].cat.codes] * (1 + f["size"].cat.codes) + f["rooms"] * f["bp"] + old + f["code"].astype(int)


def test_rows_come_back_as_they_were():
    X = frame()
    table = read(X)
    pd.testing.assert_frame_equal(table.to_rows(table.values), X)
    row = read(X.iloc[3], like=table)
    pd.testing.assert_frame_equal(row.to_rows(row.values), X.iloc[3:4].reset_index(drop=True))


def test_column_labels_are_those_of_the_frame():
    X = pd.DataFrame({0: [1.0, 2.0], ("a", 1): [3.0, 5.0]})
    found = wl.attribute(lambda f: (f[0] * f[("a", 1)]).to_numpy(), X, feature_names=["one", "two"])
    assert np.allclose(found.numpy(), [[3, 1], [5, 2]])
    assert found.view.names == ("one", "two")


@pytest.mark.parametrize("rows", ["frame", "one row", "series"])
def test_a_predictor_that_needs_the_dtypes(rows):
    X = frame()
    x = {"frame": X.iloc[:3], "one row": X.iloc[:1], "series": X.iloc[0]}[rows]
    found = wl.attribute(lambda f: codes(f).to_numpy(dtype=float), x, background=X, method="finite_differences")
    values = dict(zip(X.columns, found.numpy()[0], strict=True))
    first = X.iloc[:1]
    value = lambda **changed: float(codes(first.assign(**changed)).iloc[0])
    assert values["bp"] == pytest.approx(first["rooms"][0], rel=1e-6)
    assert values["rooms"] == pytest.approx(value(rooms=first["rooms"] + 1) - value())
    assert values["old"] == pytest.approx(4)
    for name in ("city", "size", "code"):
        often = X[name].value_counts().drop(first[name][0])
        others = [
            value(**{name: pd.Categorical([other], dtype=X[name].dtype)}) * count
            for other, count in often.items()
            if count
        ]
        assert values[name] == pytest.approx(value() - sum(others) / often.sum())
    assert all(values[name] == 0 for name in ("small", "floor", "lift", "name"))


def test_a_dtype_that_cannot_hold_what_is_asked_gives_way():
    X = frame()
    found = wl.attribute(
        lambda f: (f["rooms"] ** 2).to_numpy(dtype=float), X[["rooms"]], method="occlusion", baseline="mean"
    )
    mean = X["rooms"].mean()
    assert np.allclose(found.numpy()[:, 0], X["rooms"] ** 2 - mean**2)
    small = pd.DataFrame({"n": np.array([255, 0], np.uint8)})
    found = wl.attribute(lambda f: f["n"].to_numpy(dtype=float) ** 2, small)
    assert np.allclose(found.numpy()[:, 0], [256.0**2 - 255**2, 1])


def test_a_category_that_nothing_is_compared_with_is_told():
    found = wl.attribute(lambda f: (f["city"] == "a").to_numpy(dtype=float), pd.Series({"city": "a", "n": 1.5}))
    assert np.isnan(found.numpy()[0, 0])
    assert found.examined.tolist() == [[False, True]]
    assert any("No other category of city is known" in note and "background=" in note for note in found.notes)


def test_a_category_beyond_those_of_the_background_is_told():
    with pytest.raises(ValueError, match=r"Column 'city' holds \['Paris'\], which the background's categories lack"):
        wl.attribute(codes, pd.DataFrame({**frame().iloc[:1].to_dict("list"), "city": ["Paris"]}), background=frame())


def test_many_categories_are_compared_with_the_most_frequent():
    n = 400
    X = pd.DataFrame(
        {"zip": np.where(np.arange(n) % 2 == 0, "home", np.char.add("z", (np.arange(n) // 2).astype(str)))}
    )
    asked = []

    def model(f):
        asked.append(len(f))
        return (f["zip"] == "home").to_numpy(dtype=float)

    found = wl.attribute(model, X.iloc[:2], background=X)
    assert found.numpy()[0, 0] == 1
    assert found.numpy()[1, 0] == pytest.approx(-0.5 / (1 - 1 / n), abs=0.01), (
        "the rare ones weigh what they weigh together"
    )
    assert sum(asked) < 140
    assert any("zip (201)" in note and "64 of these" in note for note in found.notes)


def test_a_deciding_category_decides():
    linear_model = pytest.importorskip("sklearn.linear_model")
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    rng = np.random.default_rng(0)
    X = pd.DataFrame({"age": rng.normal(size=300), "city": rng.choice(["A", "B"], 300)})
    encode = make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough")
    model = make_pipeline(encode, linear_model.LogisticRegression()).fit(X, X["city"] == "A")
    found = wl.attribute(model, X.iloc[0], background=X, target=1, method="finite_differences")
    one, other = (
        model.predict_proba(X.iloc[:1].assign(city=c))[0, 1] for c in (X["city"][0], "AB".replace(X["city"][0], ""))
    )
    assert found.numpy()[0, 1] == pytest.approx(one - other)
    assert abs(found.numpy()[0, 1]) > 100 * abs(found.numpy()[0, 0])
    shares = wl.attribute(model, X.iloc[0], background=X, target=1)
    chance = lambda f: model.predict_proba(f)[:, 1]
    whole, start = chance(X.iloc[:1])[0], chance(X)
    here = [chance(X.assign(**{c: X[c][0]})) for c in ("age", "city")]
    by_hand = [((v - start) + (whole - w)).mean() / 2 for v, w in (here, here[::-1])]
    assert np.abs(shares.numpy()[0] - by_hand).max() < 1e-10
    assert abs(shares.numpy()[0, 1]) >= 0.9 * np.abs(shares.numpy()).sum()
    assert shares.total.item() == pytest.approx(whole - start.mean(), abs=1e-12)
