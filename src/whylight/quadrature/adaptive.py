"""The paths of N samples, refined round by round: which nodes to evaluate next, the integrals they give, and their errors.

The first `OPEN` nodes are evenly spaced. Then panels are bisected where they err most, while the gradients at all nodes are
kept (`whylight.quadrature.bisection`), and where they are too many for that, halved (`whylight.quadrature.halving`). All
samples are worked on together; each has nodes of its own, and one that needs no more rests.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from whylight.quadrature.bisection import Bisection
from whylight.quadrature.estimate import Array, Estimate, Ints
from whylight.quadrature.halving import Halving
from whylight.quadrature.known_nodes import KnownNodes

KEPT = 48 * 2**20  # bytes of gradients kept of a path
FEWEST, MOST = 8, 64  # panels of a path, whatever their bytes


@dataclass
class _Pool:
    """Some of the samples, at one stage; of the asked nodes, the first is the `start`-th."""

    samples: Ints
    paths: Bisection | Halving
    counts: Ints = field(default_factory=lambda: np.zeros(0, int))
    start: int = 0
    found: Estimate | None = None

    @property
    def sizes(self) -> Ints:
        """Nodes evaluated, `(N,)`."""
        return self.paths.sizes

    def keep(self, which: np.ndarray) -> None:
        """Go on with some of the samples only, `(N,)`."""
        self.samples, self.found = self.samples[which], None
        if len(self.samples):
            self.paths.keep(which)

    def places(self, points: Ints) -> tuple[Ints, Ints]:
        """Which path some of the asked nodes belong to, and which among its nodes they are."""
        ends = self.counts.cumsum()
        paths = np.searchsorted(ends, points, side="right")
        return paths, points - (ends - self.counts)[paths]


class AdaptiveQuadrature:
    """All paths of some samples: `ask` for nodes, `put` what was found there, `tell` that it is all.

    Parameters
    ----------
    like
        `(N, D)`: as many values as a row has, in dtype and device of the sums.
    kinked
        Whether the paths may have kinks; asked once gradients are known.
    first
        Nodes of the first round.
    unit
        What a value of a row is worth in the slope of the score, as a root mean square, `(N,)`.
    eps
        Of the dtype that scores are computed in.

    Attributes
    ----------
    sizes
        Nodes evaluated, `(N,)`.
    mean, total
        As of the last `read`: the integrals, `(N, D)`, and those of the slopes, `(N,)`.
    spread, gap
        Standard deviations of the whole mean (the L2 norm of those of its values), and of the integral of the slopes, `(N,)`;
        infinite where nothing is known, the latter also where the spread has heeded the score.
    jump
        What the score rises by where no gradient can tell, `(N,)`.
    """

    def __init__(self, like: Tensor, kinked: Callable[[], bool], first: int, unit: Array, eps: float) -> None:
        n, d = like.shape
        self._kinked = kinked
        self._most = int(np.clip(KEPT // (2 * d * like.element_size()), FEWEST, MOST))
        self._pools = [_Pool(np.arange(n), Bisection(KnownNodes(like, unit, eps, 2 * self._most + 1), kinked, first))]
        self._asked: list[_Pool] = []
        self._resting = np.zeros(n, bool)
        self._settled: Tensor | None = None  # deviations of samples that rest, once the others go on
        self.sizes = np.zeros(n, int)
        self.mean = like.new_empty(like.shape)
        self.spread, self.gap, self.total = np.full((3, n), np.inf)
        self.jump = np.zeros(n)

    def ask(self, limit: int) -> tuple[Ints, Array]:
        """Samples and nodes of the next round, `(M,)`; no sample gets more than `limit` altogether."""
        self._leave_resting()
        self._go_over()
        samples, nodes, start = [np.zeros(0, int)], [np.zeros(0)], 0
        self._asked = [pool for pool in self._pools if (pool.sizes < limit).any()]
        for pool in self._asked:
            pool.counts, grid = pool.paths.ask(limit - pool.sizes)
            pool.start, start = start, start + int(pool.counts.sum())
            samples.append(np.repeat(pool.samples, pool.counts))
            nodes.append(grid[np.arange(grid.shape[1]) < pool.counts[:, None]])
        return np.concatenate(samples), np.concatenate(nodes)

    def put(self, points: Ints, rows: Tensor, values: Array, slopes: Array) -> None:
        """Take in what was found at some of the asked nodes: rows of gradients `(m, D)`, F and its slope, `(m,)`."""
        for pool in self._asked:
            mine = (points >= pool.start) & (points < pool.start + pool.counts.sum())
            if mine.all():
                pool.paths.put(*pool.places(points - pool.start), rows, values, slopes)
                return
            if mine.any():
                places = pool.places(points[mine] - pool.start)
                pool.paths.put(*places, rows[torch.from_numpy(mine)], values[mine], slopes[mine])

    def tell(self) -> None:
        """Take in that everything asked for is known."""
        for pool in self._asked:
            pool.paths.tell()
            pool.found = None
            self.sizes[pool.samples] = pool.sizes

    def read(self) -> None:
        """Bring what is said of the integrals up to date."""
        for pool in self._pools:
            if pool.found is not None:
                continue
            pool.found = found = pool.paths.estimate()
            for name in ("spread", "gap", "total", "jump"):
                getattr(self, name)[pool.samples] = getattr(found, name)
            if len(pool.samples) == len(self.sizes):
                self.mean = found.mean
            else:
                self.mean[torch.from_numpy(pool.samples)] = found.mean

    def left(self, limit: int) -> bool:
        """Whether any sample has fewer nodes than the limit."""
        return bool((self.sizes < limit).any())

    def rest(self, samples: np.ndarray) -> None:
        """Go on without some of the samples, `(N,)`."""
        self._resting |= samples

    def deviation(self) -> Tensor:
        """The standard deviation of every value, `(N, D)`."""
        whole = [pool.found for pool in self._pools if len(pool.samples) == len(self.sizes)]
        if whole and whole[0] is not None:
            return whole[0].deviation()
        return self._filled(self._pools)

    def _filled(self, pools: list[_Pool]) -> Tensor:
        """Deviations of samples that rest, and of those in the pools."""
        found = torch.full_like(self.mean, torch.inf) if self._settled is None else self._settled.clone()
        for pool in pools:
            if pool.found is not None:
                found[torch.from_numpy(pool.samples)] = pool.found.deviation()
        return found

    def _leave_resting(self) -> None:
        """What rests leaves its pool, once the others go on."""
        leaving = [pool for pool in self._pools if self._resting[pool.samples].any()]
        if leaving:
            self._settled = self._filled(leaving)
        for pool in leaving:
            pool.keep(~self._resting[pool.samples])
        self._pools = [pool for pool in self._pools if len(pool.samples)]

    def _go_over(self) -> None:
        """Paths of as many panels as may be kept with their nodes are halved from now on."""
        for pool in list(self._pools):
            if isinstance(pool.paths, Bisection):
                full = pool.paths.panels.there.sum(1) >= self._most
                if full.any():
                    part = pool.paths if full.all() else pool.paths.part(full)
                    self._pools.append(_Pool(pool.samples[full], Halving(part, kinked=self._kinked())))
                    pool.keep(~full)
        self._pools = [pool for pool in self._pools if len(pool.samples)]
