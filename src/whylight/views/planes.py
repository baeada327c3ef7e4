"""Numbers as the bytes of pictures: planes between their own ends, composites of three. Knows nothing of models or tensors."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NONE = -1  # no plane in this colour
LIGHTS = ("red", "green", "blue")


def to_bytes(values: NDArray[np.float32], low: NDArray[np.float32], high: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Values between `low` (0) and `high` (255), which multiply them.

    Examples
    --------
    >>> to_bytes(np.float32([1, 2, 3]), np.float32(1), np.float32(3))
    array([  0, 128, 255], dtype=uint8)
    """
    span = np.where(high > low, high - low, 1)
    return np.rint(255 * ((values - low) / span).clip(0, 1)).astype(np.uint8)


def lights(names: Sequence[str], count: int) -> tuple[int, ...]:
    """Which of `count` planes are shown as red, green and blue: by their names, else the first three.

    Examples
    --------
    >>> lights(("Blue", "Green", "Red", "near infrared"), 4), lights((), 5), lights((), 2)
    ((2, 1, 0), (0, 1, 2), (0, 1, -1))
    """
    spoken = [name.casefold() for name in names]
    found = [next((i for i, name in enumerate(spoken) if _is(light, name)), NONE) for light in LIGHTS]
    return tuple(found) if NONE not in found else tuple(i if i < count else NONE for i in range(3))


def _is(light: str, name: str) -> bool:
    """Whether a plane is called after a colour: "red" and "Red (B4)", but neither "infrared" nor "red edge"."""
    words = name.replace("_", " ").replace("-", " ").replace("(", " ").split()
    return light in words and not {"near", "edge", "infra", "infrared"} & set(words)


def composite(planes: NDArray[np.uint8], chosen: Sequence[int]) -> NDArray[np.uint8]:
    """Three of the planes `(C, H, W)` as red, green and blue `(H, W, 3)`; −1 leaves a colour out."""
    dark = np.zeros_like(planes[0])
    return np.stack([dark if i == NONE else planes[i] for i in chosen], axis=-1)
