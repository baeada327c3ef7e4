"""One box of a detector: outputs `(N, boxes, C)`, or what is left of them, a dictionary per picture. Knows nothing of anchors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from whylight.errors import InvalidValueError, ModelError
from whylight.model.outputs import Detections, detections_of
from whylight.numbers import percent
from whylight.targets.about import About
from whylight.targets.dense import (
    ClassName,
    DenseTarget,
    Offer,
    at_place,
    checked_class,
    checked_number,
    class_index,
    class_scores,
    within,
)
from whylight.targets.labels import class_of, name_of
from whylight.targets.target import Target

MOST = 30  # boxes offered


@dataclass(frozen=True, repr=False)
class Box(DenseTarget):
    """Made by `box`."""

    i: int
    name: ClassName | None = None
    group = "Boxes"

    def fixed(self, outputs: Any, about: About) -> Target:
        """The score of the class for that box."""
        found = detections_of(outputs)
        if found is not None:
            return self._detected(found, about)
        scores = _scores(outputs, about)
        shape = tuple(scores.shape)
        i = within(self.i, shape[1], "box", shape, TURNED)
        if self.name is None:
            classes = scores[:, i].argmax(-1).tolist()
        else:
            classes = [class_index(self.name, shape[2], about, shape, TURNED)] * shape[0]
        shared = len(set(classes)) == 1
        name = name_of(classes[0], about.labels) if shared else "the predicted classes"
        return at_place(i, classes, about, label=f"{name} (box {i})", value=_value(i, classes[0] if shared else None))

    def _detected(self, found: Detections, about: About) -> Target:
        if len(found) != about.n_samples:
            raise ModelError(f"The model returned {len(found)} dictionaries of boxes for {about.n_samples} samples.")
        boxes = [_Detected.of(one, self.i, self.name, about) for one in found]
        logarithm = about.output == "log_probability"

        def select(outputs: Any, samples: Tensor) -> Tensor:
            pairs = zip(detections_of(outputs) or (), samples.tolist(), strict=True)
            scores = torch.stack([boxes[sample].score(one) for one, sample in pairs])
            return scores.log() if logarithm else scores

        first, shared = boxes[0], len({(b.i, b.label) for b in boxes}) == 1
        label = f"{first.name} (box {first.i})" if shared else "one box per sample"
        value = _value(first.i, first.label) if shared else str([_value(b.i, b.label) for b in boxes])
        unit = about.output if about.output != "logit" else "score"
        return Target(select, label, value, ("detected", *(b.key for b in boxes)), unit)

    @classmethod
    def offers(cls, outputs: Any, about: About) -> list[Offer]:
        """The boxes with the best scores, those of no object left out where the labels tell."""
        found = detections_of(outputs)
        if found is not None:
            best, chances = (found[0][key].tolist() for key in ("labels", "scores"))
            own = chances
        else:
            scores = _scores(outputs, about)[:1]
            probable = class_scores(scores, About(1, output="probability", output_kind=about.output_kind))[0]
            best, chances = scores[0].argmax(-1).tolist(), probable.amax(-1).tolist()
            own, nothing = scores[0].amax(-1).tolist(), scores.shape[-1] - 1
            if about.labels and len(about.labels) == nothing:
                chances = [0.0 if c == nothing else p for c, p in zip(best, chances, strict=True)]
        order = sorted(range(len(best)), key=lambda i: -chances[i])[:MOST]
        return [_offer(i, best[i], own[i], chances[i], about) for i in order if chances[i] > 0]

    def arguments(self) -> list[str]:
        """Its number and the class."""
        return [str(self.i)] if self.name is None else [str(self.i), repr(self.name)]


def box(i: int, name: ClassName | None = None) -> Box:
    """Why a detector gives this box its class.

    Parameters
    ----------
    i
        Which box, at the unmodified input; negative numbers count from the end.
    name
        Class number or label name. Default: the class that the model gives this box at the unmodified input.

    Notes
    -----
    Two forms of outputs are known. Scores of all boxes `(N, boxes, C)`, also as `.logits` or `["pred_logits"]` (DETR and what
    follows it): a box is its place, the same along the whole path. With `output="probability"` the C classes share a softmax.
    YOLO's `(N, 4 + C, boxes)` becomes that by `lambda x: model(x)[:, 4:].transpose(1, 2)`.

    One dictionary per picture, with "scores", "labels" and "boxes" (torchvision): what is left after thresholds and suppression, in an
    order that changes. At another point the box is the one of the same class that overlaps it most; where there is none, that
    is an error, for its score would be made up. `box_score_thresh=0` (of Faster R-CNN; `score_thresh=0` elsewhere) keeps all.
    Scores are probabilities already; only "log_probability" converts them.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> net = lambda x: torch.stack([x, -x], 2)  # (N, 3) -> (N, 3 boxes, 2 classes)
    >>> wl.attribute(net, torch.tensor([[1.0, 2.0, 3.0]]), target=wl.targets.box(1, 0)).attributions.round(
    ...     decimals=6
    ... ).tolist()
    [[0.0, 2.0, 0.0]]
    """
    call = "box(i, class)"
    return Box(checked_number(i, "i", call), None if name is None else checked_class(name, "the class", call))


TURNED = " YOLO's outputs (N, 4 + C, boxes) are turned by lambda x: model(x)[:, 4:].transpose(1, 2)."


@dataclass(frozen=True)
class _Detected:
    """A box found in one picture, and how to find it again."""

    i: int
    label: int
    name: str
    corners: Tensor | None

    @classmethod
    def of(cls, one: Mapping[str, Tensor], i: int, name: ClassName | None, about: About) -> "_Detected":
        """The i-th of those found, checked to be of the class."""
        count = len(one["scores"])
        if not -count <= i < count:
            raise InvalidValueError(
                f"There is no box {i}: the detector found {count} in this picture{_listed(one, about)}."
            )
        label = int(one["labels"][i % count])
        wanted = label if name is None else class_of(name, about.labels) if isinstance(name, str) else name
        if label != wanted:
            raise InvalidValueError(
                f"Box {i} is {name_of(label, about.labels)} (class {label}), not {name!r}; the detector found{_listed(one, about)[1:]}."
            )
        corners = one["boxes"][i % count].detach() if "boxes" in one else None
        return cls(i % count, label, name_of(label, about.labels), corners)

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells it from others."""
        return self.i, self.label, None if self.corners is None else tuple(self.corners.tolist())

    def score(self, one: Mapping[str, Tensor]) -> Tensor:
        """Its score at another point."""
        same = one["labels"] == self.label
        if self.corners is None:
            overlap = (torch.arange(len(same), device=same.device) == self.i).float()
        else:
            overlap = overlaps(one["boxes"].detach(), self.corners)
        overlap = torch.where(same, overlap, torch.zeros_like(overlap))
        if not len(overlap) or not bool(overlap.max() > 0):
            raise ModelError(
                f"Box {self.i} ({self.name}) is gone at a point where the model was asked (a point of the path, or a changed input): of the "
                f"{len(same)} boxes found there none of its class overlaps it, so it has no score. Let the detector keep weak boxes "
                "(box_score_thresh=0, or score_thresh=0), start nearer (baseline='blur'), or explain the scores before boxes are "
                "dropped: a model that returns them as (N, boxes, C)."
            )
        return one["scores"][int(overlap.argmax())]


