"""The samples of a batch, each drawn when it is asked for. Knows nothing of models or of how to draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from whylight.views.view import View

MOST = 64  # samples that are drawn
Views = Sequence["View | None"]


@dataclass(frozen=True)
class DrawnSamples(Sequence[Views]):
    """How each of the first of N samples is drawn, one view per input; made when it is asked for, as pictures take memory.

    Parameters
    ----------
    n_samples
        N; at most `MOST` of them are drawn.
    draw
        The views of one sample by its number.
    """

    n_samples: int
    draw: Callable[[int], Views]

    def __len__(self) -> int:
        return min(self.n_samples, MOST)

    @overload
    def __getitem__(self, at: int) -> Views: ...
    @overload
    def __getitem__(self, at: slice) -> list[Views]: ...
    def __getitem__(self, at: int | slice) -> Views | list[Views]:
        numbers = range(len(self))[at]
        return self.draw(numbers) if isinstance(numbers, int) else [self.draw(i) for i in numbers]
