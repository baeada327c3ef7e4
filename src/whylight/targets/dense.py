"""Dense outputs: many scores per class, one at every pixel, box, step or token. What their targets have in common.

A subclass is what a person writes, `wl.targets.token(3, "B-LOC")`, as a frozen record. Knows nothing of single kinds.
"""

import operator
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.model.outputs import output_tensor
from whylight.targets.about import About
from whylight.targets.labels import class_of
from whylight.targets.target import Target

ClassName = int | str  # its number or its label


@dataclass(frozen=True)
class Offer:
    """A target that a prediction suggests.

    Attributes
    ----------
    spec
        The target.
    value
        `Target.value` of it.
    label
        For people.
    score
        Its score, where it is one output.
    share
        The probability of its class, or the part of the output that it covers.
    likely
        Whether it is worth a look before others.
    """

    spec: "DenseTarget"
    value: str
    label: str
    score: float | None = None
    share: float | None = None
    likely: bool = True


class DenseTarget(ABC):
    """A target within a dense output. Subclasses are frozen dataclasses.

    Attributes
    ----------
    group
        What several of them are called in a list.
    """

    group: ClassVar[str]

    @abstractmethod
    def fixed(self, outputs: Any, about: About) -> Target:
        """The target, fixed at the outputs of the unmodified inputs."""

    def of_sample(self, i: int, outputs: Any) -> "DenseTarget":
        """The same for sample i alone; `outputs` are those of all."""
        return self

    @classmethod
    @abstractmethod
    def offers(cls, outputs: Any, about: About) -> list[Offer]:
        """Those that the outputs of one input suggest."""

    @abstractmethod
    def arguments(self) -> list[str]:
        """What it was made with, as Python."""

    def __repr__(self) -> str:
        name = type(self).__name__.lower()
        return f"wl.targets.{name}({', '.join(self.arguments())})"


def checked_number(value: Any, name: str, call: str) -> int:
    """A whole number, as Python counts: negative ones from the end."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise InvalidTypeError(
            f"{name} of wl.targets.{call} must be a whole number (negative: from the end); got {value!r}."
        )
    return operator.index(value)


def checked_class(value: Any, name: str, call: str) -> ClassName:
    """A class, by its number or its label."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise InvalidTypeError(f"{name} of wl.targets.{call} must be a number or a label; got {value!r}.")
    return operator.index(value)


def within(index: int, count: int, what: str, shape: tuple[int, ...], remedy: str = "") -> int:
    """A number below `count`, counted from the end if it is negative; `what` it is one of, for the error."""
    if not -count <= index < count:
        raise InvalidValueError(
            f"There is no {what} {index}: the model's output has shape {shape}, so these are 0 to {count - 1}, or count back from "
            f"-1 to {-count}.{remedy}"
        )
    return index % count


def class_index(given: ClassName, count: int, about: About, shape: tuple[int, ...], remedy: str = "") -> int:
    """The number of a class among `count`."""
    number = class_of(given, about.labels) if isinstance(given, str) else given
    return within(number, count, "class", shape, remedy).__index__()


def class_scores(outputs: Any, about: About) -> Tensor:
    """Outputs `(M, P, C)` with classes last, as what is asked for."""
    scores = output_tensor(outputs)
    return scores if about.as_it_is else about.converted(scores.movedim(-1, 1)).movedim(1, -1)


def at_place(
    place: int, classes: Sequence[int], about: About, *, label: str, value: str, marked: bool = False
) -> Target:
    """The score of one class at one place of outputs `(N, P, C)`; `classes` has one for every sample; `marked`: of a token."""
    each = tuple(classes)
    table = None if len(set(each)) == 1 else torch.tensor(each)

    def select(outputs: Any, samples: Tensor) -> Tensor:
        scores = class_scores(outputs, about)[:, place]
        if table is None:
            return scores[:, each[0]]
        return scores.gather(1, table.to(scores.device)[samples][:, None])[:, 0]

    return Target(
        select, label, value, ("at", place, *each), about.output, linear=about.as_it_is, place=place if marked else None
    )
