"""A widget among the cells of a notebook: how it is shown, what is kept of it, and when it is let go of.

Knows nothing of settings or of how answers come about.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, cast

import anywidget

from whylight.live import cells
from whylight.live.host import answer_while_busy
from whylight.live.kept import Kept
from whylight.live.publisher import Publisher
from whylight.live.session import Session
from whylight.live.traits import Controls
from whylight.live.twin import static_twin

LIVE = "A live explanation; run the cell to explore it."
ENDED = ("done", "stopped", "error")


class Displayed(Controls, anywidget.AnyWidget):
    """A widget whose view stands in cells together with a static twin."""

    def __init__(self, **kwargs: Any) -> None:
        self._session: Session | None = None
        self._publisher = Publisher(self)
        self._kept = Kept(partial(static_twin, self._publisher))
        super().__init__(**kwargs)
        self._laid_out = self.layout  # a widget of its own, which nobody else closes
        answer_while_busy(self.comm)
        cells.add(self)

    @property
    def several(self) -> bool:
        """Whether there are samples to choose from."""
        return self._film_behind is not None and len(self._film_behind) > 1

    def close(self) -> None:
        """Close the widget; the notebook keeps its last picture."""
        self._kept.close()
        self._publisher.close()
        self._laid_out.close()
        super().close()

    def leave(self) -> None:
        """The same where the cell that showed it has run again: there is nothing left to keep up to date."""
        self._kept.close(kept=False)
        self.close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The live view, and beside it a page without script and a picture for hosts that show no widgets."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return bundle
        data, metadata = cast(tuple[dict[str, Any], dict[str, Any]], bundle)
        if self._session is not None and self.keep():
            return {**data, "text/plain": LIVE}, metadata
        return {**static_twin(self._publisher), **data}, metadata

    def keep(self) -> bool:
        """Put the twin into the output of the running cell, where it is brought up to date; False outside of notebooks."""
        notebook = cells.add(self)
        if notebook:
            self._kept.show()
        return notebook

    def settle(self) -> None:
        """Have the notebook keep what is on show, where nobody looks at it."""
        if self._session is not None:
            self._kept.settle(self._session.wait)

    def write(self, **messages: Mapping[str, Any]) -> None:
        """Commit messages to traits; the notebook keeps what is there when a run has ended."""
        super().write(**messages)
        if messages.keys() & {"frame", "compared"} or messages.get("status", {}).get("state") in ENDED:
            self._kept.changed()
