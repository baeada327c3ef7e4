"""Two texts that a model reads together: every token stands for its own text, and has the value of its own embedding."""

import functools

import pytest

pytest.importorskip("transformers")
import torch

import whylight as wl
from tests.unit.models import Bag, WordTokenizer
from tests.unit.subwords import KINDS, bert
from whylight.inputs.tokenization import encode, layout

FIRST, SECOND = "not a good film", "a bad cafe"
WORDS = ["not", "a", "good", "film", "a", "bad", "cafe"]


def ways(tokenizer):
    return {
        "tuple": (tokenizer, (FIRST, SECOND)),
        "second bound": (functools.partial(tokenizer, text_pair=SECOND), FIRST),
        "first bound": (functools.partial(tokenizer, FIRST), SECOND),
        "bound twice": (functools.partial(functools.partial(tokenizer, text_pair=SECOND), truncation=True), FIRST),
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["tuple", "second bound", "first bound", "bound twice"])
def test_tokens_stand_for_their_own_text(kind, way):
    tokenizer, x = ways(KINDS[kind]())[way]
    encoded = encode(tokenizer, x)
    view = layout(encoded.text, encoded)
    assert view.text == f"{FIRST}\n{SECOND}"
    assert [u.text for u in view.units if not u.special] == WORDS
    assert "".join(piece for piece, _ in view.segments) == view.text
    for piece, token in view.segments:
        assert token < 0 or view.tokens[token].text.startswith(piece.strip() or "␣")


def test_values_are_those_of_the_embeddings_of_both_sentences():
    known = KINDS["WordPiece"]()
    tokenizer, net = functools.partial(known, return_token_type_ids=True), bert(len(known))
    options = {"target": 1, "rule": "riemann_middle", "n_steps": 33, "baseline": "zero"}
    made = tokenizer(FIRST, SECOND, return_tensors="pt")
    embedded = net.get_input_embeddings()(made["input_ids"]).detach()
    held = {k: v for k, v in made.items() if k != "input_ids"}
    assert held["token_type_ids"].any()
    direct = wl.attribute(
        lambda e, **more: net(inputs_embeds=e, **more).logits, embedded, forward_kwargs=held, **options
    )
    for with_it, x in ways(tokenizer).values():
        found = wl.attribute(net, x, tokenizer=with_it, **options)
        assert torch.allclose(found.attributions, direct.attributions.sum(-1), rtol=0, atol=1e-12)


def test_a_callable_says_which_text_a_token_stands_in():
    def tokenizer(first, second):
        one, two = (WordTokenizer()(text) for text in (first, second))
        ids, spans = (one[k] + two[k] for k in ("input_ids", "offset_mapping"))
        return {"input_ids": ids, "offset_mapping": spans, "sequence_ids": [None, 0, 0, None, None, 1, None]}

    found = wl.attribute(Bag(), ("one two", "three"), tokenizer=tokenizer, target=1, n_steps=9)
    assert [u.text for u in found.view.units if not u.special] == ["one", "two", "three"]
    silent = lambda *texts: {k: v for k, v in tokenizer(*texts).items() if k != "sequence_ids"}
    with pytest.raises(ValueError, match="must say which of them each token stands in, by 'sequence_ids'"):
        wl.attribute(Bag(), ("one two", "three"), tokenizer=silent)


@pytest.mark.parametrize("order", [1, -1])
def test_a_text_that_only_the_tokenizer_knows_is_asked_for(order):
    tokenizer = KINDS["WordPiece"]()
    pair = lambda text: tokenizer(*(text, SECOND)[::order], return_offsets_mapping=True)
    with pytest.raises(ValueError, match=r"only one is known here: give both as x=\(first, second\)"):
        wl.attribute(bert(len(tokenizer)), FIRST, tokenizer=pair)


def test_three_texts_or_an_empty_one_are_told():
    tokenizer = KINDS["WordPiece"]()
    net = bert(len(tokenizer))
    with pytest.raises(ValueError, match="a text or a pair of texts; got 3"):
        wl.attribute(net, ("a", "b", "c"), tokenizer=tokenizer)
    with pytest.raises(ValueError, match="The text is empty"):
        wl.attribute(net, ("a", " "), tokenizer=tokenizer)
