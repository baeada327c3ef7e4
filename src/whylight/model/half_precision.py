"""What torch's libraries cannot compute here, said in a sentence: few devices have every layer in half precision.

Which operations have kernels is asked of nobody: it depends on the processor and on torch's build, and the pass tells. Knows
nothing of scores.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from whylight.errors import ModelError

HALF = (torch.bfloat16, torch.float16)
_ONE_DNN = re.compile(
    r"could not create a primitive(?: descriptor)?(?: for (?:an?|the) (.+?)(?: forward| backward)?(?: propagation)? primitive)?"
)
_ATEN = re.compile(r"\"(\w+)\" not implemented for '(?:Half|BFloat16)'")


@contextmanager
def kernels_named(asked: torch.dtype | None, tensors: Iterable[Tensor], device: torch.device) -> Iterator[None]:
    """Let an error about a missing kernel for half precision say what to do; others stay as they are.

    `asked` is the precision of `dtype=`, the tensors are the points and weights of the pass.
    """
    try:
        yield
    except RuntimeError as error:
        missing = None if isinstance(error, ModelError) else _ATEN.search(str(error)) or _ONE_DNN.search(str(error))
        dtype = (asked or _half_of(tensors, device)) if missing else None
        if missing is None or dtype is None:
            raise
        raise ModelError(_sentence(missing[1], dtype, asked is not None, device)) from error


def _half_of(tensors: Iterable[Tensor], device: torch.device) -> torch.dtype | None:
    """The half precision a pass runs in, if it does: that of a tensor in it, or of an autocast around it."""
    own = next((t.dtype for t in tensors if t.dtype in HALF), None)
    if own is None:
        one = torch.ones(1, 1, device=device)
        own = (one @ one).dtype
    return own if own in HALF else None


def _sentence(operation: str | None, dtype: torch.dtype, asked: bool, device: torch.device) -> str:
    here = "this processor" if device.type == "cpu" else f"this {device.type} device"
    what = f"{operation!r}" if operation else "one of the model's operations"
    if asked:
        way = "Leave dtype= out: the model then runs in float32."
    else:
        way = "Use float32, which every device computes: model.float() and float32 inputs, outside of torch.autocast."
    return f"The model runs in {dtype}, and {here} has no kernel for {what} in that precision. {way}"
