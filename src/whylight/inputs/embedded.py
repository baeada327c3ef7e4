"""The model of a sentence as a function of embeddings: same token ids, points of the path at the embedding's output.

Knows nothing of tokenizers, targets or methods.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor, nn

from whylight.errors import InvalidValueError, ModelError
from whylight.score import expand
from whylight.undisturbed import modules_of, undisturbed

# A context variable, not a global: a model call of another thread meanwhile sees None and is left alone.
_POINTS: ContextVar[Tensor | None] = ContextVar("points", default=None)
NO_ID = -1  # of no token


class Embedded:
    """The model as a function of embeddings `(M, T, E)`.

    Parameters
    ----------
    model, layer
        The model, and the layer whose output is replaced. Layers that share its weight (an encoder's and a decoder's) count
        as the same.
    inputs
        Keyword inputs of the model, `input_ids` `(1, T)` among them.
    limit
        How many tokens the model or its tokenizer says it takes.
    """

    def __init__(self, model: Any, layer: nn.Module, inputs: dict[str, Any], limit: int | None = None) -> None:
        self.model, self.layer, self.limit = model, layer, limit
        self.ids, self.rest = inputs["input_ids"], {k: v for k, v in inputs.items() if k != "input_ids"}
        self.by_name = hasattr(model, "get_input_embeddings") or "input_ids" in _parameters(model)
        if not self.by_name:
            self.rest = {k: v for k, v in self.rest.items() if k in _parameters(model)}
        modules = modules_of(model).all
        self.layers = [layer, *(m for m in modules if m is not layer and _tied(m, layer))]
        self.unpadded = list({id(c): c for m in modules for c in _without_padding(m)}.values())

    def embed(self, ids: Tensor | None = None) -> Tensor:
        """Embeddings `(1, T, E)` of the sentence, or of other ids of the same length."""
        with undisturbed(modules_of(self.model)), torch.no_grad():
            return self.layer(self.ids if ids is None else ids).detach()

    def __call__(self, points: Tensor, **kwargs: Any) -> Any:
        """The model's outputs with the points in place of the embeddings."""
        rows = torch.zeros(len(points), dtype=torch.long, device=points.device)
        inputs = {**expand({"input_ids": self.ids, **self.rest}, 1, rows), **kwargs}
        ids = inputs["input_ids"] if self.by_name else inputs.pop("input_ids")
        with _replaced(self.layers, points, self.ids) as calls, _equally_long(self.unpadded):
            try:
                outputs = self.model(**inputs) if self.by_name else self.model(ids, **inputs)
            except (IndexError, RuntimeError) as error:
                self._too_long(error)
                raise
        if not calls:
            raise ModelError(
                f"The model never called the embedding layer {type(self.layer).__name__}, so its output cannot be explained "
                "there. Name the layer that the model calls with embedding=."
            )
        return outputs

    def _too_long(self, error: Exception) -> None:
        """Raise in our own words if the model broke because of the number of tokens."""
        count = self.ids.shape[1]
        if self.limit is None or count <= self.limit or isinstance(error, torch.OutOfMemoryError):
            return
        raise InvalidValueError(
            f"The text has {count} tokens, and {type(self.model).__name__} takes {self.limit} at most. Give a shorter text, or "
            f"tokenizer=functools.partial(tokenizer, truncation=True, max_length={self.limit}), which leaves out the rest."
        ) from error


@contextmanager
def _replaced(layers: Sequence[nn.Module], points: Tensor, ids: Tensor) -> Iterator[list[int]]:
    """Let the layers answer with `points`, in this thread only; the list counts their calls."""
    calls: list[int] = []

    def answer(module: nn.Module, args: Any, output: Tensor) -> Tensor | None:
        given = _POINTS.get()
        if given is None or output.shape != given.shape:
            return None
        asked = args[0] if args and isinstance(args[0], Tensor) and args[0].shape[-1] == ids.shape[1] else ids
        if calls and not bool((asked == ids).all()):
            late = bool((asked[..., 1:] == ids[..., :-1]).all())  # a decoder reads the text one place later
            return torch.cat([output[:, :1], given[:, :-1]], 1) if late else None
        calls.append(1)
        return given

    handles = [layer.register_forward_hook(answer) for layer in layers]
    token = _POINTS.set(points)
    try:
        yield calls
    finally:
        _POINTS.reset(token)
        for handle in handles:
            handle.remove()


@contextmanager
def _equally_long(configs: Sequence[Any]) -> Iterator[None]:
    """Let classifiers without a padding token (GPT-2's) take several rows: all of them are one text, and end together."""
    for config in configs:
        config.pad_token_id = NO_ID
    try:
        yield
    finally:
        for config in configs:
            config.pad_token_id = None


def _without_padding(module: nn.Module) -> list[Any]:
    """The module's Hugging Face configuration, if it names no padding token."""
    config = getattr(module, "config", None)
    return [config] if getattr(config, "pad_token_id", NO_ID) is None else []


def _tied(module: nn.Module, layer: nn.Module) -> bool:
    return isinstance(module, nn.Embedding) and module.weight is getattr(layer, "weight", None)


def _parameters(model: Any) -> set[str]:
    call: Callable[..., Any] = model.forward if isinstance(model, nn.Module) else model
    try:
        return set(inspect.signature(call).parameters)
    except (TypeError, ValueError):
        return set()
