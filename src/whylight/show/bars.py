"""Signed bars on paper: matplotlib figures and HTML tables of named numbers, and of average effects.

Warm bars point right and support the target, cool ones point left and oppose it. Knows nothing of models or how the numbers
came about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from whylight.numbers import given, percent, signed
from whylight.show.color import color_limit, colorize
from whylight.show.readout import literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes


TOP = 20
QUIET, GRID = "#555555", "#e4e4e4"
UNDER = 0.34  # how far below a bar the line of most rows runs, in rows
TICKS = 5  # round numbers on an axis
NOT_EXAMINED = "not examined"
SMALL = f"font-size:11px;color:{QUIET}"


@dataclass(frozen=True)
class Bar:
    """One row: a name, a note beside it (the feature's own value), the value, the span of most rows, and its share of all |values|.

    One that was not examined has no value, and says so.
    """

    name: str
    value: float
    note: str = ""
    low: float | None = None
    high: float | None = None
    examined: bool = True
    share: float | None = None

    @property
    def words(self) -> str:
        """The value as it stands beside the bar."""
        return signed(self.value) if self.examined else NOT_EXAMINED

    @property
    def part(self) -> str:
        """The share in words."""
        return percent(self.share) if self.share is not None and self.examined else ""

    @property
    def ends(self) -> list[float]:
        """Where the line of most rows begins and ends, if it has one."""
        found = [float(e) for e in (self.low, self.high) if e is not None and np.isfinite(e)]
        return found if len(found) == 2 else []


def strongest(values: np.ndarray, top: int = TOP) -> list[int]:
    """Indices of the largest absolute values, largest first; what is not a number comes last."""
    return np.argsort(-np.nan_to_num(np.abs(values), nan=-1.0), kind="stable")[:top].tolist()


def shades(bars: Sequence[Bar], colormap: str, limit: float | None = None) -> np.ndarray:
    """A colour for every bar, never fainter than half strength: its length says how much."""
    values = np.nan_to_num(np.array([bar.value for bar in bars], dtype=float))
    limit = limit or color_limit(values) or 1.0
    position = np.sign(values) * (0.5 + 0.5 * np.clip(np.abs(values) / limit, 0, 1))
    return colorize(position, 1.0, colormap)


def shares(values: np.ndarray) -> np.ndarray:
    """Of what is known, how much of all |values| each is."""
    sizes = np.nan_to_num(np.abs(np.asarray(values, dtype=float)))
    return sizes / (sizes.sum() or 1.0)


def draw(ax: "Axes", bars: Sequence[Bar], *, colormap: str = "RdBu", unit: str = "") -> None:
    """Draw the bars from top to bottom on an axis with a grid: the value beside its bar, the line of most rows below it."""
    places = np.arange(len(bars))[::-1]
    values = np.nan_to_num(np.array([bar.value for bar in bars], dtype=float))
    lined = any(bar.ends for bar in bars)
    at, height = (places + 0.08, 0.5) if lined else (places, 0.62)
    ax.barh(at, values, height=height, color=shades(bars, colormap) / 255, zorder=2)
    ax.axvline(0, color="#888888", linewidth=0.8)
    for place, bar, value in zip(places, bars, values, strict=True):
        if bar.ends:
            ax.plot(bar.ends, [place - UNDER] * 2, color=QUIET, linewidth=1, solid_capstyle="butt")
        _beside(ax, bar, float(value), float(place + 0.08 * lined))
    if any(bar.part for bar in bars):
        _shares(ax, bars, places)
    _dress(ax, bars, places, unit)


def _beside(ax: "Axes", bar: Bar, value: float, place: float) -> None:
    """The number, beyond the end of its bar."""
    right = not value < 0
    ax.annotate(
        bar.words,
        (value, place),
        xytext=(4 if right else -4, 0),
        textcoords="offset points",
        va="center",
        ha="left" if right else "right",
        fontsize=8,
        color=None if bar.examined else QUIET,
    )


def _shares(ax: "Axes", bars: Sequence[Bar], places: np.ndarray) -> None:
    """A column of shares at the right edge."""
    for place, text in zip((len(bars) - 0.3, *places), ("Share of sizes", *(bar.part for bar in bars)), strict=True):
        ax.annotate(
            text,
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(36, 0),
            textcoords="offset points",
            annotation_clip=False,
            ha="right",
            va="bottom" if text == "Share" else "center",
            fontsize=8,
            color=QUIET,
        )


def _dress(ax: "Axes", bars: Sequence[Bar], places: np.ndarray, unit: str) -> None:
    ax.set_axisbelow(True)
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_yticks(places, [_label(bar) for bar in bars], fontsize=9)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelsize=8, colors=QUIET)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.spines["bottom"].set_color("#cccccc")
    ax.set_ylim(-0.7, len(bars) - 0.3)
    ax.margins(x=0.16)
    ax.set_xlabel(unit, fontsize=8, color=QUIET)


def _label(bar: Bar) -> str:
    name = literal(bar.name).replace("\n", " ")
    name = name if len(name) <= 40 else f"{name[:39]}…"
    return f"{name}  = {literal(bar.note)}" if bar.note else name


def table_html(
    bars: Sequence[Bar], *, head: Sequence[str] = ("Feature", "Value", "Attribution"), colormap: str = "RdBu"
) -> str:
    """The bars as an HTML table without script: a reader of the screen hears names and numbers."""
    ends = [e for bar in bars for e in (bar.value, *bar.ends) if np.isfinite(e)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    span, noted, shared = (high - low) or 1.0, any(bar.note for bar in bars), any(bar.part for bar in bars)
    at = lambda value: f"{100 * (value - low) / span:.2f}%"
    ticks = round_ticks(low, high)
    grid = ",".join(
        f"linear-gradient({color},{color}) {at(value)} 0/1px 100% no-repeat"
        for value, color in [(0.0, "#888"), *((value, GRID) for value in ticks)]
    )
    lines = zip(bars, shades(bars, colormap), strict=True)
    rows = "".join(_row(bar, shade, at, grid, noted=noted, shared=shared) for bar, shade in lines)
    marks = "".join(
        f'<span style="position:absolute;left:{at(value)};transform:translateX(-50%)">{given(value)}</span>'
        for value in ticks
    )
    axis = f'<td aria-hidden="true" style="padding:0"><div style="{SMALL};position:relative;height:18px">{marks}</div></td>'
    left = [head[0], *([head[1]] if noted else [])]
    right = [head[2], *(["Share of sizes"] if shared else [])]
    heads = "".join(_head(t, "left") for t in left) + axis + "".join(_head(t, "right") for t in right)
    return (
        '<table style="border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums;color:#111">'
        f'<thead><tr style="border-bottom:1px solid {GRID}">{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )


def round_ticks(low: float, high: float) -> list[float]:
    """Up to `TICKS` round numbers of an axis.

    Examples
    --------
    >>> round_ticks(-0.23, 0.41)
    [-0.2, 0.0, 0.2, 0.4]
    """
    if not high > low:
        return []
    power = 10.0 ** np.floor(np.log10((high - low) / TICKS))
    step = next(f * power for f in (1, 2, 5, 10) if (high - low) / (f * power) <= TICKS or f == 10)
    first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
    return [float(f"{i * step:.12g}") + 0.0 for i in np.arange(first, last + 1)]  # -0.0 + 0.0 is 0.0


def _head(title: str, side: str) -> str:
    return f'<th scope="col" style="{SMALL};padding:2px 8px;font-weight:400;text-align:{side}">{escape(title)}</th>'


def _row(bar: Bar, shade: np.ndarray, at: Any, grid: str, *, noted: bool, shared: bool) -> str:
    red, green, blue = (int(c) for c in shade)
    value = float(np.nan_to_num(bar.value))
    width = f"calc({at(max(value, 0.0))} - {at(min(value, 0.0))})"
    line, edges = "", "top:5px;bottom:5px"
    if bar.ends:
        low, high = bar.ends
        edges = "top:4px;bottom:10px"
        line = (
            f'<span style="position:absolute;bottom:4px;height:1px;background:{QUIET};left:{at(low)};'
            f'width:calc({at(high)} - {at(low)})"></span>'
        )
    note = f'<td style="padding:2px 8px;color:{QUIET};text-align:left">{escape(bar.note)}</td>' if noted else ""
    share = f'<td style="{SMALL};padding:2px 8px;text-align:right;white-space:nowrap">{bar.part}</td>' if shared else ""
    return (
        f'<tr><th scope="row" style="font-weight:400;text-align:left;padding:2px 8px;min-width:96px">{escape(bar.name)}</th>{note}'
        f'<td aria-hidden="true" style="width:50%;padding:0"><div style="position:relative;height:24px;background:{grid}">'
        f'<span style="position:absolute;{edges};border-radius:2px;background:rgb({red},{green},{blue});'
        f'left:{at(min(value, 0.0))};width:{width}"></span>{line}</div></td>'
        f'<td style="padding:2px 8px;text-align:right;white-space:nowrap">{bar.words}</td>{share}</tr>'
    )


def per(slope: bool, standardized: bool) -> str:
    """What a number is per, in words."""
    if not slope:
        return ""
    return " per standard deviation" if standardized else " per unit"
