"""The model of sentences as a function of embeddings: same token ids, points of the path at the embedding's output.

Other ids that the layer is asked for meanwhile (a second sentence's) keep their embeddings. Knows nothing of tokenizers,
targets or methods.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor, nn

from whylight.errors import InvalidValueError, ModelError
from whylight.inputs.call import call_of
from whylight.model.user_model import UserModel

# A context variable, not a global: a model call of another thread meanwhile sees None and is left alone.
_POINTS: ContextVar[tuple[Tensor, Tensor] | None] = ContextVar("points", default=None)  # ids and what stands for them
NO_ID = -1  # of no token
OFFSET = 2  # positions at most that a model (RoBERTa) keeps for itself


class EmbeddingModel:
    """The model as a function of embeddings `(M, T, E)`.

    Parameters
    ----------
    model, layer
        The model, and the layer whose output is replaced.
    inputs
        Keyword inputs of the model, `input_ids` `(N, T)` among them.
    limit
        How many tokens the model or its tokenizer says it takes.
    """

    def __init__(self, model: UserModel, layer: nn.Module, inputs: dict[str, Any], limit: int | None = None) -> None:
        self.model, self.layer, self.limit = model, layer, limit
        self.ids, self.rest = inputs["input_ids"], {k: v for k, v in inputs.items() if k != "input_ids"}
        self.call = call_of(model.given)
        self.rest = {k: v for k, v in self.rest.items() if self.call.takes(k)}
        self.layers = model.twins(layer)
        self.configs = [config for config in model.configs if hasattr(config, "pad_token_id")]

    @property
    def kwargs(self) -> dict[str, Any]:
        """What the model is called with beside the embeddings, a row for every sentence."""
        return {"input_ids": self.ids, **self.rest}

    def embed(self, ids: Tensor | None = None) -> Tensor:
        """Embeddings `(N, T, E)` of the sentences, or of other ids of the same shape."""
        with self.model.undisturbed(), torch.no_grad():
            found = self.layer(self.ids if ids is None else ids).detach()
        if found.ndim != 3 or found.shape[:2] != self.ids.shape:
            n, count = self.ids.shape
            raise ModelError(
                f"The embedding layer {type(self.layer).__name__} gives {tuple(found.shape)} for {count} tokens; one "
                f"vector per token is needed, ({n}, {count}, E). Name another layer with embedding=."
            )
        return found

    def __call__(self, points: Tensor, **kwargs: Any) -> Any:
        """The model's outputs with the points in place of the embeddings; `kwargs` have a row for each."""
        ids = kwargs.pop("input_ids")
        with _replaced(self.layers, ids, points) as calls, _equally_long(self.configs):
            try:
                outputs = self.call(ids, kwargs)
            except (IndexError, RuntimeError) as error:
                most = self._most(error)
                if most is None:
                    raise
                raise InvalidValueError(
                    f"The text has {ids.shape[1]} tokens, and {self.model.name} takes {most} at most. Give a shorter text, "
                    f"or tokenizer=functools.partial(tokenizer, truncation=True, max_length={most}), which leaves out the rest."
                ) from None
        if not calls:
            raise ModelError(
                f"The model never called the embedding layer {type(self.layer).__name__} with the ids of the sentence, so its "
                "output cannot be explained there. Name the layer that the model calls with embedding=."
            )
        return outputs

    def _most(self, error: Exception) -> int | None:
        """How many tokens the model takes, if that is why it broke: then it takes the first of them."""
        count, limit = self.ids.shape[1], self.limit
        if limit is None or isinstance(error, torch.OutOfMemoryError):
            return None
        if count > limit and "device-side assert" in str(error):  # after which a GPU answers nothing any more
            return limit
        return next((n for n in range(limit, limit - OFFSET - 1, -1) if count > n > 0 and self._takes(n)), None)

    def _takes(self, count: int) -> bool:
        size = (self.ids.shape[1],)
        cut = {k: v[:, :count] if isinstance(v, Tensor) and v.shape[1:2] == size else v for k, v in self.rest.items()}
        try:
            with torch.no_grad():
                self.call(self.ids[:, :count], cut)
        except Exception:  # noqa: BLE001  broken for another reason
            return False
        return True


@contextmanager
def _replaced(layers: list[nn.Module], ids: Tensor, points: Tensor) -> Iterator[list[int]]:
    """Let `layers` answer these ids `(M, T)` with `points`, in this thread only; the list counts the calls."""
    calls: list[int] = []

    def answer(module: nn.Module, args: Any, kwargs: Any, output: Tensor) -> Tensor | None:
        ids, points = _POINTS.get() or (None, None)
        asked = next((t for t in (*args, *kwargs.values()) if isinstance(t, Tensor)), None)
        if ids is None or points is None or asked is None:
            return None
        found = _placed(points, ids, asked, output)
        if found is not None and not _is_late(ids, asked):
            calls.append(1)
        return found

    handles = [layer.register_forward_hook(answer, with_kwargs=True) for layer in layers]
    token = _POINTS.set((ids, points))
    try:
        yield calls
    finally:
        _POINTS.reset(token)
        for handle in handles:
            handle.remove()


def _placed(points: Tensor, ids: Tensor, asked: Tensor, output: Tensor) -> Tensor | None:
    """The layer's output with points `(M, T, E)` where the ids `(M, T)` of the sentence are asked for; None where they are not."""
    if torch.equal(asked, ids):
        return points
    if torch.equal(asked, ids.mT):  # models that take time first turn their ids
        return points.transpose(0, 1)
    if torch.equal(asked.reshape(-1), ids.reshape(-1)):  # models of several sentences, or of lines, fold theirs
        return points.reshape(*asked.shape, -1)
    if _is_late(ids, asked):
        return torch.cat([output[:, :1], points[:, :-1]], 1)
    start = _padded(ids, asked)
    return None if start is None else torch.cat([output[:, :start], points, output[:, start + ids.shape[1] :]], 1)


def _is_late(ids: Tensor, asked: Tensor) -> bool:
    """Whether a decoder reads the text a place later."""
    return asked.shape == ids.shape and not torch.equal(asked, ids) and torch.equal(asked[:, 1:], ids[:, :-1])


def _padded(ids: Tensor, asked: Tensor) -> int | None:
    """Where the ids begin among those asked for, if one id fills up the rest, before or after them (Longformer)."""
    more = asked.shape[1] - ids.shape[1] if asked.ndim == 2 and len(asked) == len(ids) else 0
    if more <= 0:
        return None
    for start, rest in ((0, asked[:, ids.shape[1] :]), (more, asked[:, :more])):
        if torch.equal(asked[:, start : start + ids.shape[1]], ids) and bool((rest == rest[0, 0]).all()):
            return start
    return None


@contextmanager
def _equally_long(configs: Sequence[Any]) -> Iterator[None]:
    """Let classifiers without a padding token (GPT-2's) take several rows: all of them are one text, and end together."""
    unpadded = [config for config in configs if config.pad_token_id is None]
    for config in unpadded:
        config.pad_token_id = NO_ID
    try:
        yield
    finally:
        for config in unpadded:
            config.pad_token_id = None
