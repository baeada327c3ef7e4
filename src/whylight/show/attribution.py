"""Answers on paper: figures, pages without script, and files of numbers.

matplotlib is imported when a figure is asked for, and never through pyplot: figures may be made on any thread. Knows
nothing of engines, traits or messages.
"""

import base64
import io
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from whylight.results import drawing
from whylight.results.attribution import Attribution
from whylight.show.color import color_limit, colorize, table
from whylight.show.readout import readout, summary, title, values_of
from whylight.show.text import draw_text, shortened, words_html
from whylight.views.features import FeatureView
from whylight.views.image import ImageView
from whylight.views.table import TableView
from whylight.views.text import TextView

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLIP = 99.5


@drawing.figure.register(Attribution)
def figure(attribution: Attribution, *, colormap: str = "RdBu", clip: float = CLIP) -> "Figure":
    """A matplotlib figure; warm supports the target, cool opposes it."""
    from whylight.show.figure import Drawing as Figure

    values, view = values_of(attribution), attribution.view
    limit = color_limit(values, clip if isinstance(view, ImageView) else 100.0)
    if isinstance(view, ImageView):
        fig = Figure(figsize=(8.4, 4.2), layout="constrained")
        _draw_image(fig, view, values, limit, colormap)
    elif isinstance(view, TextView):
        fig = Figure(figsize=(8.4, 1.2))
        draw_text(fig, view, values, limit, colormap)
    else:
        from whylight.show.bars import attribution_bars, draw

        bars, unit = attribution_bars(attribution, values)
        fig = Figure(figsize=(8.4, 1.4 + 0.28 * len(bars)), layout="constrained")
        draw(fig.subplots(), bars, colormap=colormap, unit=unit)
    fig.suptitle(shortened(title(attribution), 90), fontsize=11)
    fig.supxlabel(readout(attribution), fontsize=8, color="#555555")
    return fig


def _draw_image(fig: "Figure", view: ImageView, values: np.ndarray, limit: float, colormap: str) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    axes = fig.subplots(1, 2)
    for ax, pixels in zip(axes, (view.pixels, colorize(values, limit, colormap)), strict=True):
        ax.imshow(pixels, interpolation="nearest")
        ax.set_axis_off()
    scale = ScalarMappable(
        Normalize(-limit, limit) if limit else Normalize(-1, 1), ListedColormap(table(colormap) / 255)
    )
    fig.colorbar(scale, ax=axes, shrink=0.85, pad=0.02)


def picture(attribution: Attribution, kind: str = "png", **options: Any) -> bytes:
    """The figure as the bytes of an image file."""
    buffer = io.BytesIO()
    figure(attribution, **options).savefig(buffer, format=kind, dpi=110)
    return buffer.getvalue()


@drawing.html.register(Attribution)
def html(attribution: Attribution, image: bytes | None = None) -> str:
    """A fragment of HTML without script: a sentence as coloured words, features as a table, a picture as a picture."""
    view = attribution.view
    if isinstance(view, (FeatureView, TableView)):
        from whylight.show.bars import attribution_bars, table_html

        bars, unit = attribution_bars(attribution, values_of(attribution))
        body = f'{table_html(bars)}<div style="font-size:12px;color:#555">{escape(unit)}</div>'
    elif isinstance(view, TextView):
        body = f'<p style="line-height:1.9;font-size:15px;margin:8px 0">{words_html(view, values_of(attribution))}</p>'
    else:
        data = base64.b64encode(image or picture(attribution)).decode()
        body = f'<img alt="{escape(summary(attribution), quote=True)}" src="data:image/png;base64,{data}" style="max-width:100%">'
    notes = "".join(f'<div style="font-size:12px">{escape(note)}</div>' for note in attribution.notes)
    return (
        '<div style="background:#fff;color:#111;padding:12px;border-radius:6px;font-family:system-ui,sans-serif;'
        'max-width:960px"><div style="font-weight:600;font-size:13px">'
        f'{escape(title(attribution))}</div>{body}<div style="font-size:12px;color:#555">'
        f"{escape(readout(attribution))}</div>{notes}</div>"
    )


def twin(attribution: Attribution) -> dict[str, str]:
    """The static twin of the widget, for hosts and pages that show none: HTML without script, and a PNG."""
    image = picture(attribution)
    return {"text/html": html(attribution, image), "image/png": base64.b64encode(image).decode()}
