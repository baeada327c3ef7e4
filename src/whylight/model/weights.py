"""Which weights a model has: a cheap stamp that notices writes, and a fingerprint that is the same on every machine."""

import hashlib
import weakref
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from whylight.model.modules import modules_behind, walked

_HASHES: "weakref.WeakKeyDictionary[nn.Module, tuple[tuple[int, ...], str]]" = weakref.WeakKeyDictionary()
SAMPLE = 256  # values of a parameter looked at to notice a write


def model_version(modules: Iterable[nn.Module]) -> tuple[int, ...]:
    """A cheap stamp of modules that changes whenever a parameter or buffer of theirs is written or replaced.

    Autograd counts most writes; those it does not see (through `.data`) show in a sample of the values.
    """
    tensors = [t for m in modules for t in (*m._parameters.values(), *m._buffers.values()) if t is not None]  # noqa: SLF001  four times faster than .parameters()
    writes = (0 if t.is_inference() else t._version for t in tensors)  # noqa: SLF001  autograd's own counter of writes
    return (*(t.data_ptr() for t in tensors), *writes, *_samples(tensors))


def _samples(tensors: list[Tensor]) -> list[int]:
    """A hash of a few values of every tensor, device by device, so that each device is waited for once."""
    groups: dict[tuple[torch.device, torch.dtype], list[Tensor]] = {}
    with torch.no_grad():
        for tensor in tensors:
            groups.setdefault((tensor.device, tensor.dtype), []).append(_few(tensor))
        return [hash(_bits(torch.cat(group)).cpu().numpy().tobytes()) for group in groups.values()]


def _few(tensor: Tensor) -> Tensor:
    """At most about `SAMPLE` of the values."""
    size = tensor.numel()
    step = max(1, size // SAMPLE)
    if tensor.is_contiguous():
        return tensor.as_strided((-(-size // step),), (step,))
    return tensor.reshape(-1)[::step]


def weights_hash(model: Any, version: tuple[int, ...] | None = None) -> str | None:
    """A short fingerprint of all parameters and buffers, or None for a callable without any; taken once per version.

    It rests on integer sums of the bits, which come out the same on every device and number of threads.
    """
    roots = modules_behind(model)
    if not roots:
        return None
    version = version or model_version(walked(roots))
    known = _HASHES.get(roots[0])
    if known is None or known[0] != version:
        known = _HASHES[roots[0]] = version, _digest(roots)
    return known[1]


def named_weights(roots: Iterable[nn.Module]) -> Iterator[tuple[str, Tensor]]:
    """All parameters and buffers that belong to the state of modules, by their dotted names."""
    states = (root.state_dict() for root in roots)
    return ((name, t) for state in states for name, t in state.items() if isinstance(t, Tensor))


def _digest(roots: tuple[nn.Module, ...]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for name, tensor in named_weights(roots):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype} {_bit_sums(tensor)}".encode())
    return digest.hexdigest()


def _bits(tensor: Tensor) -> Tensor:
    """The bits of any dtype as whole numbers, in one row."""
    plain = torch.view_as_real(tensor.detach()) if tensor.is_complex() else tensor.detach()
    integer = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[plain.element_size()]
    return plain.reshape(-1).contiguous().view(integer)


def _bit_sums(tensor: Tensor) -> list[int]:
    bits = _bits(tensor)
    return [int(bits[start::3].sum(dtype=torch.int64)) for start in range(3)]
