"""What can be asked of an explainer again and again, and how much work it is. Knows nothing of models or inputs."""

from collections.abc import Hashable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from whylight.errors import WhylightError
from whylight.identity import key_of
from whylight.methods.method import Method, make
from whylight.problem.baselines import BACKGROUND


@dataclass(frozen=True, eq=False)
class Request:
    """A method, a target and a baseline, as `whylight.explain` takes them.

    Two requests are equal where they ask for the same: plain values by what they are, objects of a person's own as themselves.
    """

    method: Any = "integrated_gradients"
    target: Any = None
    baseline: Any = None
    n_steps: int | None = None
    tol: float | None = None
    rule: str | None = None

    @cached_property
    def made_method(self) -> Method:
        """The method, configured; raises for one that does not exist."""
        return make(self.method, n_steps=self.n_steps, tol=self.tol, rule=self.rule)

    @cached_property
    def key(self) -> Hashable:
        """What tells this request from others."""
        return tuple(key_of(getattr(self, f.name)) for f in fields(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Request) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def n_gradients(self) -> int | None:
        """Passes through the model it takes, where they are known beforehand."""
        try:
            per_baseline = self.made_method.n_gradients
        except WhylightError:  # the run itself will raise it
            return None
        if isinstance(self.baseline, str) and self.baseline == BACKGROUND:  # the input knows how many rows that is
            return None
        return per_baseline and per_baseline * (len(self.baseline) if isinstance(self.baseline, list) else 1)
