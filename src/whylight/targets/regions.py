"""A class over a region of a segmentation: outputs `(N, C, H, W)`, `(N, C, D, H, W)`, `(N, C, T)`. Knows nothing of pictures."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.model.outputs import output_tensor
from whylight.numbers import percent
from whylight.targets.about import About
from whylight.targets.dense import ClassName, DenseTarget, Offer, checked_class, class_index
from whylight.targets.labels import name_of
from whylight.targets.masks import digest_of
from whylight.targets.several import each_its_own
from whylight.targets.target import Target

BACKGROUND = ("background", "__background__")


@dataclass(frozen=True)
class Mask:
    """Which pixels are meant, as plain values that stay as they are."""

    shape: tuple[int, ...]
    packed: str

    @classmethod
    def of(cls, given: Any) -> Self:
        """Flags, or numbers that are all 0 or 1: an array, a tensor or nested lists."""
        array = given.detach().cpu().numpy() if isinstance(given, Tensor) else np.asarray(given)
        if array.dtype.kind not in "biuf" or array.ndim == 0 or not ((array == 0) | (array == 1)).all():
            raise InvalidTypeError(
                "mask of wl.targets.region(class, mask) must be flags (or numbers 0 and 1), one per pixel of the output or the input, "
                f"shape (H, W); got {type(given).__name__} of {array.dtype}, shape {array.shape}."
            )
        if not array.any():
            raise InvalidValueError("The mask of wl.targets.region(class, mask) picks no pixel.")
        return cls(array.shape, np.packbits(array.astype(bool)).tobytes().hex())

    @property
    def flags(self) -> Tensor:
        """As a tensor."""
        bits = np.unpackbits(np.frombuffer(bytes.fromhex(self.packed), np.uint8), count=int(np.prod(self.shape)))
        return torch.from_numpy(bits.astype(bool).reshape(self.shape))


@dataclass(frozen=True, repr=False)
class Region(DenseTarget):
    """Made by `region`."""

    name: ClassName
    mask: Mask | None = None
    group = "Regions"

    def fixed(self, outputs: Any, about: About) -> Target:
        """The mean score of the class over its pixels."""
        scores = _scores(outputs, about)
        c = class_index(self.name, scores.shape[1], about, tuple(scores.shape))
        masks = self._predicted(scores, c, about) if self.mask is None else self._given(self.mask, scores, about)
        name = f"{_name(c, scores, about)} region"
        if len(masks) == 1:
            return _mean(
                c, masks[0], about, f"{name} ({percent(float(masks.float().mean()))})", drawn=self.mask is not None
            )
        parts = [_mean(c, mask, about, name, drawn=True) for mask in masks]
        return replace(each_its_own(parts), value=f"region({c}, mask {digest_of(masks)})")

    def _predicted(self, scores: Tensor, c: int, about: About) -> Tensor:
        """Where the model itself says this class, `(N, H, W)`."""
        won = predicted(scores, about)
        found = won == c
        empty = (~found.flatten(1).any(1)).nonzero().flatten().tolist()
        if empty:
            present = ", ".join(_name(i, scores, about) for i in won[empty[0]].unique().tolist() if i >= 0)
            where = f" in sample {empty[0]}" if len(scores) > 1 else ""
            raise InvalidValueError(
                f"The model predicts {_name(c, scores, about)} nowhere{where}, so the region has no pixel (it predicts "
                f"{present or 'nothing'}): name one of these, or give wl.targets.region(class, mask)."
            )
        return found.cpu()

    def _given(self, mask: Mask, scores: Tensor, about: About) -> Tensor:
        """The mask in the size of the output, `(1, H, W)`, or `(N, H, W)` where each sample has its own."""
        flags, size = mask.flags, tuple(scores.shape[2:])
        each = flags if flags.ndim == scores.ndim - 1 and len(flags) in (1, len(scores)) else flags[None]
        if tuple(each.shape[1:]) not in (size, about.size):
            other = f" or of the input, {about.size}" if about.size and about.size != size else ""
            raise InvalidValueError(
                f"The mask has shape {mask.shape}; wl.targets.region(class, mask) takes one flag per pixel of the output, {size}{other}. "
                "A mask of another picture's size is resized or cropped as the picture was."
            )
        if tuple(each.shape[1:]) != size:
            each = nn.functional.interpolate(each[:, None].float(), size, mode="nearest-exact")[:, 0] > 0
            if not bool(each.flatten(1).any(1).all()):
                raise InvalidValueError(
                    f"Nothing is left of the mask in the size of the output, {size}: give a mask of that size, or a larger one."
                )
        return each

    def of_sample(self, i: int, outputs: Any) -> "Region":
        """With its own mask, where each sample has one."""
        scores = output_tensor(outputs)
        flags = None if self.mask is None else self.mask.flags
        if flags is None or flags.ndim != scores.ndim - 1 or len(flags) != len(scores):
            return self
        return replace(self, mask=Mask.of(flags[i]))

    @classmethod
    def offers(cls, outputs: Any, about: About) -> list[Offer]:
        """The classes present in the prediction, the largest first."""
        scores = _scores(outputs, about)[:1]
        won, found = predicted(scores, about), []
        classes, counts = won[won >= 0].unique(return_counts=True)
        for c, count in sorted(zip(classes.tolist(), counts.tolist(), strict=True), key=lambda pair: -pair[1]):
            name = _name(c, scores, about)
            spec = cls(name if name in (about.labels or ()) else c)
            score = float(mean_at(scores[:, c], (won == c).flatten().nonzero().flatten()))
            likely = name.lower() not in BACKGROUND
            found.append(Offer(spec, f"region({c})", name, score, count / won.numel(), likely))
        return found

    def arguments(self) -> list[str]:
        """The class, and that there is a mask."""
        return [repr(self.name)] if self.mask is None else [repr(self.name), "mask"]


def region(name: ClassName, mask: Any = None) -> Region:
    """Why a class has its scores in a region of a segmentation: their mean over the pixels of the mask.

    Parameters
    ----------
    name
        Class number or label name, of outputs `(N, C, H, W)` (also volumes `(N, C, D, H, W)` and sequences `(N, C, T)`).
        Found in what the model returns as the tensor itself, `.logits`, `["logits"]` or torchvision's `["out"]`.
    mask
        Flags `(H, W)` of the output's size or of the input's (then resized, nearest), or `(N, H, W)` with one for each sample.
        Default: where the model predicts the class at the unmodified input; of a single class, where its score is positive.

    Notes
    -----
    The mean, not the sum, so that the score is in the unit of the outputs (a logit, say) whatever the number of pixels.
    With `output="probability"` it is the mean of the pixels' probabilities.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> net = lambda x: torch.cat([x, 1 - x], 1)  # (N, 1, H, W) -> (N, 2, H, W)
    >>> x = torch.tensor([[[[0.9, 0.8], [0.2, 0.1]]]])
    >>> wl.attribute(net, x, target=wl.targets.region(0), method="input_gradient").attributions.tolist()
    [[[[0.5, 0.5], [0.0, 0.0]]]]
    """
    return Region(checked_class(name, "the class", "region(class, mask)"), None if mask is None else Mask.of(mask))


def _mean(c: int, mask: Tensor, about: About, label: str, *, drawn: bool) -> Target:
    """The mean over one mask for all points. Pixels are taken, not multiplied or chosen by `where`, which would look like a kink."""
    at = mask.flatten().nonzero().flatten()

    def select(outputs: Any, samples: Tensor) -> Tensor:
        scores = output_tensor(outputs)
        return mean_at((scores if about.as_it_is else about.converted(scores))[:, c], at)

    digest = digest_of(mask[None])
    value = f"region({c}, mask {digest})" if drawn else f"region({c})"
    return Target(select, label, value, ("region", c, digest), about.output, linear=about.as_it_is)


def mean_at(scores: Tensor, at: Tensor) -> Tensor:
    """The mean of scores `(M, H, W)` at these pixels, `(M,)`; wide, as there may be many."""
    scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
    return scores.flatten(1)[:, at.to(scores.device)].mean(1)


def predicted(scores: Tensor, about: About) -> Tensor:
    """The class predicted at every pixel, `(N, H, W)`; of a single one, −1 where it is less likely than not."""
    if scores.shape[1] > 1:
        return scores.argmax(1)
    return torch.where(scores[:, 0] > (0.5 if about.output_kind == "probability" else 0), 0, -1)


def _scores(outputs: Any, about: About) -> Tensor:
    scores = about.scores(outputs)
    if scores.ndim < 3:
        raise InvalidValueError(
            f"wl.targets.region(class, mask) picks from segmentations, outputs (N, C, H, W); this model's output has shape "
            f"{tuple(scores.shape)}. For one score per class give the class itself, target=0 say."
        )
    return scores


def _name(c: int, scores: Tensor, about: About) -> str:
    return "foreground" if scores.shape[1] == 1 and not about.labels else name_of(c, about.labels)
