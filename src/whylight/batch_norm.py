"""Batch norm of fixed statistics as what it is, one multiplication and one addition per channel.

Where it directly follows a convolution or linear layer, their weights take it up and it costs nothing: a net full of batch
norms is up to 1.3 times as fast. Elsewhere PyTorch keeps its input for the backward pass, and on a CPU sums over it what only
the gradients of weights need; nobody asks for those here, and without them such a net keeps up to 40 % less.

What follows what is seen in a pass without gradients. A folded layer's output is not the model's own, so it must go into its
batch norm and nowhere else. The model holds a stand-in for it, of which only the batch norm can make use. Any other use ends
the pass, which is made again as the model is written; one that PyTorch does not tell of shows by the stand-in's values, NaN.
Where hooks are registered, or layers may run again in the backward
pass (checkpoints), nothing is folded. Knows nothing of scores.
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

T = TypeVar("T")

WORTHWHILE = 2**16  # values; batch norms of fewer keep their input, torch's own is as fast
LAYERS = {torch.conv1d, torch.conv2d, torch.conv3d, functional.linear}
FACTS = {getattr(Tensor, name) for name in ("dim", "size", "numel", "is_floating_point")} | {
    getattr(Tensor, name).__get__
    for name in ("shape", "dtype", "device", "layout", "ndim", "is_cuda", "is_cpu", "is_mps")
}
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class Norm(NamedTuple):
    """The arguments of `functional.batch_norm`, under its names."""

    input: Tensor
    running_mean: Tensor | None
    running_var: Tensor | None
    weight: Tensor | None = None
    bias: Tensor | None = None
    training: bool = False
    momentum: float = 0.1
    eps: float = 1e-5

    def held(self) -> list[Tensor]:
        """What it multiplies and adds."""
        found = (self.running_mean, self.running_var, self.weight, self.bias)
        return [t for t in found if t is not None]

    def fixed(self, dtype: torch.dtype) -> bool:
        """Whether it is the same affine map for every sample, in this dtype."""
        known = self.running_mean is not None and self.running_var is not None and not self.training
        return known and all(t.dtype == dtype for t in self.held())

    def same(self, other: "Norm") -> bool:
        """Whether both are the same map of whatever input."""
        return all(a is b for a, b in zip(self[1:5], other[1:5], strict=True)) and self[5::2] == other[5::2]


class Layer(NamedTuple):
    """A convolution or linear layer and the batch norm that alone takes its output."""

    weight: Tensor
    bias: Tensor | None
    norm: Norm

    def folded(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the layer that is both."""
        mean, var = self.norm.running_mean, self.norm.running_var
        assert mean is not None
        assert var is not None
        scale = _scale(var, self.norm.weight, self.norm.eps)
        shift = (mean if self.bias is None else mean - self.bias) * -scale
        bias = shift if self.norm.bias is None else shift + self.norm.bias
        return self.weight * scale.view(-1, *[1] * (self.weight.ndim - 1)), bias


Layers = dict[int, Layer]  # by id of the weight
Folded = dict[int, tuple[Tensor, Tensor]]  # by the same


class BatchNorms:
    """What is known of a model's batch norms; one for all passes of a task."""

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


def _saved_elsewhere() -> bool:
    """Whether somebody handles what the backward pass will need, as checkpoints do, or might."""
    top = getattr(torch._C._autograd, "_top_saved_tensors_default_hooks", None)  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue]  nothing public tells
    return top is None or top(False) is not None


class _SeenError(BaseException):
    """Something other than its batch norm took a stand-in; no `except Exception` of a model may catch it."""


