"""Average effects as figures and HTML tables. Knows nothing of models or how the numbers came about."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from whylight.results import drawing
from whylight.results.effects import ALL, Effects
from whylight.show.bars import TOP, UNDER, Bar, draw, per, table_html
from whylight.show.html import card
from whylight.show.readout import literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKS = "os^Dv<>P"


def effect_bars(effects: Effects, group: str = ALL, top: int = TOP) -> list[Bar]:
    """The strongest mean effects of a group, with the span that holds 90 % of its rows."""
    g = effects.group(group)
    mean, low, high = effects.mean[g], effects.quantiles[g, 0], effects.quantiles[g, -1]
    return [
        Bar(
            effects.names[i],
            float(mean[i]),
            low=float(low[i]),
            high=float(high[i]),
            examined=bool(effects.counts[g, i]),
        )
        for i in effects.order(group)[:top]
        if effects.counts[g, i] or effects.local is not None
    ]


@drawing.figure.register(Effects)
def effects_figure(effects: Effects, *, groups: Sequence[str] | None = None, top: int = TOP) -> "Figure":
    """Mean effects as bars, 90 % of the rows as lines, the means of groups as marks."""
    from whylight.show.figure import NotebookFigure

    shown = effects.standardized() if effects.scales is not None else effects
    bars = effect_bars(shown, top=top)
    fig = NotebookFigure(figsize=(8.4, 1.3 + 0.28 * len(bars)), layout="constrained")
    ax = fig.subplots()
    draw(ax, bars, unit=unit_of(shown))
    names = effects.groups[1:] if groups is None else groups
    for mark, name in zip(MARKS * (1 + len(names) // len(MARKS)), names, strict=False):
        means = dict(zip(shown.names, shown.mean[shown.group(name)], strict=True))
        places = np.arange(len(bars))[::-1] - UNDER
        ax.plot([means[bar.name] for bar in bars], places, mark, mfc="white", mec="#222222", ms=5, label=literal(name))
    if names:
        ax.legend(fontsize=8, frameon=False, loc="lower right")
    fig.suptitle(literal(title_of(effects)), fontsize=11)
    return fig


@drawing.html.register(Effects)
def effects_html(effects: Effects, top: int = TOP) -> str:
    """A table of the strongest mean effects, without script."""
    shown = effects.standardized() if effects.scales is not None else effects
    body = table_html(effect_bars(shown, top=top), head=("Feature", "", "Mean effect"))
    more = len(effects.names) - top
    rest = f"{more} more features; .table() has them all. " if more > 0 else ""
    facts = f"{unit_of(shown)}; lines hold 90 % of the rows. {rest}"
    return card(title_of(effects), body, facts=facts, notes=effects.notes)


def title_of(effects: Effects) -> str:
    """What is shown, in words."""
    rows = int(effects.counts[0].max())
    return f"Average effects on “{effects.target}”: {(effects.method_label or effects.method.replace('_', ' ')).lower()}, {rows} rows"


def unit_of(effects: Effects) -> str:
    """The unit of the numbers, in words."""
    slope = effects.per_deviation or effects.scales is not None
    return effects.unit.replace("_", "-") + per(slope, effects.per_deviation)
