"""How rules find torch's functions: by name, in every form torch offers them, in place forms included.

Also the small tools that rules share. Knows the rules of no layer.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from whylight.decomposition.decomposed import Decomposed, R, Rule, divisor, missing, rule, share
from whylight.decomposition.fresh_tensors import split_in_place
from whylight.tensors import Tensors

NAMESPACES = (torch, Tensor, functional, getattr(torch._C, "_nn"), torch._VF)  # noqa: B009, SLF001  where torch keeps its functions
PIECE = 2**16  # numbers


def words(text: str) -> list[str]:
    """Names written one after the other."""
    return text.split()


def functions(*forms: str) -> list[Any]:
    """Everything torch offers under these names."""
    found = [getattr(space, form, None) for form in forms for space in NAMESPACES]
    return [f for f in found if callable(f)]


def named_functions(*names: str) -> Callable[[R], R]:
    """Register a rule for torch's functions of these names, operators and in place forms included."""

    def register(function: R) -> R:
        for name in names:
            outplace = functions(name)[0]
            rule(*functions(name, f"__{name}__"))(_heeding_inplace(function))
            rule(*functions(f"{name}_", f"__i{name}__"))(_written(function, outplace))
        return function

    return register


def attributes(*names: str) -> list[Any]:
    """The getters of a tensor's attributes."""
    return [getattr(Tensor, name).__get__ for name in names]


def _heeding_inplace(function: Rule) -> Rule:
    """The rule, writing its answer into the first argument where `inplace=True` asks for that."""

    @wraps(function)
    def heed(op: Any, target: Any, *args: Any, inplace: bool = False, **kwargs: Any) -> Any:
        if kwargs.get("out") is not None:
            missing(op, "it writes into out=")
        if inplace:
            return _written(function, op)(op, target, *args, **kwargs)
        return function(op, target, *args, **kwargs)

    return heed


def _written(function: Rule, outplace: Any) -> Rule:
    """The rule whose answer is written into the first argument, value and relevant part."""

    def write(op: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(target, Decomposed):
            return _written_into_ordinary(op, target, function(outplace, _kept(target), *args, **kwargs))
        elementwise = not any(isinstance(a, Tensor) for a in (*args, *kwargs.values()))
        whole = target.total, target.relevant
        for total, relevant in pieces(*whole) if elementwise and not torch.is_grad_enabled() else (whole,):
            made = function(outplace, Decomposed.of(_kept(total), _kept(relevant)), *args, **kwargs)
            total.copy_(made.total)
            relevant.copy_(made.relevant)
        return target

    return write


def _written_into_ordinary(op: Any, target: Any, made: Any) -> Any:
    """A result written into an ordinary tensor, which becomes decomposed where the result is."""
    if not isinstance(made, Decomposed):
        return target.copy_(made)
    split_in_place(op, target)
    target.total.copy_(made.total)
    target.relevant.copy_(made.relevant)
    return target


def pieces(*tensors: Tensor) -> Iterator[Tensors]:
    """Tensors, in the shape of the first, in pieces that stay in a CPU's cache from one operation to the next."""
    first = tensors[0]
    if first.numel() <= PIECE or not first.is_cpu:
        yield tensors
        return
    dim = max((d for d in range(first.ndim) if first.shape[d] > 1), key=first.stride)
    size = max(1, first.shape[dim] * PIECE // first.numel())
    for parts in zip(*(t.expand_as(first).split(size, dim) for t in tensors), strict=True):
        yield from pieces(*parts)


def _kept(tensor: Tensor) -> Tensor:
    """The tensor, safe from writes: a copy where autograd may need the old values."""
    return tensor.clone() if torch.is_grad_enabled() else tensor


def _mapping(change: Callable[[Tensor], Any]) -> Callable[[Any], Any]:
    """A function of arguments that puts something else in place of every tensor in them."""

    def mapped(value: Any) -> Any:
        kind = type(value)
        if kind is Decomposed or isinstance(value, Tensor):
            return change(value)
        if kind is tuple or kind is list:
            return kind([mapped(v) for v in value])
        return {name: mapped(v) for name, v in value.items()} if kind is dict and value else value

    return mapped


def _total(tensor: Tensor) -> Tensor:
    return tensor.total if type(tensor) is Decomposed else tensor


def _relevant(tensor: Tensor) -> Tensor:
    return tensor.relevant if type(tensor) is Decomposed else tensor


def _credited(tensor: Tensor) -> Tensor:
    return tensor.relevant if type(tensor) is Decomposed else torch.zeros_like(tensor)


def _placed(tensor: Tensor) -> Tensor:
    return _credited(tensor) if real_or_complex(tensor) else tensor


def real_or_complex(tensor: Tensor) -> bool:
    """Whether a tensor can be split: whole numbers and truth values cannot."""
    return tensor.is_floating_point() or tensor.is_complex()


totals, relevants = _mapping(_total), _mapping(_relevant)
credited = _mapping(_credited)  # the relevant parts, zeros of ordinary tensors
placed = _mapping(_placed)  # the same, with masks and indices as they are


def paired(total: Any, relevant: Any) -> Any:
    """Results of an operation on both parts as one decomposed result; whole numbers and truth values stay as they are."""
    if isinstance(total, Tensor):
        return Decomposed.of(total, relevant) if real_or_complex(total) else total
    if isinstance(total, (list, tuple)):
        made = [paired(t, r) for t, r in zip(total, relevant, strict=True)]
        return type(total)(made)
    return total


def each(op: Any, *args: Any, **kwargs: Any) -> Any:
    """The rule of everything linear without a bias: the operation applied to each part."""
    return paired(op(*totals(args), **totals(kwargs)), op(*relevants(args), **relevants(kwargs)))


def joined(op: Any, *args: Any, **kwargs: Any) -> Any:
    """The rule of what puts tensors side by side: an ordinary one is irrelevant."""
    return paired(op(*totals(args), **totals(kwargs)), op(*credited(args), **credited(kwargs)))


def on_totals(op: Any, *args: Any, **kwargs: Any) -> Any:
    """The rule of what is held constant or only asks: the ordinary answer, not decomposed."""
    return op(*totals(args), **totals(kwargs))


def biased(total: Tensor, relevant: Tensor, bias: Any) -> Decomposed:
    """Parts of an activation with a constant still to be added; both are ours to write into."""
    if bias is None:
        return Decomposed.of(total, relevant)
    if torch.is_grad_enabled():
        return Decomposed.of(total + bias, relevant + share(total, relevant) * bias)
    for t, r, b in pieces(total, relevant, bias):
        r.addcdiv_(b, divisor(t, r))
        t.add_(b)
    return Decomposed.of(total, relevant)
