"""Places of a picture erased: their pixels get the values of a baseline, in the model's own units. Knows nothing of methods."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from whylight.edits.edit import Change, Edit
from whylight.errors import InvalidValueError
from whylight.inputs.input_kind import InputKind, InputOptions, register
from whylight.inputs.prepare import prepare
from whylight.inputs.prepared import Prepared
from whylight.model.user_model import UserModel
from whylight.views.image import ImageView
from whylight.views.view import View


class Places(Protocol):
    """Places of a picture."""

    def mask(self, view: ImageView, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Which pixels of an input of this shape they are, `(H, W)`."""
        ...


@dataclass(frozen=True)
class Areas:
    """Areas by their numbers, and what areas are; as `selection` and `units` of `whylight.Explanation`."""

    numbers: tuple[int, ...]
    units: Any

    def mask(self, view: ImageView, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """The pixels of the areas."""
        return np.isin(view.group_units(shape, self.units).labels, self.numbers)


@dataclass(frozen=True)
class Stroke:
    """A line drawn by hand with a round brush.

    Parameters
    ----------
    points
        Where it went, x and y in turn, as shares of the picture's width and height.
    size
        The brush's diameter, as a share of the picture's width.
    """

    points: tuple[float, ...]
    size: float

    def mask(self, view: ImageView, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """The pixels whose middles lie under the brush."""
        rows, columns = shape[-2:]
        ends, radius = np.reshape(self.points, (-1, 2)) * (columns, rows), self.size * columns / 2
        found = np.zeros((rows, columns), bool)
        for start, end in zip(ends, [*ends[1:], ends[-1]], strict=True):
            left, top = np.maximum(np.floor(np.minimum(start, end) - radius), 0).astype(int)
            right, bottom = np.maximum(np.ceil(np.maximum(start, end) + radius), 0).astype(int)
            part = found[top:bottom, left:right]
            rows_at, columns_at = np.indices(part.shape)
            part |= _away(columns_at + left + 0.5, rows_at + top + 0.5, start, end) <= radius
        return found


def _away(x: NDArray[Any], y: NDArray[Any], start: NDArray[Any], end: NDArray[Any]) -> NDArray[Any]:
    """How far points are from a line between two."""
    across, down = end - start
    length = across**2 + down**2
    along = ((x - start[0]) * across + (y - start[1]) * down) / length if length else np.zeros_like(x)
    along = np.clip(along, 0, 1)
    return np.hypot(x - start[0] - along * across, y - start[1] - along * down)


@dataclass(frozen=True)
class Erased:
    """An input without some of its places.

    Parameters
    ----------
    x
        The picture as it was given.
    places
        What is gone: a pixel that any of them holds.
    fill
        What takes their place, as `baseline` of `whylight.Explanation`.
    """

    x: Any
    places: tuple[Places, ...]
    fill: Any


class RegionEdit(Edit):
    """Areas or strokes erased."""

    name = "areas"

    def suits(self, x: Any, view: View | None) -> bool:
        """A picture that can be drawn again."""
        return type(view) is ImageView and not isinstance(x, (tuple, dict))

    def apply(self, x: Any, view: View, change: Change) -> Erased:
        """The picture without these places."""
        areas: Sequence[int] = change.get("areas", ())
        strokes = [Stroke(tuple(map(float, s["points"])), float(s["size"])) for s in change.get("strokes", ())]
        numbers = tuple(int(area) for area in areas)
        places = (*([Areas(numbers, change.get("units"))] if numbers else []), *(s for s in strokes if s.points))
        if not places:
            raise InvalidValueError(
                "Say first what to erase: paint over it, or select areas of the picture by a click or a loop around them."
            )
        return Erased(x, places, change.get("fill"))


@register
class ErasedInput(InputKind):
    """A picture without some of its places, prepared as the whole one is."""

    names: ClassVar = ("picture",)

    def accepts(self, model: UserModel, x: Any, options: InputOptions) -> bool:
        """What `RegionEdit` makes."""
        return isinstance(x, Erased)

    def prepare(self, model: UserModel, x: Any, options: InputOptions) -> Prepared:
        """The whole picture with the baseline in the areas' place."""
        given = {f.name: getattr(options, f.name) for f in fields(options)}
        whole = prepare(model, x.x, **given)
        view, (picture,) = whole.drawn(), whole.inputs
        assert isinstance(view, ImageView)
        (reference,) = whole.references(x.fill)[0].tensors
        shape = tuple(picture.shape)
        gone = torch.from_numpy(np.any([places.mask(view, shape) for places in x.places], axis=0)).to(picture.device)
        made = torch.where(gone, reference.to(picture), picture)
        drawn = replace(view, pixels=view.show(made))
        return replace(whole, inputs=(made,), draw=lambda: drawn, outputs=None)
