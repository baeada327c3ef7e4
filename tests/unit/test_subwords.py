"""Real subword tokenizers: every number stands on the right characters, and the words are the same for all of them."""

import functools

import pytest

pytest.importorskip("transformers")
import torch
from hypothesis import given, settings
from torch import nn
from transformers import (
    ByT5Tokenizer,
    GPT2Config,
    GPT2ForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
    pipeline,
)

import whylight as wl
from tests.unit.models import Bag, WordTokenizer
from tests.unit.subwords import KINDS, bert, byte_level, unigram, word_piece
from tests.unit.test_inputs_text import assert_kept
from tests.unit.test_words import texts
from whylight.inputs.tokenization import encode, layout

fixed = settings(derandomize=True, deadline=None, max_examples=100, database=None)
KINDS = {name: functools.cache(make) for name, make in KINDS.items()}


def view_of(kind: str, text: str):
    return layout(text, encode(KINDS[kind](), text))


def ordinary(view) -> list[str]:
    return [unit.text for unit in view.units if not unit.special]


def tokens_of(view) -> list[tuple[str, str]]:
    return [(token.name, token.text) for token in view.tokens]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Unbelievably good, isn't it?", ["Unbelievably", "good", ",", "isn't", "it", "?"]),
        ("CAFÉ naïve — cafe\u0301", ["CAFÉ", "naïve", "—", "cafe\u0301"]),
        ("good 👩🏽\u200d🚀 film 🇩🇪!", ["good", "👩🏽\u200d🚀", "film", "🇩🇪", "!"]),
        ("הסרט good مأ, नमस्ते", ["הסרט", "good", "مأ", ",", "नमस्ते"]),
        ("a go\u200bod fi\u00adlm", ["a", "go\u200bod", "fi\u00adlm"]),
        ("<b>good</b>", None),
        ("Good", ["Good"]),
    ],
)
def test_words_are_those_of_the_text_whatever_the_tokenizer(kind, text, words):
    view = view_of(kind, text)
    assert_kept(view, text)
    if words is not None:
        assert ordinary(view) == words
    assert "".join(piece for piece, _ in view.pieces()) == text
    assert all(piece == piece.strip() for piece, unit in view.pieces() if unit >= 0)


@pytest.mark.parametrize("kind", KINDS)
@fixed
@given(texts.filter(str.strip))
def test_any_text_is_kept(kind, text):
    view = view_of(kind, text)
    assert_kept(view, text)
    assert all(unit.text for unit in view.units)


@fixed
@given(texts.filter(str.strip))
def test_every_character_belongs_to_the_token_that_transformers_says(text):
    view, made = view_of("WordPiece", text), KINDS["WordPiece"]()(text)
    shown = [token for piece, token in view.segments for _ in piece]
    said = [made.char_to_token(i) for i in range(len(text))]
    assert all(a == b for a, b in zip(shown, said, strict=True) if b is not None)


