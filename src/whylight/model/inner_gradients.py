"""Models that take gradients themselves: forces from an energy, the residual of a differential equation, normals of a surface.

They need a graph where there would be none, and their weights in it. Knows nothing of scores or paths.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from torch import Tensor
from torch.utils._pytree import tree_map

from whylight.errors import ModelError
from whylight.tensors import Tensors

T = TypeVar("T")
LACKS_GRAPH = "does not require grad"  # what autograd says
USED_UP = "backward through the graph a second time"


def first_with_graph(*ways: Callable[[], T]) -> T:
    """The result of a pass, run in the first of these ways in which no gradient that the model takes lacks a graph."""
    for run in ways[:-1]:
        try:
            return run()
        except RuntimeError as error:
            if LACKS_GRAPH not in str(error):
                raise
    return ways[-1]()


def tracked(points: Tensors) -> Tensors:
    """Points that gradients can be taken at, and that may be written to."""
    return tuple(p.requires_grad_().clone() if p.is_floating_point() else p for p in points)


def detached(outputs: Any) -> Any:
    """What a model returned, without its graph."""
    return tree_map(lambda value: value.detach() if isinstance(value, Tensor) else value, outputs)


@contextmanager
def create_graph_named() -> Iterator[None]:
    """Say what is missing where a model's own gradient has used up its graph."""
    try:
        yield
    except RuntimeError as error:
        if USED_UP not in str(error):
            raise
        raise ModelError(
            "The model calls torch.autograd.grad (or .backward) inside, which frees the graph that its output's gradient needs: give "
            "that call create_graph=True, so that it can be differentiated itself."
        ) from error
