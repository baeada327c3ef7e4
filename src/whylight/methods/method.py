"""What every method is: a frozen dataclass of its parameters with one generator, `refine`."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, ClassVar, Literal, NamedTuple

from whylight.errors import InvalidTypeError, unknown_name
from whylight.parameters import check, described
from whylight.problem.problem import Problem
from whylight.results.attribution import Attribution
from whylight.tensors import Tensors

Question = Literal["part", "change", "group"]
QUESTIONS: dict[Question, str] = {
    "part": "Which part contributed",
    "change": "Which change matters",
    "group": "What a group contributes",
}


class Plan(NamedTuple):
    """What a method is going to cost: passes through the model per sample and baseline, or as many `at_most`."""

    passes: int
    at_most: bool = False


class Method(ABC):
    """An attribution method. Subclasses are frozen dataclasses whose fields are the method's parameters."""

    name: ClassVar[str]  # in the registry
    label: ClassVar[str]  # shown to people
    hint: ClassVar[str]  # one sentence: what its numbers mean
    asks: ClassVar[Question] = "part"  # what its numbers answer
    on_line: ClassVar[bool] = False  # whether its gradients lie on the straight line from the baseline to the input

    needs_gradients: ClassVar[bool] = True
    counted: ClassVar[str] = "gradient"  # what n_evaluations counts

    def __post_init__(self) -> None:
        """Check every parameter against its description; what relates two of them is checked by the method."""
        check(self)

    @classmethod
    def parameters(cls) -> list[dict[str, Any]]:
        """What can be set, as plain values: name, type, default, range, choices, unit and a sentence of each."""
        return [parameter.schema() for parameter in described(cls)]

    @property
    def question(self) -> str:
        """What its numbers answer, in words."""
        return QUESTIONS[self.asks]

    @property
    def per_unit(self) -> bool:
        """Whether its numbers are output per unit of input, not shares of the output."""
        return False

    @property
    def multiplies_by_inputs(self) -> bool:
        """Whether its numbers are (x - x') times a slope: large where the input is far from the baseline, whatever the slope."""
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

    def planned(self, problem: Problem) -> Plan | None:
        """Passes through the model that it will take for a problem, without any; None where they show only on the way.

        Asked where `n_gradients` does not know them.
        """
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


METHODS: dict[str, type[Method]] = {}  # by name; filled by the package


def make(spec: Any, **steps: Any) -> Method:
    """A method from its registry name or an instance; `n_steps`, `tol`, `rule` that are not None configure it."""
    if isinstance(spec, str):
        if spec not in METHODS:
            raise unknown_name("method", spec, METHODS)
        spec = METHODS[spec]()
    if not isinstance(spec, Method):
        raise InvalidTypeError(
            f"method must be a name or an instance from whylight.methods; got {type(spec).__name__}. "
            f"Names: {', '.join(METHODS)}."
        )
    own = {f.name for f in fields(spec)}  # type: ignore[arg-type]
    given = {key: value for key, value in steps.items() if value is not None and key in own}
    if {"n_steps", "tol"} <= own and len(
        given.keys() & {"n_steps", "tol"}
    ) == 1:  # the one given replaces the other of an instance
        given = {"n_steps": None, "tol": None, **given}
    return replace(spec, **given) if given else spec  # type: ignore[type-var]