class Additive(nn.Module):
    """Every token adds its own number."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.values = nn.Embedding(vocabulary, 1).double()

    def forward(self, input_ids):
        return self.values(input_ids).sum((1, 2))


@pytest.mark.parametrize("kind", KINDS)
def test_words_have_the_sum_of_their_pieces(kind):
    text, tokenizer = "Unbelievably  good 好 fi\u00adlm", KINDS[kind]()
    net = Additive(len(tokenizer))
    found = wl.attribute(net, text, tokenizer=tokenizer, baseline="zero", n_steps=2)
    numbers = net.values(torch.tensor(tokenizer(text)["input_ids"]))[:, 0].detach()
    assert torch.allclose(found.attributions[0], numbers, rtol=0, atol=1e-12)
    merged = found.view.merge(found.numpy()[0])
    for start, word in ((0, "Unbelievably"), (14, "good"), (19, "好"), (21, "fi\u00adlm")):
        places = [i for i, unit in enumerate(found.view.units) if unit.text == word]
        inside = {
            i
            for i, (a, b) in enumerate(tokenizer(text, return_offsets_mapping=True)["offset_mapping"])
            if a < b and max(a, start) < min(b, start + len(word))
        }
        bare = {i for i, token in enumerate(found.view.tokens) if token.unit in places} - inside
        assert all(found.view.tokens[i].text in ("␣", "▁") for i in bare)
        assert merged[places[0]] == pytest.approx(sum(numbers[i].item() for i in inside | bare), abs=1e-12)


def test_pieces_have_the_text_as_written_and_the_name_the_tokenizer_gives():
    assert tokens_of(view_of("WordPiece", "UNbelievably Café 好")) == [
        ("[CLS]", "[CLS]"),
        *[("un", "UN"), ("##believ", "believ"), ("##ably", "ably"), ("cafe", "Café"), ("[UNK]", "好")],
        ("[SEP]", "[SEP]"),
    ]
    unknown = [token.text for token in view_of("WordPiece", "good 好 ok").tokens if token.unknown]
    assert unknown == ["好"]


def test_tokens_that_share_a_character_are_numbered():
    view = view_of("GPT-2", "é good")
    assert tokens_of(view) == [("Ã", "é 1/2"), ("©", "é 2/2"), ("Ġgood", "good")]
    assert view.segments == (("é", 0), (" ", -1), ("good", 2))
    assert not any(token.unknown or token.special for token in view.tokens)


def test_a_bare_word_marker_takes_no_letter_of_the_word():
    view = view_of("Unigram", "ßgood ß good")
    assert tokens_of(view)[:3] == [("▁", "▁"), ("<unk>", "ß"), ("good", "good")]
    assert [unit for unit in view.units if unit.unknown] == [view.units[0], view.units[1]]
    assert view.segments[0] == ("ß", 1)
    assert ordinary(view) == ["ßgood", "ß", "good"]


@pytest.mark.parametrize("kind", ["RoBERTa", "GPT-2"])
def test_spaces_are_tokens_too(kind):
    view = view_of(kind, "good  x\n")
    assert [token.text for token in view.tokens if not token.special][3:] == ["␣", "␣", "x", "↵"]
    assert ordinary(view) == ["good", "␣", "x", "↵"]
    numbers = [unit.unit for unit in view.units if not unit.special]
    assert view.pieces() == [
        *zip(["good", " "], numbers, strict=False),
        (" ", -1),
        *zip(["x", "\n"], numbers[2:], strict=True),
    ]


def test_padding_is_one_word():
    tokenizer = functools.partial(word_piece(), padding="max_length", max_length=8)
    found = wl.attribute(bert(100), "good film", tokenizer=tokenizer, target=0, tol=1e-6)
    assert [unit.text for unit in found.view.units] == ["[CLS]", "good", "film", "[SEP]", "[PAD] × 4"]
    alone = wl.attribute(bert(100), "good film", tokenizer=word_piece(), target=0, tol=1e-6)
    assert torch.allclose(found.attributions[:, :4], alone.attributions, atol=1e-6)
    assert found.attributions[0, 4:].tolist() == [0] * 4


@pytest.mark.parametrize("kind", ["RoBERTa", "Unigram"])
def test_the_baseline_replaces_all_that_was_written_and_keeps_markers(kind):
    tokenizer = KINDS[kind]()
    net, text = bert(len(tokenizer)), "good  x</s> film"
    given = tokenizer(text, return_tensors="pt")
    markers = torch.tensor([0, tokenizer.eos_token_id])
    ids = torch.where(torch.isin(given.input_ids, markers), given.input_ids, tokenizer.pad_token_id)
    found = wl.attribute(net, text, tokenizer=tokenizer, target=1, n_steps=9)
    assert (ids != given.input_ids).sum() == len(ids[0]) - (3 if kind == "RoBERTa" else 2)
    expected = net(input_ids=ids, attention_mask=given.attention_mask).logits[0, 1]
    assert found.baseline_score.item() == pytest.approx(expected.item(), abs=1e-12)
    special = [token.name for token in found.view.tokens if token.special]
    assert special == (["<s>", "</s>", "</s>"] if kind == "RoBERTa" else ["</s>", "</s>"])


# ---------------------------------------------------------------- models


def gpt2(vocabulary: int, **options) -> GPT2ForSequenceClassification:
    torch.manual_seed(0)
    sizes = {"n_embd": 8, "n_layer": 1, "n_head": 2, "n_positions": 64, "bos_token_id": 0, "eos_token_id": 0}
    config = GPT2Config(vocab_size=vocabulary, num_labels=2, initializer_range=0.5, **sizes, **options)
    return GPT2ForSequenceClassification(config).double().eval()


def test_gpt2_without_a_padding_token_is_explained_and_left_as_it_was():
    tokenizer = byte_level(roberta=False)
    net, text = gpt2(len(tokenizer)), "good film"
    found = wl.attribute(net, text, tokenizer=tokenizer, target=1, tol=1e-4)
    assert found.score.item() == pytest.approx(
        net(**tokenizer(text, return_tensors="pt")).logits[0, 1].item(), abs=1e-12
    )
    assert found.relative_gap.item() < 1e-3
    assert found.provenance["baseline"] == ["eos"]
    assert len(wl.hierarchy(net, text, tokenizer=tokenizer, target=1).levels) > 1
    padded = wl.attribute(gpt2(len(tokenizer), pad_token_id=1), text, tokenizer=tokenizer, target=1, tol=1e-4)
    assert torch.allclose(found.attributions, padded.attributions, rtol=0, atol=1e-12)
    assert net.config.pad_token_id is None
    net.score.register_forward_hook(lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        wl.attribute(net, text, tokenizer=tokenizer)
    assert net.config.pad_token_id is None


class Shifted(nn.Module):
    """As BART: a decoder reads the same text a place later."""

    def __init__(self) -> None:
        super().__init__()
        self.bag = Bag()

    def forward(self, input_ids):
        late = torch.cat([torch.full_like(input_ids[:, :1], 5), input_ids[:, :-1]], 1)
        return self.bag(input_ids) * self.bag(late)


def test_a_decoder_that_reads_the_text_later_reads_the_baseline_too():
    net, words = Shifted().eval(), WordTokenizer()
    found = wl.attribute(net, "a b", tokenizer=words, target=0, baseline="mask", tol=1e-6)
    assert found.baseline_score.item() == pytest.approx(net(torch.tensor([[2, 1, 1, 3]]))[0, 0].item(), abs=1e-12)
    assert found.score.item() == pytest.approx(net(torch.tensor([words("a b")["input_ids"]]))[0, 0].item(), abs=1e-12)


def test_texts_that_are_too_long_say_so_and_can_be_cut():
    net, tokenizer, text = bert(100), word_piece(), "good film " * 40
    with pytest.raises(ValueError, match=r"The text has 82 tokens, and BertFor.* takes 64 at most.*truncation=True"):
        wl.attribute(net, text, tokenizer=tokenizer)
    cut = functools.partial(tokenizer, truncation=True, max_length=64)
    found = wl.attribute(net, text, tokenizer=cut, n_steps=3)
    assert found.attributions.shape == (1, 64)
    assert found.provenance["baseline"] == ["pad"]
    assert found.view.segments[-1][1] == -1
    assert_kept(found.view, text)


def test_the_limit_of_a_model_that_keeps_positions_for_itself_is_found():
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    config = RobertaConfig(vocab_size=100, max_position_embeddings=20, pad_token_id=0, **sizes)
    net, tokenizer = RobertaForSequenceClassification(config).eval(), word_piece()
    tokenizer.model_max_length = 10**30
    with pytest.raises(ValueError, match=r"The text has 22 tokens, and function takes 19 at most"):
        wl.attribute(
            lambda input_ids, attention_mask: net(input_ids, attention_mask).logits,
            "good film " * 10,
            tokenizer=tokenizer,
        )


def test_another_error_of_a_long_text_stays_the_models_own():
    net = bert(100)
    net.classifier.register_forward_hook(lambda *_: torch.ones(2) @ torch.ones(3))
    with pytest.raises(RuntimeError, match="size"):
        wl.attribute(net, "good film " * 40, tokenizer=word_piece())


def test_what_does_not_fit_together_is_named():
    tokenizer = unigram()
    with pytest.raises(
        ValueError, match=r"the token id \d+, and the embedding has 4 rows: they do not belong together"
    ):
        wl.attribute(bert(4), "good film", tokenizer=tokenizer)
    with pytest.raises(TypeError, match=r"tokenizer_object=tokenizer"):
        wl.attribute(bert(100), "good film", tokenizer=tokenizer.backend_tokenizer)
    with pytest.raises(TypeError, match=r"AutoTokenizer\.from_pretrained\('t5-small'\)"):
        wl.attribute(bert(100), "good film", tokenizer="t5-small")
    with pytest.raises(TypeError, match=r"ByT5Tokenizer cannot say where its tokens stand"):
        wl.attribute(bert(100), "good film", tokenizer=ByT5Tokenizer())
    whole = pipeline("text-classification", model=bert(100), tokenizer=word_piece())
    with pytest.raises(TypeError, match=r"explain\(pipe\.model, text, tokenizer=pipe\.tokenizer\)"):
        wl.attribute(whole, "good film")


def test_one_text_of_a_pair_is_explained_beside_the_other():
    tokenizer, net = word_piece(), bert(100)

    def beside(text):
        made = tokenizer("bad film", text, return_offsets_mapping=True)
        spans = zip(made.sequence_ids(), made["offset_mapping"], strict=True)
        return {**made, "offset_mapping": [span if which == 1 else (0, 0) for which, span in spans]}

    found = wl.attribute(net, "good film", tokenizer=beside, target=1, tol=1e-6)
    score = net(**tokenizer("bad film", "good film", return_tensors="pt")).logits[0, 1]
    assert found.score.item() == pytest.approx(score.item(), abs=1e-12)
    assert ordinary(found.view) == ["good", "film"]
    assert found.view.segments == (("good", 4), (" ", -1), ("film", 5))
    both = wl.attribute(net, ("bad film", "good film"), tokenizer=tokenizer, target=1, tol=1e-6)
    assert both.score.item() == pytest.approx(score.item(), abs=1e-12)
    assert ordinary(both.view) == ["bad", "film", "good", "film"]
