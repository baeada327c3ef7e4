"""What contextual decomposition costs, in forward passes: `OMP_NUM_THREADS=1 python -m tests.benchmarks.decomposition`.

A call for M masks is compared with one forward pass of M copies of the input through the same model, in turns; the
fastest of several runs counts. The last table asks for 200 phrases of a 20-word sentence at once.
"""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

import whylight as wl
from tests.benchmarks.nets import DATA, _shared

SECONDS = 2.0


def fastest(*runs: Callable[[], Any]) -> list[float]:
    """Seconds of the fastest of several runs, each in turn."""
    best = [float("inf")] * len(runs)
    end = time.perf_counter() + SECONDS * len(runs)
    while time.perf_counter() < end:
        for k, run in enumerate(runs):
            start = time.perf_counter()
            run()
            best[k] = min(best[k], time.perf_counter() - start)
    return best


def ratio(net: nn.Module, x: Tensor, masks: Tensor, **options: Any) -> tuple[float, float]:
    """Milliseconds of a forward pass of as many copies as there are masks, and how many times that a call takes."""
    batch = x.expand(len(masks), *x.shape[1:]).contiguous()
    if batch.ndim == 4:
        net, batch = net.to(memory_format=torch.channels_last), batch.contiguous(memory_format=torch.channels_last)
    kwargs = {k: v.expand(len(masks)) for k, v in options.get("forward_kwargs", {}).items()}

    def forward() -> None:
        with torch.no_grad():
            net(batch, **kwargs)

    bare, ours = fastest(forward, lambda: wl.contextual_decomposition(net, x, masks, target=0, **options))
    return 1000 * bare, ours / bare


class Words(nn.Module):
    """A text net behind its embedding, so that both sides get embedded words."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.net.embed = nn.Identity()

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        return self.net(x, lengths)


def attention(layers: int = 6) -> nn.Module:
    """A transformer encoder of MiniLM's size."""
    block = nn.TransformerEncoderLayer(384, 12, 1536, batch_first=True, activation="gelu")
    encoder = nn.TransformerEncoder(block, layers, enable_nested_tensor=False)

    class Pooled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.out = encoder, nn.Linear(384, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.encoder(x).mean(1))

    return Pooled().eval()


def cases() -> list[tuple[str, nn.Module, Tensor, dict[str, Any]]]:
    """Nets with one input each."""
    torch.manual_seed(0)
    found: list[tuple[str, nn.Module, Tensor, dict[str, Any]]] = [
        ("demo digits, 8 x 8", wl.demo.digits().model, torch.rand(1, 1, 8, 8), {}),
        ("demo shapes, 64 x 64", wl.demo.shapes().model, torch.rand(1, 3, 64, 64), {}),
        ("transformer of MiniLM's size, 20 words", attention(), torch.randn(1, 20, 384), {}),
    ]
    if DATA.exists():
        sides = {"mnist_cnn": (1, 28), "cifar_resnet20": (3, 32), "squeezenet1_1": (3, 224), "mobilenet_v2": (3, 224)}
        for name, (channels, side) in sides.items():
            found.append((name, _shared(name)[0], torch.randn(1, channels, side, side), {}))
        for name in ("sst2_cnn", "sst2_lstm"):
            options = {"forward_kwargs": {"lengths": torch.tensor([20])}}
            found.append((f"{name}, 20 words", Words(_shared(name)[0]), torch.randn(1, 20, 64), options))
    return found


def phrases(length: int = 20, count: int = 200) -> Tensor:
    """The first `count` spans of a sentence, shortest first: masks `(count, length)`."""
    spans = [(a, a + n) for n in range(1, length + 1) for a in range(length - n + 1)][:count]
    return torch.stack([torch.arange(length).ge(a) & torch.arange(length).lt(b) for a, b in spans])


def main() -> None:
    print("| net | forward of 1, ms | CD of 1 mask | forward of 16, ms | CD of 16 masks |\n|---|---|---|---|---|")
    for name, net, x, options in cases():
        row = []
        for count in (1, 16):
            shape = (count, *x.shape[2:]) if x.ndim == 4 else (count, x.shape[1])
            bare, times = ratio(net, x, torch.rand(shape) > 0.5, **options)
            row += [f"{bare:.2f}", f"{times:.2f}"]
        print(f"| {name} | {' | '.join(row)} |")
    print("\n| 200 phrases of 20 words | against a forward of 200 rows | against forwards of 1 row |\n|---|---|---|")
    for name, net, x, options in cases():
        if x.ndim == 3:
            bare, times = ratio(net, x, phrases(), **options)
            single, _ = ratio(net, x, phrases(count=1), **options)
            print(f"| {name} | {times:.2f} | {times * bare / single:.0f} |")


if __name__ == "__main__":
    main()
