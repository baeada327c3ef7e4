"""Small nets that normalise what they are given: from a zero baseline their gradient falls like 1/alpha from a thin layer.

Random weights, so that a case is a net, an input, an eps and an output. `python -m tests.benchmarks.accuracy --corners`.
"""

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise, product
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

EPS = (1e-12, 1e-9, 1e-7, 1e-5)
SIZES = (2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 64)
ACTIVATIONS = {"SiLU": nn.SiLU, "GELU": nn.GELU, "tanh": nn.Tanh, "ReLU": nn.ReLU}


@dataclass(frozen=True)
class Corner:
    """One path from zero: a net as a function of the tensor x, and which of its outputs is explained."""

    family: str
    net: nn.Module
    x: Tensor
    output: str
    target: int = 0

    def score(self, double: bool = False) -> Callable[[Tensor], Tensor]:
        """F of many points, as one function."""
        net = copy.deepcopy(self.net).double() if double else self.net

        def run(z: Tensor) -> Tensor:
            out = net(z)
            return (out.softmax(1) if self.output == "probability" else out)[:, self.target]

        return run

    def panel(self, n: int, lo: float, hi: float) -> Tensor:
        """What `n` points of Gauss-Legendre make of the path between two places, in float64."""
        nodes, weights = np.polynomial.legendre.leggauss(n)
        alphas = torch.as_tensor((hi - lo) / 2 * nodes + (hi + lo) / 2).reshape(-1, *[1] * (self.x.ndim - 1))
        points = (alphas * self.x.double()).requires_grad_()
        (grads,) = torch.autograd.grad(self._exact(points).sum(), points)
        return torch.tensordot(torch.as_tensor(weights * (hi - lo) / 2), grads, 1) * self.x.double()

    @cached_property
    def _exact(self) -> Callable[[Tensor], Tensor]:
        return self.score(double=True)

    def truth(self) -> Tensor:
        """The map by 16 points in each of 48 panels, every one half as long as the next."""
        ends = [0.0, *(2.0**-k for k in reversed(range(48)))]
        return torch.stack([self.panel(16, lo, hi) for lo, hi in pairwise(ends)]).sum(0)

    def fewest(self, truth: Tensor, tol: float) -> float:
        """The fewest points of such panels, `n` in each, that meet the tolerance: known in advance; infinite if none does."""
        best = math.inf
        for n in SIZES:
            far, panels = torch.zeros_like(truth), 1
            while n * panels < min(best, 600) and panels < 48:
                end = 2.0 ** (1 - panels)
                if float((far + self.panel(n, 0.0, end) - truth).norm()) <= tol * float(truth.norm()):
                    best = n * panels
                far, panels = far + self.panel(n, end / 2, end), panels + 1
        return best


class _RMSNorm2d(nn.Module):
    """Root mean square over the channels of a picture."""

    def __init__(self, channels: int, eps: float) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(channels, eps=eps)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.movedim(1, -1)).movedim(-1, 1)


NORMS: dict[str, Callable[[int, float], nn.Module]] = {
    "GroupNorm": lambda c, eps: nn.GroupNorm(4, c, eps=eps),
    "InstanceNorm": lambda c, eps: nn.InstanceNorm2d(c, eps=eps, affine=True),
    "RMSNorm": _RMSNorm2d,
}


def convolutional(norm: str, activation: str, eps: float, seed: int) -> tuple[nn.Module, Tensor]:
    """Two convolutions, each followed by a norm; the first one has a bias where the seed is even and the norm does not undo it."""
    torch.manual_seed(seed)
    make, act = NORMS[norm], ACTIVATIONS[activation]
    net = nn.Sequential(
        nn.Conv2d(3, 16, 3, bias=norm != "InstanceNorm" and seed % 2 == 0), make(16, eps), act(), nn.Conv2d(16, 16, 3, bias=False), make(16, eps), act(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 3),
    )  # fmt: skip
    return net.eval(), torch.randn(1, 3, 16, 16)


def perceptron(activation: str, eps: float, seed: int) -> tuple[nn.Module, Tensor]:
    """A norm of the features first, then two layers."""
    torch.manual_seed(seed)
    act = ACTIVATIONS[activation]
    net = nn.Sequential(nn.LayerNorm(24, eps=eps), nn.Linear(24, 64), act(), nn.Linear(64, 64), act(), nn.Linear(64, 3))
    return net.eval(), torch.randn(1, 24)


