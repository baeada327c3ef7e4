"""Models as people write them, with random weights in float64, and what each is asked.

A case is a model (in train mode, as it comes), its inputs `(N, ...)`, the further inputs, and the scalar that is explained.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tests.unit.models import REAL, points


@dataclass(frozen=True)
class Case:
    model: Any
    inputs: tuple[Tensor, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    target: Any = 1

    def score(self, outputs: Any) -> Tensor:
        if callable(self.target):
            return self.target(outputs)
        outputs = outputs if isinstance(outputs, Tensor) else getattr(outputs, "logits", outputs)
        return outputs if outputs.ndim == 1 else outputs[:, self.target]


CASES: dict[str, Callable[[], Case]] = {}


def case(make: Callable[[], Case]) -> Callable[[], Case]:
    CASES[make.__name__] = make
    return make


def made(name: str) -> Case:
    """The case, its weights large enough to make the model curved."""
    torch.manual_seed(0)
    found = CASES[name]()
    with torch.no_grad():
        for module in found.model.modules() if isinstance(found.model, nn.Module) else ():
            for p in module._parameters.values():
                if p is not None and not hasattr(module, "parametrizations"):
                    fresh = torch.randn(p.shape)
                    p.copy_(fresh / p[0].numel() ** 0.5 if p.ndim > 1 else p + 0.2 * fresh)
            module.to(REAL)
    return found


def conv(i: int, o: int, k: int = 3, groups: int = 1) -> nn.Sequential:
    layer = nn.Conv2d(i, o, k, padding=k // 2, groups=groups, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(o), nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down, self.deep, self.up = conv(3, 4), conv(4, 6), nn.ConvTranspose2d(6, 4, 2, 2)
        self.out = nn.Sequential(conv(8, 4), nn.Conv2d(4, 3, 1))

    def forward(self, x):
        skip = self.down(x)
        return {"out": self.out(torch.cat([self.up(self.deep(functional.max_pool2d(skip, 2))), skip], 1))}


@case
def segmentation() -> Case:
    return Case(UNet(), (points(1, 3, 8, 8),), target=lambda outputs: outputs["out"][:, 1, 2:5].mean((1, 2)))


class Squeezed(nn.Module):
    """An inverted bottleneck with squeeze and excitation, as in EfficientNet."""

    def __init__(self) -> None:
        super().__init__()
        self.grow, self.depth = conv(4, 8, 1), conv(8, 8, 3, groups=8)
        self.gate = nn.Sequential(nn.Linear(8, 2), nn.SiLU(inplace=True), nn.Linear(2, 8), nn.Sigmoid())
        self.shrink = nn.Conv2d(8, 4, 1)

    def forward(self, x):
        deep = self.depth(self.grow(x))
        gate = self.gate(functional.adaptive_avg_pool2d(deep, 1).view(len(x), -1))
        return x + self.shrink(deep * gate[:, :, None, None].expand_as(deep))


@case
def efficient_net() -> Case:
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(4, 3)]
    return Case(nn.Sequential(nn.Conv2d(3, 4, 3), Squeezed(), *head), (points(2, 3, 8, 8),))


class Inception(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.ways = nn.ModuleList([conv(3, 2, 1), conv(3, 2, 3), nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(3, 2, 1))])
        self.grouped, self.out, self.aside = conv(6, 6, groups=3), nn.Linear(6, 3), nn.Linear(6, 3)

    def forward(self, x):
        joined = torch.cat([way(x) for way in self.ways], 1)
        joined = functional.relu_(joined + self.grouped(joined)).mean([2, 3])
        return (self.out(joined), self.aside(joined)) if self.training else self.out(joined)


@case
def inception_in_train_mode() -> Case:
    return Case(Inception().train(), (points(2, 3, 8, 8),))


@case
def series() -> Case:
    layers = [nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), nn.GELU(), nn.MaxPool1d(2), nn.Conv1d(4, 4, 2, dilation=2)]
    return Case(nn.Sequential(*layers, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, 3)), (points(2, 2, 12),))


@case
def volume() -> Case:
    layers = [nn.Conv3d(1, 2, 3), nn.ReLU(), nn.MaxPool3d(2), nn.Flatten(), nn.Linear(16, 3)]
    return Case(nn.Sequential(*layers), (points(1, 1, 6, 6, 6),))


class Packed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.LSTM(3, 4, num_layers=2, dropout=0.5, batch_first=True, bidirectional=True)
        self.out = nn.Linear(8, 3)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        steps, _ = pad_packed_sequence(self.net(packed)[0], batch_first=True)
        return self.out(steps.sum(1) / lengths[:, None])


@case
def sequences_of_several_lengths() -> Case:
    return Case(Packed(), (points(3, 6, 3),), {"lengths": torch.tensor([4, 6, 2])})


class Graph(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.out = nn.Linear(4, 6), nn.Linear(6, 6), nn.Linear(6, 3)

    def forward(self, x, adjacency):
        hidden = torch.matmul(adjacency, self.first(x)).relu()
        return self.out(torch.bmm(adjacency, self.second(hidden)).relu().mean(1))


@case
def graphs() -> Case:
    return Case(Graph(), (points(2, 5, 4),), {"adjacency": points(2, 5, 5, seed=7).softmax(-1)})


class Messages(nn.Module):
    """Edges of a graph: the strongest and the mean message at every node, the nodes written into zeros."""

    def __init__(self) -> None:
        super().__init__()
        self.send, self.receive, self.out = nn.Linear(4, 6), nn.Linear(16, 6), nn.Linear(6, 3)

    def forward(self, x):
        start, end = torch.tensor([[0, 1, 2, 2, 3], [1, 2, 0, 3, 0]])
        sent = self.send(x[:, start]).tanh()
        at = end[None, :, None].expand_as(sent)
        strongest, mean = (
            torch.zeros(len(x), 5, 6, dtype=x.dtype).scatter_reduce_(1, at, sent, reduce, include_self=False)
            for reduce in ("amax", "mean")
        )
        nodes = torch.zeros(len(x), 5, 16, dtype=x.dtype)
        nodes[..., :4], nodes[..., 4:10], nodes[..., 10:] = x, strongest, mean
        return self.out(self.receive(nodes).relu().mean(1))


@case
def messages_between_nodes() -> Case:
    return Case(Messages(), (points(2, 5, 4),))


class Fourier(nn.Module):
    """A layer of a neural operator: low frequencies by weights, written into zeros."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.beside = nn.Parameter(torch.randn(2, 4, 3, 2)), nn.Conv1d(2, 4, 1)
        self.out = nn.Linear(4, 3)

    def forward(self, x):
        low = torch.fft.rfft(x)[..., :3]
        spectrum = torch.zeros(len(x), 4, x.shape[-1] // 2 + 1, dtype=low.dtype)
        spectrum[..., :3] = torch.einsum("nif,iof->nof", low, torch.view_as_complex(self.weight))
        return self.out(functional.gelu(torch.fft.irfft(spectrum, n=x.shape[-1]) + self.beside(x)).mean(-1))


@case
def neural_operator() -> Case:
    return Case(Fourier(), (points(2, 2, 10),))


class Prototypes(nn.Module):
    """Classes are near their prototypes, after the layers of AlexNet's time."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.ReLU(), nn.LocalResponseNorm(3, 0.1), nn.LPPool2d(2, 2), nn.Flatten()
        )
        self.prototypes = nn.Parameter(torch.randn(3, 36))

    def forward(self, x):
        return -torch.cdist(self.net(x), self.prototypes)


@case
def prototypes() -> Case:
    return Case(Prototypes(), (points(2, 3, 8, 8),))


class Crossed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.both, self.out = nn.Bilinear(4, 5, 6), nn.Linear(6, 3)

    def forward(self, a, b):
        return self.out(self.both(a, b).tanh())


@case
def two_inputs_crossed() -> Case:
    return Case(Crossed(), (points(2, 4), points(2, 5, seed=3)))


class Mixed(nn.Module):
    """Numbers and categories of a table."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds = nn.ModuleList([nn.Embedding(3, 2), nn.Embedding(4, 2)])
        self.net = nn.Sequential(nn.Linear(7, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 2))

    def forward(self, numbers, kinds):
        embedded = [kind(kinds[:, i]) for i, kind in enumerate(self.kinds)]
        return self.net(torch.cat([numbers, *embedded], dim=1))


@case
def table_with_categories() -> Case:
    return Case(Mixed(), (points(3, 3),), {"kinds": torch.tensor([[0, 3], [2, 1], [1, 1]])})


class Fusion(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.sees, self.reads, self.out = nn.Conv2d(3, 4, 3), nn.Linear(5, 4), nn.Linear(8, 3)

    def forward(self, picture, row):
        return self.out(torch.cat([self.sees(picture).relu().amax((2, 3)), self.reads(row).tanh()], 1))


@case
def picture_and_row() -> Case:
    return Case(Fusion(), (points(2, 3, 6, 6), points(2, 5)))


class Siamese(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 4))

    def forward(self, a, b):
        return functional.cosine_similarity(self.net(a), self.net(b))


@case
def siamese() -> Case:
    return Case(Siamese(), (points(2, 5), points(2, 5, seed=3)))


@case
def normed_weights() -> Case:
    first, last = parametrizations.weight_norm(nn.Linear(5, 6)), parametrizations.spectral_norm(nn.Linear(6, 3))
    return Case(nn.Sequential(first, nn.Softplus(), last).train(), (points(2, 5),))


@case
def graph_module() -> Case:
    net = torch.fx.symbolic_trace(nn.Sequential(nn.Linear(5, 6), nn.PReLU(), nn.Linear(6, 3)))
    return Case(nn.DataParallel(net), (points(2, 5),))


@case
def hooks_of_ones_own() -> Case:
    net = nn.Sequential(nn.Linear(5, 6), nn.ELU(), nn.Linear(6, 3))
    net[0].register_forward_pre_hook(lambda module, args: (args[0] + 1,))
    net[1].register_forward_hook(lambda module, args, output: 2 * output)
    return Case(net, (points(2, 5),))


@case
def transformer_with_padding() -> Case:
    layer = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True, norm_first=True)
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    padding = torch.tensor([[False] * 5, [False, False, False, True, True]])
    return Case(encoder, (points(2, 5, 8),), {"src_key_padding_mask": padding}, target=lambda outputs: outputs[:, 0, 3])


