"""Passes for gradients in which batch norms are folded into the layers before them, or keep no activation.

A net full of batch norms is a sixth faster so. What follows what is seen in a pass without gradients. A folded layer's output is
not the model's own, so it must go into its batch norm and nowhere else. The model holds a stand-in for it, of which only the
batch norm can make use. Any other use ends the pass, which is made again as the model is written; one that PyTorch does not
tell of shows by the stand-in's values, NaN. Where hooks are registered, or layers may run again in the backward pass
(checkpoints), nothing is folded. Knows nothing of scores.
"""

import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules import module as all_modules
from torch.nn.modules.batchnorm import _BatchNorm
from torch.overrides import TorchFunctionMode

from whylight.model.batch_norm import Norm

T = TypeVar("T")

LAYERS = {torch.conv1d, torch.conv2d, torch.conv3d, functional.linear}
FACTS = {getattr(Tensor, name) for name in ("dim", "size", "numel", "is_floating_point")} | {
    getattr(Tensor, name).__get__
    for name in ("shape", "dtype", "device", "layout", "ndim", "is_cuda", "is_cpu", "is_mps")
}
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class Layer(NamedTuple):
    """A convolution or linear layer and the batch norm that alone takes its output."""

    weight: Tensor
    bias: Tensor | None
    norm: Norm


Layers = dict[int, Layer]  # by id of the weight
Folded = dict[int, tuple[Tensor, Tensor]]  # by the same


class BatchNorms:
    """What is known of a model's batch norms; one for all passes of an explainer."""

    def __init__(self) -> None:
        self._layers: Layers | None = None
        self._folded: Folded | None = None
        self._as_written = False

    @contextmanager
    def seen(self, modules: Iterable[nn.Module]) -> Iterator[None]:
        """Passes without gradients: the first of them tells which layer each batch norm follows."""
        if self._layers is not None or self._as_written or not _present(modules) or _hooked(modules):
            yield
            return
        with _Watch() as watch:
            yield
        self._layers = watch.found()

    @contextmanager
    def folded_once(self) -> Iterator[None]:
        """While the weights are known to stay, they are folded once and not in every pass."""
        self._folded = {}
        try:
            yield
        finally:
            self._folded = None

    def lean(self, modules: Iterable[nn.Module], run: Callable[[], T], sound: Callable[[T], bool]) -> T:
        """`run()` with batch norms folded or keeping nothing; as the model is written if that gives no sound result."""
        if self._as_written or not _present(modules):
            return run()
        layers = {} if self._layers is None or _hooked(modules) else self._layers
        try:
            with _Lean(layers, {} if self._folded is None else self._folded) as lean:
                found = run()
            if lean.complete() and (not layers or sound(found)):
                return found
        except _SeenError:
            pass
        self._as_written = True
        return run()


def _present(modules: Iterable[nn.Module]) -> bool:
    return any(isinstance(m, _BatchNorm) for m in modules)


def _hooked(modules: Iterable[nn.Module]) -> bool:
    """Whether somebody may look at what layers put out."""
    everywhere = (all_modules._global_forward_hooks, all_modules._global_forward_pre_hooks)  # noqa: SLF001
    return any(everywhere) or any(getattr(m, hooks, None) for m in modules for hooks in HOOKS)


def _bound() -> bool:
    """Whether a layer must run as written: without gradients, or where others handle what they need, as checkpoints do."""
    top = getattr(torch._C._autograd, "_top_saved_tensors_default_hooks", None)  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue]  nothing public tells
    return top is None or top(False) is not None or not torch.is_grad_enabled()


class _SeenError(BaseException):
    """Something other than its batch norm took a stand-in; no `except Exception` of a model may catch it."""


