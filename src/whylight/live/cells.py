"""Which widgets the cells of a notebook made and show: a cell that runs again lets go of those of its last run.

A widget that another cell shows, or that a variable still holds, stays. Knows nothing of models, answers or bytes.
"""

import weakref
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import ipywidgets

from whylight.live import host


class Shown(Protocol):
    """A widget."""

    def settle(self) -> None:
        """Bring what the notebook keeps up to date, where no page is there to see it."""
        ...

    def leave(self) -> None:
        """Let go of everything: the output is gone."""
        ...


class Cells:
    """The cells of one kernel.

    Parameters
    ----------
    shell
        IPython's, which says when a cell has run.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._before: dict[str, list[Shown]] = {}  # by cell, those of its last run
        self._held: list[Shown] = []  # no cell shows these any more, but a variable holds them
        self._running: list[Shown] = []
        self._all: weakref.WeakSet[Any] = weakref.WeakSet()
        shell.events.register("post_run_cell", self._ran)
        shell.display_formatter.mimebundle_formatter.for_type(ipywidgets.Box, _box)

    def add(self, widget: Shown) -> None:
        """The running cell makes or shows this widget."""
        self._all.add(widget)
        if not any(one is widget for one in self._running):
            self._running.append(widget)

    def _ran(self, result: Any = None) -> None:
        """The cell has run."""
        for widget in list(self._all):
            widget.settle()
        cell, made, self._running = host.cell(), self._running, []
        if cell is None:
            return
        gone = [*host.deleted_cells(), cell]
        left = [*self._held, *(widget for name in gone for widget in self._before.pop(name, []))]
        self._before[cell], self._held = made, []
        shown = {id(widget) for widgets in self._before.values() for widget in widgets}
        for widget in (widget for widget in left if id(widget) not in shown):
            if _held(widget, self._shell.user_ns):
                self._held.append(widget)
            else:
                widget.leave()
                _forget(widget, self._shell)


def add(widget: Shown) -> bool:
    """The running cell of a notebook makes or shows this widget; False where there is no notebook."""
    shell = host.shell()
    if shell is None:
        return False
    if not _CELLS or _CELLS[0][0] is not shell:
        _CELLS[:] = [(shell, Cells(shell))]
    _CELLS[0][1].add(widget)
    return True


_CELLS: list[tuple[Any, Cells]] = []


def _held(widget: Any, names: Mapping[str, Any]) -> bool:
    """Whether a person's variable is this widget, or a list, tuple, set, dictionary or box that holds it."""
    values = [value for name, value in names.items() if not name.startswith("_") and name != "Out"]
    return any(one is widget for value in values for one in (value, *_within(value)))


def _within(value: Any) -> Iterable[Any]:
    if isinstance(value, ipywidgets.Box):
        return _inside(value)
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, tuple, set)) else ()


def _inside(box: ipywidgets.Box) -> Iterable[Any]:
    for child in box.children:
        yield child
        if isinstance(child, ipywidgets.Box):
            yield from _inside(child)


def _forget(widget: Any, shell: Any) -> None:
    """Take a widget out of IPython's memory of results: `Out`, `_12` and `_`."""
    results, hook = shell.user_ns.get("_oh", {}), shell.displayhook
    for number in [number for number, value in results.items() if value is widget]:
        del results[number]
    for names in (shell.user_ns, shell.user_ns_hidden):
        for name in [name for name, value in names.items() if value is widget]:
            names[name] = ""
    for name in ("_", "__", "___"):
        if getattr(hook, name, None) is widget:
            setattr(hook, name, "")


def _box(box: ipywidgets.Box) -> Any:
    """How a box of widgets is shown: as ever, and what the notebook keeps of those inside it beside it."""
    for child in _inside(box):
        if hasattr(child, "keep"):
            child.keep()
    show = box._repr_mimebundle_
    return None if show is None else show()  # None once it is closed
