"""What a notebook keeps of a live widget: its static twin, in an output of its own that shows nothing while there are widgets.

The twin is brought up to date when a run has ended. An update draws an output anew, so the live view has another one, and is never
torn down. Where a page sends the cells, that happens a moment after the run; where none does (nbconvert, papermill), the end of a
cell waits for it, because what comes after the last cell reaches no file. Knows nothing of traits, messages or engines.
"""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import ipywidgets

from whylight.live import host

QUIET = 0.5  # seconds without an answer before the twin is drawn: a slider that moves draws none
WAITED = 30.0  # seconds that a cell waits for the end of a run where no page is there to see it
VIEW = "application/vnd.jupyter.widget-view+json"
EARLY = "<p>This notebook was saved before the first picture was finished: run the cell again.</p>"

Twin = dict[str, str]  # by MIME type
DRAWING = ThreadPoolExecutor(1, "whylight-kept")  # one thread for all: every thread has memory of its own


class Kept:
    """The output with the static twin of one widget.

    Parameters
    ----------
    draw
        Gives the twin of what is on show; called from a thread of its own.
    """

    def __init__(self, draw: Callable[[], Twin]) -> None:
        self._draw: Callable[[], Twin] | None = draw
        self._name = ""  # of the output; empty while there is none
        self._drawn: Twin = {"text/html": EARLY, "text/plain": "Not finished yet."}
        self._stale, self._attended = True, True
        self._timer: threading.Timer | None = None

    def show(self) -> None:
        """Put the twin into the output of the running cell."""
        again, self._name = bool(self._name), self._name or uuid.uuid4().hex
        self._attended = host.attended()
        _publish(self._drawn, self._name, update=False)
        if not again:
            self.changed()

    def changed(self) -> None:
        """What is on show has changed: draw it soon, unless it changes again before."""
        self._stale = True
        if self._timer is not None:
            self._timer.cancel()
        if self._name and self._draw is not None and self._attended:
            self._timer = threading.Timer(QUIET, DRAWING.submit, [self.update])
            self._timer.daemon = True
            self._timer.start()

    def update(self) -> None:
        """Bring the output up to date."""
        draw = self._draw
        if not self._name or not self._stale or draw is None:
            return
        self._stale = False
        self._drawn = draw()
        _publish(self._drawn, self._name, update=True)

    def settle(self, wait: Callable[[float], Any]) -> None:
        """Where no page is there: wait for the end of the run, and bring the output up to date."""
        if self._name and self._draw is not None and not self._attended:
            with suppress(Exception):  # what went wrong is what is drawn
                wait(WAITED)
            self.update()

    def close(self, *, kept: bool = True) -> None:
        """Let go of the widget; its output keeps the last picture, where it is still there."""
        if kept:
            self.update()
        self._draw = None
        if self._timer is not None:
            self._timer.cancel()


def _publish(twin: Twin, name: str, *, update: bool) -> None:
    shell = host.shell()
    if shell is not None:
        data = {VIEW: {"version_major": 2, "version_minor": 0, "model_id": _nothing().model_id}, **twin}
        shell.display_pub.publish(data, transient={"display_id": name}, update=update)


_NOTHING: list[Any] = []


def _nothing() -> Any:
    """A widget that shows nothing, one for all."""
    if not _NOTHING or _NOTHING[0].comm is None:
        _NOTHING[:] = [ipywidgets.Box(layout=ipywidgets.Layout(display="none"))]
    return _NOTHING[0]