class _Watch(TorchFunctionMode):
    """Notes which batch norms are alone in taking the output of a layer."""

    def __init__(self) -> None:
        super().__init__()
        self._outputs: dict[int, tuple[weakref.ref[Tensor], Tensor, Tensor | None]] = {}  # of a weight and bias, by id
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
            makers = [self._maker(t) for t in _tensors(args, kwargs) if id(t) in self._outputs]
            self._dropped.update(id(maker[0]) for maker in makers if maker is not None)
        if func in LAYERS:
            _, weight, bias, *_ = _parts(*args, **kwargs)
            if isinstance(weight, nn.Parameter) and (bias is None or isinstance(bias, nn.Parameter)):
                self._outputs[id(found)] = weakref.ref(found), weight, bias
        return found

    def _maker(self, tensor: Tensor) -> tuple[Tensor, Tensor | None] | None:
        """Weight and bias of the layer whose output this is."""
        ref, weight, bias = self._outputs.get(id(tensor), (None, tensor, None))
        return (weight, bias) if ref is not None and ref() is tensor else None

    def _note(self, norm: Norm) -> None:
        maker = self._maker(norm.input)
        if maker is None:
            return
        weight, bias = maker
        known = self._layers.setdefault(id(weight), Layer(weight, bias, norm._replace(input=weight)))
        fixed = norm.fixed(weight.dtype) and weight.dtype.itemsize >= 4  # half precision would round once more
        if not (_same_channels(norm.input, weight) and fixed and known.bias is bias and known.norm.same(norm)):
            self._dropped.add(id(weight))

    def found(self) -> Layers:
        """What may be folded: nothing else took the output, and nobody keeps it."""
        kept = {id(weight) for ref, weight, _ in self._outputs.values() if ref() is not None}
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
        if func is functional.batch_norm:
            return self._normed(Norm(*args, **kwargs))
        if self._stand_ins and func not in FACTS and any(id(t) in self._stand_ins for t in _tensors(args, kwargs)):
            raise _SeenError
        if self._layers and func in LAYERS and not torch.compiler.is_compiling():
            return self._layer(func, args, kwargs)
        return func(*args, **kwargs)

    def _layer(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
        x, weight, bias, rest, options = _parts(*args, **kwargs)
        layer = self._layers.get(id(weight))
        if layer is None or layer.bias is not bias or _saved_elsewhere() or not torch.is_grad_enabled():
            return func(*args, **kwargs)
        if id(weight) not in self._folded:
            self._folded[id(weight)] = layer.folded()
        found = func(x, *self._folded[id(weight)], *rest, **options)
        stand_in = found.new_full((), torch.nan).expand(found.shape)
        self._outputs[id(stand_in)] = found, layer.norm
        self._stand_ins[id(stand_in)] = stand_in
        return stand_in

    def _normed(self, norm: Norm) -> Tensor:
        if id(norm.input) in self._stand_ins:
            found, expected = self._outputs.pop(id(norm.input), (None, norm))
            if found is None or not expected.same(norm) or _saved_elsewhere() or not torch.is_grad_enabled():
                raise _SeenError
            if not _same_channels(found, expected.input):
                raise _SeenError
            return found
        x = norm.input
        frozen = norm.fixed(x.dtype) and not any(t.requires_grad for t in norm.held())
        if not frozen or not x.requires_grad or x.numel() < WORTHWHILE or _saved_elsewhere():
            return functional.batch_norm(**norm._asdict())
        return _Affine.apply(x, norm.running_mean, norm.running_var, norm.weight, norm.bias, norm.eps)

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


def _scale(var: Tensor, weight: Tensor | None, eps: float) -> Tensor:
    """What a batch norm multiplies each channel with."""
    scale = (var + eps).rsqrt()
    return scale if weight is None else scale * weight


class _Affine(torch.autograd.Function):
    """Batch norm of running statistics, keeping its weights and no activation."""

    generate_vmap_rule = True  # models may use torch.func

    @staticmethod
    def forward(x: Tensor, *held: Any) -> Tensor:
        *tensors, eps = held
        return functional.batch_norm(x, *tensors, eps=eps)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        _, _, var, weight, _, ctx.eps = inputs
        ctx.save_for_backward(var, weight)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        var, weight = ctx.saved_tensors
        scale = _scale(var, weight, ctx.eps)
        return grads[0] * scale.view(-1, *[1] * (grads[0].ndim - 2)), *[None] * 5
