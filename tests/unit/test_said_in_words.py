"""What used to be silently odd or a raw error of somebody else's: each refused, or answered, in words of ours."""

import ast
import io
import re
import tokenize
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import Bag, WordTokenizer
from tests.unit.test_imports import PACKAGE
from whylight.errors import InvalidTypeError, InvalidValueError, ModelError
from whylight.live.wire.frames import answer_message
from whylight.show.readout import readout

SIGNAL = torch.randn(1, 2, 6, generator=torch.Generator().manual_seed(0))
over_all = lambda x: torch.stack([x.flatten(1).sum(1), -x.flatten(1).sum(1)], 1)


class Never:
    """A predictor that is sure: its probabilities are 0 and 1."""

    classes_ = np.array(["no", "yes"])

    def predict_proba(self, x):
        yes = (np.asarray(x)[:, 0] > 0).astype(float)
        return np.stack([1 - yes, yes], 1)


@pytest.mark.parametrize("output", ["log_probability", "logit"])
@pytest.mark.parametrize("method", ["shapley_values", "occlusion"])
def test_no_part_of_a_log_probability_of_zero_is_made_up(method, output):
    rows = np.random.default_rng(0).normal(size=(40, 3))
    with pytest.raises(ModelError, match=r"probability of 0 or 1 its log-.* is infinite: output='probability' is not"):
        wl.attribute(Never(), rows[rows[:, 0] > 0][:1], target=1, background=rows, output=output, method=method)
    fine = wl.attribute(Never(), rows[rows[:, 0] > 0][:1], target=1, background=rows, method=method)
    assert bool(fine.attributions.isfinite().all())


def test_shapley_values_of_orders_refuse_it_too():
    rows = np.random.default_rng(0).normal(size=(40, 24))  # too many columns for every set
    with pytest.raises(ModelError, match="log-probability is infinite"):
        wl.attribute(Never(), rows[rows[:, 0] > 0][:1], target=1, background=rows, output="log_probability")


class Segments(nn.Module):
    def forward(self, x):
        return torch.stack([x[:, 0], x[:, 1] * 2], 1)


def test_each_sample_of_a_batch_has_its_own_region():
    x = torch.randn(3, 3, 6, 6, generator=torch.Generator().manual_seed(0)).double()
    masks = torch.zeros(3, 6, 6, dtype=torch.bool)
    for i in range(3):
        masks[i, 2 * i : 2 * i + 2] = True
    whole = wl.attribute(Segments(), x, target=wl.targets.region(1, masks))
    with wl.explain(Segments(), x, target=wl.targets.region(1, masks), method="integrated_gradients") as widget:
        for i in range(3):
            widget.sample = i
            found = widget.wait(300)
            assert torch.allclose(found.attributions, whole.attributions[i : i + 1])
            assert set(found.attributions[0, 1].nonzero()[:, 0].tolist()) == {2 * i, 2 * i + 1}
    shared = wl.targets.region(1, masks[0])
    with wl.explain(Segments(), x, target=shared, method="integrated_gradients") as widget:
        widget.sample = 2
        assert set(widget.wait(300).attributions[0, 1].nonzero()[:, 0].tolist()) == {0, 1}


def test_a_pair_needs_a_tokenizer_that_takes_two():
    with pytest.raises(InvalidTypeError, match=r"pair of texts, and the tokenizer cannot be called with two"):
        wl.attribute(Bag(), ("one text", "another"), tokenizer=WordTokenizer(), embedding="embedding")


def test_an_error_inside_of_a_tokenizer_stays_what_it_is():
    def broken(text):
        return len(7)

    with pytest.raises(TypeError, match=r"has no len"):
        wl.attribute(Bag(), "one text", tokenizer=broken)


def test_truths_go_with_a_strip_of_samples_and_not_with_a_table():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 3)), columns=list("abc"))
    with pytest.raises(InvalidValueError, match=r"y has 20 labels, and x is drawn as one.*leave y= out"):
        wl.explain(Never(), frame, y=[0] * 20)


@pytest.mark.parametrize("make", ["Series", "array"])
def test_texts_are_a_list(make):
    texts = ["one text", "another"]
    x = pytest.importorskip("pandas").Series(texts) if make == "Series" else np.array(texts)
    for ask in (wl.attribute, wl.explain):
        with pytest.raises(InvalidTypeError, match=r"of texts; several texts are a list: give x\.tolist\(\)"):
            ask(Bag(), x, tokenizer=WordTokenizer())


