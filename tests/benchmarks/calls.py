"""What a call costs beside the work in it: `python -m tests.benchmarks.calls [tiny|rows|forests|pictures ...]`.

- tiny: Whylight and Captum about one row and a net so small that a call is mostly its own cost.
- rows: many rows of 30 features through a small perceptron, beside a bare loop of 64 points of each in passes of 1,024.
- forests: finite differences beside a vectorised NumPy loop with the same steps, one call of the predictor at all points.
- pictures: nine points of the path of a picture of 2,000 by 1,500, beside a bare loop of passes of one point.

Turns alternate; a ratio is the median of those of single turns. OMP_NUM_THREADS sets the threads.
"""

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np
import torch
from captum.attr import IntegratedGradients, NoiseTunnel, Saliency
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from torch import Tensor, nn

import whylight as wl

DRAWS = 50
POINTS = 9
SIZE = 1500, 2000

Way = Callable[[], object]
Case = tuple[str, Way, Way, int]  # what is asked, Whylight's way, the other's, how many turns


def tiny() -> Iterator[Case]:
    """A net of 451 weights, and one row."""
    torch.manual_seed(0)
    net, x = nn.Sequential(nn.Linear(10, 32), nn.Tanh(), nn.Linear(32, 3)).eval(), torch.randn(1, 10)
    line, slope, noise = IntegratedGradients(net), Saliency(net), NoiseTunnel(Saliency(net))
    smooth = wl.methods.SmoothGrad(n_samples=DRAWS)
    yield (
        f"integrated gradients, {POINTS} points",
        lambda: wl.attribute(net, x, target=0, n_steps=POINTS),
        lambda: line.attribute(x, target=0, n_steps=POINTS, return_convergence_delta=True),
        300,
    )
    yield (
        "input gradient",
        lambda: wl.attribute(net, x, target=0, method="input_gradient"),
        lambda: slope.attribute(x, target=0, abs=False),
        300,
    )
    yield (
        f"SmoothGrad, {DRAWS} draws",
        lambda: wl.attribute(net, x, target=0, method=smooth),
        lambda: noise.attribute(x, target=0, abs=False, nt_samples=DRAWS, stdevs=0.15),
        300,
    )


def rows() -> Iterator[Case]:
    """A perceptron of 21,000 weights."""
    torch.manual_seed(0)
    hidden = [nn.Linear(30, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU()]
    net = nn.Sequential(*hidden, nn.Linear(128, 5)).eval()
    for n in (256, 1000):
        x = torch.randn(n, 30)
        for name, options in {
            "Gauss-Legendre, 64": {"rule": "gausslegendre", "n_steps": 64},
            "auto, 64": {"n_steps": 64},
            "tol = 1 %": {},
        }.items():
            yield (
                f"{n} rows, {name}",
                lambda x=x, options=options: wl.attribute(net, x, target=1, **options),
                lambda x=x: every_row(net, x, 64),
                9,
            )


def every_row(net: nn.Module, x: Tensor, points: int) -> Tensor:
    """The gradients of all rows at evenly spaced points, and nothing else."""
    alphas = (torch.arange(points) + 0.5) / points
    made = (alphas[None, :, None] * x[:, None]).reshape(-1, x.shape[1])
    found = []
    for lo in range(0, len(made), 1024):
        part = made[lo : lo + 1024].requires_grad_()
        found.append(torch.autograd.grad(net(part)[:, 1].sum(), part)[0])
    return torch.cat(found).reshape(len(x), points, -1).mean(1) * x


def forests() -> Iterator[Case]:
    """Predictors of 12 columns, at one row and at 400."""
    rng = np.random.default_rng(0)
    data = rng.normal(size=(2000, 12))
    y = data[:, 0] * data[:, 1] + np.sin(data[:, 2])
    made = {
        "forest": RandomForestRegressor(random_state=0).fit(data, y),
        "classifying forest": RandomForestClassifier(random_state=0).fit(data, y > 0),
        "boosted trees": HistGradientBoostingRegressor(random_state=0).fit(data, y),
    }
    for name, model in made.items():
        for n in (1, 400):
            some, steps = data[:n], 0.5 * data.std(0)
            yield (
                f"{name}, {n} row{'s' * (n > 1)}",
                lambda model=model, some=some: wl.attribute(model, some, background=data, method="finite_differences"),
                lambda model=model, some=some, steps=steps: slopes(model, some, steps),
                7,
            )


def slopes(model: object, rows: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Central differences as NumPy makes them."""
    n, d = rows.shape
    up = np.repeat(rows, d, 0)
    down, at = up.copy(), np.arange(n * d)
    up[at, at % d] += np.tile(steps, n)
    down[at, at % d] -= np.tile(steps, n)
    predict = getattr(model, "predict_proba", None) or getattr(model, "predict")  # noqa: B009
    found = predict(np.concatenate([up, down]))
    found = found[:, 1] if found.ndim == 2 else found
    return (found[: n * d] - found[n * d :]).reshape(n, d) / (2 * steps)


def pictures() -> Iterator[Case]:
    """Two small convolutional nets at a large picture."""
    torch.manual_seed(0)
    x = torch.rand(1, 3, *SIZE)
    top = [nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 3)]
    nets = {
        "strided net": nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), *top),
        "pooled net": nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(4), nn.Conv2d(8, 16, 3, padding=1), *top
        ),
    }
    for name, net in nets.items():
        net.eval()
        for rule in ("gausslegendre", "auto"):
            yield (
                f"{name}, {rule}",
                lambda net=net, rule=rule: wl.attribute(net, x, target=0, n_steps=POINTS, rule=rule),
                lambda net=net: bare(net, x),
                5,
            )


def bare(net: nn.Module, x: Tensor) -> Tensor:
    """The sum of gradients, and nothing else."""
    total = torch.zeros_like(x)
    for alpha in torch.linspace(0, 1, POINTS):
        point = (alpha * x).requires_grad_()
        total += torch.autograd.grad(net(point)[:, 0].sum(), point)[0]
    return total * x / POINTS


SUITES = {"tiny": tiny, "rows": rows, "forests": forests, "pictures": pictures}


def milliseconds(way: Way) -> float:
    """Of one call."""
    start = time.perf_counter()
    way()
    return 1000 * (time.perf_counter() - start)


def main(*asked: str) -> None:
    """Print a line for every case of the asked suites (all by default)."""
    warnings.simplefilter("ignore")  # Captum's, about inputs without gradients
    print(f"{'':36}{'whylight':>12}{'other':>12}{'ratio':>8}")
    for suite in asked or SUITES:
        for what, own, other, turns in SUITES[suite]():
            times = [(milliseconds(own), milliseconds(other)) for _ in range(turns + 1 + turns // 10)][-turns:]
            middle = [median(column) for column in zip(*times, strict=True)]
            ratio = median(a / b for a, b in times)
            print(f"{what:36}{middle[0]:9.2f} ms{middle[1]:9.2f} ms{ratio:8.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
