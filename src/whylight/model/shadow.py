"""A shadow of a model: modules of its own with the same weights, for a thread beside the one that trains the model.

A pass needs eval mode, weights that require no gradient, hooks at an embedding. Whoever trains the same modules meanwhile would
see all of that; the shadow's flags and hooks nobody sees but the shadow. Its parameters are other names for the same memory, and
autograd counts the writes of each for itself, so that neither side trips over the other. Knows nothing of passes or threads.
"""

import copy
import functools
import types
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from whylight.model.modules import CONTAINERS, modules_behind, reaches, walked


class Shadow:
    """A model's own modules and functions once more, with the same weights.

    Copied are modules, and functions, partials, methods and objects as far as they lead to a module; everything else is shared.
    Scripts, whose weights live in C++, get weights of their own, brought up to date by `refresh`.

    Parameters
    ----------
    original
        A module, or a callable that uses some.

    Attributes
    ----------
    model
        The same, made of the shadow's modules; the original itself where it has none, or where not all of them can be copied.

    Examples
    --------
    >>> net = nn.Linear(2, 1)
    >>> own = Shadow(net).model
    >>> own is net, own.weight.data_ptr() == net.weight.data_ptr(), own.weight.requires_grad
    (False, True, False)
    """

    def __init__(self, original: Any) -> None:
        self._original = original
        self._modules: dict[int, tuple[nn.Module, nn.Module]] = {}  # the original's and ours, by id of the former
        self._tensors: dict[int, tuple[Tensor, Tensor]] = {}  # the same
        self.model: Any = original
        self.refresh()

    def own(self, module: nn.Module) -> nn.Module:
        """The shadow's module for one of the original's; other modules are themselves."""
        return self._modules.get(id(module), (module, module))[1]

    def refresh(self) -> None:
        """Take over whatever has changed in the original, also modules added, replaced and taken out; ours stay the same objects."""
        theirs = walked(modules_behind(self._original))
        inside = {id(m) for script in theirs if _scripted(script) for m in walked([script])[1:]}
        self._modules = {id(m): self._modules.get(id(m)) or (m, _blank(m)) for m in theirs if id(m) not in inside}
        copier = _Copier(self.own, {id(m) for m in theirs}, self._tensors)
        for original, own in self._modules.values():
            (_follow if _scripted(original) else copier.fill)(original, own)
        made, self._tensors = copier.made(self._original), copier.tensors
        complete = not {id(m) for m in walked(modules_behind(made))} & {id(m) for m in theirs}
        self.model = made if complete else self._original


