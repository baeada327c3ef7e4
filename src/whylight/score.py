"""The score F: what is explained, one differentiable scalar per sample, and its gradient.

This is the only place that runs the user's model and the only one that calls autograd. It works in chunks that fit
memory, never touches parameters' gradients, and leaves the model exactly as it found it after every chunk.
Knows nothing of paths, methods, Jupyter or threads of its own.
"""

import gc
import hashlib
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from whylight.errors import InvalidValueError, ModelError
from whylight.targets import Target, output_tensor

Tensors = tuple[Tensor, ...]
T = TypeVar("T")
_LOCKS: "weakref.WeakKeyDictionary[nn.Module, Any]" = weakref.WeakKeyDictionary()

SAMPLE = 256  # values of a parameter looked at to notice a write
NUMPY = {torch.float64, torch.float32, torch.float16, torch.int64, torch.int32, torch.uint8, torch.bool}
DEFAULT_CHUNK = 16  # samples per pass; best or within 10 % of best for image nets and small transformers on CPU


@contextmanager
def undisturbed(model: Any) -> Iterator[None]:
    """Run a model in eval mode with gradients on, then put back every flag as it was, also after an error.

    One pass at a time runs on a model, so that two of them never put back each other's flags. Recurrent layers cannot go backward in eval mode under cuDNN, so cuDNN is off while one is present on a GPU.
    The global random state is restored when called on the main thread; on another thread restoring it would
    rewind the draws of a cell that runs meanwhile, so there it is left alone.
    """
    modules = list(model.modules()) if isinstance(model, nn.Module) else []
    with ExitStack() as stack:
        if modules:
            stack.enter_context(_LOCKS.setdefault(modules[0], threading.RLock()))
        training = [module for module in modules if module.training]
        if threading.current_thread() is threading.main_thread():
            stack.enter_context(torch.random.fork_rng(_devices(modules)))
        if torch.backends.cudnn.enabled and _devices(modules) and any(isinstance(m, nn.RNNBase) for m in modules):
            stack.enter_context(torch.backends.cudnn.flags(enabled=False))
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        try:
            for module in training:
                module.training = False
            yield
        finally:
            for module in training:
                module.training = True


def _devices(modules: list[nn.Module]) -> list[int]:
    """Indices of the CUDA devices that hold parameters."""
    if not modules or not torch.cuda.is_available():
        return []
    return sorted({p.device.index for p in modules[0].parameters() if p.device.type == "cuda"})


def model_version(model: Any) -> tuple[int, ...]:
    """A cheap stamp that changes whenever a parameter or buffer is written or replaced.

    Autograd counts most writes; those it does not see (through `.data`) show in a sample of the values.
    """
    if not isinstance(model, nn.Module):
        return (id(model),)
    return tuple(n for t in [*model.parameters(), *model.buffers()] for n in (t.data_ptr(), *_sample(t)))


