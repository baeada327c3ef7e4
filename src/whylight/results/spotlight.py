"""The light by which a picture is seen: where an answer lies on it. Knows nothing of engines, or of how to draw.

Of a method that multiplies a slope by how far the input is from the baseline (integrated gradients), what lies near the baseline
would be dark whatever the slope: a black cat before a black baseline. So the light is of the slope, |a| / |x − x′|.
"""

from collections.abc import Sequence
from functools import singledispatch
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from whylight.results.attribution import Attribution
from whylight.tensors import as_tuple
from whylight.views.image import ImageView
from whylight.views.spotlight import Spotlight, spotlight

NEAR = 0.1  # of the range from black to white: an input nearer to its baseline counts as so far from it
BASELINES = 8  # that are asked how far the input is from them
_FOUND: WeakKeyDictionary[Attribution, Spotlight | None] = WeakKeyDictionary()


def spotlight_of(attribution: Attribution) -> Spotlight | None:
    """Where an answer lies on its picture; None for what is no picture.

    Of several baselines the sizes are root mean squares over them.
    """
    if attribution not in _FOUND:
        _FOUND[attribution] = _light(attribution.view, attribution)
    return _FOUND[attribution]


@singledispatch
def _light(view: Any, attribution: Attribution) -> Spotlight | None:
    return None


@_light.register(ImageView)
def _of_picture(view: ImageView, attribution: Attribution) -> Spotlight | None:
    if "spotlight" not in view.details:
        return None
    values = attribution.known[0][0].detach().float().cpu().numpy()
    sizes = _sizes(values, attribution)
    if attribution.provenance.get("multiplies_by_inputs") and attribution.baselines:
        steps = _steps(view, [b.tensors[0] for b in attribution.baselines[:BASELINES]])
        sizes = sizes / (steps if len(steps) == len(sizes) else steps.mean(0))
    return spotlight(values.sum(0), sizes.sum(0))


def _sizes(values: NDArray[np.float32], attribution: Attribution) -> NDArray[np.float32]:
    """|a| `(C, H, W)`, over all baselines."""
    count = len(attribution.baselines)
    if attribution.baseline_spread is None or count < 2:
        return np.abs(values)
    spread = as_tuple(attribution.baseline_spread)[0][0].detach().float().cpu().numpy()
    return np.hypot(values, np.sqrt((count - 1) / count, dtype=np.float32) * spread)


def _steps(view: ImageView, references: Sequence[Tensor]) -> NDArray[np.float32]:
    """How far the picture is from its baselines, of the range from black to white, `(3, H, W)`; never less than `NEAR`."""
    picture = view.pixels.astype(np.float32)
    apart = [picture - view.show(reference) for reference in references]
    sizes = np.abs(apart[0]) if len(apart) == 1 else np.sqrt(np.mean(np.square(apart), axis=0))
    return np.moveaxis(np.maximum(sizes, 255 * NEAR) / 255, 2, 0)
