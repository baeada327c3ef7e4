"""Real pretrained nets from the shared data folder, where there is one beside the checkout: nothing of it is shipped."""

import importlib.util
import json
from functools import cache
from pathlib import Path

import pytest
import torch
from PIL import Image

import whylight as wl

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not (DATA / "models.py").exists(), reason="the shared data folder is not here")


@cache
def library():
    spec = importlib.util.spec_from_file_location("shared_models", DATA / "models.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def load(name: str):
    pytest.importorskip("safetensors")
    return library().load(name)


def picture(start: str) -> Image.Image:
    return Image.open(next((DATA / "images").glob(f"{start}*"))).convert("RGB")


@pytest.mark.parametrize(("start", "label"), [("084", 84), ("001", 1)])
def test_squeezenet_names_the_object_and_the_parts_add_up(start, label):
    net, preprocess = load("squeezenet1_1")
    found = wl.attribute(net, picture(start), preprocess=preprocess, n_steps=65)
    assert found.provenance["target_value"] == label
    assert found.relative_gap.item() < 0.02
    assert found.attributions.shape == (1, 3, 224, 224)
    assert found.provenance["baseline"] == ["black"]


def test_squeezenet_equals_captum():
    attr = pytest.importorskip("captum.attr")
    net, preprocess = load("squeezenet1_1")
    x = preprocess(picture("084"))
    theirs = attr.IntegratedGradients(net).attribute(
        x, target=84, method="riemann_middle", n_steps=8, internal_batch_size=8
    )
    ours = wl.attribute(net, x, target=84, rule="riemann_middle", n_steps=8).attributions
    assert (ours - theirs).norm() < 1e-3 * ours.norm()


def test_a_resnet_with_batch_norm_is_left_alone():
    net, _ = load("cifar_resnet20")
    x = torch.rand(1, 3, 32, 32)
    quiet = wl.attribute(net.eval(), x, target=3, n_steps=33)
    before = [b.clone() for b in net.buffers()]
    loud = wl.attribute(net.train(), x, target=3, n_steps=33)
    assert net.training
    net.eval()
    assert torch.equal(quiet.attributions, loud.attributions)
    assert all(torch.equal(a, b) for a, b in zip(before, net.buffers(), strict=True))


def words_of(vocabulary: dict[str, int]):
    import re

    def tokenizer(text: str) -> dict:
        found = list(re.finditer(r"\w+|[^\w\s]", text))
        ids = [vocabulary.get(m.group().lower(), 1) for m in found]
        return {"input_ids": ids, "offset_mapping": [m.span() for m in found]}

    return tokenizer


@cache
def vocabulary() -> dict[str, int]:
    return {word: i for i, word in enumerate(json.loads((DATA / "text/vocab.json").read_text()))}


@pytest.mark.parametrize("name", ["sst2_cnn", "sst2_lstm"])
def test_sentiment_nets_with_lengths(name):
    net, _ = load(name)
    tokenizer = words_of(vocabulary())
    sentences = {"a wonderful , moving film .": 1, "a dull and tedious mess .": 0}
    for text, label in sentences.items():
        n = len(tokenizer(text)["input_ids"])
        options = {
            "tokenizer": tokenizer,
            "labels": ["negative", "positive"],
            "forward_kwargs": {"lengths": torch.tensor([n])},
        }
        found = wl.attribute(net, text, tol=0.01, target=wl.contrast(label, 1 - label), **options)
        assert found.score.item() > 0
        assert found.relative_gap.item() < 0.02
        strongest = found.view.tokens[int(found.attributions[0].argmax())].text
        assert strongest in ("wonderful", "moving", "dull", "tedious", "mess")