class _Copier:
    """Copies what leads to modules, each thing once."""

    def __init__(
        self, own: Callable[[nn.Module], nn.Module], known: set[int], tensors: dict[int, tuple[Tensor, Tensor]]
    ) -> None:
        self._own, self._known, self._before = own, known, tensors
        self.tensors: dict[int, tuple[Tensor, Tensor]] = {}  # the original's and ours, by id of the former
        self._copies: dict[int, Any] = {}  # of other things, by id of what they stand for
        self._leading: dict[int, bool] = {}

    def fill(self, original: nn.Module, own: nn.Module) -> None:
        """Make one module what another is, in eval mode and with parameters that do not learn."""
        state = {name: self.made(value) for name, value in vars(original).items() if name not in _HELD}
        state |= {name: type(hooks)(hooks) for name, hooks in state.items() if _is_hooks(name, hooks)}
        for name in _HELD:
            if name in vars(original):
                held = vars(original)[name]
                state[name] = type(held)((key, self.made(value)) for key, value in held.items())
        state["training"] = False
        vars(own).update(state)
        for gone in vars(own).keys() - state.keys():
            del vars(own)[gone]
        for slot in _slots(type(original)):
            if hasattr(original, slot):
                object.__setattr__(own, slot, self.made(getattr(original, slot)))

    def made(self, thing: Any) -> Any:
        """The thing itself, or what stands for it here."""
        if isinstance(thing, nn.Module):
            return self._own(thing)
        if isinstance(thing, Tensor):
            return self._alias(thing)
        if not self._to_copy(thing):
            return thing
        if id(thing) not in self._copies:
            self._copies[id(thing)] = thing  # where it leads back to itself
            self._copies[id(thing)] = self._copy(thing)
        return self._copies[id(thing)]

    def _to_copy(self, thing: Any) -> bool:
        if not callable(thing) and not isinstance(thing, CONTAINERS):
            return False
        if id(thing) not in self._leading:
            self._leading[id(thing)] = _weights_in(thing) or reaches(thing, self._known)
        return self._leading[id(thing)]

    def _alias(self, tensor: Tensor) -> Tensor:
        """Another name for the same memory, the same one as long as that stays."""
        if id(tensor) not in self.tensors:
            known = self._before.get(id(tensor))
            lasts = known is not None and known[0] is tensor and _same_memory(*known)
            self.tensors[id(tensor)] = known if known and lasts else (tensor, _aliased(tensor))
        return self.tensors[id(tensor)][1]

    def _copy(self, thing: Any) -> Any:
        if isinstance(thing, dict):
            return _like(thing, {key: self.made(value) for key, value in thing.items()})
        if isinstance(thing, tuple) and hasattr(thing, "_fields"):
            return type(thing)(*map(self.made, thing))
        if isinstance(thing, (list, tuple)):
            return type(thing)(map(self.made, thing))
        if isinstance(thing, functools.partial):
            arguments = {key: self.made(value) for key, value in thing.keywords.items()}
            return functools.partial(self.made(thing.func), *map(self.made, thing.args), **arguments)
        if isinstance(thing, types.MethodType):
            return types.MethodType(self.made(thing.__func__), self.made(thing.__self__))
        return self._function(thing) if isinstance(thing, types.FunctionType) else self._object(thing)

    def _function(self, original: types.FunctionType) -> types.FunctionType:
        """The same code over the shadow's modules; of the globals it has those that it names."""
        names = _names(original.__code__)
        given = original.__globals__
        world = {name: given[name] for name in ("__name__", "__builtins__") if name in given}
        cells = tuple(types.CellType() for _ in original.__closure__ or ())
        code = original.__code__.replace()  # torch.compile keeps what it made of code by the object
        found = types.FunctionType(code, world, original.__name__, None, cells or None)
        self._copies[id(original)] = found  # it may know itself
        world.update((name, self.made(given[name])) for name in names & given.keys())
        for cell, theirs in zip(cells, original.__closure__ or (), strict=True):
            try:
                cell.cell_contents = self.made(theirs.cell_contents)
            except ValueError:  # not filled yet
                continue
        found.__defaults__ = self.made(original.__defaults__)
        found.__kwdefaults__ = self.made(original.__kwdefaults__)
        for name in functools.WRAPPER_ASSIGNMENTS:
            setattr(found, name, getattr(original, name))
        vars(found).update((name, self.made(value)) for name, value in vars(original).items())
        return found

    def _object(self, original: Any) -> Any:
        try:
            found = copy.copy(original)
        except Exception:  # noqa: BLE001  whatever it raises, it stands for itself
            return original
        if found is not original and hasattr(found, "__dict__"):
            self._copies[id(original)] = found
            vars(found).update((name, self.made(value)) for name, value in vars(original).items())
        return found


_HELD = ("_parameters", "_buffers", "_modules")


def _aliased(tensor: Tensor) -> Tensor:
    """Another name for the same memory, which does not learn; tensors of a kind of their own are themselves."""
    if type(tensor) is nn.Parameter:
        found = nn.Parameter(tensor.data, requires_grad=False)
        vars(found).update(vars(tensor))
        return found
    return tensor.data if type(tensor) is Tensor and not tensor.requires_grad else tensor


def _same_memory(one: Tensor, other: Tensor) -> bool:
    """Whether both are the same values of the same memory."""
    layout = lambda t: (t.data_ptr(), t.shape, t.stride(), t.dtype, t.device)
    return one is other or layout(one) == layout(other)


def _weights_in(thing: Any) -> bool:
    """Whether a list holds parameters, as recurrent layers have one."""
    return isinstance(thing, (list, tuple)) and any(isinstance(item, nn.Parameter) for item in thing)


def _is_hooks(name: str, value: Any) -> bool:
    return "hooks" in name and isinstance(value, dict)


def _like(original: dict[Any, Any], found: dict[Any, Any]) -> dict[Any, Any]:
    """As a dictionary of the same class, with its default."""
    own = copy.copy(original)
    own.update(found)
    return own


def _scripted(module: nn.Module) -> bool:
    return isinstance(module, torch.jit.ScriptModule)


def _blank(module: nn.Module) -> nn.Module:
    """A module of the same class that holds nothing yet; of a script a copy, in eval mode."""
    if not _scripted(module):
        return object.__new__(type(module))
    with torch.no_grad():
        own = copy.deepcopy(module)
    return own.eval() if hasattr(own, "training") else own


@torch.no_grad()
def _follow(original: nn.Module, own: nn.Module) -> None:
    """Give the copy of a script the values of today."""
    for mine, theirs in zip(_tensors(own), _tensors(original), strict=True):
        mine.data.copy_(theirs)


def _tensors(module: nn.Module) -> list[Tensor]:
    return [*module.parameters(), *module.buffers()]


def _slots(kind: type) -> list[str]:
    """Attributes of its instances that lie outside of `__dict__`."""
    named = [getattr(base, "__slots__", ()) for base in kind.__mro__]
    each = [name for names in named for name in ((names,) if isinstance(names, str) else names)]
    return [name for name in each if name not in ("__dict__", "__weakref__")]


def _names(code: types.CodeType) -> set[str]:
    """All names a function's code may look up, also in functions within it."""
    inner = [_names(constant) for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*inner)
