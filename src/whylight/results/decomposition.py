"""The answer: the two parts of every output, immutable. Knows nothing of how they were found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from whylight.records import record
from whylight.results.result import Result


@record
@dataclass(frozen=True, eq=False)
class Decomposition(Result):
    """How much of the model's outputs is due to groups of features, M of them.

    Attributes
    ----------
    relevant
        `(M, *outputs)`: β, the part credited to the features in the mask.
    irrelevant
        Shaped alike: γ, everything else, so that relevant + irrelevant are the model's outputs. (With a callable target
        both are `(M,)`: parts of the score it computes.)
    score
        `(M,)`: the relevant part of the target, the CD score of each group.
    target
        Name of what is explained.
    provenance
        The choices made: `tie`, `relu`, `gates`.
    """

    relevant: Tensor
    irrelevant: Tensor
    score: Tensor
    target: str
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def outputs(self) -> Tensor:
        """The model's outputs, relevant + irrelevant."""
        return self.relevant + self.irrelevant

    def __repr__(self) -> str:
        return f"Decomposition({self.target!r}, {len(self.score)} group(s), outputs {tuple(self.relevant.shape)})"
