"""Answers on paper: figures, pages without script, and files of numbers.

matplotlib is imported when a figure is asked for, and never through pyplot: figures may be made on any thread. Knows
nothing of engines, traits or messages.
"""

import base64
import io
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from whylight.attribution import Attribution, as_tuple
from whylight.color import color_limit, colorize, table, text_color
from whylight.errors import InvalidTypeError, InvalidValueError, unknown_name
from whylight.format import significant
from whylight.inputs.views import FeatureView, ImageView, TableView, TextView

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf", "html", "npz", "json")
CLIP = 99.5
TEXT_LINE = 0.32  # inches
UNREAD = "#777777"  # text that no token stands for
UNSEEN = "The model does not see this: no token stands for it."
MARKER_EDGE = "#bbbbbb"  # around [CLS] and the like


def values_of(attribution: Attribution) -> np.ndarray:
    """What is drawn: pixels `(H, W)`, words `(U,)` or features `(D,)`."""
    view, maps, errors = attribution.view, attribution.attributions, attribution.error_estimate
    if view is None or not isinstance(maps, Tensor) or not isinstance(errors, Tensor):
        raise InvalidTypeError(
            "Only one picture, sentence or row can be drawn; this answer is about a batch or several inputs."
        )
    arrays = view.arrays(*(m.detach().cpu().double().numpy() for m in (maps, errors)))
    return arrays["units"] if isinstance(view, TextView) else arrays["values"]


def readout(attribution: Attribution) -> str:
    """The numbers that say how far to trust the picture, in one line."""
    origin, parts = attribution.provenance, []
    score, base, gap = attribution.score, attribution.baseline_score, attribution.overall_gap
    if base is None or gap is None:
        parts.append(f"{'mean ' * (len(score) > 1)}F(x) {significant(float(score.mean()))}")
    else:
        mean = "mean " * (len(score) > 1)
        rise = significant(float((score - base).mean()))
        parts.append(
            f"{mean}F(x) {significant(float(score.mean()))} − F(x′) {significant(float(base.mean()))} = {rise}"
        )
        parts.append(f"Σ {significant(float(attribution.total.mean()))}")
        parts.append(f"gap {significant(100 * gap)} %")
        parts.append(f"map error ≈ {significant(100 * float(attribution.map_error.mean()))} %")
    if not attribution.final:
        asked = origin.get("parameters", {}).get("n_steps")
        parts.insert(0, f"unfinished{f', {asked} points were asked for' if asked else ''}")
    plural = "" if attribution.n_evaluations == 1 else "s"
    parts.append(f"{attribution.n_evaluations} {attribution.counted}{plural}")
    if "seconds" in origin:
        parts.append(f"{significant(origin['seconds'])} s")
    return " · ".join([*parts, str(origin.get("device", ""))]).rstrip(" ·")


def method_label(attribution: Attribution) -> str:
    """The method's name for people."""
    from whylight.methods import METHODS

    method = METHODS.get(attribution.method)
    return attribution.provenance.get("method_label") or (method.label if method else attribution.method)


def title(attribution: Attribution) -> str:
    """What is shown, in words."""
    return f"{method_label(attribution)} for “{attribution.target}”"


def figure(attribution: Attribution, *, colormap: str = "RdBu", clip: float = CLIP) -> "Figure":
    """A matplotlib figure; warm supports the target, cool opposes it."""
    from whylight.figures import Drawing as Figure

    values, view = values_of(attribution), attribution.view
    limit = color_limit(values, clip if isinstance(view, ImageView) else 100.0)
    if isinstance(view, ImageView):
        fig = Figure(figsize=(8.4, 4.2), layout="constrained")
        _draw_image(fig, view, values, limit, colormap)
    elif isinstance(view, TextView):
        fig = Figure(figsize=(8.4, 1.2))
        draw_text(fig, view, values, limit, colormap)
    else:
        from whylight.bars import attribution_bars, draw

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


