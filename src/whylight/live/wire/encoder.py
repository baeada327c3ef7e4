"""How one kind of input travels: itself, maps over it, and its path. A new kind is one class, registered at `encoder`.

Knows nothing of traits, comms or threads.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import singledispatch
from typing import Any, ClassVar, Generic, TypedDict, TypeVar

import numpy as np
from torch import Tensor

from whylight.errors import InvalidTypeError
from whylight.live.wire.arrays import PackedArray, PackedArrays, array
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.tensors import to_ndim
from whylight.views.row_groups import RowGrouping
from whylight.views.view import Arrays, View

V = TypeVar("V", bound=View)


class Ways(TypedDict, total=False):
    """How an answer can be shown.

    Attributes
    ----------
    details
        How much can be told of it at a time, the usual first; only where there is a choice.
    """

    details: list[str]


class Input(Ways):
    """What is being explained. Every kind of input declares a message of its own, with its `kind`."""

    v: int


class Scales(TypedDict, total=False):
    """What arrays were divided by, so that float16 keeps their precision."""

    channel_scale: float | None
    error_scale: float | None
    value_scale: float | None
    fine_scale: float | None
    parts: list[PartScales]


class PartScales(Scales):
    """What is said of one of several inputs: its name, the sum of its map, and its share of all |attributions|."""

    name: str
    sum: float | None
    share: float | None


class Encoder(ABC, Generic[V]):
    """Messages about one view.

    Attributes
    ----------
    map_bytes
        Bytes of one number in the maps of a path.
    bundle
        The front end that draws it.
    """

    map_bytes: ClassVar[int] = 2
    bundle: str = "widget.js"

    def __init__(self, view: V) -> None:
        self.view = view

    @abstractmethod
    def input(self, groups: Sequence[RowGrouping] = ()) -> Input:
        """What is being explained; `groups` are ways to group rows."""

    def maps(self, attribution: Attribution, found: Arrays, scales: Scales) -> PackedArrays:
        """The arrays of an answer, from those the view draws; what they were divided by is noted in `scales`."""
        return {name: array(values) for name, values in found.items()}

    def kept(self, arrays: PackedArrays) -> PackedArrays:
        """Those of a final answer's arrays that a saved notebook keeps."""
        return arrays

    def compared(self, arrays: PackedArrays, scales: Scales) -> PackedArrays:
        """The arrays of an answer that is shown small beside another."""
        return arrays

    def thumbnail(self, reference: Tensor) -> PackedArray | None:
        """A small picture of a reference input; None for what is no picture."""
        return None

    def path_cells(self) -> int:
        """How many numbers a map of a path has."""
        return 0

    def path_maps(self, seen: PathTrace) -> tuple[PackedArray, np.ndarray, int]:
        """The maps of a path, the |value| that each was divided by, and how many pixels go into a cell's side."""
        scales, unit = scaled(seen.maps)
        return array(unit, "float16"), scales, 1

    def path_start(self, seen: PathTrace) -> PackedArrays:
        """Arrays of the reference input at the start of a path."""
        return {}


def scaled(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The largest |value| of every map `(M, ...)`, and the maps divided by it."""
    scales = np.abs(maps).reshape(len(maps), -1).max(1)
    return scales, maps / to_ndim(np.where(scales == 0, 1, scales), maps.ndim)


@singledispatch
def encoder(view: Any) -> Encoder[Any]:
    """The encoder of a view."""
    raise InvalidTypeError(f"There is no way to send {type(view).__name__} to the browser.")
