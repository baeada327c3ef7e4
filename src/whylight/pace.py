"""How many points go through a model in one pass: tried out on the work at hand, remembered, halved when memory is short.

No gradient is computed for the sake of a measurement: successive chunks of a run try the sizes in turn, and the fastest
per point is kept for this model, shape and device. Knows nothing of models, scores or paths.
"""

import time
import weakref
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import torch

CPU_SIZES, GPU_SIZES = (32, 16, 8), (128, 64, 32, 16)
CPU_BYTES, GPU_BYTES = 16 * 2**20, 64 * 2**20  # most input in one pass; a deep net's activations take 50 times as much
TRIALS = 2  # timings per size; the first of a size also pays for what a library prepares
WORTHWHILE = (
    0.005  # seconds; below, nothing is tuned: there is nothing to gain, and answers stay the same to the last bit
)
SMALL = 2**16  # bytes of one input; a CPU gains nothing from more than 16 larger ones at once, and memory grows
CLEARLY = 0.99  # a larger chunk has to be this much faster than a smaller one, which takes less memory and stops sooner


@dataclass
class Pace:
    """The sizes to choose from, largest first, and the best seconds per point seen with each."""

    sizes: tuple[int, ...]
    seconds: dict[int, list[float]] = field(default_factory=dict)

    def share(self, remaining: int) -> int:
        """How many of the remaining points to take now: equal shares, so that no small rest is left over."""
        size = self._size()
        return -(-remaining // -(-remaining // size))

    def timed(self, run: Callable[[], Any], count: int, device: torch.device) -> Any:
        """The result of a pass over `count` points, its time noted while sizes are being compared."""
        size = self._untried()
        if size is None or count < 0.75 * size:
            return run()
        _synchronize(device)
        start = time.perf_counter()
        result = run()
        _synchronize(device)
        self.seconds.setdefault(size, []).append((time.perf_counter() - start) / count)
        return result

    def halve(self, failed: int) -> None:
        """Never again as many points as in the pass that ran out of memory."""
        most = max(1, failed // 2)
        self.sizes = (most, *(size for size in self.sizes if size < most))
        self.seconds.pop(most, None)

    def _untried(self) -> int | None:
        """The next size to time, None once all are."""
        if len(self.sizes) == 1:
            return None
        for size in self.sizes:
            seen = self.seconds.get(size, [])
            if len(seen) < TRIALS:
                return size
            if size == self.sizes[0] and min(seen) * size < WORTHWHILE:
                return None
        return None

    def _size(self) -> int:
        best = self._untried() or self.sizes[0]
        if best != self.sizes[0] or len(self.seconds) < len(self.sizes):
            return best
        for size in self.sizes[1:]:
            if min(self.seconds[size]) * CLEARLY < min(self.seconds[best]):
                best = size
        return best


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


_REMEMBERED: "weakref.WeakKeyDictionary[Any, dict[Hashable, Pace]]" = weakref.WeakKeyDictionary()


def pace_for(model: Any, inputs: tuple[torch.Tensor, ...], *context: Hashable) -> Pace:
    """The pace of this model for points shaped like one row of the inputs, as far as it is known already."""
    gpu = inputs[0].device.type == "cuda"
    row = sum(x[:1].numel() * x.element_size() for x in inputs)
    most = max(1, (GPU_BYTES if gpu else CPU_BYTES) // max(1, row))
    offered = GPU_SIZES if gpu else CPU_SIZES if row <= SMALL else CPU_SIZES[1:]
    sizes = tuple(size for size in offered if size <= most) or (most,)
    try:
        known = _REMEMBERED.setdefault(model, {})
    except TypeError:  # a callable that cannot be a key
        return Pace(sizes)
    key = (*((tuple(x.shape[1:]), x.dtype, x.device) for x in inputs), *context)
    return known.setdefault(key, Pace(sizes))
