"""The static twin of a widget: a picture, or words in HTML without script, for hosts and pages that show no widgets.

Knows nothing of traits or messages.
"""

from html import escape

from whylight.live.kept import EARLY
from whylight.live.publisher import Publisher


def static_twin(shown: Publisher) -> dict[str, str]:
    """What is on show, by MIME types: the newest answer, or what went wrong with the last good picture below it."""
    from whylight.show.attribution import picture  # late: a card stands before anything is drawn on paper
    from whylight.show.comparison import compared_twin
    from whylight.show.html import card, image_html, kept_png
    from whylight.show.theme import drawn_alone

    answer, failed = shown.last, shown.failed
    with drawn_alone():
        if not failed:
            return {"text/html": EARLY} if answer is None else compared_twin(answer, shown.compared)
        body = f"<p>{escape(failed)}</p>"
        if answer is not None and answer.view is not None:
            body += image_html(kept_png(picture(answer)), "The last good picture")
    return {"text/html": card("The run failed", body), "text/plain": f"The run failed: {failed}"}
