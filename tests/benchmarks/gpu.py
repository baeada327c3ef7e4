"""The engine on a GPU: `python -m tests.benchmarks.gpu [points]`.

Checks first (the GPU's answer is the CPU's; half precision stays close), then times: float32, tf32 and bfloat16, each as a
ratio to a bare loop of forward and backward passes in the same precision at its best batch size. Needs CUDA.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

import whylight as wl

BATCHES, ROUNDS = (16, 32, 64, 128), 5
PRECISIONS = ("float32", "tf32", "bfloat16")


class Bottleneck(nn.Module):
    def __init__(self, inside: int, middle: int, stride: int) -> None:
        super().__init__()
        norm, conv = nn.BatchNorm2d, nn.Conv2d
        self.path = nn.Sequential(
            *(conv(inside, middle, 1, bias=False), norm(middle), nn.ReLU()),
            *(conv(middle, middle, 3, stride, 1, bias=False), norm(middle), nn.ReLU()),
            *(conv(middle, 4 * middle, 1, bias=False), norm(4 * middle)),
        )
        same = stride == 1 and inside == 4 * middle
        self.skip = nn.Identity() if same else conv(inside, 4 * middle, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return (self.path(x) + self.skip(x)).relu()


def resnet50() -> nn.Module:
    layers: list[nn.Module] = [
        nn.Conv2d(3, 64, 7, 2, 3, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
    ]
    inside = 64
    for stage, depth in enumerate((3, 4, 6, 3)):
        for block in range(depth):
            layers.append(Bottleneck(inside, 64 << stage, 2 if stage and not block else 1))
            inside = 4 * (64 << stage)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inside, 1000))


class ViT(nn.Module):
    """ViT-B/16 by its sizes."""

    def __init__(self, width: int = 768, depth: int = 12, heads: int = 12) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 16, 16)
        self.places = nn.Parameter(0.02 * torch.randn(1, 196, width))
        layer = lambda: nn.TransformerEncoderLayer(width, heads, 4 * width, activation="gelu", batch_first=True)
        self.layers = nn.Sequential(*(layer() for _ in range(depth)))
        self.head = nn.Linear(width, 1000)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layers(self.patches(x).flatten(2).transpose(1, 2) + self.places).mean(1))


NETS: dict[str, Callable[[], nn.Module]] = {"ResNet-50": resnet50, "ViT-B/16": ViT}


@contextmanager
def precision(name: str) -> Iterator[torch.dtype | None]:
    """Run matrix products in a precision; what to give as `dtype=`."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = name == "tf32"
    try:
        yield torch.bfloat16 if name == "bfloat16" else None
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def explain(net: nn.Module, x: Tensor, points: int, dtype: torch.dtype | None) -> wl.Attribution:
    return wl.attribute(net, x, target=0, n_steps=points, rule="gausslegendre", dtype=dtype)


def bare_loop(net: nn.Module, x: Tensor, n: int, batch: int, dtype: torch.dtype | None) -> None:
    for alphas in torch.linspace(0, 1, n, device=x.device).split(batch):
        points = (alphas.reshape(-1, 1, 1, 1) * x).requires_grad_()
        with torch.autocast("cuda", dtype=dtype, enabled=dtype is not None):
            scores = net(points)[:, 0]
        torch.autograd.grad(scores.float().sum(), points)


def best(run: Callable[[], object]) -> float:
    found = float("inf")
    for _ in range(ROUNDS):
        torch.cuda.synchronize()
        start = time.perf_counter()
        run()
        torch.cuda.synchronize()
        found = min(found, time.perf_counter() - start)
    return found


def check(name: str, net: nn.Module, x: Tensor, points: int = 16) -> None:
    """Relative distance of the GPU's map to the CPU's in float64, for every precision."""
    exact = explain(net.cpu().double(), x.double().cpu(), points, None).attributions
    net.float().cuda()
    for kind, allowed in zip(PRECISIONS, (1e-3, 0.1, 0.3), strict=True):
        with precision(kind) as dtype:
            found = explain(net, x.cuda(), points, dtype).attributions.cpu()
        error = float((found - exact).norm() / exact.norm())
        print(f"{name:10} {kind:9} distance to float64 on the CPU {error:.1e} (allowed {allowed:g})", flush=True)
        if error > allowed:
            sys.exit(f"{name} in {kind}: the GPU's answer is not the CPU's.")


def times(net: nn.Module, x: Tensor, points: int, kind: str) -> str:
    """The engine beside the bare loop in one precision."""
    with precision(kind) as dtype:
        floor = min(best(lambda b=b: bare_loop(net, x, points, b, dtype)) for b in BATCHES)
        explain(net, x, points, dtype)  # chunk sizes are found
        torch.cuda.reset_peak_memory_stats()
        ours = best(lambda: explain(net, x, points, dtype))
    memory = torch.cuda.max_memory_allocated() / 2**20
    return f"floor {1000 * floor / points:6.3f} ms per gradient   whylight {ours / floor:.3f}   peak {memory:.0f} MiB"


def main(points: int = 256) -> None:
    if not torch.cuda.is_available():
        sys.exit("This benchmark needs CUDA, and torch sees no CUDA device here.")
    print(
        f"{torch.cuda.get_device_name()}, torch {torch.__version__}, {points} points; times as ratios to the bare loop"
    )
    for name, make in NETS.items():
        torch.manual_seed(0)
        net, x = make().eval(), torch.rand(1, 3, 224, 224)
        check(name, net, x)
        x = x.cuda()
        for kind in PRECISIONS:
            print(f"{name:10} {kind:9} {times(net, x, points, kind)}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
