"""Tensors: a batch (N, ...) or a tuple of batches, as everywhere in PyTorch. Each sample of each is drawn as its kind.

Knows nothing of targets or methods.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whylight.errors import InvalidValueError
from whylight.given_names import names_of
from whylight.inputs.features import FeatureTensor
from whylight.inputs.image import PictureTensor
from whylight.inputs.input_kind import InputKind, InputOptions
from whylight.inputs.prepared import Prepared, checked, own_labels, whole_numbers
from whylight.inputs.signal import SignalTensor
from whylight.inputs.table import with_columns
from whylight.inputs.tensor_kind import TENSOR_KINDS, check_uses, kind_of, taken_for, usual_baselines
from whylight.inputs.volume import VideoTensor, VolumeTensor
from whylight.model.user_model import UserModel
from whylight.numbers import plural
from whylight.problem import baselines
from whylight.problem.baselines import Named
from whylight.tensors import Tensors
from whylight.views.several import SeveralView
from whylight.views.view import View

TENSOR_KINDS |= {kind.name: kind() for kind in (PictureTensor, VideoTensor, VolumeTensor, SignalTensor, FeatureTensor)}


class TensorInput(InputKind):
    """Tensors `(N, ...)`, or a tuple of them; with `kind=` also one sample as an array."""

    names = TENSOR_KINDS.keys()

    def accepts(self, model: UserModel, x: Any, options: InputOptions) -> bool:
        """Tensors, for whatever can be called with them; arrays of what `kind=` says they are."""
        given = x if isinstance(x, tuple) else (x,)
        known = Tensor if options.kind is None else (Tensor, np.ndarray)
        return callable(model.given) and bool(given) and all(isinstance(t, known) for t in given)

    def prepare(self, model: UserModel, x: Any, options: InputOptions) -> Prepared:
        """A batch of tensors, ready to explain; with a background they are rows of a table."""
        given = tuple(_as_tensor(model, t) for t in x) if isinstance(x, tuple) else _as_tensor(model, x)
        prepared = prepare_tensors(model, given, options)
        known = options.background
        return prepared if known is None else with_columns(prepared, x, options.feature_names, known)


def _as_tensor(model: UserModel, x: Tensor | np.ndarray) -> Tensor:
    """An array is one sample."""
    return x if isinstance(x, Tensor) else torch.as_tensor(np.ascontiguousarray(x))[None].to(model.home()[1])


def prepare_tensors(model: UserModel, x: Any, options: InputOptions, names: tuple[str, ...] = ()) -> Prepared:
    """A batch of tensors, ready to explain; `names` are what several inputs are called."""
    given = x if isinstance(x, tuple) else (x,)
    place = options.device or model.home()[0]
    called = ["input" if len(given) == 1 else f"input {i}" for i in range(len(given))]
    inputs = tuple(checked(t.detach(), name, whole=True).to(place) for t, name in zip(given, called, strict=True))
    reasons = [whole_numbers(t, name) for t, name in zip(inputs, called, strict=True) if not t.is_floating_point()]
    sizes = {len(t) for t in inputs}
    if len(sizes) > 1:
        raise InvalidValueError(
            f"All inputs must have the same number of samples; their shapes are {[tuple(t.shape) for t in inputs]}."
        )
    each = _options_of_each(options, inputs, names)
    draw = partial(_sample_view, inputs, each)
    _check_names(inputs, options)
    return Prepared(
        inputs=inputs,
        forward=model.given,
        offer=partial(_baselines, inputs, each),
        default_baseline="zero",
        labels=own_labels(model),
        draw=partial(_view, inputs, draw, names),
        draw_sample=draw,
        differentiable=not reasons,
        no_gradient="".join(reasons[:1]),
        windows=tuple(map(_windows, inputs, each)),
        taken_for=" ".join(filter(None, map(taken_for, inputs, each))),
    )


def _options_of_each(options: InputOptions, inputs: Tensors, names: tuple[str, ...]) -> list[InputOptions]:
    """What each of several inputs is drawn as: `kind=` is one for all, a tuple in their order, or a dictionary by name."""
    kind = options.kind
    if isinstance(kind, Mapping):
        keys = names or tuple(range(len(inputs)))
        strange = [key for key in kind if key not in keys]
        if strange:
            raise InvalidValueError(f"kind= names {strange[0]!r}, and the inputs are {', '.join(map(repr, keys))}.")
        kinds = [kind.get(key) for key in keys]
    elif isinstance(kind, (tuple, list)):
        if len(kind) != len(inputs):
            raise InvalidValueError(f"kind names {len(kind)} kinds, but the model takes {len(inputs)} inputs.")
        kinds = list(kind)
    else:
        kinds = [kind] * len(inputs)
    each = [replace(options, kind=one) for one in kinds]
    for x, one in zip(inputs, each, strict=True):
        kind_of(x, one)  # raises for what does not fit, before any work
    each = _clocks_of_signals(inputs, each)
    check_uses(inputs, each)
    return each


def _clocks_of_signals(inputs: Tensors, each: list[InputOptions]) -> list[InputOptions]:
    """Of several inputs, a clock is that of the signals among them; where none is one without it, of all."""
    without = [replace(one, sample_rate=None, times=None) for one in each]
    signals = [isinstance(kind_of(x, plain), SignalTensor) for x, plain in zip(inputs, without, strict=True)]
    return [
        one if signal or not any(signals) else plain for one, plain, signal in zip(each, without, signals, strict=True)
    ]


def _check_names(inputs: Tensors, options: InputOptions) -> None:
    """Names of features are as many as one sample of some input has numbers."""
    names = options.feature_names
    if names is None or any(len(names) == x[:1].numel() for x in inputs):
        names_of("feature_names", names, 0 if names is None else len(names), "feature")
        return
    sizes = " and ".join(plural(x[:1].numel(), "feature") for x in inputs)
    raise InvalidValueError(f"feature_names has {plural(len(names), 'name')}, but the input has {sizes}.")


def _baselines(inputs: Tensors, each: list[InputOptions]) -> Mapping[str, Named]:
    zero = {"zero": Named("Zero", "Zero everywhere.", baselines.constant(0.0), text="0")}
    if not all(x.is_floating_point() for x in inputs):
        return zero
    kind = kind_of(inputs[0], each[0]) if len(inputs) == 1 else None
    return {**zero, **(usual_baselines() if kind is None else kind.baselines(inputs[0], each[0]))}


def _windows(x: Tensor, options: InputOptions) -> tuple[int, ...] | None:
    kind = kind_of(x, options)
    return None if kind is None else kind.windows(tuple(x.shape[1:]), options)


def _view(inputs: Tensors, draw: Any, names: tuple[str, ...]) -> View | None:
    """One sample; several inputs of it side by side."""
    if len(inputs[0]) != 1:
        return None
    views = [draw(0, which) for which in range(len(inputs))]
    if len(views) == 1 or None in views:
        return views[0] if len(views) == 1 else None
    return SeveralView(tuple(views), names or tuple(f"Input {i + 1}" for i in range(len(views))))


def _sample_view(inputs: Tensors, each: list[InputOptions], sample: int, which: int) -> View | None:
    x, options = inputs[which][sample : sample + 1], each[which]
    names = options.feature_names
    if names is not None and len(names) != x.numel():
        options = replace(options, feature_names=None)
    kind = kind_of(x, options)
    return None if kind is None else kind.view(x, options)
