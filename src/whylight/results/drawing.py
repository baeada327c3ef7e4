"""Doors from a result to whoever draws it: results ask here, `whylight.show` and `whylight.live` answer.

So a result can be plotted, saved and shown live, and yet knows nothing of figures, files or widgets: each function goes by the
type of its first argument, and the files that draw register themselves.
"""

from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whylight.errors import InvalidTypeError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@singledispatch
def figure(result: Any, **options: Any) -> "Figure":
    """A matplotlib figure of a result."""
    raise _undrawn(result, "a figure")


@singledispatch
def html(result: Any) -> str:
    """A fragment of HTML without script."""
    raise _undrawn(result, "HTML")


@singledispatch
def save(result: Any, path: Path, **options: Any) -> Path:
    """Write a result to a file; the ending of the path chooses the format."""
    raise _undrawn(result, "a file")


@singledispatch
def widget(result: Any) -> Any:
    """A result in a widget, without an engine behind it."""
    raise _undrawn(result, "a widget")


def _undrawn(result: Any, what: str) -> InvalidTypeError:
    return InvalidTypeError(f"There is no way to draw {type(result).__name__} as {what}.")