class _Watch(TorchFunctionMode):
    """Notes which batch norms are alone in taking the output of a layer."""

    def __init__(self) -> None:
        super().__init__()
        self._outputs = weakref.WeakValueDictionary[int, Tensor]()  # of layers, by id, as long as anybody holds them
        self._makers: dict[int, tuple[Tensor, Tensor | None]] = {}  # their weight and bias, by the same
        self._layers: Layers = {}
        self._dropped: set[int] = set()

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        found = func(*args, **kwargs)
        if torch.compiler.is_compiling():
            return found
        if func is functional.batch_norm:
            self._note(Norm(*args, **kwargs))
        elif func not in FACTS:
            self._dropped.update(id(self._makers[id(t)][0]) for t in _tensors(args, kwargs) if id(t) in self._outputs)
        if func in LAYERS:
            _, weight, bias, *_ = _parts(*args, **kwargs)
            if isinstance(weight, nn.Parameter) and (bias is None or isinstance(bias, nn.Parameter)):
                self._outputs[id(found)], self._makers[id(found)] = found, (weight, bias)
        return found

    def _note(self, norm: Norm) -> None:
        if id(norm.input) not in self._outputs:
            return
        weight, bias = self._makers[id(norm.input)]
        known = self._layers.setdefault(id(weight), Layer(weight, bias, norm._replace(input=weight)))
        fixed = norm.fixed(weight.dtype) and weight.dtype.itemsize >= 4  # half precision would round once more
        if not (_same_channels(norm.input, weight) and fixed and known.bias is bias and known.norm.same(norm)):
            self._dropped.add(id(weight))

    def found(self) -> Layers:
        """What may be folded: nothing else took the output, and nobody keeps it."""
        kept = {id(self._makers[key][0]) for key in list(self._outputs)}
        return {key: layer for key, layer in self._layers.items() if key not in self._dropped | kept}


class _Lean(TorchFunctionMode):
    """Folds the batch norms that follow these layers; the others keep no activation where they are frozen."""

    def __init__(self, layers: Layers, folded: Folded) -> None:
        super().__init__()
        self._layers, self._folded = layers, folded
        self._outputs: dict[int, tuple[Tensor, Norm]] = {}  # of folded layers, with the norm, by id of the stand-in
        self._stand_ins = weakref.WeakValueDictionary[int, Tensor]()  # as long as anybody holds them

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if torch.compiler.is_compiling():
            return func(*args, **kwargs)
        if func is functional.batch_norm:
            return self._normed(Norm(*args, **kwargs))
        if self._stand_ins and func not in FACTS and any(id(t) in self._stand_ins for t in _tensors(args, kwargs)):
            raise _SeenError
        if self._layers and func in LAYERS:
            return self._layer(func, args, kwargs)
        return func(*args, **kwargs)

    def _layer(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
        x, weight, bias, rest, options = _parts(*args, **kwargs)
        layer = self._layers.get(id(weight))
        if layer is None or layer.bias is not bias or _bound():
            return func(*args, **kwargs)
        if id(weight) not in self._folded:
            self._folded[id(weight)] = layer.norm.folded(weight, bias)
        found = func(x, *self._folded[id(weight)], *rest, **options)
        stand_in = found.new_full((), torch.nan).expand(found.shape)
        self._outputs[id(stand_in)] = found, layer.norm
        self._stand_ins[id(stand_in)] = stand_in
        return stand_in

    def _normed(self, norm: Norm) -> Tensor:
        if id(norm.input) in self._stand_ins:
            found, expected = self._outputs.pop(id(norm.input), (None, norm))
            if found is None or not expected.same(norm) or not _same_channels(found, expected.input) or _bound():
                raise _SeenError
            return found
        return norm.written() if _bound() else norm.lean()

    def complete(self) -> bool:
        """Whether every folded layer's output has come to its batch norm."""
        return not self._outputs


def _parts(input: Any, weight: Any, bias: Any = None, *rest: Any, **options: Any) -> tuple[Any, Any, Any, Any, Any]:  # noqa: A002
    """The arguments of a layer's function: input, weight, bias, and what else there is."""
    return input, weight, bias, rest, options


def _tensors(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Tensor]:
    """All tensors among arguments."""
    found, todo = [], [*args, *kwargs.values()]
    for value in todo:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, (tuple, list)):
            todo.extend(value)
        elif isinstance(value, dict):
            todo.extend(value.values())
    return found


def _same_channels(output: Tensor, weight: Tensor) -> bool:
    """Whether what a layer puts out side by side is what a batch norm takes for channels, the second dimension."""
    return output.ndim == weight.ndim  # a linear layer also takes sequences, a convolution a single picture
