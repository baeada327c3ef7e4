"""Dense outputs in the widget: what its list of targets offers, what stands first, and Python to paste."""

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.test_dense_targets import FRAMES, LABELS, PICTURE, Segmenter, Tagger

TEXT = "good unbelievably film"


def tagger(vocabulary: int):
    """A token classifier of random weights in float64."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(1)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    names = {"id2label": dict(enumerate(LABELS)), "label2id": {name: i for i, name in enumerate(LABELS)}}
    config = transformers.BertConfig(
        vocab_size=vocabulary, max_position_embeddings=64, initializer_range=1.0, **sizes, **names
    )
    return transformers.BertForTokenClassification(config).double().eval()


@pytest.fixture
def text():
    pytest.importorskip("transformers")
    from tests.unit.subwords import word_piece

    tokenizer = word_piece()
    return tagger(len(tokenizer)), tokenizer


def test_every_token_is_offered_with_its_label(text):
    net, tokenizer = text
    ids = tokenizer(TEXT, return_tensors="pt")
    said = net(**ids).logits.detach()[0]
    with wl.explain(net, TEXT, tokenizer=tokenizer, n_steps=9, method="integrated_gradients") as widget:
        widget.wait(300)
        offered = widget._choices["targets"]
        pieces = tokenizer.convert_ids_to_tokens(ids["input_ids"][0])
        inside = range(1, len(pieces) - 1)  # [CLS] and [SEP] are nobody's to choose
        assert [t["value"] for t in offered] == [f"token({i}, {said[i].argmax()})" for i in inside]
        assert [t["label"] for t in offered] == [
            f"{pieces[i].removeprefix('##')}: {LABELS[said[i].argmax()]}" for i in inside
        ]
        assert [t["probability"] for t in offered] == pytest.approx([float(said[i].softmax(0).max()) for i in inside])
        assert {t["group"] for t in offered} == {"Tokens"}
        assert widget._choices["labels"] is None
        first = next(i for i in inside if said[i].argmax() != 0)
        assert widget.target == f"token({first}, {said[first].argmax()})"
        widget.target = offered[-1]["value"]  # as the browser sets it
        found, last = widget.wait(300), inside[-1]
        label = int(said[last].argmax())
        direct = wl.attribute(net, TEXT, tokenizer=tokenizer, n_steps=9, target=(last, label))
        assert torch.allclose(found.attributions, direct.attributions, atol=1e-12)
        assert found.target == offered[-1]["label"]
        code = widget.code()
        assert f"target=wl.targets.token({last}, {LABELS[label]!r})" in code
        widget.against = offered[0]["value"]
        assert widget.wait(300).target == f"{offered[-1]['label']} − {offered[0]['label']}"
        assert "target=wl.contrast(wl.targets.token(" in widget.code()
    with pytest.raises(ValueError, match=r"wl\.targets\.token"):
        wl.attribute(net, TEXT, tokenizer=tokenizer)


def test_the_regions_of_a_segmentation_are_offered_by_size():
    net = Segmenter().double()
    won = net(PICTURE)["out"].argmax(1)
    sizes = won.flatten().bincount(minlength=3)
    with wl.explain(net, PICTURE, labels=["sky", "sea", "land"], n_steps=9) as widget:
        found = widget.wait(300)
        offered = widget._choices["targets"]
        shares = [t["probability"] for t in offered]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1)
        assert {t["value"] for t in offered} == {f"region({c})" for c in sizes.nonzero().flatten().tolist()}
        assert widget.target == offered[0]["value"]
        assert found.target.startswith(offered[0]["label"] + " region (")
        assert f"target=wl.targets.region('{offered[0]['label']}')" in widget.code()


def test_steps_are_offered_where_one_is_asked_for():
    x = FRAMES[:1, :, :1].flatten(1)
    net = nn.Linear(5, 4).double()
    with wl.explain(net, x, target=wl.targets.at(-1), n_steps=9) as widget:
        assert widget.wait(300).target == "step 3"
        assert [t["label"] for t in widget._choices["targets"]] == [f"step {i}" for i in range(4)]
        widget.target = "at(1)"
        assert widget.wait(300).score.item() == pytest.approx(float(net(x)[0, 1].detach()))
        assert "target=wl.targets.at(1)" in widget.code()
    with wl.explain(net, x, n_steps=9) as widget:  # one score per class, as far as anybody can see
        widget.wait(300)
        assert widget._choices["targets"][0]["label"].startswith("class ")


def test_suggestions_of_before_are_forgotten():
    net = Tagger().double()
    with wl.explain(net, FRAMES[:1], labels=LABELS, n_steps=9) as widget:
        widget.wait(300)
        before = widget._choices["targets"]
        with torch.no_grad():
            net.label.weight.neg_()
            net.label.bias.neg_()
        widget.n_steps = 17
        widget.wait(300)
        after = widget._choices["targets"]
        assert len(after) == len(before) == 5
        assert [t["label"] for t in after] != [t["label"] for t in before]


def test_own_targets_stay_beside_the_offered_ones():
    import numpy as np

    net, mask = Segmenter().double(), np.eye(8, dtype=bool)
    with wl.explain(net, PICTURE, target=wl.targets.region(1, mask), n_steps=9) as widget:
        found = widget.wait(300)
        assert "group" not in widget._choices["targets"][0]
        assert widget._choices["targets"][0]["label"] == found.target
        assert "target=wl.targets.region(1, mask)" in widget.code()
    drawn = found.plot()
    assert any("class 1 region" in text.get_text() for text in drawn.findobj(lambda a: hasattr(a, "get_text")))


def test_detr_like_outputs_offer_boxes():
    pytest.importorskip("transformers")
    from transformers.models.detr.modeling_detr import DetrObjectDetectionOutput

    class Detr(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.scores = nn.Linear(64, 4 * 3)

        def forward(self, pixel_values):
            logits = self.scores(pixel_values.flatten(1)).view(-1, 4, 3)
            return DetrObjectDetectionOutput(logits=logits, pred_boxes=logits[..., :1].expand(-1, -1, 4).sigmoid())

    net = Detr().double()
    with wl.explain(net, PICTURE, labels={0: "cat", 1: "dog"}, n_steps=9) as widget:
        found = widget.wait(300)
        offered = widget._choices["targets"]
        assert {t["group"] for t in offered} == {"Boxes"}
        assert all("(box " in t["label"] and t["label"].startswith(("cat", "dog")) for t in offered[:1])
        assert found.target == offered[0]["label"]
    chance = wl.attribute(net, PICTURE, target=wl.targets.box(2, 1), output="probability")
    assert chance.score.item() == pytest.approx(float(net(PICTURE).logits.softmax(-1)[0, 2, 1].detach()))
