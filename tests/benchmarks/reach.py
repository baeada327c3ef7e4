"""Wall time to a map that is right to 1 %: `python -m tests.benchmarks.reach [net ...]`, on a machine with nothing else to do.

Captum's default call (Gauss-Legendre, all points in one pass) gets the smallest n from which on its true error stays within
1 %, known in advance; `tol=0.01` finds its own. Both through the same model on the same input, taken in turn, the best of
`REPEATS` each. Prints Captum's time over ours.
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

TOL, REPEATS = 0.01, 5


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


def ratio(case: Case) -> float:
    """Captum's time over ours; NaN if no n of Gauss-Legendre suffices."""
    truth = Truth.of(case)
    n = needed(truth.gauss_legendre(), TOL)[1]
    if np.isnan(n):
        return float("nan")
    pairs = [(our_seconds(case), captum_seconds(truth, int(n))) for _ in range(REPEATS)]
    return min(theirs for _, theirs in pairs) / min(ours for ours, _ in pairs)


def main(names: list[str]) -> None:
    found: dict[str, list[float]] = defaultdict(list)
    for case in cases(each=2):
        if not names or case.net in names:
            found[f"{case.net}, {case.output}"].append(ratio(case))
            print(case.net, case.output, found[f"{case.net}, {case.output}"][-1], file=sys.stderr)
    print("| net, output | Captum's time / ours, to 1 % |\n|---|---|")
    for name, ratios in found.items():
        print(f"| {name} | {statistics.median(ratios):.2f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