def test_a_time_that_is_missing():
    times = np.array(["2020-01-01", "2020-01-02", "NaT", "2020-01-04", "2020-01-05", "2020-01-06"], "datetime64[D]")
    with pytest.raises(InvalidValueError, match=r"missing or infinite values \(NaT, NaN\).*drop"):
        wl.explain(over_all, SIGNAL, times=times)


class Two(nn.Module):
    def forward(self, picture, row):
        return torch.stack([picture.flatten(1).sum(1), row.sum(1)], 1)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("image", "row"), "nothing for 'picture', and 'image', which it does not take"),
        (("row",), "nothing for 'picture'"),
        (("picture", "row", "age"), "'age', which it does not take"),
    ],
)
def test_a_dictionary_with_other_names_than_the_models(names, words):
    x = {name: torch.randn(1, 3) for name in names}
    for ask in (wl.attribute, wl.explain):
        with pytest.raises(
            InvalidValueError, match=f"The model takes inputs named picture, row; x has {re.escape(words)}"
        ):
            ask(Two(), x, target=0)


def test_a_model_of_one_dictionary_names_them_itself():
    found = wl.attribute(lambda x: x["any"] * 2, {"any": torch.ones(1, 3), "other": torch.ones(1, 3)}, target=0)
    assert found.attributions[0].shape == (1, 3)


@pytest.mark.parametrize(
    ("x", "option", "one"),
    [
        (SIGNAL, "channel_names", "channel"),
        (torch.rand(1, 2, 8, 8), "channel_names", "channel"),
        (torch.rand(1, 2), "feature_names", "feature"),
    ],
)
def test_names_are_as_many_different_ones(x, option, one):
    kind = {"kind": "signal"} if x is SIGNAL else {}
    for given, error, words in [
        ("ab", InvalidTypeError, f"{option} must be a list with one name for each of the 2 {one}s; got 'ab'"),
        (["a", "a"], InvalidValueError, f"{option} must differ, so that each names one {one}; 'a' is there 2 times"),
        (["a"], InvalidValueError, f"{option} has 1 name, but the input has 2 {one}s"),
    ]:
        with pytest.raises(error, match=words):
            wl.explain(over_all, x, **kind, **{option: given})
    wl.explain(over_all, x, **kind, **{option: np.array(["a", "b"])}).close()


def test_channels_are_not_counted_from_the_end():
    with (
        wl.explain(over_all, torch.rand(1, 4, 6, 6)) as widget,
        pytest.raises(InvalidValueError, match=r"from 0 to 3.*got -1\. Numbers are not counted from the end"),
    ):
        widget.channel = -1


def test_a_map_of_zeros_says_so_first():
    flat = lambda x: torch.stack([0 * x.sum(1), 0 * x.sum(1) + 1], 1)
    found = wl.attribute(flat, torch.ones(1, 3), target=1)
    assert found.is_zero
    assert readout(found).startswith("every value is zero · F(x) ")
    assert answer_message(found, seq=1)["meta"]["zero"] is True
    moving = wl.attribute(over_all, torch.ones(1, 3), target=1)
    assert not moving.is_zero
    assert "zero" not in answer_message(moving, seq=1)["meta"]
    assert not replace(found, examined=torch.zeros(1, 3, dtype=torch.bool)).is_zero  # nothing was looked at


def last_words(node: ast.expr) -> str | None:
    """The end of a message; None where something else writes it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return last_words(node.values[-1])
    return last_words(node.right) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) else None


def test_every_error_is_a_sentence_with_an_end():
    told = 0
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call) or not node.exc.args:
                continue
            if not ast.unparse(node.exc.func)[0].isupper():
                continue  # a function that makes the error
            said = last_words(node.exc.args[0])
            told += said is not None
            assert said is None or said.endswith((".", "?", ")", "?)")), f"{path.name}:{node.lineno}: {said!r}"
    assert told > 150


def test_no_two_words_run_together():
    """Pieces of one message meet at a space or a sign: ("one " "two"), never ("one" "two")."""
    apart, seen = {tokenize.NL, tokenize.COMMENT}, 0
    for path in sorted(PACKAGE.rglob("*.py")):
        tokens = tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline)
        for before, after in pairwise(token for token in tokens if token.type not in apart):
            if before.type == after.type == tokenize.STRING:
                left, right = before.string.rstrip("\"'"), after.string.lstrip("frb\"'")
                joined = bool(re.search(r"[\w.,:]$", left)) and bool(re.match(r"\w", right))
                assert not joined, f"{path.name}:{after.start[0]}: {left[-20:]}|{right[:20]}"
                seen += 1
    assert seen > 50
