"""What every kind of input is turned into before the engine sees it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.model.user_model import UserModel
from whylight.problem.baseline_spec import Baseline, resolve
from whylight.problem.baselines import Named
from whylight.problem.problem import keep_shape
from whylight.targets.labels import Labels, class_names
from whylight.tensors import Tensors, all_finite, plain
from whylight.views.columns import Columns
from whylight.views.view import View

MANY = (
    " It gets many samples at once. A model of one (a graph, a signal without an axis for samples) becomes one of many with "
    "lambda xs: torch.stack([model(x) for x in xs]), and its input with x[None]."
)
LARGE = "wl.effects sums up large tables;"
DENSE = (".to_dense()", "torch.nested.to_padded_tensor(x, 0.0)")
FEWER = (
    " It gets fewer samples than the input has rows. If these are no samples (nodes of a graph), give x[None] and "
    "lambda xs: torch.stack([model(x) for x in xs])."
)
ALONE = " A model that takes a batch of 1 only needs internal_batch_size=1."


def not_drawn(sample: int, which: int) -> None:
    """There is no view of a sample."""


@dataclass(frozen=True)
class Prepared:
    """Tensors to explain, the model as a function of them, and how to draw the answer.

    Parameters
    ----------
    inputs
        Differentiable tensors `(N, ...)`: what attributions are about.
    forward
        `forward(*inputs, **kwargs) -> outputs`.
    offer, default_baseline
        Makes `baselines`, those that can be asked for by name, when one is; and the name of the one used when none is.
    default_method
        The name of the method used when none is.
    draw
        Makes `view`, how the answer is drawn, when that is asked for; None for a batch.
    draw_sample
        Makes the view of one sample of one input of a batch, or of several inputs; None where it cannot be drawn.
    reduce
        See `whylight.problem.problem.Problem`.
    labels
        Class names the model itself knows.
    read
        Turns a natural input of the same kind, given as a baseline, into its tensor; None for what it does not know.
    columns
        What is known of the columns of a table.
    one_target
        The samples are rows of one table: they share a target unless each is given its own.
    differentiable
        Whether `forward` has gradients.
    output_kind
        What the outputs are: "logit" (scores of any kind) or "probability".
    batch_size
        Points in one call of `forward`; None lets measurements decide.
    kwargs
        Further inputs of `forward` that come with the input and are held; tensors with one row per sample.
    names
        What the inputs are called, if they have names.
    no_gradient
        Why the inputs have none, where that is not the predictor's doing.
    points_are
        What the points stand in place of, where the model is not called with inputs of its own.
    rests_on_weights
        Whether something here was computed from the weights.
    outputs
        What `forward` returned at the inputs, if it was asked already.
    not_compiled
        Why `forward` cannot be compiled, where it cannot.
    windows
        Of every input: the sizes of the windows that methods cut it into, `(...)` without the axis of samples; None where they choose.
    taken_for
        Which kind of input it was taken for by its shape, and how to say otherwise.
    """

    inputs: Tensors
    forward: Callable[..., Any]
    offer: Callable[[], Mapping[str, Named]]
    default_baseline: str
    default_method: str = "integrated_gradients"
    draw: Callable[[], View | None] = lambda: None
    draw_sample: Callable[[int, int], View | None] = not_drawn
    reduce: Callable[[Tensor, str], Tensor] = keep_shape
    labels: Labels = None
    read: Callable[[Any], Tensor | None] | None = None
    columns: Columns | None = None
    one_target: bool = False
    differentiable: bool = True
    output_kind: str = "logit"
    batch_size: int | None = None
    points_are: str = ""
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    no_gradient: str = ""
    rests_on_weights: bool = False
    outputs: Any = None
    not_compiled: str = ""
    windows: tuple[tuple[int, ...] | None, ...] = ()
    taken_for: str = ""

    @cached_property
    def baselines(self) -> Mapping[str, Named]:
        """The baselines that can be asked for by name."""
        return self.offer()

    @cached_property
    def view(self) -> View | None:
        """How the answer is drawn; None for a batch."""
        return self.draw()

    def drawn(self) -> View:
        """How the answer is drawn; raises where it cannot be."""
        if self.view is None:
            shapes = ", ".join(str(tuple(i.shape)) for i in self.inputs)
            raise InvalidValueError(
                f"There is no way to draw an input of shape {shapes}. {self.taken_for or LARGE} whylight.attribute gives the numbers."
            )
        return self.view

    def hint(self, points: Tensors, error: Exception) -> str:
        """What the model was called with and what may help, for the note on an error of its own."""
        called = ", ".join(f"{tuple(t.shape)} {_short(t.dtype)} on {t.device}" for t in points)
        said = f"Whylight called the model with {called}{self.points_are}; the first axis counts samples.{self._advice(points, error)}"
        return " ".join(filter(None, [said, self.taken_for]))

    def _advice(self, points: Tensors, error: Exception) -> str:
        """Another argument, the model's dtype, an axis for samples, or any number of them."""
        first, dtype = points[0], UserModel.of(self.forward).home(points[0].dtype)[1]
        if isinstance(error, TypeError) and "argument" in str(error):
            return (
                " The input is its first argument; where that is another, give a function: lambda x: model(other, x)."
            )
        if dtype != first.dtype:
            return f" Its weights are {_short(dtype)}: give x.to({dtype}).{self._advice_on_samples(first)}"
        return self._advice_on_samples(first)

    def _advice_on_samples(self, first: Tensor) -> str:
        """An axis for them, or any number of them."""
        more = len(first) - len(self.inputs[0])
        if self.points_are:
            return ALONE if more > 0 else ""
        if first.ndim == 3:
            return batch_hint(first)
        if more:
            return f"{MANY}{ALONE}" if more > 0 else FEWER
        return batch_hint(first) if self.view is None else ""

    def references(self, spec: Any) -> tuple[Baseline, ...]:
        """The baselines that `baseline=spec` asks for; a dictionary of the inputs' names is one."""
        if self.names and isinstance(spec, Mapping) and spec.keys() == set(self.names):
            spec = tuple(spec[name] for name in self.names)
        missing = not self.differentiable
        return resolve(spec, self.inputs, self.baselines, self.default_baseline, self.read, missing=missing)


