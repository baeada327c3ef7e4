"""Whether a score may have kinks, read off its autograd graph.

A score built of smooth operations only (GELU, tanh, softmax, layer norm, attention) is smooth along any path; one with a
ReLU, a maximum or a clamp in it is not. Operations this module does not know count as kinks: that costs gradients, never
accuracy. Knows nothing of paths or methods.
"""

import re
from functools import cache
from typing import Any

from torch import Tensor

KINKS = (
    "relu",
    "leakyrelu",
    "prelu",
    "rrelu",
    "elu",
    "threshold",
    "hard",
    "softshrink",
    "clamp",
    "abs",
    "sgn",
    "where",
)
KINKS += ("max", "min", "amax", "amin", "fmax", "fmin", "cummax", "cummin", "adaptivemaxpool", "fractionalmaxpool")
KINKS += ("topk", "sort", "median", "nanmedian", "mode", "kthvalue")
_KNOWN = re.compile(
    r"(torch::autograd::.*|\w+Backward\d+|_WatchedBackward|_AffineBackward)$"
)  # PyTorch's own operations, our anchor and our batch norm


def has_kinks(values: Tensor) -> bool:
    """Whether any operation between the leaves and `values` has a kink; call it before a backward pass frees the graph."""
    seen, todo = set(), [values.grad_fn]
    while todo:
        node = todo.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if _kinked(node):
            return True
        todo.extend(parent for parent, _ in node.next_functions)
    return False


def _kinked(node: Any) -> bool:
    name = node.name()
    return _clamps(node) if name.startswith("Clamp") else _named_kinked(name)


@cache
def _named_kinked(name: str) -> bool:
    return not _KNOWN.match(name) or name.lower().startswith(KINKS)


def _clamps(node: Any) -> bool:
    """Whether a clamp takes effect: one that only guards a division does not."""
    given, low, high = (getattr(node, f"_saved_{name}", None) for name in ("self", "min", "max"))
    if given is None:
        return True
    return (low is not None and bool((given <= low).any())) or (high is not None and bool((given >= high).any()))
