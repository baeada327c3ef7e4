"""The embedded demos: accuracies, sizes, offsets of the tokenizer, determinism. Data that does not ship is optional."""

import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import whylight as wl
from scripts.demo_accuracy import (
    accuracy,
    digits_accuracy,
    main,
    read_labelled,
    report,
    sentiment_accuracy,
    shapes_accuracy,
)
from whylight.demo.scenes import SHAPES
from whylight.demo.tokenizer import WordTokenizer, normal_form, word_spans
from whylight.demo.weights import WEIGHTS, load_arrays, load_net, load_words, rounded, save_net

TEXTS = Path(__file__).parents[3] / "shared/data/text"
MAKERS = {"digits": wl.demo.digits, "shapes": wl.demo.shapes, "sentiment": wl.demo.sentiment}
FILES = sorted(WEIGHTS.iterdir())


@pytest.fixture(scope="module")
def demos() -> dict[str, wl.demo.Demo]:
    return {name: make() for name, make in MAKERS.items()}


@pytest.fixture(scope="module")
def sentiment(demos: dict[str, wl.demo.Demo]) -> wl.demo.Demo:
    return demos["sentiment"]


def positive(demo: wl.demo.Demo, text: str) -> float:
    """Logit for positive minus logit for negative."""
    with torch.no_grad():
        negative, favour = demo.model(demo.options["tokenizer"](text)["input_ids"])[0].tolist()
    return favour - negative


def pieces(text: str) -> list[str]:
    return [text[a:b] for a, b in word_spans(text)]


# ---------------------------------------------------------------- every demo


@pytest.mark.parametrize("name", MAKERS)
def test_parts_fit_together(demos: dict[str, wl.demo.Demo], name: str) -> None:
    demo = demos[name]
    assert len(demo.inputs) == len(demo.targets)
    assert demo.options["labels"] == demo.labels
    assert set(demo.targets) == set(range(len(demo.labels)))
    assert not demo.model.training
    assert {p.dtype for p in demo.model.parameters()} == {torch.float32}
    assert type(demo.model).__name__ in repr(demo)


@pytest.mark.parametrize("name", MAKERS)
def test_first_input_is_explained_with_the_true_class_on_top(demos: dict[str, wl.demo.Demo], name: str) -> None:
    demo = demos[name]
    answer = wl.attribute(demo.model, demo.inputs[0], n_steps=17, **demo.options)
    assert answer.target == demo.labels[demo.targets[0]]
    assert torch.isfinite(answer.attributions).all()


@pytest.mark.parametrize("name", MAKERS)
def test_every_input_is_answered_right(demos: dict[str, wl.demo.Demo], name: str) -> None:
    demo = demos[name]
    encode = demo.options.get("preprocess") or (lambda text: demo.options["tokenizer"](text)["input_ids"][0])
    with torch.no_grad():
        answers = [demo.model(encode(x)[None]).argmax().item() for x in demo.inputs]
    assert answers == demo.targets


