"""How one kind of input is drawn on paper: large, small beside others, and along its path. A new kind is one class, registered at `drawer`.

Knows nothing of engines, traits or messages.
"""

from abc import ABC, abstractmethod
from functools import singledispatch
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np

from whylight.errors import InvalidTypeError
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.views.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

V = TypeVar("V", bound=View)


class Drawer(ABC, Generic[V]):
    """Draws one view.

    Attributes
    ----------
    clip
        The percentile of |values| that gets full colour.
    columns
        Small maps in a row: 1, 2 or 4.
    one_scale
        Whether small maps share a colour scale.
    detail
        How much is told at a time, one of the view's `details`; None where there is no choice.
    path_height
        Inches of a figure of the path.
    """

    clip: ClassVar[float] = 100.0
    columns: ClassVar[int] = 2
    one_scale: ClassVar[bool] = True
    path_height: ClassVar[float] = 5.6

    def __init__(self, view: V) -> None:
        self.view = view
        self.detail: str | None = next(iter(view.details), None)

    @abstractmethod
    def figure(self, attribution: Attribution, values: np.ndarray, limit: float, colormap: str) -> "Figure":
        """The answer as a figure without title; `limit` is |value| of full colour."""

    @abstractmethod
    def html(self, attribution: Attribution, values: np.ndarray) -> str | None:
        """The answer as HTML; None where the figure itself stands for it."""

    @abstractmethod
    def small(self, fig: "Figure", attribution: Attribution, values: np.ndarray, limit: float) -> None:
        """The answer in a small figure."""

    @abstractmethod
    def small_html(self, attribution: Attribution, values: np.ndarray, limit: float, words: str) -> str:
        """The answer as a small fragment of HTML; `words` say what it is."""

    @abstractmethod
    def path(self, fig: "SubFigure", seen: PathTrace, limit: float) -> None:
        """The maps along a path."""

    def below(self, attribution: Attribution, values: np.ndarray) -> str:
        """HTML below the figure, where that stands for the answer: its strongest parts in words."""
        return ""

    def input(self, ax: "Axes") -> None:
        """The input alone, where that is a picture."""


@singledispatch
def drawer(view: Any) -> Drawer[Any]:
    """The drawer of a view."""
    raise InvalidTypeError(f"There is no way to draw {type(view).__name__}.")
