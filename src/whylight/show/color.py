"""Colour tables and how numbers become colours, for figures, fallback pages and (generated) the browser.

Warm supports the target, cool opposes it, neutral is exactly zero. Every table has a light and a dark variant, so that
zero always recedes into the page. Knows nothing about models, widgets or files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

CENTRE = 128
"""Row of a diverging table that is painted for zero; rows 1 and 255 are the two ends."""

DIVERGING = ("RdBu", "PuOr")
SEQUENTIAL = ("viridis", "gray")

_ANCHORS: dict[str, tuple[list[str], list[str]]] = {
    "RdBu": (
        ["#173f75", "#2c73b8", "#8dbfe3", "#f5f5f5", "#f4a58a", "#cf4a3c", "#82131f"],
        ["#b4dcff", "#5aa6ee", "#24568f", "#1c1c1c", "#8f3128", "#ea6a52", "#ffc3ac"],
    ),
    "PuOr": (
        ["#33145f", "#6a48a6", "#b3a3da", "#f5f5f5", "#f6b765", "#c9731a", "#6b3504"],
        ["#d9ccff", "#9d85e6", "#4e3a8c", "#1c1c1c", "#7f4c10", "#df8e2c", "#ffd79f"],
    ),
    "viridis": (
        ["#fcf6c4", "#b3d96a", "#4fb37c", "#22868d", "#2d5a8b", "#3c2c72", "#360a4c"],
        ["#1d1a2b", "#3f2d74", "#31608f", "#23898e", "#47b578", "#a8d95b", "#fbf08c"],
    ),
    "gray": (["#f5f5f5", "#111111"], ["#1c1c1c", "#f2f2f2"]),
}

_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


_dark: ContextVar[bool] = ContextVar("dark", default=False)


@contextmanager
def colors_for(*, dark: bool) -> Iterator[None]:
    """Within, colours are those for a dark page, or for a light one, where nobody asks for either."""
    token = _dark.set(dark)
    try:
        yield
    finally:
        _dark.reset(token)


def linear_rgb(srgb: ArrayLike) -> NDArray[np.float64]:
    """SRGB bytes `(..., 3)` to linear light in 0..1."""
    c = np.asarray(srgb, dtype=np.float64) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def srgb_bytes(linear: ArrayLike) -> NDArray[np.uint8]:
    """Linear light `(..., 3)` to sRGB bytes, clipped to the gamut."""
    c = np.clip(np.asarray(linear, dtype=np.float64), 0, 1)
    return np.rint(255 * np.where(c <= 0.0031308, 12.92 * c, 1.055 * c ** (1 / 2.4) - 0.055)).astype(np.uint8)


def oklab(srgb: ArrayLike) -> NDArray[np.float64]:
    """SRGB bytes `(..., 3)` to OKLab (Ottosson 2020): lightness 0..1, a, b."""
    return np.cbrt(linear_rgb(srgb) @ _LMS.T) @ _LAB.T


def _from_oklab(lab: NDArray[np.float64]) -> NDArray[np.uint8]:
    return srgb_bytes((lab @ np.linalg.inv(_LAB).T) ** 3 @ np.linalg.inv(_LMS).T)


def _bytes(color: str) -> list[int]:
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


def table(colormap: str, *, dark: bool | None = None) -> NDArray[np.uint8]:
    """The 256 colours `(256, 3)` of a map; anchors are joined by straight lines in OKLab."""
    dark = _dark.get() if dark is None else dark
    if colormap not in _ANCHORS:
        raise ValueError(f"Unknown colour map {colormap!r}; expected one of {', '.join(_ANCHORS)}.")
    anchors = np.array([_bytes(c) for c in _ANCHORS[colormap][dark]])
    rows = np.arange(256.0)
    place = np.clip((rows - 1) / 254, 0, 1) if colormap in DIVERGING else rows / 255
    knots = np.linspace(0, 1, len(anchors))
    lab = oklab(anchors)
    colors = _from_oklab(np.stack([np.interp(place, knots, lab[:, k]) for k in range(3)], axis=-1))
    if colormap in DIVERGING:
        colors[CENTRE] = anchors[len(anchors) // 2]
    return colors


def color_limit(values: ArrayLike, clip: float = 100.0) -> float:
    """The |value| that gets full colour: the `clip`-th percentile of the finite |values| other than 0; 0 for an all-zero map.

    Percentiles interpolate linearly between order statistics. Zeros do not count: they are most of a map with one small blob,
    whose own values would all be beyond the percentile.
    """
    magnitudes = np.abs(np.asarray(values, dtype=np.float64).ravel())
    magnitudes = magnitudes[np.isfinite(magnitudes) & (magnitudes > 0)]
    return float(np.percentile(magnitudes, clip)) if magnitudes.size else 0.0


def colorize(values: ArrayLike, limit: float, colormap: str = "RdBu", dark: bool | None = None) -> NDArray[np.uint8]:
    """Colours `values.shape + (3,)` on the symmetric scale ±`limit`; sequential maps paint magnitudes.

    Non-finite values are painted as zero.
    """
    scaled = np.nan_to_num(np.asarray(values, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    scaled = np.clip(scaled / limit, -1, 1) if limit > 0 else np.zeros_like(scaled)
    rows = CENTRE + np.rint(127 * scaled) if colormap in DIVERGING else np.rint(255 * np.abs(scaled))
    return table(colormap, dark=dark)[rows.astype(np.intp)]


def contrast(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """WCAG 2 contrast ratio of sRGB bytes `(..., 3)`: 1 (equal) to 21 (black on white)."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    a, b = linear_rgb(first) @ weights, linear_rgb(second) @ weights
    return (np.maximum(a, b) + 0.05) / (np.minimum(a, b) + 0.05)


def text_color(background: ArrayLike) -> str:
    """Black or white, whichever reads better on `background`; the contrast is never below 4.5."""
    on_black, on_white = contrast(background, [0, 0, 0]), contrast(background, [255, 255, 255])
    return "#000000" if on_black >= on_white else "#ffffff"
