"""Occlusion (Zeiler, Fergus 2014, arXiv 1311.2901): how far the score falls when a patch is hidden.

Windows slide over pictures, tokens or features, and are filled from the baseline. It asks for scores only, never for a
gradient. Knows nothing of models.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import product
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from whylight.errors import InvalidValueError
from whylight.methods.method import Method, Plan, Question
from whylight.methods.reporting import attribution_of, over_baselines
from whylight.methods.running_moments import blocks
from whylight.parameters import parameter
from whylight.problem.baseline_spec import Baseline
from whylight.problem.problem import Problem
from whylight.problem.window_sizes import window_sizes
from whylight.results.attribution import Attribution
from whylight.tensors import Points, Tensors, to_ndim, wide

SHARE = 8  # windows along the shorter side of a picture, without overlap
BLOCKS = 4  # windows along every side of a volume
LINES = 32  # `(N, H, W)` with more rows and columns is a plane, with fewer some tokens
PLACES = "pixels, voxels, samples, tokens or features"
Sizes = int | tuple[int, ...] | None


@dataclass(frozen=True)
class Occlusion(Method):
    """F(x) minus F with a window replaced by the baseline, averaged over the windows that cover a place.

    Positive: the score falls without it. Unit: that of the output. The channels that a window hides share its worth equally, so
    that their sum is what the window is worth. No completeness: windows are judged one at a time.

    Parameters
    ----------
    window
        Sizes of the window: one number, or one per dimension: (height, width) of pictures, which hides all channels, or
        (channels, height, width); (depth, height, width) of volumes, or with the channels first; samples of a signal, one channel
        at a time, or a tuple over both of its axes; tokens of a text, features of a row. Default: an eighth of a picture's shorter
        side; a quarter of each side of a volume; a 32nd of a signal; one token; one feature.
    stride
        How far the window moves. Default: half the window, at least 1. The last window is cut at the edge.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> wl.attribute(lambda x: x[:, 0] * x[:, 1], torch.tensor([[2.0, 3.0]]), method="occlusion").attributions
    tensor([[6., 6.]], dtype=torch.float64)
    """

    window: Sizes = parameter(None, least=1, unit=PLACES)
    stride: Sizes = parameter(None, least=1, unit=PLACES)

    name: ClassVar[str] = "occlusion"
    label: ClassVar[str] = "Occlusion"
    asks: ClassVar[Question] = "group"
    hint: ClassVar[str] = "How far the score falls when a patch, word or feature is replaced by the baseline."
    needs_gradients: ClassVar[bool] = False
    counted: ClassVar[str] = "prediction"

    @property
    def needs_baseline(self) -> bool:
        """It fills the windows."""
        return True

    @property
    def starts_at_baseline(self) -> bool:
        """F(x') is not among the scores."""
        return False

    def planned(self, problem: Problem) -> Plan:
        """A prediction for every window."""
        return Plan(sum(len(_Grid(self, problem, i).starts) for i in range(len(problem.inputs))))

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield the map once windows have covered everything, and again as more of them overlap."""
        return over_baselines(problem, lambda baseline: self._slide(problem, baseline))

    def _slide(self, problem: Problem, baseline: Baseline) -> Iterator[Attribution]:
        grids = [_Grid(self, problem, i) for i in range(len(problem.inputs))]
        score, count = problem.value(), 0
        stages = max(len(grid.stages) for grid in grids)
        for stage in range(stages):
            for grid in grids:
                if stage < len(grid.stages):
                    count += grid.evaluate(*grid.stages[stage], baseline, score)
            yield attribution_of(
                problem,
                tuple(grid.map() for grid in grids),
                baseline,
                n_evaluations=count,
                exact=True,
                method=self.name,
                provenance={"windows": count},
                final=stage == stages - 1,
            )


class _Grid:
    """The windows over one input: where they stand, and the sum and number of the falls at every place."""

    def __init__(self, method: Occlusion, problem: Problem, index: int) -> None:
        self.problem, self.index, self.x = problem, index, problem.inputs[index]
        like = torch.zeros_like(self.x, dtype=wide(self.x.device))
        self.shown = problem.reduce(like, "sum")
        picture = self.x.ndim in (4, 5) and self.shown.shape == self.x.shape  # of pixels or voxels
        self.by_channel = picture and isinstance(method.window, tuple) and len(method.window) == self.x.ndim - 1
        self.picture = picture and not self.by_channel  # windows hide all channels
        self.shape = tuple(self.x.shape[2:] if self.picture else self.shown.shape[1:]) or (1,)
        self.window = self._sizes("window", method.window, window_sizes(problem, index) or self._usual())
        self.stride = self._sizes("stride", method.stride, tuple(max(1, w // 2) for w in self.window))
        if any(s > w for s, w in zip(self.stride, self.window, strict=True)):
            raise InvalidValueError(
                f"stride {self.stride} leaves gaps between windows of {self.window}: make it smaller."
            )
        self.starts, first = self._ordered()
        later = [(first + lo, first + hi) for lo, hi in blocks(len(self.starts) - first, first)]
        self.stages = [(0, first), *later]
        self.total = like.new_zeros((len(self.x), *self.shape))
        self.covered = like.new_zeros(self.shape)

    def _usual(self) -> Sizes:
        """The window where nobody asks for one."""
        if self.picture and len(self.shape) == 3:
            return tuple(max(1, n // BLOCKS) for n in self.shape)
        plane = self.picture or (len(self.shape) == 2 and min(self.shape) > LINES)
        return max(1, min(self.shape) // SHARE) if plane else 1

    def _sizes(self, name: str, given: Sizes, default: Sizes) -> tuple[int, ...]:
        sizes = default if given is None else given
        if isinstance(sizes, int):
            sizes = window_sizes(self.problem, self.index, sizes) or sizes
        sizes = sizes if isinstance(sizes, tuple) else (sizes or 1,) * len(self.shape)
        if len(sizes) != len(self.shape):
            raise InvalidValueError(
                f"{name}={given!r} has {len(sizes)} numbers, but windows slide over {len(self.shape)} dimensions here, of sizes {self.shape}."
            )
        return tuple(min(s, n) for s, n in zip(sizes, self.shape, strict=True))

    def _ordered(self) -> tuple[np.ndarray, int]:
        """First corners of all windows `(K, dims)`, and how many of the first ones cover everything."""
        rows, wide_apart = [], []
        for size, window, stride in zip(self.shape, self.window, self.stride, strict=True):
            starts = stride * np.arange(-(-(size - window) // stride) + 1)
            apart = np.arange(len(starts)) % max(1, window // stride) == 0
            apart[-1] = True
            rows.append(starts)
            wide_apart.append(apart)
        corners = np.array(list(product(*rows))).reshape(-1, len(self.shape))
        coarse = np.array([all(flags) for flags in product(*wide_apart)])
        return corners[np.argsort(~coarse, kind="stable")], int(coarse.sum())

    def _masks(self, places: Points) -> Tensor:
        """Which places some windows hide, `(M, *shape)`."""
        parts, dims = [], len(self.shape)
        for d, (size, window) in enumerate(zip(self.shape, self.window, strict=True)):
            start, at = torch.from_numpy(self.starts[places, d])[:, None], torch.arange(size)[None]
            inside = (at >= start) & (at < start + window)
            parts.append(inside.reshape(-1, *[1] * d, size, *[1] * (dims - d - 1)))
        return reduce(torch.logical_and, parts).to(self.x.device)

    def _hidden(self, windows: Tensor) -> Tensor:
        """Masks of places as masks of the input."""
        windows = windows[:, None] if self.picture else windows
        return to_ndim(windows, self.x.ndim)

    def evaluate(self, lo: int, hi: int, baseline: Baseline, score: Tensor) -> int:
        """Hide the windows lo to hi of every sample, one at a time; how many they were."""
        n = self.problem.n_samples
        samples, places = np.tile(np.arange(n), hi - lo), np.repeat(np.arange(lo, hi), n)

        def points(a: int, b: int) -> Tensors:
            rows = torch.from_numpy(samples[a:b])
            made = [x[rows] for x in self.problem.inputs]
            hidden = self._hidden(self._masks(places[a:b]))
            made[self.index] = torch.where(hidden, baseline.tensors[self.index][rows], made[self.index])
            return tuple(made)

        falls = score - self.problem.values_at(points, samples).reshape(hi - lo, n)
        for corner, fall in zip(self.starts[lo:hi].tolist(), falls, strict=True):
            inside = tuple(slice(start, start + window) for start, window in zip(corner, self.window, strict=True))
            shared = self.covered[inside].shape[0] if self.by_channel else 1
            self.total[(slice(None), *inside)] += to_ndim(fall / shared, self.total.ndim)
            self.covered[inside] += 1
        return hi - lo

    def map(self) -> Tensor:
        """The mean fall at every place, shaped like what is shown."""
        mean = self.total / self.covered
        if not self.picture:
            return to_ndim(mean, self.shown.ndim)
        channels = self.x.shape[1]
        return (mean / channels)[:, None].expand(-1, channels, *self.shape).clone()
