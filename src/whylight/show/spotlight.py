"""A photograph lit where the answer lies on it: sharp, dark where there is no light, tinted where the sign is clear.

The same as `js/src/paint/spotlight.ts`. Knows nothing of answers or figures.
"""

import numpy as np
from numpy.typing import NDArray

from whylight.show.color import DIVERGING, colorize
from whylight.views.spotlight import Spotlight

DARK, TINT = 0.12, 0.6  # what is seen of the photograph in the dark; of the tint where the sign is clearest
NEITHER = 128  # the hue of no clear sign
STRENGTH = 0.7  # of the colours that tint


def lit_pixels(pixels: NDArray[np.uint8], seen: Spotlight, colormap: str = "RdBu") -> NDArray[np.uint8]:
    """The picture `(H, W, 3)` by its light."""
    shape = pixels.shape[:2]
    light = between(seen.light, shape)[..., None] / 255
    sign = (between(seen.hue, shape)[..., None] - NEITHER) / (255 - NEITHER) * (colormap in DIVERGING)
    cover, photo = TINT * np.abs(sign), pixels.astype(np.float64)
    cool, warm = colorize([-STRENGTH, STRENGTH], 1.0, colormap, dark=True).astype(np.float64)
    gray = photo @ np.array([0.2126, 0.7152, 0.0722])
    tint = np.where(sign > 0, warm, cool) * (0.15 + 0.85 * gray[..., None] / 255)
    return np.rint((DARK + (1 - DARK) * light) * ((1 - cover) * photo + cover * tint)).clip(0, 255).astype(np.uint8)


def between(small: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """A small map over a larger picture `(H, W)`, straight between the middles of its places.

    Examples
    --------
    >>> between(np.array([[0, 100]], np.uint8), (1, 4)).tolist()
    [[0.0, 25.0, 75.0, 100.0]]
    """
    found = small.astype(np.float64)
    for axis, size in enumerate(shape):
        count = found.shape[axis]
        places = (np.arange(size) + 0.5) * count / size - 0.5
        found = np.apply_along_axis(lambda line, at=places, n=count: np.interp(at, np.arange(n), line), axis, found)
    return found
