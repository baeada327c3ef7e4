"""Arguments of torch functions that are given by name, put where torch's own order has them: rules take them there.

Knows no rule.
"""

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any

from torch.overrides import get_testing_overrides

LEADING = {
    "input",
    "other",
    "tensors",
    "tensor",
    "weight",
    "mat",
    "mat1",
    "mat2",
    "batch1",
    "batch2",
    "vec",
    "vec1",
    "vec2",
    "x1",
    "x2",
    "input1",
    "input2",
    "exponent",
}


def placed(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """The arguments with those that follow the positional ones brought among them.

    Examples
    --------
    >>> import torch
    >>> placed(torch.baddbmm, (1,), {"batch1": 2, "batch2": 3, "beta": 4})
    ((1, 2, 3), {'beta': 4})
    """
    if LEADING.isdisjoint(kwargs):
        return args, kwargs
    order, rest = _order(func), dict(kwargs)
    following = list(args)
    for name in order[len(args) :]:
        if name not in rest or name not in LEADING:
            break
        following.append(rest.pop(name))
    return tuple(following), rest


@cache
def _order(func: Any) -> tuple[str, ...]:
    """The names of a function's arguments, as torch lists them for overriding."""
    known = get_testing_overrides().get(func)
    return () if known is None else tuple(inspect.signature(known).parameters)
