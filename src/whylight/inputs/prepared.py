"""What every kind of input is turned into before the engine sees it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import torch
from torch import Tensor

from whylight.baselines import Named, resolve
from whylight.behind import modules_behind
from whylight.columns import Columns
from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.inputs.views import View
from whylight.problem import Baseline, keep_shape
from whylight.targets import Labels

Tensors = tuple[Tensor, ...]


@dataclass(frozen=True)
class Prepared:
    """Tensors to explain, the model as a function of them, and how to draw the answer.

    Parameters
    ----------
    inputs
        Differentiable tensors `(N, ...)`: what attributions are about.
    forward
        `forward(*inputs, **kwargs) -> outputs`.
    baselines, default_baseline
        Names that can be asked for, and the one used when none is.
    draw
        Makes `view`, how the answer is drawn, when that is asked for; None for a batch.
    reduce
        See `whylight.problem.Problem`.
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
    gives
        What the outputs are: "logit" (scores of any kind) or "probability".
    batch_size
        Points in one call of `forward`; None lets the pace find out.
    """

    inputs: Tensors
    forward: Callable[..., Any]
    baselines: Mapping[str, Named]
    default_baseline: str
    draw: Callable[[], View | None] = lambda: None
    reduce: Callable[[Tensor, str], Tensor] = keep_shape
    labels: Labels = None
    read: Callable[[Any], Tensor | None] | None = None
    columns: Columns | None = None
    one_target: bool = False
    differentiable: bool = True
    gives: str = "logit"
    batch_size: int | None = None

    @cached_property
    def view(self) -> View | None:
        """How the answer is drawn; None for a batch."""
        return self.draw()

    def drawn(self) -> View:
        """How the answer is drawn; raises where there is more than one to draw."""
        if self.view is None:
            raise InvalidValueError(
                f"explain shows one input at a time, and this one has shape {[tuple(i.shape) for i in self.inputs]}: give one "
                "sample (x[:1]), attribute for batches, several inputs and very long rows, or wl.effects for large tables."
                + batch_hint(self.inputs[0])
            )
        return self.view

    def hint(self) -> str:
        """What the model was called with, for the note on an error of its own."""
        given = ", ".join(f"{tuple(t.shape)} {str(t.dtype).removeprefix('torch.')} on {t.device}" for t in self.inputs)
        batch = batch_hint(self.inputs[0]) if self.differentiable and self.view is None else ""
        return f"Whylight called the model with {given}; the first axis counts samples.{batch}"

    def references(self, spec: Any) -> tuple[Baseline, ...]:
        """The baselines that `baseline=spec` asks for."""
        return resolve(spec, self.inputs, self.baselines, self.default_baseline, self.read)


def batch_hint(tensor: Tensor) -> str:
    """How one sample that looks like a picture or a row becomes a batch of one."""
    one = {1: "a row (D,)", 2: "a picture (H, W)", 3: "a picture (C, H, W)"}.get(tensor.ndim)
    return f" If it is {one}, give x[{'None, None' if tensor.ndim == 2 else 'None'}]." if one else ""


def home(model: Any) -> tuple[torch.device, torch.dtype]:
    """The device and floating dtype of a model's parameters; CPU and float32 for a callable without any."""
    for module in modules_behind(model):
        for tensor in chain(module.parameters(), module.buffers()):
            if tensor.is_floating_point():
                return tensor.device, tensor.dtype
    return torch.device("cpu"), torch.float32


def checked(tensor: Tensor, what: str = "input") -> Tensor:
    """The tensor, if it can be explained: real floating point, not empty, finite."""
    if not tensor.is_floating_point():
        raise InvalidTypeError(
            f"The {what} is {tensor.dtype}, which has no gradient. Give a floating point tensor (.float()); for token "
            "ids give the text with tokenizer=, for a picture the uint8 array (H, W, C) with preprocess=."
        )
    if tensor.ndim == 0 or tensor.numel() == 0:
        raise InvalidValueError(
            f"The {what} is empty or has no batch dimension: its shape is {tuple(tensor.shape)}, expected (N, ...)."
        )
    if not all(torch.isfinite(end) for end in (tensor.min(), tensor.max())):
        bad = int((~torch.isfinite(tensor)).sum())
        raise InvalidValueError(
            f"The {what} contains NaN or infinity in {bad} of {tensor.numel()} values; clean it first."
        )
    return tensor