def overlaps(boxes: Tensor, corners: Tensor) -> Tensor:
    """Intersection over union of boxes `(B, 4)` (x1, y1, x2, y2) with one `(4,)`.

    Examples
    --------
    >>> overlaps(torch.tensor([[0.0, 0.0, 2.0, 2.0], [5.0, 5.0, 6.0, 6.0]]), torch.tensor([1.0, 0.0, 3.0, 2.0]))
    tensor([0.3333, 0.0000])
    """
    sides = (torch.minimum(boxes[:, 2:], corners[2:]) - torch.maximum(boxes[:, :2], corners[:2])).clamp(min=0)
    shared, area = sides.prod(1), lambda b: (b[..., 2:] - b[..., :2]).prod(-1)
    return shared / (area(boxes) + area(corners) - shared).clamp(min=torch.finfo(boxes.dtype).tiny)


def _listed(one: Mapping[str, Tensor], about: About) -> str:
    """The first boxes found, in words."""
    found = zip(one["labels"].tolist(), one["scores"].tolist(), strict=True)
    told = [f"{i} {name_of(label, about.labels)} {percent(score)}" for i, (label, score) in enumerate(found)]
    return f": {', '.join(told[:8])}{', …' * (len(told) > 8)}" if told else ": none"


def _scores(outputs: Any, about: About) -> Tensor:
    scores = about.scores(outputs)
    if scores.ndim != 3:
        raise InvalidValueError(
            f"wl.targets.box(i, class) picks from one score per box and class, outputs (N, boxes, C), or from a list with a dictionary of "
            f"'scores', 'labels' and 'boxes' per picture; this model's output has shape {tuple(scores.shape)}. Give a model that returns "
            f"the scores so, or a callable.{TURNED}"
        )
    return scores


def _offer(i: int, label: int, score: float, chance: float, about: About) -> Offer:
    name = name_of(label, about.labels)
    return Offer(
        Box(i, name if name in (about.labels or ()) else label), _value(i, label), f"{name} (box {i})", score, chance
    )


def _value(i: int, label: int | None) -> str:
    return f"box({i})" if label is None else f"box({i}, {label})"
