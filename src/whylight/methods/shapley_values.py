"""Shapley values (Shapley 1953; Štrumbelj, Kononenko 2014; Lundberg, Lee 2017, arXiv 1705.07874): what each value contributes.

    aᵢ = Σ_S |S|! (D − 1 − |S|)! / D!  [v(S ∪ i) − v(S)],   v(S) = mean over references x′ of F(x in S, x′ elsewhere)

The mean effect of switching a feature from a reference to the input, over all orders in which that can be done. It asks for
scores only, so that it works for any predictor and for columns of any kind. With rows of a background as references (interventional
SHAP) the parts add up to F(x) − mean F(background).

All 2ᴰ sets are asked for while that is cheap. Else orders are drawn at random, each with its reverse (antithetic; Mitchell, Cooper,
Frank, Holmes 2022, arXiv 2104.12199) and each from one reference: along an order the differences telescope, so that completeness is
exact over the references, whatever the number of draws.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from whylight.methods.method import Method, Plan
from whylight.methods.reporting import attribution_of, exactly, gap
from whylight.methods.running_moments import blocks
from whylight.methods.switched_features import Switches, never_switched, told
from whylight.parameters import parameter
from whylight.problem.problem import Problem
from whylight.results.attribution import COVER, Attribution
from whylight.tensors import Tensors, like, norm, wide

BUDGET = 2**17  # predictions that are cheap
LEAST_SWEEPS, TRUSTED_SWEEPS, MOST_SWEEPS = 2, 4, 2**12  # an error from fewer than four is not acted upon


@dataclass(frozen=True)
class ShapleyValues(Method):
    """Shapley values of the features, with one or many baselines as references: exact for few features, else from random orders.

    Positive: the value at hand raises the score beside that of the references. Unit: that of the output. The parts add up to F(x)
    minus the mean of F over the references, exactly. Predictions per row: 2ᴰ for every reference where that is at most 2¹⁷ in all; else
    2 (D − 1) for every reference and pair of orders, until `tol` is met, 2¹⁷ are spent (but at least two pairs) or the work is stopped.

    Parameters
    ----------
    n_samples
        Orders drawn for every reference, in pairs of one and its reverse. None takes all sets of features where there are few, else orders until `tol` is met.
    tol
        Relative L2 error of the map to stop at, as estimated, where `n_samples` is None.
    seed
        Seed of the orders; the same for every sample of a batch.

    Notes
    -----
    The references are those of `baseline=`: by default the rows of `background=`, else the one baseline of the input.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> product = lambda x: x[:, 0] * x[:, 1] + x[:, 2]
    >>> wl.attribute(product, torch.tensor([[2.0, 3.0, 1.0]]), method="shapley_values").attributions
    tensor([[3., 3., 1.]], dtype=torch.float64)
    """

    n_samples: int | None = parameter(None, least=2, unit="orders per reference")
    tol: float = parameter(0.005, above=0, below=1, unit="relative error: 0.01 = 1 %")
    seed: int | None = parameter(0, least=0)

    name: ClassVar[str] = "shapley_values"
    label: ClassVar[str] = "Shapley values"
    hint: ClassVar[str] = "What each value contributes beside the baseline or background, over all orders of switching."
    needs_gradients: ClassVar[bool] = False
    counted: ClassVar[str] = "prediction"

    @property
    def needs_baseline(self) -> bool:
        """The references."""
        return True

    @property
    def starts_at_baseline(self) -> bool:
        """F(x') is not among the scores."""
        return False

    def suits(self, model: Any, inputs: Tensors) -> bool:
        """Rows: of pictures and texts the features are too many."""
        return len(inputs) == 1 and inputs[0].ndim == 2

    def planned(self, problem: Problem) -> Plan:
        """For every reference all sets of features, or the orders that are drawn at most."""
        switches = Switches.of(problem)
        if self._takes_all_sets(switches):
            return Plan(2**switches.n_features)
        sweeps, per_sweep = self._sweeps(switches)
        return Plan(-(-(1 + sweeps * per_sweep) // switches.n_references), at_most=self.n_samples is None)

    def _takes_all_sets(self, switches: Switches) -> bool:
        return self.n_samples is None and 2**switches.n_features * switches.n_references <= BUDGET

    def _sweeps(self, switches: Switches) -> tuple[int, int]:
        """How many sweeps there are at most, and the predictions of each."""
        per_sweep = 2 * max(1, switches.n_features - 1) * switches.n_references
        if self.n_samples is not None:
            return -(-self.n_samples // 2), per_sweep
        return max(LEAST_SWEEPS, min(MOST_SWEEPS, BUDGET // per_sweep)), per_sweep

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the values over more and more references, or from more and more orders."""
        switches = Switches.of(problem)
        yield from self._of_sets(switches) if self._takes_all_sets(switches) else self._of_orders(switches)

    def _of_sets(self, switches: Switches) -> Iterator[Attribution]:
        """Every set of features, reference by reference."""
        d, n, sums = switches.n_features, switches.problem.n_samples, None
        sets = (np.arange(2**d)[:, None] >> np.arange(d)) & 1 == 1
        weights = _weights(d)[sets.sum(1)]
        size = max(1, BUDGET // (2**d * n * 8))
        for lo, hi in blocks(switches.n_references, size):
            refs, places, samples = _all_of(range(lo, hi), len(sets), n)
            found = switches.values(sets[places], refs, samples).reshape(hi - lo, len(sets), n).sum(0)
            sums = found if sums is None else sums + found
            values = sums / hi
            maps = torch.stack([_contribution(values, sets[:, i], weights, 2**i) for i in range(d)], -1)
            yield self._attribution(
                switches, maps, values[0], exactly((maps,))[0], count=hi * len(sets), references=hi, exact=True
            )

    def _of_orders(self, switches: Switches) -> Iterator[Attribution]:
        """Sweep after sweep: an order and its reverse for every reference. Samples that are accurate rest."""
        starts, rng = switches.starts(), np.random.default_rng(self.seed)
        most, per_sweep = self._sweeps(switches)
        found, active = _Sweeps.none(switches), np.arange(switches.problem.n_samples)
        for sweep in range(1, most + 1):
            found.add(_swept(switches, starts, active, rng), active)
            met = found.error <= self.tol * norm((found.maps,))
            if self.n_samples is None and sweep >= TRUSTED_SWEEPS:
                active = active[~met.cpu().numpy()[active]]
            last = sweep == most or not len(active)
            count = 1 + sweep * per_sweep
            yield self._attribution(
                switches, found.maps, starts.mean(0), found.errors, count=count, orders=2 * sweep, final=last
            )
            if last:
                return

    def _attribution(
        self,
        switches: Switches,
        maps: Tensor,
        starts: Tensor,
        errors: Tensor,
        *,
        count: int,
        references: int | None = None,
        final: bool | None = None,
        **facts: Any,
    ) -> Attribution:
        problem = switches.problem
        done = references == switches.n_references if final is None else final
        seen = never_switched(problem)
        parts = switches.apart(maps)
        single = len(parts) == 1
        if seen is not None:
            parts = tuple(torch.where(s, p, torch.nan) for s, p in zip(seen, parts, strict=True))
        return attribution_of(
            problem,
            parts,
            errors=switches.apart(errors),
            convergence_delta=gap((maps,), problem.value() - starts),
            baseline_score=starts,
            n_evaluations=count,
            method=self.name,
            provenance={"baselines": references or switches.n_references, **facts},
            notes=told(problem, seen),
            final=done,
            examined=None if seen is None else like(seen, single),
        )


def _weights(d: int) -> np.ndarray:
    """|S|! (d − 1 − |S|)! / d! by the size of S, 0 for that of all features."""
    return np.array([1 / (d * math.comb(d - 1, size)) for size in range(d)] + [0.0])


def _contribution(values: Tensor, inside: np.ndarray, weights: np.ndarray, bit: int) -> Tensor:
    """The Shapley value `(N,)` of one feature, from the values of all sets `(2ᴰ, N)`."""
    without = np.flatnonzero(~inside)
    weight = torch.from_numpy(weights[without]).to(values)
    return weight @ (values[torch.from_numpy(without + bit)] - values[torch.from_numpy(without)])


def _all_of(references: range, sets: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reference, set and sample of every point, in this order."""
    grid = np.indices((len(references), sets, n)).reshape(3, -1)
    return grid[0] + references.start, grid[1], grid[2]


def _swept(switches: Switches, starts: Tensor, active: np.ndarray, rng: np.random.Generator) -> Tensor:
    """What every feature adds along an order and its reverse, from every reference, for the active samples: `(R, n, D)`."""
    r, d, n = switches.n_references, switches.n_features, len(active)
    place = rng.permuted(np.tile(np.arange(d), (r, 1)), axis=1)  # of every feature in the order
    places = np.stack([place, d - 1 - place], 1)  # (R, 2, D)
    refs, ways, steps, samples = np.indices((r, 2, d - 1, n)).reshape(4, -1)
    made = lambda lo, hi: places[refs[lo:hi], ways[lo:hi]] <= steps[lo:hi, None]
    between = switches.values(made, refs, active[samples]).reshape(r, 2, d - 1, n)
    rows = torch.from_numpy(active).to(starts.device)
    first = starts[:, None, None, rows].expand(r, 2, 1, n)
    last = switches.problem.value().to(starts)[rows].expand(r, 2, 1, n)
    along = torch.cat([first, between, last], 2).diff(dim=2)  # (R, 2, D, n), by place
    index = torch.from_numpy(places).to(along.device)[..., None].expand(r, 2, d, n)
    return along.gather(2, index).mean(1).transpose(1, 2)


@dataclass(eq=False)
class _Sweeps:
    """Means of what sweeps found from every reference, and their summed squared distances `(R, N, D)` (Welford 1962); counts `(N,)`."""

    count: Tensor
    mean: Tensor
    squares: Tensor

    @classmethod
    def none(cls, switches: Switches) -> "_Sweeps":
        shape = (switches.n_references, switches.problem.n_samples, switches.n_features)
        zero = torch.zeros(shape, dtype=wide(switches.problem.device), device=switches.problem.device)
        return cls(zero[0, :, :1].clone(), zero, zero.clone())

    def add(self, drawn: Tensor, active: np.ndarray) -> None:
        """One sweep more, of the active samples `(R, n, D)`."""
        rows = torch.from_numpy(active).to(drawn.device)
        self.count[rows] += 1
        before = drawn - self.mean[:, rows]
        self.mean[:, rows] += before / self.count[rows]
        self.squares[:, rows] += before * (drawn - self.mean[:, rows])

    @property
    def maps(self) -> Tensor:
        """The averages over the references, `(N, D)`."""
        return self.mean.mean(0)

    @property
    def errors(self) -> Tensor:
        """`COVER` standard deviations of these; NaN after a single sweep."""
        of_mean = self.squares.sum(0) / (self.count * (self.count - 1))
        return COVER * of_mean.sqrt() / len(self.mean)

    @property
    def error(self) -> Tensor:
        """The estimated L2 error of every map, `(N,)`."""
        return norm((self.errors,)) / COVER