def transformers() -> Any:
    return pytest.importorskip("transformers")


SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}


@case
def vit() -> Case:
    config = transformers().ViTConfig(**SMALL, image_size=8, patch_size=4, num_labels=3)
    return Case(transformers().ViTForImageClassification(config), (points(2, 3, 8, 8),))


@case
def swin() -> Case:
    shape = {"image_size": 16, "patch_size": 2, "embed_dim": 8, "depths": [2, 1], "num_heads": [2, 2], "window_size": 4}
    config = transformers().SwinConfig(**shape, num_labels=3)
    return Case(transformers().SwinForImageClassification(config), (points(1, 3, 16, 16),))


@case
def convnext() -> Case:
    config = transformers().ConvNextConfig(hidden_sizes=[8, 12], depths=[1, 1], num_stages=2, num_labels=3)
    return Case(transformers().ConvNextForImageClassification(config), (points(1, 3, 16, 16),))


@case
def clip() -> Case:
    text = {**SMALL, "vocab_size": 20, "max_position_embeddings": 8, "eos_token_id": 2}
    vision = {**SMALL, "image_size": 8, "patch_size": 4}
    net = (
        transformers()
        .CLIPModel(transformers().CLIPConfig(text_config=text, vision_config=vision, projection_dim=6))
        .to(REAL)
    )
    ids = torch.tensor([[0, 5, 6, 2], [0, 7, 8, 2]])
    model = lambda pixels: net(pixel_values=pixels, input_ids=ids).logits_per_image
    return Case(model, (points(2, 3, 8, 8),))
