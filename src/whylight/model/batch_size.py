"""How points go through a model: how many in one pass, and in which layout.

The number is tried out on the work at hand, remembered, and halved when memory is short.

No gradient is computed for the sake of a measurement: successive chunks of a run try the sizes in turn, and the fastest
per point is kept for this model, shape and device. Of a model it asks how large it is and whether it convolves; it knows nothing
of scores or paths.
"""

import math
import time
import weakref
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch import nn

from whylight.model.modules import modules_behind, walked
from whylight.tensors import Tensors

# The first size is kept unless another is clearly faster. More at once gain a CPU little, and take memory.
SMALL_SIZES, LARGE_SIZES, HEAVY_SIZES, GPU_SIZES = (32, 16, 8), (16, 8, 4), (8, 4), (64, 128, 32, 16)
HEAVY = 2**24  # weights; so large a model keeps much of every point
CPU_BYTES, GPU_BYTES = 16 * 2**20, 64 * 2**20  # most input in one pass; a deep net's activations take 50 times as much
TRIALS, ROUNDS = 3, 7  # timings of a size while the library warms up, which do not count, and altogether
WORTHWHILE = 0.005  # seconds; below, nothing is tuned: no gain, and answers stay the same to the last bit
SMALL = 2**16  # bytes of one input
CLEARLY = 0.97  # timings on a busy machine differ by a few percent for no reason
BRISK, STEP = 0.002, 4  # seconds of a pass that is mostly its own cost, and how many times as much is taken then
MANY = 8  # passes of the usual size: fewer stay as they are, and with them the answer to the last bit
PASS_BYTES = 2**20  # most input of small ones in one pass
LARGEST = 2**25 - 2**13  # bytes of the largest block glibc heeds
PATIENCE = 60  # seconds after which twice as many points are tried again: a shortage of memory may have passed