def _sample(tensor: Tensor) -> tuple[int, ...]:
    flat = tensor.detach().reshape(-1)
    picked = flat[:: max(1, len(flat) // SAMPLE)].cpu().numpy() if tensor.dtype in NUMPY else flat[:0].float().numpy()
    writes = 0 if tensor.is_inference() else tensor._version  # noqa: SLF001  autograd's own counter of writes
    return writes, hash(picked.tobytes())


def weights_hash(model: Any) -> str | None:
    """A short fingerprint of all parameters and buffers, or None for a plain callable.

    It rests on integer sums of the bits, which come out the same on every device and number of threads.
    """
    if not isinstance(model, nn.Module):
        return None
    digest = hashlib.blake2b(digest_size=8)
    for name, tensor in model.state_dict().items():
        if isinstance(tensor, Tensor):
            digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype} {_bit_sums(tensor)}".encode())
    return digest.hexdigest()


def _bit_sums(tensor: Tensor) -> list[int]:
    plain = torch.view_as_real(tensor) if tensor.is_complex() else tensor
    integer = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[plain.element_size()]
    bits = plain.detach().reshape(-1).contiguous().view(integer)
    return [int(bits[start::3].sum(dtype=torch.int64)) for start in range(3)]


def wide(device: torch.device) -> torch.dtype:
    """The dtype sums are kept in: float64, or float32 where the device has none."""
    return torch.float32 if device.type == "mps" else torch.float64


@dataclass
class Score:
    """One differentiable scalar per sample, evaluated at many points at once.

    Parameters
    ----------
    forward
        `forward(*points, **kwargs) -> outputs`, differentiable in every tensor of `points`.
    target
        Picks the explained scalar from the outputs; None as long as only `outputs` is asked for.
    n_samples
        Number N of inputs; every point belongs to one of them.
    model
        The user's model, kept undisturbed; None for a bare callable.
    forward_kwargs
        Further inputs. Tensors whose first dimension is N are expanded along the path, everything else is passed on.
    chunk
        Most points in one pass; halved when memory runs out, and remembered.
    """

    forward: Callable[..., Any]
    target: Target | None
    n_samples: int
    model: Any = None
    forward_kwargs: Mapping[str, Any] = field(default_factory=dict)
    chunk: int = DEFAULT_CHUNK

    def outputs(self, points: Tensors) -> Any:
        """What the model returns for the N inputs themselves, without gradients; in chunks, the tensor of scores."""

        def run(lo: int, hi: int) -> Any:
            rows = torch.arange(lo, hi, device=points[0].device)
            with undisturbed(self.model), torch.no_grad():
                inputs = tuple(p[lo:hi].clone() for p in points)  # an in-place first layer must not write into ours
                return self.forward(*inputs, **expand(self.forward_kwargs, self.n_samples, rows))

        found = [outputs for _, outputs in self._in_chunks(len(points[0]), run)]
        return found[0] if len(found) == 1 else torch.cat([output_tensor(o) for o in found])

    def value(self, points: Tensors, samples: Tensor) -> Tensor:
        """F at M points, `(M,)`, without gradients."""

        def run(lo: int, hi: int) -> Tensor:
            with undisturbed(self.model), torch.no_grad():
                return self._score(tuple(p[lo:hi].clone() for p in points), samples[lo:hi]).detach()

        return torch.cat([values for _, values in self._in_chunks(len(samples), run)])

    def gradients(
        self, points: Callable[[int, int], Tensors], samples: Tensor
    ) -> Iterator[tuple[slice, Tensor, Tensors]]:
        """Yield `(slice of the M points, F (m,), gradients (m, ...))` chunk by chunk.

        `points(lo, hi)` makes the points of one chunk, so that no more than a chunk of them ever exists.
        """
        run = lambda lo, hi: self._gradient(points(lo, hi), samples[lo:hi])
        for part, (values, grads) in self._in_chunks(len(samples), run):
            yield part, values, grads

    def _in_chunks(self, total: int, run: Callable[[int, int], T]) -> Iterator[tuple[slice, T]]:
        """Yield `(slice, run(lo, hi))` over all points; when memory runs out the chunk is halved and tried again."""
        lo = 0
        while lo < total:
            hi = min(lo + max(1, self.chunk), total)
            try:
                result = run(lo, hi)
            except (RuntimeError, MemoryError) as error:
                if hi - lo == 1 or not _out_of_memory(error):
                    raise
                self.chunk = (hi - lo) // 2
            else:
                yield slice(lo, hi), result
                lo = hi
                continue
            gc.collect()  # outside the handler, where the failed pass's memory is free
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _gradient(self, points: Tensors, samples: Tensor) -> tuple[Tensor, Tensors]:
        with undisturbed(self.model):
            leaves = tuple(p.detach().clone().requires_grad_() for p in points)  # cloned: also out of inference mode
            try:
                values = self._score(
                    tuple(p.clone() for p in leaves), samples
                )  # a clone survives in-place first layers
            except RuntimeError as error:
                if "inference tensor" in str(error).lower():
                    raise ModelError(
                        "The model's weights were made under torch.inference_mode() and cannot take part in a gradient. "
                        "Build or load the model outside of it, or use copy.deepcopy(model) made outside of it."
                    ) from error
                raise
            if not values.requires_grad:
                raise _independent()
            found = torch.autograd.grad(values.sum(), leaves, allow_unused=True)
        if all(g is None for g in found):
            raise _independent()
        grads = tuple(torch.zeros_like(p) if g is None else g for g, p in zip(found, leaves, strict=True))
        return values.detach(), grads

    def _score(self, points: Tensors, samples: Tensor) -> Tensor:
        outputs = self.forward(*points, **expand(self.forward_kwargs, self.n_samples, samples))
        assert self.target is not None
        values = self.target.select(outputs, samples)
        if values.shape != samples.shape:
            raise InvalidValueError(
                f"The score must be one number per sample, shape ({len(samples)},); it has shape {tuple(values.shape)}. "
                "Does the model keep the batch dimension first?"
            )
        if not values.is_floating_point():
            raise ModelError(
                f"The score must be a real floating point number to be differentiated; it is {values.dtype}."
            )
        return values


def expand(kwargs: Mapping[str, Any], n_samples: int, samples: Tensor) -> dict[str, Any]:
    """Repeat every tensor that has one row per sample, so that there is one row per point."""

    def rows(value: Any) -> Any:
        if isinstance(value, Tensor) and value.ndim > 0 and len(value) == n_samples:
            return value[samples.to(value.device)]
        return value

    return {name: rows(value) for name, value in kwargs.items()}


def _out_of_memory(error: BaseException) -> bool:
    text = str(error).lower()
    signs = ("out of memory", "can't allocate memory", "alloc_failed")
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or any(sign in text for sign in signs)


def _independent() -> ModelError:
    return ModelError(
        "The model's output does not depend on the input, so there is no gradient. Common causes: the model detaches or "
        "converts its input (.detach(), .numpy(), .argmax(), integer casts), runs under torch.no_grad(), or the target picks "
        "an output computed from something else."
    )
