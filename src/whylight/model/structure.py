"""What a model is made of besides its weights: parts, their settings, code and hooks, as a stamp that changes with any of them.

Flags of training are left out, as every pass runs in eval mode; so are tensors and containers that modules keep for themselves,
which a pass may write. Knows nothing of what runs.
"""

import functools
import types
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn.modules import module as all_modules

from whylight.identity import key_of

_COMMON = frozenset(vars(nn.Module()))  # flags, hooks and what holds the parts
_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
_NUMBERS = frozenset({bool, int, float, str, type(None)})  # what most settings are, told quickly
_PLAIN = (bool, int, float, complex, str, tuple, type(None))


def structure_of(model: Any, modules: Sequence[nn.Module]) -> Hashable:
    """The stamp of a model that uses these modules.

    Examples
    --------
    >>> net = nn.Sequential(nn.Tanh())
    >>> before = structure_of(net, list(net.modules()))
    >>> net[0] = nn.ReLU()
    >>> structure_of(net, list(net.modules())) == before
    False
    """
    everywhere = (all_modules._global_forward_hooks, all_modules._global_forward_pre_hooks)  # noqa: SLF001
    classes = {type(module): _code(type(module)) for module in modules}
    callables = () if isinstance(model, nn.Module) else tuple(_settings(model))
    return tuple(map(_facts, modules)), frozenset(classes.items()), callables, *map(tuple, everywhere)


def _facts(module: nn.Module) -> Hashable:
    """One module: its class, the names of its parts, its hooks and settings."""
    state = vars(module)
    hooks = [tuple(hooks) for name in _HOOKS if (hooks := state.get(name))]
    own = []
    for name in state.keys() - _COMMON:
        value = state[name]
        if type(value) in _NUMBERS or (type(value) is tuple and _NUMBERS.issuperset(map(type, value))):
            own.append((name, value))
        elif isinstance(value, _PLAIN) or (callable(value) and not isinstance(value, nn.Module)):
            own.append((name, key_of(value)))
    return type(module), tuple(module._modules.keys()), tuple(hooks), frozenset(own)  # noqa: SLF001


def _code(kind: type) -> Any:
    """The code of a class's `forward`, which a notebook may write anew."""
    return getattr(getattr(kind, "forward", None), "__code__", None)


def _settings(function: Any) -> Iterator[Hashable]:
    """What a function, method or partial does and knows: its code, plain values and tensors."""
    if isinstance(function, functools.partial):
        yield from _stamps((*function.args, *function.keywords.values()))
        yield from _settings(function.func)
    elif isinstance(function, types.MethodType):
        yield from _settings(function.__func__)
    elif isinstance(function, types.FunctionType):
        yield function.__code__
        yield from _stamps(function.__globals__.get(name) for name in function.__code__.co_names)
        yield from _stamps((*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()))
        yield from _stamps(_closed_over(function))


def _stamps(values: Iterable[Any]) -> Iterator[Hashable]:
    for value in values:
        if isinstance(value, Tensor):
            yield value.data_ptr(), 0 if value.is_inference() else value._version  # noqa: SLF001  autograd's own counter of writes
        elif isinstance(value, _PLAIN):
            yield key_of(value)


def _closed_over(function: types.FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue
