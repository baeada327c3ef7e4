"""What can be asked of a task, and how much work it is. Knows nothing of models or inputs."""

from dataclasses import dataclass
from typing import Any

from whylight import methods
from whylight.errors import WhylightError


@dataclass(frozen=True)
class Request:
    """What can be asked of a task again and again."""

    method: Any = "integrated_gradients"
    target: Any = None
    baseline: Any = None
    n_steps: int | None = None
    tol: float | None = None
    rule: str | None = None

    @property
    def n_gradients(self) -> int | None:
        """Passes through the model it takes, where they are known beforehand."""
        try:
            per_baseline = methods.make(self.method, n_steps=self.n_steps, tol=self.tol, rule=self.rule).n_gradients
        except WhylightError:  # the run itself will raise it
            return None
        return per_baseline and per_baseline * (len(self.baseline) if isinstance(self.baseline, list) else 1)
