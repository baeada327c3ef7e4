"""Doors from a result to whoever draws it: results ask here, `whylight.show` and `whylight.live` answer.

So a result can be plotted, saved and shown live, and yet knows nothing of figures, files or widgets: each function goes by the
type of its first argument, and the files that draw register themselves. They are loaded when something is drawn for the first time.
"""

from collections.abc import Callable
from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whylight.errors import InvalidTypeError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LOADERS: list[Callable[[], object]] = []


def loaded_by(loader: Callable[[], object]) -> None:
    """Have this called once, before anything is drawn: it imports those who draw."""
    _LOADERS.append(loader)


@singledispatch
def figure(result: Any, **options: Any) -> "Figure":
    """A matplotlib figure of a result."""
    return _once_loaded(figure, "a figure", result)(result, **options)


@singledispatch
def plot(result: Any, **options: Any) -> "Figure":
    """The same in the colours of the page it is shown on."""
    return _once_loaded(plot, "a figure", result)(result, **options)


@singledispatch
def html(result: Any) -> str:
    """A fragment of HTML without script."""
    return _once_loaded(html, "HTML", result)(result)


@singledispatch
def save(result: Any, path: Path, **options: Any) -> Path:
    """Write a result to a file; the ending of the path chooses the format."""
    return _once_loaded(save, "a file", result)(result, path, **options)


@singledispatch
def widget(result: Any) -> Any:
    """A result in a widget, without an engine behind it."""
    return _once_loaded(widget, "a widget", result)(result)


def _once_loaded(door: Any, what: str, result: Any) -> Callable[..., Any]:
    """Who draws the result, asked again once they are loaded."""
    while _LOADERS:
        _LOADERS.pop()()
    found = door.dispatch(type(result))
    if found is door.dispatch(object):
        raise InvalidTypeError(f"There is no way to draw {type(result).__name__} as {what}.")
    return found
