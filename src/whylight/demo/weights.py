"""Weights on disk: float16 arrays in one `.npz` per net, read without pickle.

Knows nothing about what the nets do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import nn

__all__ = ["WEIGHTS", "load_arrays", "load_net", "load_words", "rounded", "save_net"]

WEIGHTS = Path(__file__).parent / "weights"
Net = TypeVar("Net", bound=nn.Module)


def rounded(net: Net) -> Net:
    """Round the parameters of a net, in place, to what the file keeps of them (float16), and give it back."""
    with torch.no_grad():
        for tensor in net.state_dict().values():
            tensor.copy_(tensor.half())
    return net


def save_net(path: Path | str, net: nn.Module, *, words: Sequence[str] = (), **arrays: np.ndarray) -> None:
    """Write the state of a net, a list of words and further arrays to an `.npz` file.

    Parameters
    ----------
    path : path-like
        The file to write.
    net : nn.Module
        Its state is stored as float16 under the names of its state dict.
    words : sequence of str
        Stored as UTF-8 bytes, one word per line, under `words`.
    **arrays : numpy.ndarray
        Stored as they are.
    """
    contents: dict[str, Any] = {name: tensor.cpu().half().numpy() for name, tensor in net.state_dict().items()}
    if words:
        contents["words"] = np.frombuffer("\n".join(words).encode("utf-8"), dtype=np.uint8)
    contents.update(arrays)
    np.savez_compressed(path, **contents)


def load_arrays(path: Path | str) -> dict[str, np.ndarray]:
    """All arrays of an `.npz` file; refuses pickled objects.

    Parameters
    ----------
    path : path-like
        The file to read.

    Returns
    -------
    dict of str to numpy.ndarray
    """
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def load_net(net: Net, arrays: dict[str, np.ndarray]) -> Net:
    """Fill a net from arrays, as float32, and put it in eval mode.

    Parameters
    ----------
    net : nn.Module
        Every entry of its state dict must be in `arrays`.
    arrays : dict of str to numpy.ndarray
        What `load_arrays` gave.

    Returns
    -------
    nn.Module
        The same net.
    """
    state = {name: torch.from_numpy(arrays[name].astype(np.float32)) for name in net.state_dict()}
    net.load_state_dict(state)
    return net.eval()


def load_words(arrays: dict[str, np.ndarray]) -> list[str]:
    """The list of words that `save_net` wrote."""
    return arrays["words"].tobytes().decode("utf-8").split("\n")
