"""A model run so that nobody can tell: its flags and the process are found again as they were. Knows nothing of scores."""

import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple

import torch
from torch import nn

_LOCKS: "weakref.WeakKeyDictionary[nn.Module, Any]" = weakref.WeakKeyDictionary()


class Parts(NamedTuple):
    """What `undisturbed` has to know about a model; found by one walk through it."""

    modules: list[nn.Module]
    parameters: list[nn.Parameter]
    gpus: list[int]
    recurrent: bool


def parts_of(modules: list[nn.Module]) -> Parts:
    """Modules, with their parameters and where these are."""
    parameters = [p for m in modules for p in m._parameters.values() if p is not None]  # noqa: SLF001  four times faster than .parameters()
    gpus = {p.device.index for p in parameters if p.device.type == "cuda"} if torch.cuda.is_available() else set()
    return Parts(modules, parameters, sorted(gpus), any(isinstance(m, nn.RNNBase) for m in modules))


def beside_main() -> bool:
    """Whether this is a thread beside the main one, in which a person may train the model meanwhile."""
    return threading.current_thread() is not threading.main_thread()


def alone(roots: Sequence[nn.Module]) -> AbstractContextManager[Any]:
    """Let no other thread run passes through a model of these modules meanwhile; nests, also around `undisturbed`."""
    return _LOCKS.setdefault(roots[0], threading.RLock()) if roots else nullcontext()


def _without_cudnn(model: Parts) -> AbstractContextManager[Any]:
    """Recurrent layers cannot go backward in eval mode under cuDNN."""
    if torch.backends.cudnn.enabled and model.gpus and model.recurrent:
        return torch.backends.cudnn.flags(enabled=False)
    return nullcontext()


@contextmanager
def undisturbed(model: Parts, *, frozen: bool = True) -> Iterator[None]:
    """Run a model in eval mode with gradients on, then put back every flag as it was, also after an error.

    Frozen parameters require no gradient meanwhile, so that layers keep nothing for one: up to 40 % less memory. On a thread other
    than the main one, beside which somebody may train the model, they are left alone (a shadow's never learn). One pass at a
    time runs on a model, so that two of them never put back each other's flags. The global random state is restored when called
    on the main thread; on another thread restoring it would rewind the draws of a cell that runs meanwhile, so there it
    is left alone.
    """
    alone_here = not beside_main()
    with (
        alone(model.modules),
        torch.random.fork_rng(model.gpus, enabled=alone_here),
        _without_cudnn(model),
        torch.inference_mode(False),
        torch.enable_grad(),
    ):
        training = [m for m in model.modules if getattr(m, "training", False)]  # a frozen script has none
        learning = [p for p in model.parameters if alone_here and frozen and p.requires_grad and p.is_leaf]
        try:
            for module in training:
                module.training = False
            for parameter in learning:
                parameter.requires_grad = False
            yield
        finally:
            for module in training:
                module.training = True
            for parameter in learning:
                parameter.requires_grad = True
