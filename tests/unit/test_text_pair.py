"""Two texts that a model reads together: every token stands for its own text, and has the value of its own embedding."""

import functools

import pytest

pytest.importorskip("transformers")
import torch
from matplotlib.text import Text

import whylight as wl
from tests.unit.models import Bag, WordTokenizer
from tests.unit.subwords import KINDS, bert
from whylight.inputs.tokenization import encode, layout
from whylight.live.wire.frames import answer_message
from whylight.live.wire.inputs import input_message
from whylight.numbers import percent
from whylight.results.parts import shares_of
from whylight.show.readout import readout

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


@pytest.mark.parametrize("kind", KINDS)
def test_each_text_has_lines_of_its_own(kind):
    encoded = encode(KINDS[kind](), (FIRST, SECOND))
    view = layout(encoded.text, encoded)
    written = ["".join(piece for piece, _, marker in line if not marker) for line in view.lines()]
    assert written == [FIRST, SECOND]
    assert "".join(piece for piece, _ in view.segments[: view.starts[1]]) == FIRST + "\n"
    words = {name: [view.units[i].text for i in units] for name, units in view.sections.items()}
    assert (words["Text 1"], words["Text 2"]) == (WORDS[:4], WORDS[4:])
    assert sorted(i for units in view.sections.values() for i in units) == list(range(len(view.units)))


@pytest.mark.parametrize("first", ["good film ¶", "¶ good", "bad\nfilm"])
def test_what_stands_at_the_seam_stays_with_its_text(first):
    encoded = encode(KINDS["WordPiece"](), (first, f"¶ {SECOND}"))
    view = layout(encoded.text, encoded)
    written = ["".join(piece for piece, _, marker in line if not marker) for line in view.lines()]
    assert written == [first, f"¶ {SECOND}"]


def test_one_text_has_no_title():
    encoded = encode(KINDS["WordPiece"](), "a good\nfilm")
    view = layout(encoded.text, encoded)
    assert view.titles == []
    assert dict(view.sections) == {}
    assert [[text for text, *_ in line] for line in view.lines()] == [[text for text, *_ in view.marked()]]


def test_a_pair_is_drawn_told_and_kept_as_two(tmp_path):
    tokenizer = KINDS["WordPiece"]()
    found = wl.attribute(bert(len(tokenizer)), (FIRST, SECOND), tokenizer=tokenizer, target=1, n_steps=9)
    shares = {share.name: share.share for share in shares_of(found)}
    sums = found.view.merge(found.attributions[0].double().numpy())
    sizes = abs(sums)
    for name, units in found.view.sections.items():
        assert shares.get(name, 0) == pytest.approx(sizes[list(units)].sum() / sizes.sum())
    assert f"Text 1 {percent(shares['Text 1'])}, Text 2 {percent(shares['Text 2'])}" in readout(found)
    page = found.save(tmp_path / "pair.html").read_text("utf-8")
    assert page.index("Text 1") < page.index(">film<") < page.index(">Text 2<") < page.index(">cafe<")
    again = wl.load(found.save(tmp_path / "pair.npz"))
    assert again.view.lines() == found.view.lines()
    places = {t.get_text(): t.get_position() for t in found.plot().findobj(Text)}
    assert places["Text 1"][1] > places["film"][1] > places["Text 2"][1] > places["cafe"][1]
    message = answer_message(found, seq=1)
    assert [part["name"] for part in message["meta"]["parts"]][:2] == ["Text 1", "Text 2"]
    assert input_message(found.view)["titles"] == ["Text 1", "Text 2"]


def test_a_list_of_pairs_is_explained_pair_by_pair():
    tokenizer = KINDS["WordPiece"]()
    net = bert(len(tokenizer))
    options = {"tokenizer": tokenizer, "target": 1, "n_steps": 9}
    both = wl.attribute(net, [(FIRST, SECOND), (SECOND, FIRST)], **options)
    alone = wl.attribute(net, (SECOND, FIRST), **options)
    assert torch.equal(both[1].attributions, alone.attributions)
    with wl.explain(net, (FIRST, SECOND), **options) as widget:
        widget.wait(300)
        assert widget._input["starts"] == [0, 8]
