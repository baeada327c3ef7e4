"""Accuracy asked for against accuracy reached, and what it costs: `python -m tests.benchmarks.accuracy [net ...]`.

`--corners [family ...]` takes nets that normalise what they are given, from a zero baseline (`tests.benchmarks.corners`), and
compares with Gauss-Legendre on dyadic panels whose best number and size are known in advance.

For every net, input, baseline and output in `tests.benchmarks.nets`: gradients that `tol` spends and the true relative L2
error of its map, beside the smallest n that suffices for Gauss-Legendre (Captum's default rule), known in advance. `first` is
the smallest n whose error is within the tolerance, `lasting` the smallest from which on it stays there. The reference is the
trapezoid sum over 4097 points, sharpened where the path is smooth; Gauss-Legendre is read off the same gradients,
interpolated between them. Maps of more than 3000 values are compared at 3000 random ones.

`/ better` compares with the better of the two ways to go on (as on a smooth path, as on a kinked one) in hindsight: the fewer
gradients of those whose map is within 1.5 tol.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

import whylight as wl
from tests.benchmarks.corners import Corner, corners
from tests.benchmarks.nets import Case, cases
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.methods import IntegratedGradients
from whylight.methods.integrated_gradients import LEAST, STRAIN
from whylight.problem.problem import Problem
from whylight.quadrature import rules
from whylight.quadrature.adaptive import AdaptiveQuadrature
from whylight.quadrature.bisection import OPEN
from whylight.results.attribution import COVER
from whylight.tensors import as_tuple

POINTS = 4097
LONG = {"squeezenet1_1": 2049, "mobilenet_v2": 2049}  # points of the reference where a gradient is expensive
TOLERANCES = (0.05, 0.01, 0.002)
SIZES = [*range(1, 65), *range(66, 129, 2), *range(132, 257, 4), *range(264, 513, 8)]


def picked(tensors: tuple[torch.Tensor, ...], most: int = 3000) -> np.ndarray:
    """All values in a row per sample, or a fixed random choice of them."""
    flat = torch.cat([t.flatten(1) for t in tensors], 1)
    places = np.random.default_rng(0).permutation(flat.shape[1])[:most]
    return flat[:, places].double().numpy()


@dataclass
class Truth:
    """Contributions at evenly spaced points, and the map they sum to."""

    problem: Problem
    rows: np.ndarray
    map: np.ndarray

    @classmethod
    def of(cls, case: Case) -> "Truth":
        n = LONG.get(case.net, POINTS)
        task = Explainer(case.model, case.x, Options(**case.request))
        problem = task._problem(IntegratedGradients(), task.request, lambda _: None)
        start = problem.baselines[0]
        rows: np.ndarray | None = None
        for chunk in problem.gradients(np.linspace(0, 1, n), np.zeros(n, int), start):
            pairs = zip(chunk.grads, problem.inputs, start.tensors, strict=True)
            parts = picked(tuple(problem.reduce(g.double() * (x.double() - b.double()), "sum") for g, x, b in pairs))
            rows = np.zeros((n, parts.shape[1])) if rows is None else rows
            rows[chunk.points] = parts
        assert rows is not None
        return cls(problem, rows, cls._limit(rows))

    @staticmethod
    def _limit(rows: np.ndarray) -> np.ndarray:
        even = lambda step: (rows[::step].sum(0) - (rows[0] + rows[-1]) / 2) * step / (len(rows) - 1)
        fine, half, quarter = even(1), even(2), even(4)
        smooth = np.linalg.norm(fine - half) < 0.35 * np.linalg.norm(half - quarter)
        return fine + (fine - half) / 3 if smooth else fine

    def error(self, found: np.ndarray) -> float:
        """Relative L2 error of a map."""
        return float(np.linalg.norm(found - self.map) / np.linalg.norm(self.map))

    def gauss_legendre(self) -> np.ndarray:
        """Error with each of `SIZES` points."""
        return np.array([self.error(self._interpolated(*rules.rule("gausslegendre", n))) for n in SIZES])

    def gradients(self, tol: float, *, kinked: bool) -> float:
        """What the tolerance costs on a path taken for kinked or smooth; infinite where the map is off by more than 1.5 tol."""
        like = torch.zeros(1, self.rows.shape[1], dtype=torch.float64)
        paths = AdaptiveQuadrature(like, lambda: kinked, OPEN, np.ones(1), float(np.finfo(np.float32).eps))
        while paths.sizes[0] < len(self.rows) // 2:
            places = paths.ask(len(self.rows))[1] * (len(self.rows) - 1)
            if (places != places.round()).any():
                break
            values = torch.from_numpy(self.rows[places.astype(int)])
            paths.put(np.arange(len(places)), values, np.full(len(places), np.nan), values.sum(1).numpy())
            paths.tell()
            paths.read()
            found, gap = paths.mean[0].numpy(), abs(float(paths.mean.sum()) - self.map.sum())
            strain = max(1.0, gap / (STRAIN * max(float(paths.gap[0]), 1e-12)))
            estimate = strain * float(paths.spread[0]) / np.linalg.norm(found)
            if paths.sizes[0] >= LEAST and estimate <= tol and gap <= tol * np.abs(found).sum():
                return float(paths.sizes[0]) if self.error(found) <= 1.5 * tol else np.inf
        return np.inf

    def _interpolated(self, nodes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        place = nodes * (len(self.rows) - 1)
        low = np.minimum(place.astype(int), len(self.rows) - 2)
        share = (place - low) * weights
        return (weights - share) @ self.rows[low] + share @ self.rows[low + 1]


def needed(errors: np.ndarray, tol: float) -> tuple[float, float]:
    """Smallest sufficient size, and the smallest from which on all suffice (NaN if there is none)."""
    good, bad = np.flatnonzero(errors <= tol), np.flatnonzero(errors > tol)
    first = SIZES[good[0]] if len(good) else np.nan
    after = bad[-1] + 1 if len(bad) else 0
    return first, SIZES[after] if after < len(SIZES) else np.nan


Row = tuple[float, ...]


def measured(case: Case) -> Iterator[tuple[float, Row]]:
    """For each tolerance: gradients, first, lasting, those of the better way, true error / tol, estimated / true, covered."""
    truth = Truth.of(case)
    errors = truth.gauss_legendre()
    for tol in TOLERANCES:
        found = wl.attribute(case.model, case.x, tol=tol, **case.request)
        first, lasting = needed(errors, tol)
        maps, bounds = picked(as_tuple(found.attributions))[0], picked(as_tuple(found.error_estimate))[0]
        true = np.abs(maps - truth.map)
        better = min(truth.gradients(tol, kinked=True), truth.gradients(tol, kinked=False), found.n_evaluations)
        bound = float(np.linalg.norm(bounds) / max(np.linalg.norm(true), 1e-12))
        covered = float((true <= bounds).mean())
        yield tol, (found.n_evaluations, first, lasting, better, truth.error(maps) / tol, bound, covered)


def line(name: str, rows: list[Row]) -> str:
    """One line of the table. Where Gauss-Legendre needs more than the largest of `SIZES`, that size stands in for it."""
    n, first, lasting, better, error, bound, covered = np.array(rows).T
    first, lasting = (np.nan_to_num(a, nan=float(SIZES[-1])) for a in (first, lasting))
    return (
        f"| {name} | {len(n)} | {np.median(n):.0f} | {np.median(first):.0f} | {np.median(lasting):.0f} "
        f"| {np.median(n / first):.2f} | {np.median(n / lasting):.2f} | {np.median(n / better):.2f} | {np.median(error):.2f} "
        f"| {np.mean(error <= 1.5):.0%} | {np.median(bound):.1f} | {covered.mean():.1%} |"
    )


HEAD = (
    "| net, output | cases | gradients | first | lasting | / first | / lasting | / better | error / tol | within 1.5 tol "
    f"| bound / error | values within bound |\n|{'---|' * 12}"
)


CORNER_HEAD = (
    "| net | cases | gradients | best in advance | / best | error / tol | largest | within 1.5 tol | error / stated | values within "
    f"bound |\n|{'---|' * 10}"
)


def corner_row(corner: Corner, tol: float) -> Row:
    """Gradients, the fewest known in advance, true error / tol, true / stated error, covered."""
    found = wl.attribute(corner.net, corner.x, target=corner.target, output=corner.output, baseline="zero", tol=tol)
    truth = corner.truth()
    error = (found.attributions.double() - truth).abs()
    true = float(error.norm() / truth.norm())
    covered = float((error <= found.error_estimate).double().mean())
    fewest = np.nan if "ReLU" in corner.family else corner.fewest(truth, tol)  # kinks have no order to know in advance
    return found.n_evaluations, fewest, true / tol, true / max(float(found.map_error), 1e-12), covered


def corner_line(name: str, rows: list[Row]) -> str:
    """One line of the table."""
    n, best, error, stated, covered = np.array(rows).T
    known = np.isfinite(best)
    ratio = f"{np.median(best[known]):.0f} | {np.median(n[known] / best[known]):.2f}" if known.any() else "- | -"
    return (
        f"| {name} | {len(n)} | {np.median(n):.0f} | {ratio} | {np.median(error):.2f} | {error.max():.2f} "
        f"| {np.mean(error <= 1.5):.0%} | {np.median(stated):.2f} | {covered.mean():.1%} |"
    )


def main_corners(families: list[str], tol: float = 0.01) -> None:
    table: dict[str, list[Row]] = defaultdict(list)
    for corner in corners():
        if not families or corner.family in families:
            row = corner_row(corner, tol)
            table[corner.family].append(row)
            table["**all**"].append(row)
    print(f"bound = {COVER} standard deviations; torch {torch.__version__}; tol = {tol:.1%}\n\n{CORNER_HEAD}")
    for name, rows in sorted(table.items()):
        print(corner_line(name, rows))


def main(names: list[str]) -> None:
    table: dict[tuple[float, str], list[Row]] = defaultdict(list)
    for case in cases():
        if names and case.net not in names:
            continue
        for tol, row in measured(case):
            table[tol, f"{case.net}, {case.output}"].append(row)
            table[tol, f"**all, {case.output}**"].append(row)
            if not case.net.startswith("demo"):
                table[tol, f"**all but the demo nets, {case.output}**"].append(row)
        print(case.net, case.output, case.baseline, file=sys.stderr)
    print(f"bound = {COVER} standard deviations; torch {torch.__version__}")
    for tol in TOLERANCES:
        print(f"\ntol = {tol:.1%}\n\n{HEAD}")
        for (t, name), rows in sorted(table.items(), key=lambda item: item[0][1]):
            if t == tol:
                print(line(name, rows))


if __name__ == "__main__":
    given = sys.argv[1:]
    main_corners([g for g in given if g != "--corners"]) if "--corners" in given else main(given)
