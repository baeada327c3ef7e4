"""A target: one differentiable scalar per sample of what a model returns, fixed once; and the difference of two.

Knows nothing of how targets are asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Contrast:
    """The difference of two targets, F_a - F_b. Made by `contrast`."""

    a: Any
    b: Any


def contrast(a: Any, b: Any) -> Contrast:
    """Explain why the answer is `a` rather than `b`: the difference of their scores.

    Examples
    --------
    >>> contrast("tabby cat", "tiger cat")
    Contrast(a='tabby cat', b='tiger cat')
    """
    return Contrast(a, b)


@dataclass(frozen=True)
class Target:
    """One scalar per sample of a model's outputs.

    `select(outputs, samples)` maps the outputs of M points to `(M,)`; `samples` says which of the N inputs
    each point belongs to, because each input may have a target of its own. `label` is for people, `value` for the
    settings of the widget, `key` tells targets apart in a cache,
    `unit` says what the scalar is: "logit", "probability", "log_probability", "output" or "score". `linear`: it is known
    to be a linear function of the outputs. `place`: the token whose label it is.
    """

    select: Callable[[Any, Tensor], Tensor]
    label: str
    value: int | str | None
    key: tuple[Any, ...]
    unit: str
    parts: tuple["Target", ...] = ()  # several targets of one input: the i-th sample is explained by the i-th of them
    linear: bool = False
    place: int | None = None
