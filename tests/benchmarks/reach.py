"""Wall time to a map that is right to 1 %: `python -m tests.benchmarks.reach [net ...]`, on a machine with nothing else to do.

Captum's default call is Gauss-Legendre with 50 points, all in one pass. It gets as many more as its true error needs to stay within
1 %, known in advance ("by default"); or the smallest n that does, fewer than 50 too ("sufficient"). `tol=0.01` finds its own. All
through the same model on the same input, taken in turn, the best of `REPEATS` each. Prints Captum's times over ours.
"""

import statistics
import sys
import time
from collections import defaultdict

import captum.attr
import numpy as np
import torch

import whylight as wl
from tests.benchmarks.accuracy import Truth, needed
from tests.benchmarks.nets import Case, cases

TOL, REPEATS, DEFAULT = 0.01, 5, 50


def captum_seconds(truth: Truth, n: int) -> float:
    """Captum's default call with n points."""
    score, inputs = truth.problem.score, truth.problem.inputs
    rows = lambda points: torch.zeros(len(points[0]), dtype=torch.long)
    forward = lambda *points: score._select(score._run(points, rows(points)), rows(points))
    start = time.perf_counter()
    captum.attr.IntegratedGradients(forward).attribute(inputs, truth.problem.baselines[0].tensors, n_steps=n)
    return time.perf_counter() - start


def our_seconds(case: Case) -> float:
    """The whole public call, from the natural input on."""
    start = time.perf_counter()
    wl.attribute(case.model, case.x, tol=TOL, **case.request)
    return time.perf_counter() - start


def ratios(case: Case) -> tuple[float, float]:
    """Captum's times, by default and with the sufficient n, over ours; NaN if no n of Gauss-Legendre suffices."""
    truth = Truth.of(case)
    n = needed(truth.gauss_legendre(), TOL)[1]
    if np.isnan(n):
        return float("nan"), float("nan")
    counts = max(DEFAULT, int(n)), int(n)
    timed = [(our_seconds(case), *(captum_seconds(truth, count) for count in counts)) for _ in range(REPEATS)]
    ours, default, sufficient = (min(column) for column in zip(*timed, strict=True))
    return default / ours, sufficient / ours


def main(names: list[str]) -> None:
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for case in cases(each=2):
        if not names or case.net in names:
            found[f"{case.net}, {case.output}"].append(ratios(case))
            print(case.net, case.output, found[f"{case.net}, {case.output}"][-1], file=sys.stderr)
    print("| net, output | Captum by default / ours | Captum, sufficient n / ours |\n|---|---|---|")
    for name, pairs in found.items():
        medians = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"| {name} | {' | '.join(f'{m:.2f}' for m in medians)} |")


if __name__ == "__main__":
    main(sys.argv[1:])
