"""Tensors: a batch (N, ...) or a tuple of batches, as everywhere in PyTorch. One picture or row is also drawn.

Knows nothing of targets or methods.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, overload

import numpy as np
import torch
from torch import Tensor

from whylight.errors import InvalidValueError
from whylight.inputs.image import drawn, image_baselines, picture_baselines
from whylight.inputs.input_kind import InputKind, InputOptions
from whylight.inputs.prepared import Prepared, checked, own_labels, whole_numbers
from whylight.inputs.table import MAX_FEATURES, with_columns
from whylight.model.user_model import UserModel
from whylight.problem import baselines
from whylight.problem.baselines import Named
from whylight.tensors import Tensors
from whylight.views.features import FeatureView
from whylight.views.view import View


class TensorInput(InputKind):
    """Tensors `(N, ...)`, or a tuple of them."""

    def accepts(self, model: UserModel, x: Any, options: InputOptions) -> bool:
        """Tensors, for whatever can be called with them."""
        given = x if isinstance(x, tuple) else (x,)
        return callable(model.given) and bool(given) and all(isinstance(t, Tensor) for t in given)

    def prepare(self, model: UserModel, x: Any, options: InputOptions) -> Prepared:
        """A batch of tensors, ready to explain; with a background they are rows of a table."""
        prepared = prepare_tensors(model, x, options.feature_names, options.device)
        known = options.background
        return prepared if known is None else with_columns(prepared, x, options.feature_names, known)


def prepare_tensors(
    model: UserModel, x: Any, feature_names: Sequence[str] | None, device: torch.device | None
) -> Prepared:
    """A batch of tensors, ready to explain."""
    given = x if isinstance(x, tuple) else (x,)
    place = device or model.home()[0]
    names = ["input" if len(given) == 1 else f"input {i}" for i in range(len(given))]
    inputs = tuple(checked(t.detach(), name, whole=True).to(place) for t, name in zip(given, names, strict=True))
    reasons = [whole_numbers(t, name) for t, name in zip(inputs, names, strict=True) if not t.is_floating_point()]
    sizes = {len(t) for t in inputs}
    if len(sizes) > 1:
        raise InvalidValueError(
            f"All inputs must have the same number of samples; their shapes are {[tuple(t.shape) for t in inputs]}."
        )
    size = inputs[0].numel()
    if feature_names is not None and len(feature_names) != size and _is_row(inputs):
        raise InvalidValueError(f"feature_names has {len(feature_names)} names, but the input has {size} features.")
    return Prepared(
        inputs=inputs,
        forward=model.given,
        offer=partial(_baselines, inputs),
        default_baseline="zero",
        labels=own_labels(model),
        draw=partial(_view, inputs, feature_names),
        draw_sample=partial(_sample_view, inputs, feature_names),
        differentiable=not reasons,
        no_gradient="".join(reasons[:1]),
    )


def _is_picture(inputs: Tensors) -> bool:
    first = inputs[0]
    return len(inputs) == 1 and first.ndim == 4 and first.shape[1] in (1, 3) and min(first.shape[2:]) > 1


def _is_row(inputs: Tensors) -> bool:
    first = inputs[0]
    return len(inputs) == len(first) == 1 and first.numel() <= MAX_FEATURES and not _is_picture(inputs)


def _in_unit(picture: Tensor) -> bool:
    return bool(picture.min() >= 0 and picture.max() <= 1)


def _baselines(inputs: Tensors) -> dict[str, Named]:
    zero = {"zero": Named("Zero", "Zero everywhere.", baselines.constant(0.0), text="0")}
    if not all(x.is_floating_point() for x in inputs):
        return zero
    if _is_picture(inputs):
        (x,) = inputs
        known = image_baselines(torch.zeros_like(x), torch.ones_like(x)) if _in_unit(x) else picture_baselines()
        return {**zero, **known}
    return {
        **zero,
        "mean": Named("Mean", "The mean of each sample.", baselines.mean),
        "noise": Named("Uniform noise", "Uniform noise over the input's range.", baselines.noise, random=True),
        "gaussian_noise": Named(
            "Gaussian noise", "The input under strong noise.", baselines.gaussian_noise, random=True
        ),
    }


def _view(inputs: Tensors, names: Sequence[str] | None) -> View | None:
    x = inputs[0]
    if _is_picture(inputs) and len(x) == 1:
        return drawn(x, (torch.zeros(()), torch.ones(())) if _in_unit(x) else (x.min(), x.max()))
    if not _is_row(inputs):
        return None
    values = x.detach().float().cpu().numpy().reshape(-1)
    return FeatureView(
        [str(n) for n in names] if names is not None else _Positions(tuple(x.shape[1:])), np.asarray(values)
    )


def _sample_view(inputs: Tensors, names: Sequence[str] | None, sample: int, which: int) -> View | None:
    x = inputs[which][sample : sample + 1]
    return _view((x,), names if names is not None and len(names) == x.numel() else None)


@dataclass(frozen=True)
class _Positions(Sequence[str]):
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
