"""What it is to change an input by hand. Knows nothing of any one kind of input."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from whylight.views.view import View

Change = Mapping[str, Any]


class Edit(ABC):
    """One way to change an input of some kind.

    Attributes
    ----------
    name
        What is changed.
    """

    name: ClassVar[str]

    @abstractmethod
    def suits(self, x: Any, view: View | None) -> bool:
        """Whether such an input can be changed so."""

    def each(self, x: Any, view: View | None) -> list[str]:
        """What can be changed of every input that such a one consists of, by name; "" for nothing."""
        return [self.name]

    @abstractmethod
    def apply(self, x: Any, view: View, change: Change) -> Any:
        """Another input with the change; `x` stays as it is."""
