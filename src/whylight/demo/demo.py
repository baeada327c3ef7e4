"""The bundle that every demo function returns. Knows nothing about any one net, text or picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

__all__ = ["Demo"]


@dataclass(frozen=True, repr=False)
class Demo:
    """A trained net with inputs to try it on.

    Attributes
    ----------
    model : nn.Module
        In eval mode, float32, on the CPU.
    inputs : list
        Natural inputs: uint8 pictures or sentences.
    targets : list of int
        The true class of each input.
    labels : tuple of str
        Class names, in class order.
    options : dict
        Keyword arguments for `whylight.explain`, `whylight.attribute` and `whylight.refine`.
    masks : tuple of numpy.ndarray or None
        Where known, the true evidence: bool `(H, W)` per input.

    Examples
    --------
    >>> import whylight as wl
    >>> demo = wl.demo.digits()
    >>> demo.labels[demo.targets[3]]
    'three'
    """

    model: nn.Module
    inputs: list[Any]
    targets: list[int]
    labels: tuple[str, ...]
    options: dict[str, Any]
    masks: tuple[np.ndarray, ...] | None = None

    def __repr__(self) -> str:
        return f"Demo({type(self.model).__name__}, {len(self.inputs)} inputs, classes: {', '.join(self.labels)})"
