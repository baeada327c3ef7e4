"""What every method is: a frozen dataclass of its parameters with one generator, `refine`."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from whylight.attribution import Attribution
from whylight.problem import Problem


class Method(ABC):
    """An attribution method. Subclasses are frozen dataclasses whose fields are the method's parameters."""

    name: ClassVar[str]  # in the registry
    label: ClassVar[str]  # shown to people
    hint: ClassVar[str]  # one sentence: what its numbers mean
    needs_baseline: ClassVar[bool] = False
    needs_gradients: ClassVar[bool] = True
    counted: ClassVar[str] = "gradient"  # what n_evaluations counts
    on_line: ClassVar[bool] = False  # whether its gradients lie on the straight line from the baseline to the input

    @property
    def per_unit(self) -> bool:
        """Whether its numbers are output per unit of input, not shares of the output."""
        return False

    @property
    def starts_at_baseline(self) -> bool:
        """Whether F(x') comes with a gradient there, or is not asked for."""
        return True

    @abstractmethod
    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield better and better attributions; the last one is the answer."""
