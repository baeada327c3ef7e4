"""Answers side by side on paper: small maps on one colour scale under their names, with their rank correlations.

The static twin of the Compare panel. Knows nothing of engines, traits or messages.
"""

import base64
import io
import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from whylight.numbers import correlation
from whylight.results import drawing
from whylight.results.attribution import Attribution
from whylight.results.comparison import MAIN, Compared, Comparison
from whylight.show.attribution import figure, html, twin
from whylight.show.color import color_limit
from whylight.show.drawer import Drawer, drawer
from whylight.show.html import card, kept_png
from whylight.show.readout import literal, values_of
from whylight.show.text import shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure


WIDTH = 8.4  # inches
SIDE = 168  # pixels of a small picture on a page
QUIET = "#555"


@dataclass(frozen=True)
class _Shown:
    """One map: the key of its settings, what it is called, and how alike it is."""

    key: str
    name: str
    fact: str
    attribution: Attribution | None
    correlations: Mapping[str, float | None]


def compared_twin(main: Attribution, beside: Sequence[Compared] = ()) -> dict[str, str]:
    """The static twin of a widget, for hosts and pages that show none: HTML without script, and a PNG."""
    alone = twin(main)
    if not beside:
        return alone
    whole = _below(base64.b64decode(alone["image/png"]), _shown(main, beside), _limit(main, beside))
    page = {"text/html": alone["text/html"] + compared_html(main, beside)} if "text/html" in alone else {}
    return {**alone, **page, "image/png": base64.b64encode(kept_png(whole)).decode()}


@drawing.figure.register(Comparison)
def comparison_figure(comparison: Comparison, **options: Any) -> "Figure":
    """The figure of the main answer."""
    return figure(comparison.main, **options)


@drawing.html.register(Comparison)
def comparison_html(comparison: Comparison) -> str:
    """The main answer, and the small maps below it."""
    return html(comparison.main) + compared_html(comparison.main, comparison.beside)


def compared_html(main: Attribution, beside: Sequence[Compared]) -> str:
    """The small maps as a fragment of HTML without script, and how alike each is with each from three on."""
    limit, known = _limit(main, beside), _drawer(main)
    width = {4: f"{SIDE}px", 2: "calc(50% - 16px)", 1: "100%"}[known.columns]
    shown = _shown(main, beside)
    figures = "".join(_figure(one, limit, width) for one in shown)
    heading = "Compared, on one color scale" if known.one_scale else "Compared"
    body = f'<div style="display:flex;flex-wrap:wrap;gap:16px">{figures}</div>{_matrix(shown)}'
    return card(heading, body, gap=True)


def _drawer(attribution: Attribution) -> Drawer[Any]:
    values_of(attribution)  # raises where there is nothing to draw
    return drawer(attribution.view)


def _limit(main: Attribution, beside: Sequence[Compared]) -> float:
    """|value| of full colour: the largest of all maps, as in the widget."""
    clip = _drawer(main).clip
    drawn = [main, *(one.attribution for one in beside if one.attribution is not None)]
    return max(color_limit(values_of(attribution), clip) for attribution in drawn)


def _shown(main: Attribution, beside: Sequence[Compared]) -> list[_Shown]:
    """The main map first, then the others, each with its name and a fact; what is the main map again is left out."""
    beside = [one for one in beside if one.attribution is not main]
    settings = [json.loads(one.name) for one in beside]
    differs = {kind for setting in settings for kind in setting}
    shown = [_Shown(MAIN, _name(_told(main), differs), "the map above", main, {})]
    for one, setting in zip(beside, settings, strict=True):
        told = {**_told(main), **setting} if one.attribution is None else _told(one.attribution)
        value, regions = one.correlations.get(MAIN), one.regions.get(MAIN)
        fact = "no rank correlation" if value is None else f"rank correlation {_written(value)}"
        fact += "" if regions is None else f", of regions {_written(regions)}"
        name = _name(told, differs)
        shown.append(_Shown(one.name, name, one.missing or fact, one.attribution, one.correlations))
    return shown


def _name(told: Mapping[str, Any], differs: Container[str]) -> str:
    """What differs between the maps: method, target, baseline."""
    return " · ".join(str(value) for kind, value in told.items() if kind in differs and value)


def _told(attribution: Attribution) -> dict[str, Any]:
    baseline = attribution.provenance.get("baseline_label", "") if attribution.baselines else ""
    return {"method": attribution.method_label, "target": attribution.target, "baseline": baseline}


def _written(value: float | None) -> str:
    return "none" if value is None else correlation(value)


def _figure(shown: _Shown, limit: float, width: str) -> str:
    attribution = shown.attribution
    words = f"{shown.name}, {shown.fact}"
    body = (
        ""
        if attribution is None
        else drawer(attribution.view).small_html(attribution, values_of(attribution), limit, words)
    )
    return (
        f'<figure style="margin:0;width:{width};min-width:{SIDE}px"><figcaption style="font-size:12px">{escape(shown.name)}'
        f'</figcaption>{body}<div style="font-size:11px;color:{QUIET}">{escape(shown.fact)}</div></figure>'
    )


def _matrix(shown: Sequence[_Shown]) -> str:
    """A triangle of rank correlations, from three maps on."""
    answers = [one for one in shown if one.attribution is not None]
    if len(answers) < 3:
        return ""
    style = "padding:2px 8px;font-weight:400;text-align:"
    rows = "<tr><td></td>"
    rows += "".join(f'<th scope="col" style="{style}right">{i}</th>' for i in range(1, len(answers))) + "</tr>"
    for i, one in enumerate(answers):
        values = (one.correlations.get(other.key) for other in answers[:i])
        cells = "".join(f'<td style="{style}right">{_written(value)}</td>' for value in values)
        rows += f'<tr><th scope="row" style="{style}left">{i + 1} {escape(one.name)}</th>{cells}</tr>'
    return (
        '<table style="border-collapse:collapse;font-size:11px;margin-top:12px;font-variant-numeric:tabular-nums;color:#111">'
        f'<caption style="text-align:left;color:{QUIET}">Rank correlations</caption>{rows}</table>'
    )


def _below(image: bytes, shown: Sequence[_Shown], limit: float) -> bytes:
    """The picture of the main answer with the small maps below it, as PNG."""
    from PIL.Image import new
    from PIL.Image import open as read

    first = read(io.BytesIO(image)).convert("RGB")
    columns = next(drawer(one.attribution.view).columns for one in shown if one.attribution is not None)
    small = [read(io.BytesIO(_picture(one, limit, WIDTH / columns))).convert("RGB") for one in shown]
    rows = [small[i : i + columns] for i in range(0, len(small), columns)]
    height = first.height + sum(max(one.height for one in row) for row in rows)
    whole, y = new("RGB", (first.width, height), "white"), first.height
    whole.paste(first)
    for row in rows:
        for column, one in enumerate(row):
            whole.paste(one, (column * first.width // columns, y))
        y += max(one.height for one in row)
    buffer = io.BytesIO()
    whole.save(buffer, "PNG")
    return buffer.getvalue()


def _picture(shown: _Shown, limit: float, width: float) -> bytes:
    """One small map under its name, as PNG."""
    from whylight.show.figure import NotebookFigure

    fig: Figure = NotebookFigure(figsize=(width, 0.5))
    attribution = shown.attribution
    if attribution is not None:
        drawer(attribution.view).small(fig, attribution, values_of(attribution), limit)
    words = int(width * 18)
    fig.suptitle(literal(f"{shortened(shown.name, words)}\n{shortened(shown.fact, words)}"), fontsize=7.5)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()