@pytest.mark.parametrize("name", MAKERS)
def test_two_calls_give_the_same(demos: dict[str, wl.demo.Demo], name: str) -> None:
    one, two = demos[name], MAKERS[name]()
    for a, b in zip(one.inputs, two.inputs, strict=True):
        assert np.array_equal(a, b)
    for a, b in zip(one.model.parameters(), two.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_files_are_small() -> None:
    assert [path.name for path in FILES] == ["digits.npz", "sentiment.npz", "shapes.npz"]
    assert max(path.stat().st_size for path in FILES) < 1.5e6
    assert sum(path.stat().st_size for path in FILES) < 3e6


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_hold_plain_numbers(path: Path) -> None:
    assert all(entry.endswith(".npy") for entry in zipfile.ZipFile(path).namelist())
    assert {array.dtype.name for array in load_arrays(path).values()} <= {"float16", "uint8"}


def test_pickles_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", x=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        load_arrays(tmp_path / "bad.npz")


def test_weights_survive_the_file(tmp_path: Path) -> None:
    net = rounded(torch.nn.Linear(3, 2))
    save_net(tmp_path / "net.npz", net, words=["<pad>", "café"], extra=np.arange(3, dtype=np.uint8))
    arrays = load_arrays(tmp_path / "net.npz")
    again = load_net(torch.nn.Linear(3, 2), arrays)
    assert torch.equal(again.weight, net.weight)
    assert load_words(arrays) == ["<pad>", "café"]
    assert arrays["extra"].tolist() == [0, 1, 2]


# ---------------------------------------------------------------- pictures


def test_digits_are_accurate(demos: dict[str, wl.demo.Demo]) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn brings the test digits")
    assert digits_accuracy(demos["digits"].model) >= 0.97


def test_digits_need_no_sklearn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert wl.demo.digits().targets == [*range(10), *range(10)]
    monkeypatch.setattr("scripts.demo_accuracy.shapes_accuracy", lambda net: 1.0)
    assert "needs scikit-learn" in report(None)[0]


def test_digits_preprocess_takes_arrays_and_pil(demos: dict[str, wl.demo.Demo]) -> None:
    demo = demos["digits"]
    preprocess, digit = demo.options["preprocess"], demo.inputs[3]
    assert digit.dtype == np.uint8
    assert digit.shape == (8, 8)
    tensor = preprocess(digit)
    assert tensor.shape == (1, 8, 8)
    assert torch.equal(tensor, torch.from_numpy(digit)[None].float() / 255)
    assert torch.equal(tensor, preprocess(Image.fromarray(digit)))
    assert torch.equal(tensor, preprocess(Image.fromarray(digit).convert("RGB")))
    assert preprocess(np.zeros((20, 30), np.uint8)).shape == (1, 8, 8)


def test_shapes_are_accurate(demos: dict[str, wl.demo.Demo]) -> None:
    model = demos["shapes"].model
    assert sum(p.numel() for p in model.parameters()) <= 150_000
    assert shapes_accuracy(model, 500) >= 0.95


def test_scenes_are_what_they_say() -> None:
    images, masks, labels = wl.demo.shape_scenes(60, seed=3)
    assert images.shape == (60, 64, 64, 3)
    assert images.dtype == np.uint8
    assert masks.shape == (60, 64, 64)
    assert masks.dtype == bool
    assert set(labels.tolist()) == set(range(len(SHAPES)))
    share = masks.mean((1, 2))
    assert share.min() > 0.01
    assert share.max() < 0.2
    border = np.ones((64, 64), bool)
    border[1:-1, 1:-1] = False
    assert not masks[:, border].any()  # the whole object is in the scene


def test_scenes_depend_on_seed_and_place_only() -> None:
    few, many = wl.demo.shape_scenes(2, seed=5), wl.demo.shape_scenes(4, seed=5)
    for a, b in zip(few, many, strict=True):
        assert np.array_equal(a, b[:2])
    assert not np.array_equal(few[0], wl.demo.shape_scenes(2, seed=6)[0])


def test_evidence_lies_where_the_shape_is(demos: dict[str, wl.demo.Demo]) -> None:
    demo = demos["shapes"]
    assert demo.masks is not None
    for image, mask in list(zip(demo.inputs, demo.masks, strict=True))[: len(SHAPES)]:
        maps = wl.attribute(demo.model, image, baseline="mean", n_steps=17, **demo.options).attributions[0]
        share = maps.sum(0).abs().numpy()
        assert share[mask].sum() / share.sum() > 3 * mask.mean()


# ---------------------------------------------------------------- sentences


@pytest.mark.skipif(not TEXTS.exists(), reason=f"SST-2 is not at {TEXTS}; it does not ship")
def test_sentiment_is_accurate(sentiment: wl.demo.Demo) -> None:
    share = sentiment_accuracy(sentiment.model, sentiment.options["tokenizer"], TEXTS / "sst2_test.tsv")
    assert share >= 0.80


@pytest.mark.parametrize(
    ("plain", "negated"),
    [
        ("good", "not good"),
        ("The film is good.", "The film is not good."),
        ("The film is good.", "The film isn’t good."),
        ("It works.", "It doesn't work."),
    ],
)
def test_negation_lowers_the_score(sentiment: wl.demo.Demo, plain: str, negated: str) -> None:
    assert positive(sentiment, plain) > positive(sentiment, negated)


def test_padding_changes_nothing(sentiment: wl.demo.Demo) -> None:
    rows = [sentiment.options["tokenizer"](text)["input_ids"][0] for text in sentiment.inputs]
    batch = torch.nn.utils.rnn.pad_sequence([*rows, torch.full((60,), 5)], batch_first=True)
    with torch.no_grad():
        together = sentiment.model(batch)[: len(rows)]
        alone = torch.cat([sentiment.model(row[None]) for row in rows])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


def test_embedding_is_called_once(sentiment: wl.demo.Demo) -> None:
    calls = []
    handle = sentiment.options["embedding"].register_forward_hook(lambda *_: calls.append(1))
    positive(sentiment, "Fine.")
    handle.remove()
    assert calls == [1]


def test_the_sentence_of_the_notebook(sentiment: wl.demo.Demo) -> None:
    text = "The plot isn't good, but the acting is wonderful."
    words = pieces(text)
    answer = wl.attribute(sentiment.model, text, target="positive", **sentiment.options)
    scores = dict(zip(words, answer.attributions[0].tolist(), strict=True))
    assert scores["wonderful"] == max(scores.values())
    assert scores["n't"] < 0 < scores["good"]


def test_vocabulary(sentiment: wl.demo.Demo) -> None:
    tokenizer = sentiment.options["tokenizer"]
    assert tokenizer.words[:2] == ("<pad>", "<unk>")
    assert (tokenizer.pad_token_id, tokenizer.unk_token_id) == (0, 1)
    assert len(set(tokenizer.words)) == len(tokenizer) == 10_000
    assert all(word == normal_form(word) for word in tokenizer.words)
    assert repr(tokenizer) == "WordTokenizer(10000 words)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It isn't bad.", ["It", "is", "n't", "bad", "."]),
        ("I can’t, you're, he’ll", ["I", "ca", "n’t", ",", "you", "'re", ",", "he", "’ll"]),
        ("cannot", ["can", "not"]),
        ("'super' film's", ["'", "super", "'", "film", "'s"]),
        ("well-made -- 3.5 stars...", ["well", "-", "made", "--", "3.5", "stars", "..."]),
        ("cafe\u0301 👍🏽 👩‍👧 ❤️!", ["cafe\u0301", "👍🏽", "👩‍👧", "❤️", "!"]),
        ("is n't", ["is", "n't"]),
        ("  \n", []),
    ],
)
def test_pieces(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


@given(st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("nt'’ .-a\u0301🎬\u200d🏽"))))
def test_pieces_hold_all_that_is_not_blank(text: str) -> None:
    spans = word_spans(text)
    ends = [0, *(at for span in spans for at in span), len(text)]
    assert ends == sorted(ends)
    assert all(b > a for a, b in spans)
    assert "".join(text[a:b] for a, b in spans) == "".join(text.split())


