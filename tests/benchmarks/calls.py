"""What a call costs beside the work in it: `python -m tests.benchmarks.calls [rounds]`.

The same question to Whylight and to Captum, about one row and a net so small that a call is mostly its own cost. Turns alternate; the
ratio is that of the medians. OMP_NUM_THREADS sets the threads.
"""

import sys
import time
from collections.abc import Callable
from statistics import median

import torch
from captum.attr import IntegratedGradients, NoiseTunnel, Saliency
from torch import Tensor, nn

import whylight as wl

WARM = 20  # turns that do not count
DRAWS = 50

Way = Callable[[], object]


def tiny() -> tuple[nn.Module, Tensor]:
    """A net of 451 weights, and one row."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(10, 32), nn.Tanh(), nn.Linear(32, 3)).eval(), torch.randn(1, 10)


def questions() -> dict[str, tuple[Way, Way]]:
    """Whylight's way and Captum's, of every question."""
    net, x = tiny()
    line, slope, noise = IntegratedGradients(net), Saliency(net), NoiseTunnel(Saliency(net))
    smooth = wl.methods.SmoothGrad(n_samples=DRAWS)
    return {
        "integrated gradients, 9 points": (
            lambda: wl.attribute(net, x, target=0, n_steps=9),
            lambda: line.attribute(x, target=0, n_steps=9, return_convergence_delta=True),
        ),
        "input gradient": (
            lambda: wl.attribute(net, x, target=0, method="input_gradient"),
            lambda: slope.attribute(x, target=0, abs=False),
        ),
        f"SmoothGrad, {DRAWS} draws": (
            lambda: wl.attribute(net, x, target=0, method=smooth),
            lambda: noise.attribute(x, target=0, abs=False, nt_samples=DRAWS, stdevs=0.15),
        ),
    }


def milliseconds(way: Way) -> float:
    """Of one call."""
    start = time.perf_counter()
    way()
    return 1000 * (time.perf_counter() - start)


def main(rounds: int = 300) -> None:
    """Print a line for every question."""
    print(f"{'':34}{'whylight':>10}{'captum':>10}{'ratio':>8}")
    for question, ways in questions().items():
        turns = [[milliseconds(way) for way in ways] for _ in range(WARM + rounds)][WARM:]
        own, other = (median(times) for times in zip(*turns, strict=True))
        print(f"{question:34}{own:7.2f} ms{other:7.2f} ms{own / other:8.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
