"""The light by which a picture is seen: where an answer lies on it. Knows nothing of engines, kinds of inputs, or of how to draw.

Of a method that multiplies a slope by how far the input is from the baseline (integrated gradients), what lies near the baseline
would be dark whatever the slope: a black cat before a black baseline. So the light is of the slope, |a| / |x − x′|.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from whylight.views.spotlight import Spotlight
from whylight.views.view import View

BASELINES = 8  # that are asked how far the input is from them


def light_on(
    view: View, values: Tensor, spread: Tensor | None, references: Sequence[Tensor], divided: bool
) -> Spotlight | None:
    """Where attributions `(1, ...)` lie on what a view shows; None for what is no picture.

    Parameters
    ----------
    spread
        Their standard deviation over several baselines: sizes are root mean squares over these then.
    references
        The baselines.
    divided
        Whether the sizes are to be divided by how far the input is from the baselines.
    """
    if "spotlight" not in view.details:
        return None
    found = _plain(values)
    sizes = np.abs(found) if spread is None else np.hypot(found, _population(spread, len(references)))
    return view.spotlight(found, sizes, references[:BASELINES] if divided else ())


def _population(spread: Tensor, count: int) -> NDArray[Any]:
    """Root mean square deviations from the mean of all."""
    return np.float32((1 - 1 / max(count, 2)) ** 0.5) * _plain(spread)


def _plain(maps: Tensor) -> NDArray[Any]:
    """float32 on the CPU: a light needs no more digits."""
    return maps.detach().float().cpu().numpy()
