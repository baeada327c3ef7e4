"""Small models the engine tests share, a counter of samples, and a tokenizer without any library."""

import re
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

import whylight as wl

REAL = torch.float64


def mlp(
    seed: int = 0,
    *,
    act: type[nn.Module] = nn.ReLU,
    features: int = 5,
    classes: int = 3,
    width: int = 16,
    dtype: torch.dtype = REAL,
) -> nn.Sequential:
    """A random two-layer net, the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    net = nn.Sequential(nn.Linear(features, width), act(), nn.Linear(width, width), act(), nn.Linear(width, classes))
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=generator) / (p.shape[-1] ** 0.5))
    return net.to(dtype).eval()


def points(n: int, *shape: int, seed: int = 1, dtype: torch.dtype = REAL) -> Tensor:
    """N random inputs, the same for the same seed."""
    return torch.randn((n, *shape), generator=torch.Generator().manual_seed(seed), dtype=REAL).to(dtype)


def conv_net(seed: int = 0, *, dtype: torch.dtype = REAL, size: int = 8) -> nn.Sequential:
    """A net on RGB pictures of size x size with batch norm and dropout."""
    torch.manual_seed(seed)
    layers = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(4 * (size - 2) ** 2, 3)).to(dtype)


@dataclass
class Count:
    """How many samples passed through a model, pass by pass; only those that kept a graph are gradients."""

    passes: list[int] = field(default_factory=list)

    @property
    def gradients(self) -> int:
        return sum(self.passes)


@contextmanager
def counted(model: nn.Module) -> Iterator[Count]:
    """Count the samples a model sees with gradients on; the hook stays, as a model with another hook is another model."""
    if model not in _COUNTS:
        counts = _COUNTS[model] = []

        def hook(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> None:
            for count in counts if args[0].requires_grad else ():
                count.passes.append(len(args[0]))

        model.register_forward_hook(hook)
    count = Count()
    _COUNTS[model].append(count)
    try:
        yield count
    finally:
        _COUNTS[model].remove(count)


_COUNTS: "weakref.WeakKeyDictionary[nn.Module, list[Count]]" = weakref.WeakKeyDictionary()


def looked_at(model: Any, x: Tensor) -> None:
    """Have it known that the model answers the same input alike, for tests that count what passes through it."""
    wl.attribute(model, x, target=0, method="input_gradient")


class WordTokenizer:
    """Splits at whitespace; a callable that says where tokens stand, with a start and an end marker."""

    pad_token_id, mask_token_id = 0, 1

    def __init__(self, vocabulary: int = 50) -> None:
        self.vocabulary = vocabulary

    def __call__(self, text: str) -> dict[str, list]:
        spans = [m.span() for m in re.finditer(r"\S+", text)]
        ids = [4 + sum(map(ord, text[a:b])) % (self.vocabulary - 4) for a, b in spans]
        return {"input_ids": [2, *ids, 3], "offset_mapping": [(0, 0), *spans, (0, 0)]}


class Bag(nn.Module):
    """Mean of the embeddings through a small net: a text classifier without attention."""

    def __init__(self, vocabulary: int = 50, classes: int = 3) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.words = nn.Embedding(vocabulary, 6)
        self.net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, classes))
        self.to(REAL)

    def forward(self, ids: Tensor, fail: bool = False) -> Tensor:
        embedded = self.words(ids)
        if fail and torch.is_grad_enabled():
            raise KeyError("the model broke")
        weight = torch.linspace(1, 2, ids.shape[1], dtype=embedded.dtype)
        return self.net((embedded * weight[None, :, None]).mean(1))


class WithLogits(nn.Module):
    """Answers with an object that has `.logits`, as Hugging Face models do."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> SimpleNamespace:
        return SimpleNamespace(loss=None, logits=self.net(x))


class MeanOfWords(nn.Module):
    """Two scores from the mean of the words' embeddings; ids below 300."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.out = nn.Embedding(300, 4), nn.Linear(4, 2)

    def forward(self, ids: Tensor) -> Tensor:
        return self.out(self.embedding(ids).mean(1))
