"""Signals on paper: a line per channel, coloured by what it contributes, and the sum of every window. Knows nothing of models."""

from typing import TYPE_CHECKING, Any

import numpy as np

from whylight.numbers import place
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.show.bars import Bar, strongest, table_html
from whylight.show.color import DIVERGING, color_limit, colorize, table
from whylight.show.drawer import Drawer, drawer
from whylight.show.html import image_bytes, image_html
from whylight.show.readout import literal
from whylight.show.traces import PLAIN, cell_means, draw_line, places, tidy
from whylight.views.signal import SignalView
from whylight.views.spotlight import NEITHER, Spotlight
from whylight.views.windows import window_length

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

ROWS, SMALL_ROWS = 12, 4  # channels drawn: those with the most attribution
STOPS = 5  # points of a path
RANKED = 10  # windows listed
NUMBERED = 3  # windows that wear their rank
SHADED = 0.55  # opacity in full light
SHADING, SIGNED = "where most of the attribution lies", ", warm supports, cool opposes"
FAINT = 0.05  # of the strongest: windows without a band


@drawer.register(SignalView)
class SignalDrawer(Drawer[SignalView]):
    """Draws traces."""

    clip = 99.5
    path_height = 7.0

    def figure(self, attribution: Attribution, values: np.ndarray, limit: float, colormap: str) -> "Figure":
        """A row per channel, the sums of windows below, and the colour bar."""
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import ListedColormap, Normalize

        from whylight.show.figure import NotebookFigure

        rows = self._channels(values, ROWS)
        height = 2.2 + max(0.55, 1.3 - 0.12 * len(rows)) * len(rows)
        fig = NotebookFigure(figsize=(8.4, height), layout="constrained")
        axes = fig.subplots(len(rows) + 1, 1, sharex=True, height_ratios=[1.0] * len(rows) + [1.1])
        limit = self._lines(list(axes[:-1]), rows, values, colormap)
        if self.detail == "spotlight" and attribution.spotlight is not None:
            self._light(list(axes[:-1]), rows, attribution.spotlight, colormap)
        else:
            self._bands(list(axes[:-1]), rows, values, colormap)
        self._sums(axes[-1], values, colormap)
        span = Normalize(-limit, limit) if limit else Normalize(-1, 1)
        bar = fig.colorbar(ScalarMappable(span, ListedColormap(table(colormap) / 255)), ax=axes, pad=0.02, shrink=0.85)
        bar.ax.tick_params(labelsize=7)
        return fig

    def html(self, attribution: Attribution, values: np.ndarray) -> None:
        """The figure itself."""

    def below(self, attribution: Attribution, values: np.ndarray) -> str:
        """The strongest windows as a table."""
        sums, names = self.view.window_sums(values).sum(0), self._names()
        bars = [Bar(names[i], float(sums[i])) for i in strongest(sums, RANKED)]
        return table_html(bars, head=("Window", "", "Sum of the attributions"))

    def small(self, fig: "Figure", attribution: Attribution, values: np.ndarray, limit: float) -> None:
        """Few lines without numbers."""
        fig.set_layout_engine("constrained")
        rows = self._channels(values, SMALL_ROWS)
        fig.set_figheight(0.5 + 0.55 * len(rows))
        axes = np.atleast_1d(fig.subplots(len(rows), 1, sharex=True))
        self._lines(list(axes), rows, values, "RdBu", quiet=True)

    def small_html(self, attribution: Attribution, values: np.ndarray, limit: float, words: str) -> str:
        """The small figure."""
        from whylight.show.figure import NotebookFigure

        fig = NotebookFigure(figsize=(4.0, 1.0))
        self.small(fig, attribution, values, limit)
        return image_html(image_bytes(fig), words)

    def path(self, fig: "SubFigure", seen: PathTrace, limit: float) -> None:
        """The channel with the most attribution on its way, in the colours of the map there."""
        start = self.view.channels_first(seen.baseline.tensors[0].detach().float().cpu().numpy())
        channel = int(np.abs(seen.maps).sum((0, 2)).argmax())
        chosen = np.abs(seen.map_alphas[:, None] - np.linspace(0, 1, STOPS)).argmin(0)
        xs = places(self.view.axis, self.view.length)
        maps = cell_means(seen.maps[:, channel])
        limit = color_limit(maps, self.clip)
        axes = fig.subplots(STOPS, 1, sharex=True, sharey=True)
        low, high = np.inf, -np.inf
        for k, (ax, i) in enumerate(zip(axes, chosen, strict=True)):
            alpha = float(seen.map_alphas[i])
            values = start[channel] + alpha * (self.view.values[channel] - start[channel])
            draw_line(ax, xs, values, maps[i], limit=limit, colormap="RdBu")
            low, high = min(low, ax.get_ylim()[0]), max(high, ax.get_ylim()[1])
            ax.set_ylabel(f"α = {place(alpha, 0.1)}", fontsize=8, rotation=0, ha="right", va="center")
            tidy(ax, self.view.axis, last=k == STOPS - 1)
        axes[0].set_ylim(low, high)
        axes[0].set_title(self._plain(channel), fontsize=8, loc="left")

    def _channels(self, values: np.ndarray, most: int) -> list[int]:
        """Those with the most attribution, in their own order."""
        return sorted(strongest(np.abs(values).sum(1), most))

    def _lines(
        self, axes: "list[Axes]", rows: list[int], values: np.ndarray, colormap: str, *, quiet: bool = False
    ) -> float:
        """A channel in each; the |mean of a stretch| that got full colour."""
        view, colors = self.view, cell_means(values)
        limit, xs = color_limit(colors, self.clip), places(view.axis, view.length)
        for ax, channel in zip(axes, rows, strict=True):
            draw_line(ax, xs, view.values[channel], colors[channel], limit=limit, colormap=colormap)
            ax.set_ylabel(self._plain(channel), fontsize=8, rotation=0, ha="right", va="center")
            tidy(ax, view.axis, last=False)
            if quiet:
                ax.set_yticks([])
        if len(rows) < len(view.names):
            words = f"{len(rows)} of {len(view.names)} channels, those with the most attribution"
            axes[0].set_title(words, fontsize=8, loc="left", color="#555555")
        return limit

    def _bands(self, axes: "list[Axes]", rows: list[int], values: np.ndarray, colormap: str) -> None:
        """Strong windows of a channel behind its line."""
        sums, edges = self.view.window_sums(values), self._edges()
        limit = float(np.abs(sums).max()) or 1.0
        for ax, channel in zip(axes, rows, strict=True):
            for i in np.flatnonzero(np.abs(sums[channel]) > FAINT * limit):
                share = float(sums[channel, i]) / limit
                shade = colorize(np.asarray(np.sign(share)) * 0.5, 1.0, colormap) / 255
                ax.axvspan(edges[i], edges[i + 1], color=shade, alpha=0.15 + 0.45 * abs(share), linewidth=0)

    def _light(self, axes: "list[Axes]", rows: list[int], seen: Spotlight, colormap: str) -> None:
        """Behind the line of a channel how densely its attribution lies, and its sign where that is clear."""
        edges = self._edges(seen.blocks[1])
        for ax, channel in zip(axes, rows, strict=True):
            light = seen.light[channel] / 255
            sign = (seen.hue[channel] / 1.0 - NEITHER) / (255 - NEITHER) * (colormap in DIVERGING)
            clear = np.abs(sign)[:, None]
            shade = (1 - clear) * PLAIN + clear * colorize(0.6 * np.sign(sign), 1.0, colormap) / 255
            ends = ax.get_ylim()
            ax.pcolormesh(edges, ends, np.column_stack([shade, SHADED * light])[None], zorder=0, linewidth=0)
            ax.set_ylim(*ends)
        axes[-1].annotate(
            f"Shaded: {SHADING}{SIGNED * (colormap in DIVERGING)}",
            (1, 0),
            xycoords="axes fraction",
            xytext=(0, -3),
            textcoords="offset points",
            fontsize=7,
            ha="right",
            va="top",
            color="#555555",
        )

    def _sums(self, ax: "Axes", values: np.ndarray, colormap: str) -> None:
        """A bar for every window, all channels together; the strongest wear their rank."""
        sums, edges = self.view.window_sums(values).sum(0), self._edges()
        limit, widths = float(np.abs(sums).max()) or 1.0, np.diff(edges)
        shades = colorize(np.sign(sums) * (0.5 + 0.5 * np.abs(sums) / limit), 1.0, colormap) / 255
        ax.bar(edges[:-1], sums, widths, align="edge", color=shades, edgecolor="white", linewidth=0.5)
        ax.axhline(0, color="#888888", linewidth=0.8)
        numbered = [i for i in strongest(sums, NUMBERED) if abs(sums[i]) > FAINT / 2 * limit]
        for rank, i in enumerate(numbered, 1):
            below = sums[i] < 0
            spot = {"xytext": (0, -2 if below else 2), "textcoords": "offset points", "fontsize": 8, "ha": "center"}
            ax.annotate(str(rank), (edges[i] + widths[i] / 2, sums[i]), va="top" if below else "bottom", **spot)
        ax.margins(y=0.18)
        ax.set_ylabel("Σ of\nwindow", fontsize=8, rotation=0, ha="right", va="center")
        tidy(ax, self.view.axis, last=True)

    def _edges(self, length: int | None = None) -> np.ndarray:
        """Where windows, or stretches of so many samples, begin, and where the last one ends."""
        view = self.view
        xs = places(view.axis, view.length)
        end = xs[-1] + (xs[-1] - xs[-2] if len(xs) > 1 else 1)
        return np.append(xs[:: length or window_length(view.length)], end)

    def _names(self) -> list[str]:
        view, size = self.view, window_length(self.view.length)
        return [view.axis.span(i, min(i + size, view.length) - 1) for i in range(0, view.length, size)]

    def _plain(self, channel: int) -> Any:
        name = literal(self.view.names[channel]).replace("\n", " ")
        return name if len(name) <= 20 else f"{name[:19]}…"
