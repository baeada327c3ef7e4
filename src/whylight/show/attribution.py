"""Answers on paper: figures, pages without script, and files of numbers.

matplotlib is imported when a figure is asked for, and never through pyplot: figures may be made on any thread. Knows
nothing of engines, traits or messages.
"""

import base64
import io
from html import escape
from typing import TYPE_CHECKING, Any

from whylight.results import drawing
from whylight.results.attribution import Attribution
from whylight.show.color import color_limit
from whylight.show.drawer import drawer
from whylight.show.html import card
from whylight.show.readout import readout, summary, title, values_of
from whylight.show.text import shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@drawing.figure.register(Attribution)
def figure(attribution: Attribution, *, colormap: str = "RdBu", clip: float | None = None) -> "Figure":
    """A matplotlib figure; warm supports the target, cool opposes it. `clip` is for pictures: the percentile of full colour."""
    values, known = values_of(attribution), drawer(attribution.view)
    usual = known.clip
    limit = color_limit(values, usual if clip is None or usual == 100.0 else clip)
    fig = known.figure(attribution, values, limit, colormap)
    fig.suptitle(shortened(title(attribution), 90), fontsize=11)
    fig.supxlabel(readout(attribution), fontsize=8, color="#555555")
    return fig


def picture(attribution: Attribution, kind: str = "png", **options: Any) -> bytes:
    """The figure as the bytes of an image file."""
    buffer = io.BytesIO()
    figure(attribution, **options).savefig(buffer, format=kind, dpi=110)
    return buffer.getvalue()


@drawing.html.register(Attribution)
def html(attribution: Attribution, image: bytes | None = None) -> str:
    """A fragment of HTML without script: a sentence as coloured words, features as a table, a picture as a picture."""
    values = values_of(attribution)
    body = drawer(attribution.view).html(attribution, values)
    if body is None:
        data = base64.b64encode(image or picture(attribution)).decode()
        body = f'<img alt="{escape(summary(attribution), quote=True)}" src="data:image/png;base64,{data}" style="max-width:100%">'
    return card(title(attribution), body, facts=readout(attribution), notes=attribution.notes)


def twin(attribution: Attribution) -> dict[str, str]:
    """The static twin of the widget, for hosts and pages that show none: HTML without script, and a PNG."""
    image = picture(attribution)
    return {"text/html": html(attribution, image), "image/png": base64.b64encode(image).decode()}
