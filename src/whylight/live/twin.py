"""The static twin of a widget: HTML without script and a picture, for hosts and pages that show no widgets.

Knows nothing of traits or messages.
"""

from contextlib import suppress

from whylight.live.publisher import Publisher
from whylight.live.session import Session
from whylight.show.comparison import compared_twin

REPR_WAIT = 1.0  # seconds that showing the widget waits for the first picture of the saved page
EARLY = {"text/html": "<p>This page was saved before the first picture was finished: run the cell again.</p>"}


def static_twin(session: Session | None, shown: Publisher) -> dict[str, str]:
    """The newest answer by MIME types; nothing where the run failed, since the widget says why."""
    if session is not None:
        try:
            with suppress(TimeoutError):
                session.wait(REPR_WAIT)
        except Exception:  # noqa: BLE001  the widget itself shows the error
            return {}
    return EARLY if shown.last is None else compared_twin(shown.last, shown.compared)
