"""Answers on paper: figures, pages without script, and files of numbers.

matplotlib is imported when a figure is asked for, and never through pyplot: figures may be made on any thread. Knows
nothing of engines, traits or messages.
"""

import base64
from collections.abc import Sequence
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from whylight.errors import unknown_name
from whylight.results import drawing
from whylight.results.attribution import Attribution
from whylight.show.color import color_limit
from whylight.show.drawer import drawer
from whylight.show.html import card, image_bytes, image_html, kept_png
from whylight.show.readout import literal, readout, title, values_of
from whylight.show.text import shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PER_INCH = 15  # letters of the line of facts


@drawing.figure.register(Attribution)
def figure(attribution: Attribution, **options: Any) -> "Figure":
    """A matplotlib figure; warm supports the target, cool opposes it.

    `clip` and `detail` are for pictures: the percentile of full colour; "spotlight", "regions" or "pixels".
    """
    return told_figure(attribution, title(attribution), readout(attribution), **options)


def told_figure(
    attribution: Attribution,
    heading: str,
    facts: str,
    *,
    colormap: str = "RdBu",
    clip: float | None = None,
    detail: str | None = None,
) -> "Figure":
    """The figure with words of one's own above and below."""
    values, known = values_of(attribution), drawer(attribution.view)
    if detail is not None:
        if detail not in known.view.details:
            raise unknown_name("detail of this input", detail, known.view.details)
        known.detail = detail
    usual = known.clip
    limit = color_limit(values, usual if clip is None or usual == 100.0 else clip)
    fig = known.figure(attribution, values, limit, colormap)
    fig.suptitle(literal(shortened(heading, 90)), fontsize=11)
    width = int(fig.get_figwidth() * PER_INCH)
    below = [*wrap(reading_of(attribution, known.detail), width), in_lines(facts, width)]
    fig.supxlabel(literal("\n".join(below)), fontsize=8, color="#555555")
    return fig


def reading_of(attribution: Attribution, detail: str | None) -> str:
    """The sentence about what is on show."""
    return attribution.readings.get(detail or "", "")


def in_lines(facts: str, width: int) -> str:
    """Facts in as many lines as they need, none broken in the middle.

    Examples
    --------
    >>> in_lines("one · two · three", 10).splitlines()
    ['one · two', 'three']
    """
    lines: list[str] = []
    for fact in facts.split(" · "):
        longer = f"{lines[-1]} · {fact}" if lines else fact
        lines[-1:] = [longer] if not lines or len(longer) <= width else [lines[-1], fact]
    return "\n".join(lines)


def picture(attribution: Attribution, kind: str = "png", **options: Any) -> bytes:
    """The figure as the bytes of an image file."""
    return image_bytes(figure(attribution, **options), kind)


@drawing.html.register(Attribution)
def html(attribution: Attribution, image: bytes | None = None) -> str:
    """A fragment of HTML without script: a sentence as coloured words, features as a table, a picture as a picture."""
    return told_html(attribution, title(attribution), readout(attribution), attribution.notes, image)


def told_html(
    attribution: Attribution, heading: str, facts: str, notes: Sequence[str], image: bytes | None = None
) -> str:
    """The same with words of one's own."""
    known, values = drawer(attribution.view), values_of(attribution)
    body = known.html(attribution, values)
    if body is None:
        words = f"Attribution heatmap: {heading}. {attribution.reading} {facts}"
        body = image_html(image or image_bytes(told_figure(attribution, heading, facts)), words)
        body += known.below(attribution, values)
    told = (
        f'<p style="margin:4px 0 8px;font-size:13px">{escape(attribution.reading)}</p>' if attribution.reading else ""
    )
    return card(heading, told + body, facts=facts, notes=notes)


def twin(attribution: Attribution) -> dict[str, str]:
    """The static twin of the widget, for hosts and pages that show none: a PNG, beside it words or bars as HTML without script."""
    words = f"{title(attribution)}. {readout(attribution)}"
    found = {"image/png": base64.b64encode(kept_png(picture(attribution))).decode(), "text/plain": words}
    if drawer(attribution.view).html(attribution, values_of(attribution)) is None:
        return found  # a page would hold the same picture once more
    return {**found, "text/html": html(attribution)}
