"""What every method is: a frozen dataclass of its parameters with one generator, `refine`."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, ClassVar

from whylight.attribution import Attribution
from whylight.problem import Problem
from whylight.score import Tensors


class Method(ABC):
    """An attribution method. Subclasses are frozen dataclasses whose fields are the method's parameters."""

    name: ClassVar[str]  # in the registry
    label: ClassVar[str]  # shown to people
    hint: ClassVar[str]  # one sentence: what its numbers mean
    on_line: ClassVar[bool] = False  # whether its gradients lie on the straight line from the baseline to the input

    needs_gradients: ClassVar[bool] = True
    counted: ClassVar[str] = "gradient"  # what n_evaluations counts

    @property
    def per_unit(self) -> bool:
        """Whether its numbers are output per unit of input, not shares of the output."""
        return False

    @property
    def title(self) -> str:
        """The label, with what it is applied to."""
        return self.label

    @property
    def needs_baseline(self) -> bool:
        """Whether it compares the input with a baseline x'."""
        return False

    @property
    def starts_at_baseline(self) -> bool:
        """Whether F(x') comes with a gradient there, or is not asked for."""
        return True

    @property
    def n_gradients(self) -> int | None:
        """Passes through the model per sample and baseline, where they are known beforehand."""
        return None

    def suits(self, model: Any, inputs: Tensors) -> bool:
        """Whether it can answer for such a model and such inputs `(N, ...)`."""
        return True

    def code(self, prefix: str = "wl.methods.") -> str:
        """The call that makes it, as Python."""
        given = ((f.name, getattr(self, f.name)) for f in fields(self))  # type: ignore[arg-type]
        written = (f"{name}={v.code(prefix) if isinstance(v, Method) else repr(v)}" for name, v in given)
        return f"{prefix}{type(self).__name__}({', '.join(written)})"

    @abstractmethod
    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield better and better attributions; the last one is the answer."""
