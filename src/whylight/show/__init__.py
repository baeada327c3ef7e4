"""Answers on paper: figures, pages, files. Knows results and views only; each file registers at a door of `results.drawing`.

One file per kind of input has its drawer (`image`, `signal`, `text`, `features`).
"""

from whylight.show import (
    attribution,
    channels,
    comparison,
    effects,
    features,
    files,
    hierarchy,
    image,
    path,
    several,
    signal,
    text,
    theme,
    volume,
)

__all__ = [
    "attribution",
    "channels",
    "comparison",
    "effects",
    "features",
    "files",
    "hierarchy",
    "image",
    "path",
    "several",
    "signal",
    "text",
    "theme",
    "volume",
]
