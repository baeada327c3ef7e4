r"""Guided integrated gradients (Kapishnikov, Venugopalan, Avci, Wedin, Terry, Bolukbasi 2021, arXiv 2106.09788).

The path adapts to the model: at every step the features with the smallest slopes move first, which keeps it out of regions
where the gradient is large for no good reason. The features stay in a band of `max_dist` around the straight line ("anchored").
Knows nothing of pictures: features are numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whylight.methods.coarse_to_fine import from_baselines
from whylight.methods.method import Method
from whylight.methods.reporting import gap, shown
from whylight.parameters import parameter
from whylight.problem.baseline_spec import Baseline
from whylight.problem.problem import Problem
from whylight.results.attribution import Attribution
from whylight.tensors import Tensors, wide

CLOSE = 1e-9  # a share of the whole distance that counts as none


@dataclass(frozen=True)
class GuidedIG(Method):
    """Integrated gradients along a path that moves the features with the smallest slopes first.

    The parts add up to F(x) - F(x') in the limit of many steps. Its steps follow one another, so a GPU is not filled by one
    sample.

    Parameters
    ----------
    n_steps
        Steps of equal L1 length.
    fraction
        Share of the features that move at a time (0 moves the single flattest one).
    max_dist
        How far, in parts of the way, a feature may be ahead of or behind the straight line; 0 is the straight line itself,
        1 leaves the path free.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> linear = lambda x: 2 * x[:, 0] - x[:, 1]
    >>> wl.attribute(linear, torch.tensor([[1.0, 3.0]]), method="guided_ig").attributions.round(decimals=6)
    tensor([[ 2., -3.]], dtype=torch.float64)
    """

    n_steps: int = parameter(200, least=1, unit="steps")
    fraction: float = parameter(0.25, least=0, most=1, unit="share of the features")
    max_dist: float = parameter(0.02, least=0, most=1, unit="share of the way")

    name: ClassVar[str] = "guided_ig"
    label: ClassVar[str] = "Guided IG"
    hint: ClassVar[str] = "Integrated gradients along a path that avoids steep detours of the model."

    @property
    def needs_baseline(self) -> bool:
        """The path starts at x'."""
        return True

    @property
    def multiplies_by_inputs(self) -> bool:
        """On every step of the path."""
        return True

    @property
    def n_gradients(self) -> int:
        """One per step, and those of the first look."""
        return self.n_steps + self.n_steps // 8

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the map of a rough path, then of the path asked for."""

        def steps(baseline: Baseline, n: int) -> tuple[Tensors, dict[str, Any]]:
            maps = self._walk(problem, baseline, n)
            return maps, {"convergence_delta": gap(maps, problem.value() - problem.value(baseline))}

        return from_baselines(problem, steps, self.n_steps, self.name)

    def _walk(self, problem: Problem, baseline: Baseline, n: int) -> Tensors:
        dtype, samples = wide(problem.device), list(range(problem.n_samples))
        shapes = [x.shape for x in problem.inputs]
        flat = lambda tensors: torch.cat([t.to(dtype).reshape(len(t), -1) for t in tensors], 1)
        end, start = flat(problem.inputs), flat(baseline.tensors)
        at, total = start.clone(), torch.zeros_like(start)

        def points(lo: int, hi: int) -> Tensors:
            parts = at[lo:hi].split([s[1:].numel() for s in shapes], 1)
            pairs = zip(parts, problem.inputs, strict=True)
            return tuple(p.reshape(-1, *x.shape[1:]).to(x.dtype, copy=True) for p, x in pairs)

        for step in range(1, n + 1):
            chunks = problem.gradients_at(points, samples)
            slopes = torch.cat([flat(problem.losses.usable(chunk.values, chunk.grads)) for chunk in chunks])
            before = at.clone()
            for i in samples:
                self._move(at[i], start[i], end[i], slopes[i].abs(), step / n)
            total += (at - before) * slopes
        parts = total.split([s[1:].numel() for s in shapes], 1)
        return shown(problem, tuple(p.reshape(s) for p, s in zip(parts, shapes, strict=True)))

    def _move(self, at: Tensor, start: Tensor, end: Tensor, slopes: Tensor, done: float) -> None:
        """Take one sample, in place, to where a share `1 - done` of its L1 distance to the end is left."""
        whole_way = (end - start).abs().sum()
        left = whole_way * (1 - done)
        low, high = max(done - self.max_dist, 0.0), min(done + self.max_dist, 1.0)
        least, most = torch.lerp(start, end, low), torch.lerp(start, end, high)
        behind = (least - at) * (end - start).sign() > 0
        at[behind] = least[behind]
        rank = int(self.fraction * (len(at) - 1))
        while (ahead := (end - at).abs().sum() - left) > CLOSE * whole_way:
            free = at != most
            if not free.any():
                return
            waiting = torch.where(free, slopes, torch.inf)
            chosen = free & (waiting <= waiting.kthvalue(rank + 1).values)
            way = (most - at)[chosen]
            share = float(ahead / way.abs().sum())
            at[chosen] = most[chosen] if share >= 1 else torch.lerp(at[chosen], most[chosen], share)