def draw_text(fig: "Figure", view: TextView, values: np.ndarray, limit: float, colormap: str) -> None:
    """The sentence, word by word, wrapped to the width of the figure; the figure grows with the number of lines."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from whylight.figures import without_glyph_warnings

    renderer = FigureCanvasAgg(fig).get_renderer()
    width, left = fig.get_figwidth() * fig.dpi, 20.0
    placed, x, line = [], left, 0
    for piece, unit, marker in view.marked():
        shade = colorize(values[unit] if unit >= 0 else 0.0, limit, colormap)
        edge = MARKER_EDGE if marker else "none"
        box = {"facecolor": shade / 255, "edgecolor": edge, "linewidth": 0.5, "pad": 1.0} if unit >= 0 else None
        color, size = text_color(shade) if unit >= 0 else UNREAD, 8 if marker else 11
        text = fig.text(0, 0, _plain(piece), fontsize=size, color=color, bbox=box)
        with without_glyph_warnings():
            extent = text.get_window_extent(renderer).width or 4.0 * len(piece)
        if x + extent > width - left and x > left:
            x, line = left, line + 1
            extent = 0 if piece.isspace() else extent
        placed.append((text, x, line))
        x += extent + (8.0 if marker else 2.0 if extent else 0.0)
    height = fig.get_figheight() + line * TEXT_LINE
    fig.set_figheight(height)
    for text, x, line in placed:
        text.set_position((x / width, 1 - (0.7 + line * TEXT_LINE) / height))


def shortened(text: str, width: int) -> str:
    """At most so many letters of a text, for a figure."""
    return _plain(shorten(text, width, placeholder=" …"))


def _plain(piece: str) -> str:
    """Text that matplotlib neither breaks nor reads as mathematics."""
    return piece.replace("$", r"\$").replace("\n", " ")


def picture(attribution: Attribution, kind: str = "png", **options: Any) -> bytes:
    """The figure as the bytes of an image file."""
    buffer = io.BytesIO()
    figure(attribution, **options).savefig(buffer, format=kind, dpi=110)
    return buffer.getvalue()


def html(attribution: Attribution, image: bytes | None = None) -> str:
    """A fragment of HTML without script: a sentence as coloured words, features as a table, a picture as a picture."""
    view = attribution.view
    if isinstance(view, (FeatureView, TableView)):
        from whylight.bars import attribution_bars, table_html

        bars, unit = attribution_bars(attribution, values_of(attribution))
        body = f'{table_html(bars)}<div style="font-size:12px;color:#555">{escape(unit)}</div>'
    elif isinstance(view, TextView):
        body = f'<p style="line-height:1.9;font-size:15px;margin:8px 0">{words_html(view, values_of(attribution))}</p>'
    else:
        data = base64.b64encode(image or picture(attribution)).decode()
        body = f'<img alt="{escape(_summary(attribution), quote=True)}" src="data:image/png;base64,{data}" style="max-width:100%">'
    notes = "".join(f'<div style="font-size:12px">{escape(note)}</div>' for note in attribution.notes)
    return (
        '<div style="background:#fff;color:#111;padding:12px;border-radius:6px;font-family:system-ui,sans-serif;'
        'max-width:960px"><div style="font-weight:600;font-size:13px">'
        f'{escape(title(attribution))}</div>{body}<div style="font-size:12px;color:#555">'
        f"{escape(readout(attribution))}</div>{notes}</div>"
    )


def _summary(attribution: Attribution) -> str:
    return f"Attribution heatmap: {title(attribution)}. {readout(attribution)}"


def words_html(view: TextView, values: np.ndarray, limit: float | None = None) -> str:
    """The sentence as coloured words; `limit` is |value| of full colour, by default the largest."""
    limit = color_limit(values) if limit is None else limit
    pieces = []
    for piece, unit, marker in view.marked():
        if unit < 0:
            pieces.append(
                f'<span style="color:{UNREAD}" title="{UNSEEN}">{escape(piece)}</span>'
                if piece.strip()
                else escape(piece)
            )
            continue
        shade = colorize(values[unit], limit)
        red, green, blue = (int(c) for c in shade)
        style = f"background:rgb({red},{green},{blue});color:{text_color(shade)};padding:2px 1px;border-radius:3px"
        if marker:
            style += f";font-size:11px;border:1px solid {MARKER_EDGE};margin:0 4px"
        pieces.append(f'<span style="{style}" title="{significant(float(values[unit]))}">{escape(piece)}</span>')
    return "".join(pieces)


def twin(attribution: Attribution) -> dict[str, str]:
    """The static twin of the widget, for hosts and pages that show none: HTML without script, and a PNG."""
    image = picture(attribution)
    return {"text/html": html(attribution, image), "image/png": base64.b64encode(image).decode()}


def page(attribution: Attribution, body: str) -> str:
    """A whole page around fragments of HTML."""
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title(attribution))}</title>'
    return f"{head}{body}</html>\n"


def save(attribution: Attribution, path: Path, **options: Any) -> Path:
    """Write the answer; the ending of the path chooses the format."""
    kind = path.suffix.lstrip(".").lower()
    if kind not in FORMATS:
        raise unknown_name("file ending", kind or path.name, FORMATS)
    if not path.parent.is_dir():
        raise InvalidValueError(f"The folder {path.parent} does not exist; create it first.")
    if kind == "npz":
        arrays: dict[str, Any] = {**_arrays(attribution), "provenance": json.dumps(_origin(attribution))}
        np.savez_compressed(path, **arrays)
    elif kind == "json":
        listed = {name: array.tolist() for name, array in _arrays(attribution).items()}
        path.write_text(json.dumps({**_origin(attribution), **listed}, indent=1), encoding="utf-8")
    elif kind == "html":
        path.write_text(page(attribution, html(attribution)), encoding="utf-8")
    else:
        path.write_bytes(picture(attribution, kind, **options))
    return path


def _arrays(attribution: Attribution) -> dict[str, np.ndarray]:
    """All numbers under their field names; several inputs are numbered."""
    found = {"attributions": attribution.attributions, "error_estimate": attribution.error_estimate}
    arrays = {name: _numbered(as_tuple(maps)) for name, maps in found.items()}
    flat = {f"{name}{suffix}": array for name, parts in arrays.items() for suffix, array in parts}
    for name in ("score", "baseline_score", "convergence_delta"):
        value = getattr(attribution, name)
        if value is not None:
            flat[name] = value.detach().cpu().numpy()
    return flat


def _numbered(maps: Sequence[Tensor]) -> list[tuple[str, np.ndarray]]:
    single = len(maps) == 1
    return [("" if single else f"_{i}", m.detach().cpu().numpy()) for i, m in enumerate(maps)]


def _origin(attribution: Attribution) -> dict[str, Any]:
    return {
        "provenance": json.loads(json.dumps(dict(attribution.provenance), default=str)),
        "notes": list(attribution.notes),
    }
