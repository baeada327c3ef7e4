"""What every kind of natural input is: recognised, and prepared for the engine. A new kind is one class, registered here.

Knows nothing of any one kind.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor

from whylight.inputs.prepared import Prepared
from whylight.model.user_model import UserModel


@dataclass(frozen=True)
class InputOptions:
    """The options that say how a natural input becomes tensors; see `whylight.explain`."""

    preprocess: Callable[[Any], Tensor] | None = None
    tokenizer: Any = None
    embedding: Any = None
    feature_names: Sequence[str] | None = None
    background: Any = None
    device: torch.device | None = None
    kind: Any = None
    channel_names: Sequence[str] | None = None
    sample_rate: float | None = None
    times: Any = None
    spacing: Any = None


class InputKind(ABC):
    """One kind of natural input.

    Attributes
    ----------
    names
        What `kind=` calls those that are drawn.
    """

    names: ClassVar[Collection[str]] = ()

    @abstractmethod
    def accepts(self, model: UserModel, x: Any, options: InputOptions) -> bool:
        """Whether `x` is of this kind, for this model."""

    @abstractmethod
    def prepare(self, model: UserModel, x: Any, options: InputOptions) -> Prepared:
        """The input, ready to explain."""


K = TypeVar("K", bound=InputKind)
INPUT_KINDS: list[InputKind] = []  # asked one after the other


def register(kind: type[K]) -> type[K]:
    """Let a kind be recognised, before those registered earlier."""
    INPUT_KINDS.insert(0, kind())
    return kind
