"""A dictionary of inputs, a list of texts, a SentenceTransformer, outputs by name: each has the value of what it stands for."""

from collections import OrderedDict, UserDict

import numpy as np
import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import REAL, Bag, WordTokenizer, mlp, points

OPTIONS = {"target": 1, "rule": "riemann_middle", "n_steps": 33}


class Two(nn.Module):
    """A picture of five numbers and token ids beside it, given by name."""

    def __init__(self) -> None:
        super().__init__()
        self.net, self.words = mlp(), nn.Embedding(9, 3).to(REAL)

    def forward(self, input_ids=None, pixel_values=None, attention_mask=None):
        return self.net(pixel_values).tanh() * (self.words(input_ids) * attention_mask[..., None]).sum(1)


@pytest.mark.parametrize("kind", [dict, UserDict])
@pytest.mark.parametrize("rows", [1, 3])
def test_floating_point_is_explained_and_the_rest_is_held(kind, rows):
    torch.manual_seed(0)
    net, x, ids = Two().eval(), points(rows, 5), torch.randint(9, (rows, 4))
    mask = torch.tensor([[1.0, 1, 1, 0]]).expand(rows, 4).to(REAL)
    found = wl.attribute(net, kind(input_ids=ids, pixel_values=x, attention_mask=mask), **OPTIONS)
    held = {"input_ids": ids, "attention_mask": mask}
    direct = wl.attribute(lambda p, **more: net(pixel_values=p, **more), x, forward_kwargs=held, **OPTIONS)
    assert torch.equal(found.attributions, direct.attributions)
    assert found.attributions.abs().min() > 0


def test_several_tensors_come_in_their_order_and_a_model_may_take_the_dictionary_whole():
    a, b = points(2, 5), points(2, 5, seed=3)
    net = mlp()
    found = wl.attribute(
        lambda batch: net(batch["b"]) * batch.pop("a").sum(1, keepdim=True), {"b": b, "a": a}, **OPTIONS
    )
    direct = wl.attribute(lambda b, a: net(b) * a.sum(1, keepdim=True), (b, a), **OPTIONS)
    assert all(torch.equal(one, other) for one, other in zip(found.attributions, direct.attributions, strict=True))
    start = {"a": 0.5 * a, "b": -b}
    named = wl.attribute(lambda b, a: net(b) * a.sum(1, keepdim=True), {"b": b, "a": a}, baseline=start, **OPTIONS)
    direct = wl.attribute(lambda b, a: net(b) * a.sum(1, keepdim=True), (b, a), baseline=(-b, 0.5 * a), **OPTIONS)
    assert all(torch.equal(one, other) for one, other in zip(named.attributions, direct.attributions, strict=True))


def test_a_dictionary_without_anything_to_explain():
    with pytest.raises(TypeError, match=r"None of the inputs has a gradient: n torch.int64"):
        wl.attribute(lambda n: n, {"n": torch.ones(1, 2, dtype=torch.int64)})
    with pytest.raises(ValueError, match="different numbers of tokens"):
        wl.attribute(Bag(), {"input_ids": [[1, 2], [1]]})
    with pytest.raises(ValueError, match="input_ids are whole numbers"):
        wl.attribute(Bag(), {"input_ids": torch.ones(3, 2, 2, dtype=torch.int64)})


# ---------------------------------------------------------------- token ids


def test_token_ids_are_explained_at_the_embedding():
    ids = torch.tensor([WordTokenizer()("one two three")["input_ids"]])
    found = wl.attribute(Bag(), {"input_ids": ids}, baseline="zero", **OPTIONS)
    text = wl.attribute(Bag(), "one two three", tokenizer=WordTokenizer(), baseline="zero", **OPTIONS)
    assert torch.equal(found.attributions, text.attributions)
    assert [u.text for u in found.view.units] == [f"<{i}>" for i in ids[0].tolist()]


def test_an_encoding_is_as_good_as_its_text():
    pytest.importorskip("transformers")
    from tests.unit.subwords import bert, word_piece

    tokenizer = word_piece()
    net, texts = bert(len(tokenizer)), ["not a good film", "bad cafe"]
    alone = [wl.attribute(net, text, tokenizer=tokenizer, **OPTIONS) for text in texts]
    for made in (
        tokenizer(texts[0]),
        tokenizer(texts[0], return_tensors="pt"),
        tokenizer(texts[:1], return_tensors="pt"),
    ):
        found = wl.attribute(net, made, tokenizer=tokenizer, **OPTIONS)
        assert torch.equal(found.attributions, alone[0].attributions)
        assert [u.text for u in found.view.units] == ["[CLS]", "not", "a", "good", "film", "[SEP]"]
        assert wl.attribute(net, made, **OPTIONS).view.tokens[0].special
    padded = tokenizer(texts, return_tensors="pt", padding=True)
    found = wl.attribute(net, padded, tokenizer=tokenizer, **OPTIONS)
    assert torch.allclose(found.attributions[:1], alone[0].attributions, atol=1e-12)
    assert torch.allclose(found.attributions[1:, :4], alone[1].attributions, atol=1e-12)
    assert not found.attributions[1, 4:].any()


# ---------------------------------------------------------------- lists


