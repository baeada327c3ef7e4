"""The modules behind a model: itself, or those that a function, method or callable object uses. Knows nothing of what runs.

`lambda x: net(x).logits` is a model too; its net has to be in eval mode while it runs, and its weights tell its answers
apart, just as if it had been given itself.
"""

import functools
import types
from collections.abc import Iterator, Sequence
from typing import Any

from torch import nn

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
    found = {id(module): module for module in _used(model, DEPTH)}
    inner = {id(child) for module in found.values() for child in module.modules() if child is not module}
    return tuple(found[key] for key in sorted(found.keys() - inner))


def walked(roots: Sequence[nn.Module]) -> list[nn.Module]:
    """Modules and all that are in them, each once, the outermost first; several times faster than `.modules()`."""
    found, seen = list(roots), set(roots)
    for module in found:
        for child in module._modules.values():  # noqa: SLF001
            if child is not None and child not in seen:
                seen.add(child)
                found.append(child)
    return found


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