class _ViT(nn.Module):
    """Patches, two blocks that normalise first, the mean of the tokens."""

    def __init__(self, eps: float) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 32, 4, 4)
        block = nn.TransformerEncoderLayer(32, 4, 64, 0.0, "gelu", eps, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, 2, nn.LayerNorm(32, eps=eps), enable_nested_tensor=False)
        self.place = nn.Parameter(torch.randn(1, 16, 32) * 0.02)
        self.head = nn.Linear(32, 3)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2) + self.place
        return self.head(self.blocks(tokens).mean(1))


def vit(eps: float, seed: int) -> tuple[nn.Module, Tensor]:
    """A tiny vision transformer; its patches' bias is what remains at zero."""
    torch.manual_seed(seed)
    net = _ViT(eps).eval()
    if seed % 2:
        nn.init.zeros_(net.patches.bias)
    return net, torch.randn(1, 3, 16, 16)


class _Embedded(nn.Module):
    """A Hugging Face model as a function of embeddings."""

    def __init__(self, model: nn.Module, read: Callable[[Any], Tensor]) -> None:
        super().__init__()
        self.model, self.read = model, read

    def forward(self, z: Tensor) -> Tensor:
        return self.read(self.model(inputs_embeds=z))


def bert(eps: float, seed: int) -> tuple[nn.Module, Tensor]:
    """A small BERT from embeddings of zero."""
    import transformers

    torch.manual_seed(seed)
    config = transformers.BertConfig(
        vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        num_labels=3, layer_norm_eps=eps, initializer_range=0.3, attn_implementation="eager",
    )  # fmt: skip
    model = transformers.BertForSequenceClassification(config).eval()
    with torch.no_grad():
        z = model.get_input_embeddings()(torch.randint(0, 50, (1, 9)))
    return _Embedded(model, lambda o: o.logits).eval(), z


class _Pictured(nn.Module):
    """CLIP's picture tower with a head of classes."""

    def __init__(self, model: nn.Module, width: int) -> None:
        super().__init__()
        self.model, self.head = model, nn.Linear(width, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(nn.functional.normalize(self.model(pixel_values=x).pooler_output, dim=1)) * 4


def clip(eps: float, seed: int) -> tuple[nn.Module, Tensor]:
    """A small CLIP picture tower: its patches have no bias."""
    import transformers

    torch.manual_seed(seed)
    config = transformers.CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, image_size=16, patch_size=4,
        layer_norm_eps=eps, attn_implementation="eager",
    )  # fmt: skip
    return _Pictured(transformers.CLIPVisionModel(config), 32).eval(), torch.randn(1, 3, 16, 16)


class _Heard(nn.Module):
    """A waveform: normalised, convolved with norms in between, averaged."""

    def __init__(self, eps: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(1, 16, 10, 5, bias=False), nn.GroupNorm(16, 16, eps=eps), nn.GELU(),
            nn.Conv1d(16, 16, 3, 2, bias=False), nn.GroupNorm(1, 16, eps=eps), nn.GELU(),
        )  # fmt: skip
        self.head = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layers(x[:, None]).mean(2))


def wav2vec(eps: float, seed: int) -> tuple[nn.Module, Tensor]:
    """The convolutions of wav2vec2: a group norm over time first."""
    torch.manual_seed(seed)
    return _Heard(eps).eval(), torch.randn(1, 400)


def corners() -> Iterator[Corner]:
    """All cases, about 280."""
    makers: dict[str, Callable[[float, int], tuple[nn.Module, Tensor]]] = {
        f"{norm}, {act}": partial(convolutional, norm, act) for norm, act in product(NORMS, ACTIVATIONS)
    }
    makers |= {f"LayerNorm, {act}": partial(perceptron, act) for act in ACTIVATIONS}
    makers |= {"tiny ViT": vit, "CLIP": clip, "wav2vec2": wav2vec, "BERT from zero": bert}
    for family, make in makers.items():
        seeds = 2 if "," in family else 4
        for eps, seed, output in product(EPS, range(seeds), ("logit", "probability")):
            net, x = make(eps, seed)
            yield Corner(family, net, x, output)


def closed_form(x: Tensor, w: Tensor, eps: float) -> Tensor:
    """Integrated gradients of `layer_norm(x) @ w` from zero, for x and w of zero mean, in float64."""
    x, w = x.double(), w.double()
    s = float(x.square().mean().sqrt())
    grown = math.asinh(s / eps**0.5)
    return x * w * grown / s - (x @ w) * x**2 / x.shape[-1] * (grown - s / math.sqrt(s * s + eps)) / s**3
