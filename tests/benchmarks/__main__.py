"""Cost of integrated gradients beside its floor: `python -m tests.benchmarks`.

For each net, the same points are evaluated by a bare loop of forward and backward passes at its best batch size (the
floor), by Captum as called by default and at its best `internal_batch_size`, and by Whylight as called by default. Runs
are interleaved and the fastest of each is kept; the table holds ratios to the floor.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from captum.attr import IntegratedGradients
from torch import nn

import whylight as wl

DATA = Path(__file__).parents[3] / "shared/data"
POINTS, ROUNDS, BATCHES = 64, 5, (4, 8, 16, 32)

Case = tuple[str, nn.Module, torch.Tensor]


def cases() -> list[Case]:
    """The nets that are at hand, each with one input."""
    demo = wl.demo.shapes()
    found: list[Case] = [("shapes CNN 64x64", demo.model, demo.options["preprocess"](demo.inputs[0])[None])]
    if DATA.exists():
        sys.path.insert(0, str(DATA))
        import models  # type: ignore[import-not-found]

        for name, side in (("squeezenet1_1", 224), ("cifar_resnet20", 32)):
            found.append((name, models.load(name)[0], torch.rand(1, 3, side, side)))
    return found


def bare_loop(net: nn.Module, x: torch.Tensor, batch: int) -> Callable[[], object]:
    def run() -> None:
        for alphas in torch.linspace(0, 1, POINTS).split(batch):
            points = (alphas.reshape(-1, 1, 1, 1) * x).requires_grad_()
            torch.autograd.grad(net(points)[:, 0].sum(), points)

    return run


def contenders(net: nn.Module, x: torch.Tensor) -> dict[str, list[Callable[[], object]]]:
    """Name to the ways of running it; the fastest way counts."""
    captum = IntegratedGradients(net)
    ask = lambda batch: captum.attribute(x, target=0, n_steps=POINTS, internal_batch_size=batch)
    return {
        "floor": [bare_loop(net, x, batch) for batch in BATCHES],
        "whylight": [lambda: wl.attribute(net, x, target=0, n_steps=POINTS, rule="gausslegendre")],
        "captum best": [lambda batch=batch: ask(batch) for batch in BATCHES],
        "captum default": [lambda: ask(None)],
    }


def best_times(ways: dict[str, list[Callable[[], object]]]) -> dict[str, float]:
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, runs in ways.items():
            for run in runs:
                start = time.perf_counter()
                run()
                best[name] = min(best.get(name, float("inf")), time.perf_counter() - start)
    return best


def main() -> None:
    print(
        f"{POINTS} gradients, torch {torch.__version__}, {torch.get_num_threads()} threads; times as ratios to the floor"
    )
    for name, net, x in cases():
        times = best_times(contenders(net.eval(), x))
        ratios = "  ".join(f"{who} {t / times['floor']:.2f}" for who, t in times.items() if who != "floor")
        print(f"{name:18} floor {1000 * times['floor'] / POINTS:6.2f} ms per gradient   {ratios}")


if __name__ == "__main__":
    main()
