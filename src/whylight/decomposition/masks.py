"""Masks of features: which of them are the group, checked and shaped so that they multiply the input.

Knows nothing of models or rules.
"""

from typing import Any

import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.tensors import to_ndim
from whylight.views.units import positions


def expand_mask(mask: Any, x: Tensor) -> Tensor:
    """A mask as `(M, ...)` that multiplies `x` `(N, ...)`.

    `mask` has one value per feature of x (its ndim, sizes M or 1 first, or x without its samples) or one per position:
    `(*positions)` or `(M, *positions)`, which goes first where both fit. M must be N, or one of the two 1.
    """
    given = torch.as_tensor(mask)
    if given.dtype != torch.bool and not (given.is_floating_point() or given.dtype in (torch.uint8, torch.int64)):
        raise InvalidTypeError(f"mask must be boolean or numbers in 0..1; got {given.dtype}.")
    made = given.to(device=x.device, dtype=x.dtype).contiguous()  # activations are laid out alike, and models use .view
    if given.dtype != torch.bool and not bool(((made >= 0) & (made <= 1)).all()):
        raise InvalidValueError(
            "mask must be boolean or numbers in 0..1 (1: the feature belongs to the group). To name words, features or tiles "
            "by their numbers give a set: {3, 4}."
        )
    made = _shaped(made, x)
    n, m = len(x), len(made)
    if m != n and 1 not in (n, m):
        raise InvalidValueError(f"There are {m} masks and {n} inputs: give one mask per input, one mask, or one input.")
    return made


def _shaped(mask: Tensor, x: Tensor) -> Tensor:
    shape = tuple(mask.shape)
    where = positions(tuple(x.shape))
    if mask.ndim == x.ndim and all(a in (1, b) for a, b in zip(shape[1:], x.shape[1:], strict=True)):
        return mask
    if shape[-len(where) :] == where and mask.ndim in (len(where), len(where) + 1):
        mask = mask.reshape(-1, *where)
        return mask[:, None] if x.ndim > 3 else to_ndim(mask, x.ndim)
    if mask.ndim == x.ndim - 1 and all(a in (1, b) for a, b in zip(shape, x.shape[1:], strict=True)):
        return mask[None]
    raise InvalidValueError(
        f"mask has shape {shape}, which fits no input of shape {tuple(x.shape)}: give {where} or (M, {_listed(where)}), "
        f"or one value per feature, (M, {_listed(x.shape[1:])}); to name words, features or tiles by their numbers, a set: {{3, 4}}."
    )


def _listed(shape: Any) -> str:
    return ", ".join(map(str, shape))
