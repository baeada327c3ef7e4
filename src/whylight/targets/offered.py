"""Targets that a prediction suggests: the common class of the rows of a table, and the places of dense outputs.

Knows nothing of how they are shown.
"""

from typing import Any

import torch
from torch import Tensor

from whylight.errors import WhylightError
from whylight.model.outputs import detections_of, output_tensor
from whylight.targets.about import About
from whylight.targets.boxes import Box
from whylight.targets.dense import DenseTarget, Offer
from whylight.targets.regions import Region
from whylight.targets.steps import At
from whylight.targets.target import Contrast
from whylight.targets.tokens import Token


def common(outputs: Tensor) -> int | None:
    """The class that all rows of a table are explained for: the second of two, else the one predicted most often.

    Examples
    --------
    >>> common(torch.tensor([[0.0, 1.0, 2.0], [0.0, 1.0, 2.0], [3.0, 1.0, 2.0]]))
    2
    """
    if outputs.ndim != 2 or outputs.shape[1] < 2:
        return None
    if outputs.shape[1] == 2:
        return 1
    return int(torch.nan_to_num(outputs, nan=-torch.inf).argmax(1).bincount(minlength=outputs.shape[1]).argmax())


def offers(outputs: Any, about: About, asked: Any = None) -> list[Offer]:
    """The targets that the dense outputs of one input suggest, of the kind asked for or else of the kind they look like.

    Outputs of one score per class suggest none, unless a target of this kind was asked for.
    """
    kind = _kind_of(asked) or _guess(outputs, about)
    if kind is None or about.n_samples != 1:
        return []
    try:
        return kind.offers(outputs, about)
    except WhylightError:  # the outputs are of another kind
        return []


def usual(found: list[Offer]) -> DenseTarget | None:
    """The first of those worth a look."""
    return next((offer.spec for offer in found if offer.likely), found[0].spec if found else None)


def _kind_of(asked: Any) -> type[DenseTarget] | None:
    asked = asked.a if isinstance(asked, Contrast) else asked
    return type(asked) if isinstance(asked, DenseTarget) else None


def _guess(outputs: Any, about: About) -> type[DenseTarget] | None:
    """What outputs look like: boxes that say so, pictures of scores, one label per token or named frame, else steps."""
    if detections_of(outputs) is not None:
        return Box
    shape = output_tensor(outputs).shape
    if len(shape) != 3:
        return Region if len(shape) > 3 else None
    if about.boxes:
        return Box
    labelled = about.labels is not None and len(about.labels) == shape[2]
    return Token if labelled or about.places() else At
