"""Targets given as one-hot vectors or masks of the outputs. Knows nothing of labels, points or gradients."""

import hashlib
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whylight.errors import InvalidValueError


def array_of(spec: Any) -> Tensor | None:
    """A target that may be a mask, as a tensor: an array, a list of lists, a list of flags; None for all others."""
    if isinstance(spec, (Tensor, np.ndarray)):
        return torch.as_tensor(spec).detach() if spec.ndim else None
    if not isinstance(spec, list) or not all(isinstance(part, (list, bool, np.bool_)) for part in spec):
        return None
    try:
        made = np.array(spec)
    except ValueError:  # rows of different lengths
        return None
    return torch.from_numpy(made) if made.size and made.dtype.kind in "biuf" else None


def mask_of(given: Tensor, scores: Tensor) -> Tensor | None:
    """Which of the outputs `(N, ...)` are meant, one mask per sample or `(1, ...)` for all; None where it is no mask.

    Flags always are one; numbers where they are all 0 or 1 and shaped like the outputs. One row of them is a one-hot vector only
    where it cannot be a class per sample, or several classes of one input.
    """
    each, shape, flags = tuple(scores.shape), tuple(given.shape), given.dtype == torch.bool
    if not flags and (scores.ndim < 2 or not bool(((given == 0) | (given == 1)).all())):
        return None
    mask = given.bool().to(scores.device)
    if shape == each:
        found = mask
    elif shape == each[1:] and (flags or given.ndim > 1):
        found = mask[None]
    elif shape == each[1:] and int(mask.sum()) == 1 and len(scores) != len(given):
        if len(scores) == 1 and not given.is_floating_point():
            raise InvalidValueError(
                f"target {given.tolist()} may be a one-hot vector or the numbers of {len(given)} classes: give target="
                f"{int(mask.nonzero())}, a list of classes, or a boolean mask."
            )
        found = mask[None]
    elif flags:
        raise InvalidValueError(
            f"A mask of outputs has their shape {each}, or {each[1:]} for all samples; the target has shape {shape}."
        )
    else:
        return None
    if not bool(found.flatten(1).any(1).all()):
        raise InvalidValueError("The target is a mask that picks none of the outputs.")
    return found


def indices_of(mask: Tensor) -> list[tuple[int, ...]] | None:
    """The one output that a mask picks of each sample; None where it picks several."""
    if bool((mask.flatten(1).sum(1) != 1).any()):
        return None
    return [tuple(at) for at in mask.nonzero()[:, 1:].tolist()]


def summed(scores: Tensor, mask: Tensor, samples: Tensor) -> Tensor:
    """The sum of the outputs a mask picks, `(M,)`."""
    if len(mask) == 1:  # taken, not chosen by `where`, which would look like a kink
        return scores.flatten(1)[:, mask.flatten()].sum(1)
    chosen = mask[samples]
    return torch.where(chosen, scores, torch.zeros_like(scores)).flatten(1).sum(1)


def digest_of(mask: Tensor) -> str:
    """A short name of a mask by its content."""
    content = np.packbits(mask.cpu().numpy()).tobytes()
    return hashlib.blake2b(content, digest_size=6, person=str(tuple(mask.shape)).encode()[:16]).hexdigest()