def batch_hint(tensor: Tensor) -> str:
    """How one sample that looks like a picture or a row becomes a batch of one."""
    one = {
        1: "a row (D,), give x[None]",
        2: "a picture (H, W), give x[None, None]; a series (C, T), x[None]",
        3: "a picture (C, H, W), give x[None]",
    }
    return f" If it is {one[tensor.ndim]}." if tensor.ndim in one else ""


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def own_labels(model: UserModel) -> Labels:
    """The class names a Hugging Face model holds."""
    return class_names(getattr(getattr(model.given, "config", None), "id2label", None))


def whole_numbers(tensor: Tensor, what: str) -> str:
    """Why such an input has no gradient, and what to do."""
    return (
        f"The {what} is {tensor.dtype}, which has no gradient. Give a floating point tensor (.float()); for token "
        "ids give the text with tokenizer=, for a picture the uint8 array (H, W, C) with preprocess=; categories and other "
        "whole numbers beside the input go into forward_kwargs={name: tensor}, and are held. Methods that only predict take them as "
        "they are: method='occlusion' or 'finite_differences'."
    )


def checked(tensor: Tensor, what: str = "input", *, whole: bool = False) -> Tensor:
    """The tensor without its subclass, if it can be explained: dense, real floating point (or `whole`), not empty, finite."""
    if tensor.layout != torch.strided or tensor.is_nested:
        raise InvalidTypeError(
            f"The {what} is {'nested' if tensor.is_nested else 'sparse'}; give a dense one: {DENSE[tensor.is_nested]}."
        )
    tensor = plain(tensor)
    if tensor.is_complex() or not (whole or tensor.is_floating_point()):
        raise InvalidTypeError(whole_numbers(tensor, what))
    if tensor.ndim == 0 or tensor.numel() == 0:
        raise InvalidValueError(
            f"The {what} is empty or has no batch dimension: its shape is {tuple(tensor.shape)}, expected (N, ...)."
        )
    if not all_finite(tensor):
        bad = int((~torch.isfinite(tensor)).sum())
        raise InvalidValueError(
            f"The {what} contains NaN or infinity in {bad} of {tensor.numel()} values; clean it first."
        )
    return tensor
