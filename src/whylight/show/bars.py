"""Signed bars on paper: matplotlib figures and HTML tables of named numbers, and of average effects.

Warm bars point right and support the target, cool ones point left and oppose it. Knows nothing of models or how the numbers
came about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from whylight.numbers import signed
from whylight.show.color import color_limit, colorize

if TYPE_CHECKING:
    from matplotlib.axes import Axes


TOP = 20
QUIET = "#555555"
NOT_EXAMINED = "not examined"


@dataclass(frozen=True)
class Bar:
    """One row: a name, a note beside it (the feature's own value), the value, and the span of most rows around it.

    One that was not examined has no value, and says so.
    """

    name: str
    value: float
    note: str = ""
    low: float | None = None
    high: float | None = None
    examined: bool = True

    @property
    def words(self) -> str:
        """The value as it stands at the end of the bar."""
        return signed(self.value) if self.examined else NOT_EXAMINED


def strongest(values: np.ndarray, top: int = TOP) -> list[int]:
    """Indices of the largest absolute values, largest first; what is not a number comes last."""
    return np.argsort(-np.nan_to_num(np.abs(values), nan=-1.0), kind="stable")[:top].tolist()


def shades(bars: Sequence[Bar], colormap: str, limit: float | None = None) -> np.ndarray:
    """A colour for every bar, never fainter than half strength: its length says how much."""
    values = np.nan_to_num(np.array([bar.value for bar in bars], dtype=float))
    limit = limit or color_limit(values) or 1.0
    position = np.sign(values) * (0.5 + 0.5 * np.clip(np.abs(values) / limit, 0, 1))
    return colorize(position, 1.0, colormap)


def draw(ax: "Axes", bars: Sequence[Bar], *, colormap: str = "RdBu", unit: str = "") -> None:
    """Draw the bars from top to bottom, each with its value at the end."""
    places = np.arange(len(bars))[::-1]
    values = np.array([bar.value for bar in bars])
    ax.barh(places, np.nan_to_num(values), height=0.62, color=shades(bars, colormap) / 255)
    ax.axvline(0, color="#888888", linewidth=0.8)
    for place, bar in zip(places, bars, strict=True):
        ends = [e for e in (bar.low, bar.high) if e is not None and np.isfinite(e)]
        if len(ends) == 2:
            ax.plot(ends, [place, place], color=QUIET, linewidth=1.2, solid_capstyle="butt")
        right = not bar.value < 0
        edge = max([bar.value, *ends]) if right else min([bar.value, *ends])
        ax.annotate(
            bar.words,
            (np.nan_to_num(edge), place),
            xytext=(4 if right else -4, 0),
            textcoords="offset points",
            va="center",
            ha="left" if right else "right",
            fontsize=8,
            color=None if bar.examined else QUIET,
        )
    ax.set_yticks(places, [_label(bar) for bar in bars], fontsize=9)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelsize=8, colors=QUIET)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.spines["bottom"].set_color("#cccccc")
    ax.set_ylim(-0.7, len(bars) - 0.3)
    ax.margins(x=0.12)
    ax.set_xlabel(unit, fontsize=8, color=QUIET)


def _label(bar: Bar) -> str:
    name = bar.name.replace("$", r"\$").replace("\n", " ")
    name = name if len(name) <= 40 else f"{name[:39]}…"
    return f"{name}  = {bar.note}" if bar.note else name


def table_html(
    bars: Sequence[Bar], *, head: Sequence[str] = ("Feature", "Value", "Attribution"), colormap: str = "RdBu"
) -> str:
    """The bars as an HTML table without script: a reader of the screen hears names and numbers."""
    ends = [e for bar in bars for e in (bar.value, bar.low, bar.high) if e is not None and np.isfinite(e)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    span, noted = (high - low) or 1.0, any(bar.note for bar in bars)
    at = lambda value: f"{100 * (value - low) / span:.2f}%"
    rows = "".join(_row(bar, shade, at, noted) for bar, shade in zip(bars, shades(bars, colormap), strict=True))
    titles = [head[0], *([head[1]] if noted else []), head[2]]
    cell = "padding:2px 8px;font-weight:600;text-align:{}"
    heads = "".join(
        f'<th scope="col" style="{cell.format("right" if i == len(titles) - 1 else "left")}">{escape(t)}</th>'
        + ("<td></td>" if i == len(titles) - 2 else "")
        for i, t in enumerate(titles)
    )
    return (
        '<table style="border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums;color:#111">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(bar: Bar, shade: np.ndarray, at: Any, noted: bool) -> str:
    red, green, blue = (int(c) for c in shade)
    value = float(np.nan_to_num(bar.value))
    width = f"calc({at(max(value, 0.0))} - {at(min(value, 0.0))})"
    line = ""
    if bar.low is not None and bar.high is not None and np.isfinite([bar.low, bar.high]).all():
        line = (
            f'<span style="position:absolute;top:50%;height:1px;background:{QUIET};left:{at(bar.low)};'
            f'width:calc({at(bar.high)} - {at(bar.low)})"></span>'
        )
    note = f'<td style="padding:2px 8px;color:{QUIET};text-align:left">{escape(bar.note)}</td>' if noted else ""
    return (
        f'<tr><th scope="row" style="font-weight:400;text-align:left;padding:2px 8px">{escape(bar.name)}</th>{note}'
        '<td aria-hidden="true" style="width:50%;padding:0"><div style="position:relative;height:24px">'
        f'<span style="position:absolute;top:0;bottom:0;width:1px;background:#888;left:{at(0.0)}"></span>'
        f'<span style="position:absolute;top:5px;bottom:5px;border-radius:2px;background:rgb({red},{green},{blue});'
        f'left:{at(min(value, 0.0))};width:{width}"></span>{line}</div></td>'
        f'<td style="padding:2px 8px;text-align:right;white-space:nowrap">{bar.words}</td></tr>'
    )


def per(slope: bool, standardized: bool) -> str:
    """What a number is per, in words."""
    if not slope:
        return ""
    return " per standard deviation of the feature" if standardized else " per unit of the feature"
