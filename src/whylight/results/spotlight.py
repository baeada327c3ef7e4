"""The light by which a picture is seen: where an answer lies on it. Knows nothing of engines, kinds of inputs, or of how to draw.

Of a method that multiplies a slope by how far the input is from the baseline (integrated gradients), what lies near the baseline
would be dark whatever the slope: a black cat before a black baseline. So the light is of the slope, |a| / |x − x′|.
"""

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from whylight.results.attribution import Attribution
from whylight.tensors import as_tuple
from whylight.views.spotlight import Spotlight

BASELINES = 8  # that are asked how far the input is from them
_FOUND: WeakKeyDictionary[Attribution, Spotlight | None] = WeakKeyDictionary()


def spotlight_of(attribution: Attribution) -> Spotlight | None:
    """Where an answer lies on its picture; None for what is no picture.

    Of several baselines the sizes are root mean squares over them.
    """
    if attribution not in _FOUND:
        _FOUND[attribution] = _found(attribution)
    return _FOUND[attribution]


def _found(attribution: Attribution) -> Spotlight | None:
    view = attribution.view
    if view is None or "spotlight" not in view.details:
        return None
    values, divided = _plain(attribution.known[0]), attribution.provenance.get("multiplies_by_inputs")
    references = [b.tensors[0] for b in attribution.baselines[:BASELINES]] if divided else []
    return view.spotlight(values, _sizes(values, attribution), references)


def _sizes(values: NDArray[Any], attribution: Attribution) -> NDArray[Any]:
    """|a|, over all baselines."""
    count = len(attribution.baselines)
    if attribution.baseline_spread is None or count < 2:
        return np.abs(values)
    return np.hypot(values, np.float32((1 - 1 / count) ** 0.5) * _plain(as_tuple(attribution.baseline_spread)[0]))


def _plain(maps: Tensor) -> NDArray[Any]:
    """float32 on the CPU: a light needs no more digits."""
    return maps.detach().float().cpu().numpy()