@given(st.text())
def test_encoding_has_the_promised_shapes(text: str) -> None:
    made = WordTokenizer(["<pad>", "<unk>", "good"])(text)
    length = len(word_spans(text))
    assert made["input_ids"].shape == (1, length)
    assert made["offset_mapping"].shape == (1, length, 2)
    assert made["input_ids"].dtype == made["offset_mapping"].dtype == torch.long
    assert set(made["input_ids"].unique().tolist()) <= {1, 2}


# ---------------------------------------------------------------- measuring


def test_accuracy_keeps_rows_and_labels_together(tmp_path: Path, sentiment: wl.demo.Demo) -> None:
    path = tmp_path / "texts.tsv"
    path.write_text(
        "label\ttext\n1\tA wonderful and funny film, warm and clever.\n0\tdull\n0\tgood\n", encoding="utf-8"
    )
    texts, labels = read_labelled(path)
    assert texts[1:] == ["dull", "good"]
    ids = [sentiment.options["tokenizer"](text)["input_ids"][0] for text in texts]
    assert accuracy(sentiment.model, ids, torch.tensor(labels)) == pytest.approx(2 / 3)


def test_command_line_reports_each_net(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in ("dev", "test"):
        (tmp_path / f"sst2_{part}.tsv").write_text("label\ttext\n1\tgood\n0\tbad\n", encoding="utf-8")
    monkeypatch.setattr("scripts.demo_accuracy.shapes_accuracy", lambda net: 1.0)
    monkeypatch.setattr(sys, "argv", ["demo_accuracy.py", "--data", str(tmp_path)])
    main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["digits", "shapes", "sentiment", "sentiment"]
    assert "1.0000 on SST-2 test" in lines[3]
