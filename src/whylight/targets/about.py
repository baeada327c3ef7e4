"""What a target is fixed by beside the outputs: how many samples, names of classes and places, what the outputs are.

Knows nothing of how targets are asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from torch import Tensor

from whylight.model.outputs import convert, output_tensor, per_sample
from whylight.targets.labels import Labels


@dataclass(frozen=True)
class About:
    """What is known of the outputs that a target is fixed at.

    Parameters
    ----------
    n_samples
        N.
    labels
        Class names, in class order.
    output, output_kind
        What is asked for, and what the outputs are: "logit", "probability" (asked: also "log_probability").
    size
        Height and width (and depth) of the input, where it has any.
    places
        Gives the names of the places along a sequence, of tokens say, by their numbers; those without one are left out.
    boxes
        Whether the model also says where boxes are.
    """

    n_samples: int
    labels: Labels = None
    output: str = "logit"
    output_kind: str = "logit"
    size: tuple[int, ...] = ()
    places: Callable[[], Mapping[int, str]] = dict
    boxes: bool = False

    @property
    def as_it_is(self) -> bool:
        """Whether the outputs are explained as the model gives them."""
        return self.output == self.output_kind

    def scores(self, outputs: Any) -> Tensor:
        """The outputs `(N, ...)` at the unmodified inputs."""
        return per_sample(output_tensor(outputs), self.n_samples)

    def converted(self, scores: Tensor) -> Tensor:
        """Scores `(N, C, ...)` as what is asked for."""
        return convert(scores, self.output, self.output_kind)

    def one(self) -> Self:
        """The same of one of the samples."""
        return replace(self, n_samples=1)