def test_a_list_of_texts_gives_what_each_gives_alone():
    texts = ["one two", "three", ("four", "five")]
    alone = WordTokenizer()
    tokenizer = lambda *pair: {**alone(" ".join(pair)), "sequence_ids": None} if len(pair) == 1 else joined(*pair)

    def joined(a, b):
        one, two = alone(a), alone(b)
        made = {k: one[k] + two[k] for k in one}
        return {**made, "sequence_ids": [0] * len(one["input_ids"]) + [1] * len(two["input_ids"])}

    options = {k: v for k, v in OPTIONS.items() if k != "target"}
    found = wl.attribute(Bag(), texts, tokenizer=tokenizer, target=[0, 2, 1], **options)
    for one, text, target in zip(found, texts, [0, 2, 1], strict=True):
        same = wl.attribute(Bag(), text, tokenizer=tokenizer, target=target, **options)
        assert torch.equal(one.attributions, same.attributions)
        assert one.target == f"class {target}"
    with pytest.raises(ValueError, match="a list of 2, but there are 3 inputs"):
        wl.attribute(Bag(), texts, tokenizer=tokenizer, target=[0, 1])
    with pytest.raises(TypeError, match=r"of 3 inputs: whylight\.attribute takes them all"):
        wl.path(Bag(), texts, tokenizer=tokenizer)


def test_a_list_of_pictures():
    class Colours(nn.Module):
        def forward(self, x):
            return x.mean((2, 3)).square()

    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 255, (side, side, 3), dtype=np.uint8) for side in (4, 6)]
    found = wl.attribute(Colours(), pictures, target=1)
    assert [tuple(one.attributions.shape) for one in found] == [(1, 3, 4, 4), (1, 3, 6, 6)]
    assert torch.equal(found[1].attributions, wl.attribute(Colours(), pictures[1], target=1).attributions)


# ---------------------------------------------------------------- SentenceTransformer


class Sentences(nn.Module):
    """As a `SentenceTransformer`: it holds its tokenizer, takes a dictionary, writes into it and returns it."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.words = nn.Embedding(50, 6).to(REAL)
        self.tokenizer = WordTokenizer()

    def tokenize(self, texts):
        return {"input_ids": torch.tensor([self.tokenizer(t)["input_ids"] for t in texts])}

    def encode(self, texts):
        return self(self.tokenize(texts))["sentence_embedding"].detach().numpy()

    def forward(self, input, **kwargs):  # noqa: A002  as there
        tokens = self.words(input["input_ids"])
        input.update({"token_embeddings": tokens, "sentence_embedding": tokens.tanh().mean(1)})
        return input


def test_the_similarity_of_a_sentence_transformer():
    net = Sentences().eval()
    other = torch.from_numpy(net.encode(["four five"]))
    score = lambda outputs: nn.functional.cosine_similarity(outputs["sentence_embedding"], other)
    options = {**OPTIONS, "target": score, "baseline": "pad"}
    found = wl.attribute(net, "one two three", **options)
    ids = net.tokenize(["one two three"])["input_ids"]
    inner = torch.where((ids == 2) | (ids == 3), ids, 0)
    direct = wl.attribute(
        lambda e: {"sentence_embedding": e.tanh().mean(1)},
        net.words(ids).detach(),
        **{**options, "baseline": net.words(inner).detach()},
    )
    assert torch.allclose(found.attributions, direct.attributions.sum(-1), atol=1e-12)
    assert [u.text for u in found.view.units if not u.special] == ["one", "two", "three"]
    features = wl.attribute(net, net.tokenize(["one two three"]), **{**options, "baseline": net.words(inner).detach()})
    assert torch.allclose(features.attributions, found.attributions, atol=1e-12)
    with pytest.raises(TypeError, match=r"target=lambda outputs: outputs\['sentence_embedding'\]\[:, 0\]"):
        wl.attribute(net, "one two three", target=1)


def test_a_sentence_transformer_cuts_texts_as_it_does_by_itself():
    pytest.importorskip("transformers")
    from tests.unit.subwords import word_piece

    net = Sentences().eval()
    net.tokenizer, net.max_seq_length = word_piece(), 4
    net.words = nn.Embedding(len(net.tokenizer), 6).to(REAL)
    found = wl.attribute(net, "not a good film", target=lambda o: o["sentence_embedding"][:, 0], n_steps=9)
    assert [u.text for u in found.view.units] == ["[CLS]", "not", "a", "[SEP]"]


# ---------------------------------------------------------------- outputs


@pytest.mark.parametrize("wrap", [dict, OrderedDict])
def test_the_only_tensor_of_a_dictionary_is_the_output(wrap):
    net, x = mlp(), points(2, 5)
    maps = lambda z: net(z)[:, :, None] * torch.arange(1.0, 3, dtype=REAL)
    named = lambda z: wrap(out=maps(z), size=(2, 2))
    for target in [(2, 1), [(0, 1), (1, 0)]]:
        options = {**OPTIONS, "target": target}
        assert torch.equal(
            wl.attribute(named, x, **options).attributions, wl.attribute(maps, x, **options).attributions
        )
    with pytest.raises(TypeError, match=r"with \['main'\].*\['aux'\]"):
        wl.attribute(lambda z: wrap(main=maps(z), aux=maps(z)), x, target=(2, 1))
    segmentation = lambda z: wrap(out=maps(z), aux=-maps(z))  # as torchvision names them
    expected = wl.attribute(maps, x, target=(2, 1)).attributions
    assert torch.equal(wl.attribute(segmentation, x, target=(2, 1)).attributions, expected)
