"""A region of a picture erased: its pixels get the values of a baseline, in the model's own units. Knows nothing of methods."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np
import torch

from whylight.edits.edit import Change, Edit
from whylight.errors import InvalidValueError
from whylight.inputs.input_kind import InputKind, InputOptions, register
from whylight.inputs.prepare import prepare
from whylight.inputs.prepared import Prepared
from whylight.model.user_model import UserModel
from whylight.views.image import ImageView
from whylight.views.view import View


@dataclass(frozen=True)
class Erased:
    """An input without some of its areas.

    Parameters
    ----------
    x
        The picture as it was given.
    areas, units
        Numbers of the areas, and what areas are; as `selection` and `units` of `whylight.Explanation`.
    fill
        The name of the baseline that takes their place; another than those on offer is the usual one.
    """

    x: Any
    areas: tuple[int, ...]
    units: Any
    fill: str


class RegionEdit(Edit):
    """Areas erased."""

    name = "areas"

    def suits(self, x: Any, view: View | None) -> bool:
        """A picture that can be drawn again."""
        return type(view) is ImageView and not isinstance(x, (tuple, dict))

    def apply(self, x: Any, view: View, change: Change) -> Erased:
        """The picture without these areas."""
        areas: Sequence[int] = change["areas"]
        if not areas:
            raise InvalidValueError(
                "Select what to erase first: click areas of the picture, or draw a loop around them."
            )
        return Erased(x, tuple(int(area) for area in areas), change.get("units"), str(change.get("fill")))


@register
class ErasedInput(InputKind):
    """A picture without some of its areas, prepared as the whole one is."""

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
        fill = x.fill if x.fill in whole.baselines else whole.default_baseline
        (reference,) = whole.references(fill)[0].tensors
        labels = view.group_units(tuple(picture.shape), x.units).labels
        gone = torch.from_numpy(np.isin(labels, x.areas)).to(picture.device)
        made = torch.where(gone, reference.to(picture), picture)
        drawn = replace(view, pixels=view.show(made))
        return replace(whole, inputs=(made,), draw=lambda: drawn, outputs=None)