@dataclass
class BatchSize:
    """The sizes to choose from, the usual one first, seconds per point seen with each, and the layout of pictures.

    A layout of None leaves pictures as they are given. `most` points fitted into memory when it last ran out, at `short_at`.
    Passes that take no time grow, up to `largest` points.
    """

    sizes: tuple[int, ...]
    layout: torch.memory_format | None = None
    seconds: dict[int, list[float]] = field(default_factory=dict)
    most: float = math.inf
    short_at: float = 0.0
    largest: int = 0
    grown: int = 0

    @property
    def only(self) -> int | None:
        """The size, where there is no choice."""
        return self.sizes[0] if len(self.sizes) == 1 else None

    def in_layout(self, tensors: Tensors) -> Tensors:
        """The same values in the layout the model is fastest with."""
        layout = self.layout
        if layout is None:
            return tensors
        return tuple(t.contiguous(memory_format=layout) if t.ndim == 4 else t for t in tensors)

    def next_size(self, remaining: int) -> int:
        """How many of the remaining points to take now."""
        if self.grown:
            size = self.grown if remaining >= MANY * self.sizes[0] else self.sizes[0]
            return min(size, remaining, self._room())
        size = next((size for size in self._open() if _tells(remaining, size)), None) or self._best()
        return min(size, remaining, self._room())

    def timed(self, run: Callable[[], Any], count: int, device: torch.device) -> Any:
        """The result of a pass over `count` points, its time noted while sizes are being compared."""
        size = next((size for size in self._open() if count <= size and _tells(count, size)), None)
        growing = self._usual < self.largest and _tells(count, self._usual)
        if size is None and not growing:
            return run()
        _synchronize(device)
        start = time.perf_counter()
        result = run()
        _synchronize(device)
        seconds = time.perf_counter() - start
        if growing and seconds < BRISK:
            self.grown = min(STEP * self._usual, self.largest)
        if size is not None:
            self.seconds.setdefault(size, []).append(seconds / count)
        return result

    @property
    def _usual(self) -> int:
        """The size to begin with."""
        return self.grown or self.sizes[0]

    def halve(self, failed: int) -> None:
        """For a while, not as many points as in the pass that ran out of memory."""
        self.most, self.short_at = max(1, failed // 2), time.perf_counter()

    def _room(self) -> int:
        """How many points memory has room for, as far as is known."""
        largest = max(self._usual, *self.sizes)
        if self.most < largest and time.perf_counter() - self.short_at > PATIENCE:
            self.most, self.short_at = 2 * self.most, time.perf_counter()
        return int(min(self.most, largest))

    def _open(self) -> list[int]:
        """The sizes that more should be known of, the least known one first: taking turns, all see the same weather."""
        seen = {size: self.seconds.get(size, []) for size in self.sizes}
        first = seen[self.sizes[0]]
        if self.only or (len(first) >= TRIALS and min(first) * self.sizes[0] < WORTHWHILE):
            return []
        if len(first) < TRIALS:
            return [self.sizes[0]]
        return sorted((size for size in self.sizes if len(seen[size]) < ROUNDS), key=lambda size: len(seen[size]))

    def _best(self) -> int:
        best = self.sizes[0]
        for size in self.sizes[1:]:
            if self._least(size) < CLEARLY * self._least(best):
                best = size
        return best

    def _least(self, size: int) -> float:
        """The shortest of a size's timings in turn with the others."""
        return min(self.seconds.get(size, [])[TRIALS:], default=math.inf)


def _tells(count: int, size: int) -> bool:
    """Whether a pass over so many points, or its part of that size, says how fast the size is."""
    return count >= 0.75 * size


@cache
def keep_freed_memory() -> None:
    """Let the C library hand freed memory out again: fresh pages, zeroed by the system, take up to a seventh of a pass.

    glibc returns what lies above a threshold, which rises with the largest block it has seen freed; here it sees one. Nothing
    of it is written to, so that it takes no memory.
    """
    torch.empty(LARGEST, dtype=torch.uint8)


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


_REMEMBERED: "weakref.WeakKeyDictionary[Any, dict[Hashable, BatchSize]]" = weakref.WeakKeyDictionary()


def small(inputs: Tensors) -> bool:
    """Whether a pass costs a few points as much as it takes in: better one pass more seldom than a first picture sooner."""
    return _row_bytes(inputs) <= SMALL or inputs[0].device.type != "cpu"


def _row_bytes(inputs: Tensors) -> int:
    return sum(x[:1].numel() * x.element_size() for x in inputs)


def layout_for(model: Any, inputs: Tensors) -> torch.memory_format | None:
    """Channels last where float32 pictures meet convolutions on a CPU: there it is up to 1.6 times as fast."""
    pictures = any(x.ndim == 4 and x.device.type == "cpu" and x.dtype == torch.float32 for x in inputs)
    if pictures and isinstance(model, nn.Module) and any(isinstance(m, nn.Conv2d) for m in model.modules()):
        return torch.channels_last
    return None


def batch_size_for(model: Any, inputs: Tensors, size: int | None, *context: Hashable) -> BatchSize:
    """How many points in a pass, for those shaped like one row of the inputs: of the asked size, or as far as the best one is known."""
    if size is not None:
        return BatchSize((size,), layout_for(model, inputs))
    try:
        known = _REMEMBERED.setdefault(model, {})
    except TypeError:  # a callable that cannot be a key
        known = {}
    key = (*((tuple(x.shape[1:]), x.dtype, x.device) for x in inputs), *context)
    if key not in known:
        largest = PASS_BYTES // max(1, _row_bytes(inputs))
        known[key] = BatchSize(_offered(model, inputs), layout_for(model, inputs), largest=largest)
    return known[key]


def _offered(model: Any, inputs: Tensors) -> tuple[int, ...]:
    """The sizes to choose from."""
    gpu = inputs[0].device.type == "cuda"
    most = max(1, (GPU_BYTES if gpu else CPU_BYTES) // max(1, _row_bytes(inputs)))
    offered = GPU_SIZES if gpu else SMALL_SIZES if small(inputs) else HEAVY_SIZES if _heavy(model) else LARGE_SIZES
    return tuple(size for size in offered if size <= most) or (most,)


def _heavy(model: Any) -> bool:
    return sum(p.numel() for m in walked(modules_behind(model)) for p in m.parameters(recurse=False)) > HEAVY
