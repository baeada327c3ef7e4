"""The label of one token, or of one frame of a sequence: outputs `(N, T, C)`. Knows nothing of texts."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from whylight.errors import InvalidValueError
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
from whylight.targets.labels import name_of
from whylight.targets.target import Target

OUTSIDE = "o"  # the label of a token that is part of nothing


@dataclass(frozen=True, repr=False)
class Token(DenseTarget):
    """Made by `token`."""

    i: int
    label: ClassName | None = None
    group = "Tokens"

    def fixed(self, outputs: Any, about: About) -> Target:
        """The score of the label at that token; the label is the predicted one if none is named."""
        scores = _scores(outputs, about)
        shape = tuple(scores.shape)
        i = within(self.i, shape[1], "token", shape)
        if self.label is None:
            classes = scores[:, i].argmax(-1).tolist()
        else:
            classes = [class_index(self.label, shape[2], about, shape)] * shape[0]
        shared = len(set(classes)) == 1
        label = f"{_place(i, about)}: {name_of(classes[0], about.labels) if shared else 'the predicted labels'}"
        return at_place(i, classes, about, label=label, value=_value(i, classes[0] if shared else None), marked=True)

    @classmethod
    def offers(cls, outputs: Any, about: About) -> list[Offer]:
        """Every token with the label predicted for it, in their order."""
        scores = _scores(outputs, about)[0]
        best = scores.argmax(-1).tolist()
        chances = class_scores(scores[None], _probable(about))[0].amax(-1).tolist()
        found = []
        for i in about.places() or range(len(best)):
            if i < len(best):
                name = name_of(best[i], about.labels)
                spec = cls(i, name if name in (about.labels or ()) else best[i])
                label, score = f"{_place(i, about)}: {name}", float(scores[i, best[i]])
                found.append(Offer(spec, _value(i, best[i]), label, score, chances[i], name.lower() != OUTSIDE))
        return found

    def arguments(self) -> list[str]:
        """Its number and the label."""
        return [str(self.i)] if self.label is None else [str(self.i), repr(self.label)]


def token(i: int, label: ClassName | None = None) -> Token:
    """Why this token, or this frame, got its label: outputs `(N, T, C)` of token classifiers and per-frame nets.

    Parameters
    ----------
    i
        Place along T as the model counts, markers like [CLS] included; negative numbers count from the end.
    label
        Class number or label name. Default: the label that the model gives this token at the unmodified input.

    Notes
    -----
    With `output="probability"` the C labels of a token share a softmax (a single one a sigmoid).

    Examples
    --------
    >>> import torch, whylight as wl
    >>> tagger = lambda x: torch.stack([x, 2 * x], 2)  # (N, T) -> (N, T, 2)
    >>> wl.attribute(tagger, torch.ones(1, 3), target=wl.targets.token(-1, 1)).attributions.round(decimals=6).tolist()
    [[0.0, 0.0, 2.0]]
    """
    return Token(
        checked_number(i, "i", "token(i, label)"),
        None if label is None else checked_class(label, "label", "token(i, label)"),
    )


def _scores(outputs: Any, about: About) -> Tensor:
    scores = about.scores(outputs)
    if scores.ndim != 3:
        raise InvalidValueError(
            f"wl.targets.token(i, label) picks from one score per token and label, outputs (N, T, C); this model's output has shape "
            f"{tuple(scores.shape)}. Where labels come first, (N, C, T), give lambda x: model(x).transpose(1, 2); for a text as a whole a "
            "class; for pictures wl.targets.region."
        )
    return scores


def _probable(about: About) -> About:
    return About(about.n_samples, output="probability", output_kind=about.output_kind)


def _place(i: int, about: About) -> str:
    return about.places().get(i, f"token {i}")


def _value(i: int, label: int | None) -> str:
    return f"token({i})" if label is None else f"token({i}, {label})"
