"""Tensors as lists of named features: a row, or any few numbers. Knows nothing of targets or methods."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from torch import Tensor

from whylight.given_names import names_of
from whylight.inputs.input_kind import InputOptions
from whylight.inputs.table import MAX_FEATURES
from whylight.inputs.tensor_kind import Shape, TensorKind
from whylight.views.features import FeatureView


class FeatureTensor(TensorKind):
    """A row `(N, D)`, or numbers of any shape that are not too many to be listed."""

    name = "features"
    shapes = f"samples of any shape with up to {MAX_FEATURES} numbers"

    def fits(self, shape: Shape) -> bool:
        """Not too many."""
        return math.prod(shape) <= MAX_FEATURES

    def guessed(self, shape: Shape, options: InputOptions) -> bool:
        """What is nothing else."""
        return self.fits(shape)

    def view(self, x: Tensor, options: InputOptions) -> FeatureView:
        """Their names and values."""
        names = names_of("feature_names", options.feature_names, x.numel(), "feature")
        values = x.detach().float().cpu().numpy().reshape(-1)
        return FeatureView(list(names) if names else Positions(tuple(x.shape[1:])), values)


@dataclass(frozen=True)
class Positions(Sequence[str]):
    """Names of unnamed features: their indices; each is written when it is asked for, there may be many."""

    shape: tuple[int, ...]

    def __len__(self) -> int:
        return math.prod(self.shape)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        numbers = range(len(self))[at]
        return self._name(numbers) if isinstance(numbers, int) else [self._name(i) for i in numbers]

    def _name(self, number: int) -> str:
        if len(self.shape) == 1:
            return f"feature {number}"
        return str(tuple(int(i) for i in np.unravel_index(number, self.shape)))
