"""Ordinary tensors that a model makes and then writes activations into, `torch.zeros(...)` say: they become decomposed in place.

What was in them is irrelevant. Knows no rule.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import ref

import torch
from torch import Tensor

from whylight.decomposition.decomposed import CHOICES, Decomposed, missing

_SPLIT: ContextVar[list[ref[Any]] | None] = ContextVar("split", default=None)
ELSEWHERE = "build the result with x.new_zeros(...), torch.cat or torch.stack instead"


def split_in_place(op: Any, target: Any) -> Decomposed:
    """Make an ordinary tensor a `Decomposed` without a relevant part; of a view, the tensor it looks at as well.

    Raises
    ------
    MissingRuleError
        It holds no numbers that can be split, or belongs to the model, which must be left as it was.
    """
    if isinstance(target, Decomposed):
        return target
    if not (target.is_floating_point() or target.is_complex()):
        missing(op, f"it writes into an ordinary tensor of {target.dtype}; {ELSEWHERE}")
    base = target._base  # noqa: SLF001  the tensor a view looks at
    for tensor in (target, base):
        if tensor is not None and (type(tensor) not in (Tensor, Decomposed) or _belongs_to_model(tensor)):
            missing(op, f"it writes into an ordinary tensor that the model keeps; {ELSEWHERE}")
    if base is None:
        return _split(target, torch.zeros_like(target))
    relevant = split_in_place(op, base).relevant
    return _split(target, relevant.as_strided(target.size(), target.stride(), _offset(target, base)))


def _offset(view: Tensor, base: Tensor) -> int:
    return int(view.storage_offset()) - int((base.total if isinstance(base, Decomposed) else base).storage_offset())


def _split(target: Any, relevant: Tensor) -> Decomposed:
    """The tensor itself, from now on decomposed: whoever holds it sees both parts."""
    total = target.as_subclass(Tensor)
    target.__class__ = Decomposed
    target._total, target._relevant = total, relevant  # noqa: SLF001
    if (split := _SPLIT.get()) is not None:
        split.append(ref(target))
    return target


@contextmanager
def split_only_in(answers: list[Any]) -> Iterator[None]:
    """Afterwards tensors split inside are decomposed only where `answers`, filled inside, hold them; others are ordinary again."""
    split: list[ref[Any]] = []
    token = _SPLIT.set(split)
    try:
        yield
    finally:
        _SPLIT.reset(token)
        kept = {id(tensor) for tensor in _tensors(answers)} if split else set()
        for tensor in [made() for made in split]:
            if tensor is not None and id(tensor) not in kept:
                del tensor._total, tensor._relevant  # noqa: SLF001
                tensor.__class__ = Tensor


def _tensors(outputs: Any, seen: frozenset[int] = frozenset()) -> Iterator[Tensor]:
    """All tensors in what a model returned, at any depth."""
    if isinstance(outputs, Tensor):
        yield outputs
    elif id(outputs) not in seen:
        items = (
            outputs.values() if isinstance(outputs, Mapping) else outputs if isinstance(outputs, (list, tuple)) else ()
        )
        for value in (*items, *getattr(outputs, "__dict__", {}).values()):
            yield from _tensors(value, seen | {id(outputs)})


def _belongs_to_model(tensor: Tensor) -> bool:
    model = CHOICES.get().model
    held = () if model is None else (v for m in model.modules for v in (*vars(m).values(), *m.buffers(recurse=False)))
    return isinstance(tensor, torch.nn.Parameter) or any(v is tensor for v in held)
