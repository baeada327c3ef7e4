"""What groups cost is said beforehand, can be stopped, and can be less: coarser units of words, steps and features."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, mlp, points
from whylight import progress
from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.groups import cost
from whylight.groups.agglomeration import agglomerate
from whylight.groups.score_cache import ScoreCache
from whylight.views.units import Units, coarser, sequence, tiles, unordered

STEPS = lambda x: torch.stack([x.tanh().mean((1, 2)), (x[:, 1:] * x[:, :-1]).mean((1, 2))], 1)


@pytest.fixture
def slow(monkeypatch):
    """Every work counts as long."""
    monkeypatch.setattr(progress, "SOON", 0.0)
    monkeypatch.setattr(progress, "LONG", 0.0)


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: wl.hierarchy(STEPS, points(1, 12, 2)), r"about 36 groups.*progress=True.*units=4 joins 4"),
        (lambda: wl.hierarchy(mlp(), points(1, 5)), r"about 40 groups.*one label per feature"),
        (lambda: wl.interactions(mlp(), points(1, 5)), r"about 15 groups.*seconds"),
    ],
)
def test_long_work_says_how_long(ask, words):
    with pytest.warns(UserWarning, match=words) as told:
        ask()
    assert len(told) == 1


@pytest.mark.usefixtures("slow")
def test_a_bar_says_it_instead(capsys):
    wl.hierarchy(STEPS, points(1, 12, 2), progress=True)
    assert "/36" in capsys.readouterr().err


def test_short_work_says_nothing():
    wl.hierarchy(STEPS, points(1, 12, 2))


@pytest.mark.parametrize("ask", [wl.hierarchy, wl.interactions])
def test_work_is_counted_and_can_be_stopped(ask):
    counts = []
    found = ask(mlp(), points(1, 5), progress=counts.append)
    assert counts == sorted(counts)
    assert counts[-1] == (15 if ask is wl.interactions else found.n_evaluations)

    def stop(count):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(mlp(), points(1, 5), progress=stop)


@pytest.mark.parametrize(
    ("shape", "units", "advice"),
    [
        ((1, 200, 2), 1, r"units=50 joins 50 samples"),
        ((1, 100), None, r"numpy.arange\(100\) // 25"),
        ((1, 1, 10, 10), 1, "units=5 makes tiles"),
    ],
)
def test_too_many_units_are_refused_with_advice(monkeypatch, shape, units, advice):
    monkeypatch.setattr(cost, "MOST_UNITS", 64)
    monkeypatch.setattr(cost, "MOST_PAIRS", 64)
    model = lambda x: torch.stack([x.flatten(1).sum(1), x.flatten(1).mean(1)], 1)
    with pytest.raises(InvalidValueError, match=advice):
        wl.hierarchy(model, torch.zeros(shape), units=units)
    with pytest.raises(InvalidValueError, match=f"pairs; at most 64 units.*{advice}"):
        wl.interactions(model, torch.zeros(shape), units=units)


@pytest.mark.parametrize("units", [sequence(range(100), [str(i) for i in range(100)]), unordered(30), tiles(24, 24, 2)])
def test_the_number_of_groups_is_about_what_was_said(units):
    generator = np.random.default_rng(0)
    weight = generator.normal(size=units.labels.shape)
    cache = ScoreCache(lambda masks: torch.tensor(np.tanh((masks * weight).reshape(len(masks), -1).sum(1))), units)
    *_, found = agglomerate(cache)
    assert found.final
    assert cost.hierarchy_size(units) / 2 < found.n_evaluations < cost.hierarchy_size(units) * 2


def test_steps_and_words_and_features_are_joined():
    steps = wl.hierarchy(STEPS, points(1, 10, 2), units=4)
    assert steps.units.names == ("0–3", "4–7", "8–9")
    assert steps.units.labels.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]
    words = wl.interactions(Bag(), "alpha beta gamma delta", tokenizer=WordTokenizer(), units=[0, 1, 1, 2, 2, 3])
    assert words.names == ("<2>", "alpha beta", "gamma delta", "<3>")
    pairs = wl.interactions(Bag(), "alpha beta gamma", tokenizer=WordTokenizer(), units=2)
    assert pairs.names == ("<2>", "alpha beta", "gamma", "<3>")  # markers of the model stay alone
    rows = wl.hierarchy(mlp(), points(1, 5), units=[5, 1, 5, 1, 9], feature_names=list("abcde"))
    assert rows.units.names == ("a, c", "b, d", "e")
    assert rows.levels[-1][0].units == (0, 1, 2)


def test_the_score_of_joined_units_is_that_of_their_group():
    fine = wl.interactions(mlp(), points(1, 6)[:, :5])
    joined = wl.interactions(mlp(), points(1, 6)[:, :5], units=[0, 0, 1, 2, 3])
    assert joined.scores[1:].tolist() == pytest.approx(fine.scores[2:].tolist())
    assert joined.scores[0].item() == pytest.approx((fine.scores[0] + fine.scores[1] + fine.matrix[0, 1]).item())


@pytest.mark.parametrize("units", [0, -1, "slic", [0, 1], [0.5] * 10, True])
def test_units_that_cannot_be_joined_say_so(units):
    with pytest.raises(InvalidTypeError, match=r"how many of the 10 samples.*shape \(10,\)"):
        wl.hierarchy(STEPS, points(1, 10, 2), units=units)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=12), st.booleans())
def test_coarser_units_are_a_partition_that_touches_where_its_parts_do(labels, ordered):
    names = [str(i) for i in range(len(labels))]
    fine: Units = sequence(range(len(labels)), names) if ordered else unordered(len(labels), names)
    made = coarser(fine, labels)
    assert len(made) == len(set(labels))
    assert made.touching.shape == (len(made), len(made))
    for i, a in enumerate(labels):
        for j, b in enumerate(labels):
            together = made.labels[i] == made.labels[j]
            assert together == (a == b)
            if fine.touching[i, j] and not together:
                assert made.touching[made.labels[i], made.labels[j]]
    assert (made.touching == made.touching.T).all()
    assert not made.touching.diagonal().any()
