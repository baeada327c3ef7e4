"""Parameters that describe themselves: type, range, words and unit stand at the field, the sentence in the class docstring.

    n_steps: int = parameter(50, least=1, unit="intervals")

From the one description come the check of the values, with its error texts, and a schema for tables and controls.
Knows nothing of methods, models and widgets.
"""

import inspect
import math
import numbers
import operator
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from functools import cache
from types import NoneType, SimpleNamespace, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from whylight.errors import InvalidTypeError, InvalidValueError, unknown_name

T = TypeVar("T")
KEY = "parameter"  # of the description among a field's metadata


def parameter(
    default: T,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
    choices: Iterable[str] = (),
    unit: str = "",
) -> T:
    """Describe a field of a dataclass. Its annotation is the type; `above` and `below` are not allowed themselves.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class Ladder:
    ...     '''Leads up.
    ...
    ...     Parameters
    ...     ----------
    ...     height
    ...         How far. None leans it on the wall.
    ...     '''
    ...
    ...     height: float | None = parameter(2.5, above=0, unit="metres")
    >>> Ladder(), described(Ladder)[0].sentence
    (Ladder(height=2.5), 'How far.')
    >>> check(Ladder(0))
    Traceback (most recent call last):
    whylight.errors.InvalidValueError: height must be a finite number above 0 (metres), got 0.
    """
    limits = {"least": least, "above": above, "most": most, "below": below}
    return field(default=default, metadata={KEY: {**limits, "choices": tuple(choices), "unit": unit}})


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """What is known of a parameter; `type` is "int", "float", "bool", "str" or names of other classes."""

    name: str
    type: str
    several: bool  # a tuple of such values will do too
    optional: bool  # None will do too
    default: Any
    least: float | None
    above: float | None
    most: float | None
    below: float | None
    choices: tuple[str, ...]
    unit: str
    sentence: str

    def check(self, value: Any) -> None:
        """Raise unless the value, or each of several, is of the type and in the range."""
        if value is None and self.optional:
            return
        for one in value if self.several and isinstance(value, tuple) else (value,):
            if self.choices:
                if not (isinstance(one, str) and one in self.choices):
                    raise unknown_name(self.name, str(one), self.choices)
            elif not _IS.get(self.type, _anything)(one):
                none = ", or None" if self.optional and "," in self._expected else " or None" if self.optional else ""
                raise InvalidTypeError(f"{self.name} must be {self._expected}{none}, got {one!r}.")
            elif not self._allows(one):
                raise InvalidValueError(f"{self.name} must be {self._allowed}, got {one!r}.")

    def schema(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {**asdict(self), "choices": list(self.choices)}

    @property
    def range(self) -> str:
        """The range in words, empty where there is none."""
        if self.least is not None and self.most is not None:
            return f"between {self.least:g} and {self.most:g}"
        if self.above is not None and self.below is not None:
            return f"between {self.above:g} and {self.below:g}, both excluded"
        ends = (("of at least", self.least), ("above", self.above), ("of at most", self.most), ("below", self.below))
        return " and ".join(f"{words} {end:g}" for words, end in ends if end is not None)

    @property
    def _expected(self) -> str:
        """The type and the range in words."""
        kind = {"int": "a whole number", "float": "a number", "bool": "True or False", "str": "a string"}[self.type]
        return f"{kind} {self.range}".rstrip()

    @property
    def _allowed(self) -> str:
        """The range in words, for a value of the right type."""
        if self.type == "int":
            return self.range.removeprefix("of ")
        return f"a finite number {self.range}".rstrip() + (f" ({self.unit})" if self.unit else "")

    def _allows(self, value: Any) -> bool:
        """Whether a value of the right type is finite and in the range."""
        return (
            (self.type != "float" or _finite(value))
            and (self.least is None or value >= self.least)
            and (self.above is None or value > self.above)
            and (self.most is None or value <= self.most)
            and (self.below is None or value < self.below)
        )


def check(instance: Any) -> None:
    """Raise for the first value of a dataclass instance that does not fit its description."""
    for one in described(type(instance)):
        one.check(getattr(instance, one.name))


@cache
def described(cls: type) -> tuple[Parameter, ...]:
    """The parameters of a dataclass that describe themselves, in its order; a class that extends it may restate a default."""
    sentences = _sentences(cls)
    return tuple(
        Parameter(
            name=f.name, default=f.default, sentence=sentences.get(f.name, ""), **_kind(_type(base, f.name)), **known
        )
        for f in fields(cls)
        for base, known in _description(cls, f.name)
    )


def _description(cls: type, name: str) -> list[tuple[type, dict[str, Any]]]:
    """What is said of a field, and by which class: the nearest that says anything; empty where none does."""
    own = (base for base in cls.__mro__ if name in inspect.get_annotations(base))
    said = ((base, base.__dict__["__dataclass_fields__"][name].metadata.get(KEY)) for base in own if is_dataclass(base))
    return [(base, known) for base, known in said if known is not None][:1]


def _type(cls: type, name: str) -> Any:
    """The annotation of one field, evaluated where its class stands."""
    said = SimpleNamespace(__annotations__={name: inspect.get_annotations(cls)[name]})
    return get_type_hints(said, vars(sys.modules[cls.__module__]))[name]


def _kind(annotation: Any) -> dict[str, Any]:
    """The type of one value, and whether several or none will do too: `int | tuple[int, ...] | None`."""
    kinds = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    single = [kind.__name__ for kind in kinds if kind is not NoneType and get_origin(kind) is not tuple]
    several = any(get_origin(kind) is tuple for kind in kinds)
    return {"type": " or ".join(single), "several": several, "optional": NoneType in kinds}


def _sentences(cls: type) -> dict[str, str]:
    """The first sentence on each parameter in the docstrings, NumPy's style, of a class and those it extends."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        section = inspect.cleandoc(base.__dict__.get("__doc__") or "").partition("Parameters\n----------\n")[2]
        for names, text in re.findall(r"^(\w[\w, ]*)\n((?: {4}.*\n?)+)", section, re.MULTILINE):
            sentence, *_ = re.split(r"(?<=\.)\s", " ".join(text.split()), maxsplit=1)
            found |= dict.fromkeys(names.split(", "), sentence)
    return found


def _whole(value: Any) -> bool:
    try:
        operator.index(value)
    except TypeError:
        return False
    return not isinstance(value, bool)


def _real(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _anything(value: Any) -> bool:
    return True


_IS = {  # by type, whether a value is of it
    "int": _whole,
    "float": _real,
    "bool": lambda value: isinstance(value, bool | np.bool_) or (_whole(value) and value in (0, 1)),
    "str": lambda value: isinstance(value, str),
}
