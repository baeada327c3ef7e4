"""The modules behind a model: itself, or those that a function, method or callable object uses. Knows nothing of what runs.

`lambda x: net(x).logits` is a model too; its net has to be in eval mode while it runs, and its weights tell its answers
apart, just as if it had been given itself.
"""

import functools
import types
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import torch
from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin
from torch.nn.parameter import is_lazy

DEPTH = 4  # functions within functions, lists within lists
CONTAINERS = (dict, list, tuple)
LARGE = 1000  # entries of a container; more of them are data


def modules_behind(model: Any) -> tuple[nn.Module, ...]:
    """The outermost modules a model uses, always in the same order.

    Found are those a function has closed over, names among the globals, holds as a default or in a partial, the owner of
    a method, the attributes of a callable object, and what lists, tuples and dictionaries among these hold.

    Examples
    --------
    >>> net = nn.Linear(2, 1)
    >>> modules_behind(lambda x: net(x).sigmoid()) == (net,)
    True
    """
    if isinstance(model, nn.Module):
        return (model,)
    found = set(_used(model, DEPTH))
    inner = {child for module in found for child in module.modules() if child is not module}
    return tuple(sorted(found - inner, key=id))


def reaches(thing: Any, modules: set[int]) -> bool:
    """Whether a callable or container leads to one of these modules, given by their ids."""
    return any(id(module) in modules for module in _used(thing, DEPTH))


def walked(roots: Sequence[nn.Module]) -> list[nn.Module]:
    """Modules and all that are in them, each once, the outermost first; several times faster than `.modules()`."""
    found, seen = list(roots), set(roots)
    for module in found:
        for child in module._modules.values():  # noqa: SLF001
            if child is not None and child not in seen:
                seen.add(child)
                found.append(child)
    return found


def named(roots: Sequence[nn.Module]) -> dict[str, nn.Module]:
    """Modules and all that are in them, by their dotted names."""
    return {name: module for root in roots for name, module in root.named_modules()}


def lazy(modules: Iterable[nn.Module]) -> bool:
    """Whether any has weights that wait for data."""
    return any(is_lazy(p) for m in modules if isinstance(m, LazyModuleMixin) for p in m.parameters())


def configs_in(modules: Iterable[nn.Module]) -> list[Any]:
    """The configurations that modules hold (Hugging Face), each once."""
    found: list[Any] = []
    for config in (getattr(module, "config", None) for module in modules):
        if config is not None and not any(config is known for known in found):
            found.append(config)
    return found


def input_embeddings(modules: Iterable[nn.Module]) -> list[nn.Module]:
    """What the outermost modules that say so call their input embeddings (Hugging Face)."""
    found: list[nn.Module] = []
    inside: set[nn.Module] = set()
    for module in modules:
        getter = getattr(module, "get_input_embeddings", None)
        if module not in inside and getter is not None:
            inside.update(module.modules())
            found.append(getter())
    return found


def twins_of(layer: nn.Module, modules: Iterable[nn.Module]) -> list[nn.Module]:
    """The layer, and those of its kind that share its weights: encoder-decoder models call one of these instead."""
    weight = getattr(layer, "weight", None)
    twins = (m for m in modules if type(m) is type(layer) and m is not layer)
    return [layer, *(m for m in twins if weight is not None and m.weight is weight)]


def home_of(roots: Sequence[nn.Module], default: torch.dtype) -> tuple[torch.device, torch.dtype]:
    """The device and floating dtype of the first weights; CPU and the default where there are none."""
    for module in roots:
        for tensor in chain(module.parameters(), module.buffers()):
            if tensor.is_floating_point():
                return tensor.device, tensor.dtype
    return torch.device("cpu"), default


def _used(thing: Any, depth: int) -> Iterator[nn.Module]:
    if isinstance(thing, nn.Module):
        yield thing
    elif depth and not isinstance(thing, type):
        for part in _parts(thing):
            if callable(part) or isinstance(part, CONTAINERS):
                yield from _used(part, depth - 1)


def _parts(thing: Any) -> Iterator[Any]:
    """What a callable refers to."""
    if isinstance(thing, CONTAINERS):
        if len(thing) <= LARGE:
            yield from thing.values() if isinstance(thing, dict) else thing
    elif isinstance(thing, functools.partial):
        yield from (thing.func, *thing.args, *thing.keywords.values())
    elif isinstance(thing, types.MethodType):
        yield from (thing.__self__, thing.__func__)
    elif isinstance(thing, types.FunctionType):
        for cell in thing.__closure__ or ():
            try:
                yield cell.cell_contents
            except ValueError:  # not filled yet
                continue
        yield from (thing.__globals__[name] for name in thing.__code__.co_names if name in thing.__globals__)
        yield from (*(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values())
    elif not isinstance(thing, types.BuiltinFunctionType | types.ModuleType):
        yield from getattr(thing, "__dict__", {}).values()
