"""A dictionary of a model's inputs by name, a tokenizer's or processor's: those with a gradient are explained, the others held.

Token ids alone are explained at the embedding, as texts are. Knows nothing of targets or methods.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.inputs.call import called, parameters_of, takes_names
from whylight.inputs.input_kind import InputKind, InputOptions
from whylight.inputs.prepared import Prepared
from whylight.inputs.tensor import TensorInput, prepare_tensors
from whylight.inputs.text import at_embedding, tokenizer_of
from whylight.inputs.tokenization import Encoded, layout, owner_of, roles
from whylight.model.user_model import UserModel
from whylight.views.view import View

IDS = "input_ids"
STARRED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class NamedTensorsInput(InputKind):
    """A dictionary of tensors, or what a Hugging Face tokenizer or processor returns."""

    names = (*TensorInput.names, "text")

    def accepts(self, model: UserModel, x: Any, options: InputOptions) -> bool:
        """A mapping with a tensor, or with token ids."""
        return isinstance(x, Mapping) and (
            isinstance(x.get(IDS), (Tensor, list)) or any(isinstance(t, Tensor) for t in x.values())
        )

    def prepare(self, model: UserModel, x: Any, options: InputOptions) -> Prepared:
        """The tensors that are explained, with the others beside them."""
        place = options.device or model.home()[0]
        given = {str(name): _moved(name, value, place) for name, value in x.items()}
        explained = {name: t for name, t in given.items() if _has_gradient(name, t)}
        if explained:
            return _by_name(model, explained, given, options)
        if IDS not in given:
            kinds = ", ".join(
                f"{name} {t.dtype if isinstance(t, Tensor) else type(t).__name__}" for name, t in given.items()
            )
            raise InvalidTypeError(
                f"None of the inputs has a gradient: {kinds}. Give floating point tensors, or token ids as 'input_ids', which "
                "are explained at the embedding."
            )
        ids, tokenizer = given[IDS], tokenizer_of(model, options)
        markers = _markers(x, ids, tokenizer)
        return at_embedding(model, given, ~markers, options, partial(_drawn, x, ids, markers, tokenizer))


@dataclass(frozen=True)
class ByName:
    """The model as a function of the tensors of these names, in their order."""

    model: Any
    names: tuple[str, ...]
    by_name: bool

    def __call__(self, *points: Tensor, **kwargs: Any) -> Any:
        """What the model returns."""
        return called(self.model, {**dict(zip(self.names, points, strict=True)), **kwargs}, by_name=self.by_name)


def _by_name(model: UserModel, explained: dict[str, Tensor], given: dict[str, Any], options: InputOptions) -> Prepared:
    tensors = tuple(explained.values())
    prepared = prepare_tensors(model, tensors, options, tuple(explained))
    _check_taken(model.given, given)
    forward = ByName(model.given, tuple(explained), takes_names(model.given, given))
    held = {name: value for name, value in given.items() if name not in explained}
    return replace(prepared, forward=forward, kwargs=held, names=tuple(explained))


def _check_taken(model: Any, given: Mapping[str, Any]) -> None:
    """Raise for names that the model has no place for, where it takes more than one dictionary."""
    own, anything = parameters_of(model)
    if takes_names(model, given) or len(own) < 2:
        return
    missing = [n for n, p in own.items() if p.default is p.empty and n not in given and p.kind not in STARRED]
    unknown = [] if anything else [n for n in given if n not in own]
    wrong = [f"nothing for {n!r}" for n in missing] + [f"{n!r}, which it does not take" for n in unknown]
    raise InvalidValueError(
        f"The model takes inputs named {', '.join(own)}; x has {', and '.join(wrong)}. Name the tensors of the dictionary as the "
        "model's forward() names them, or give a tuple in its order."
    )


def _moved(name: Any, value: Any, place: torch.device) -> Any:
    """A tensor at the model's place; lists of token ids, one text or several of the same length, become one."""
    if not isinstance(value, Tensor):
        if not isinstance(value, (list, tuple)) or name == "offset_mapping":
            return value
        try:
            value = torch.as_tensor(value)
        except (TypeError, ValueError, RuntimeError):
            if name != IDS:
                return value
            raise InvalidValueError(
                "The texts have different numbers of tokens, and no padding: make them with tokenizer(texts, padding=True, "
                "return_tensors='pt'), or give one at a time."
            ) from None
        value = value[None] if value.ndim == 1 else value
    if name == IDS and (value.is_floating_point() or value.ndim != 2 or not value.numel()):
        raise InvalidValueError(f"input_ids are whole numbers (N, T); got {tuple(value.shape)} of {value.dtype}.")
    return value.to(place)


def _has_gradient(name: str, value: Any) -> bool:
    """Whether it is explained: masks of any dtype say what is there, and are held."""
    return isinstance(value, Tensor) and value.is_floating_point() and not name.endswith("mask")


def _markers(x: Mapping[str, Any], ids: Tensor, tokenizer: Any) -> Tensor:
    """Which tokens are markers of the model `(N, T)`, as far as is known."""
    if hasattr(owner_of(tokenizer), "convert_ids_to_tokens"):
        known, _ = roles(owner_of(tokenizer))
        return torch.isin(ids, torch.tensor(sorted(known), dtype=ids.dtype, device=ids.device))
    encodings = getattr(x, "encodings", None)
    found = [e.special_tokens_mask for e in encodings] if encodings else torch.zeros_like(ids).tolist()
    return torch.tensor(found, device=ids.device).bool()


def _drawn(x: Mapping[str, Any], ids: Tensor, markers: Tensor, tokenizer: Any) -> View | None:
    """One text as the names of its tokens: only the tokenizer knew how it was written."""
    if len(ids) != 1:
        return None
    numbers, owner = ids[0].tolist(), owner_of(tokenizer)
    if hasattr(owner, "convert_ids_to_tokens"):
        names = [str(name) for name in owner.convert_ids_to_tokens(numbers)]
    else:
        names = list(x.tokens()) if getattr(x, "encodings", None) else [f"<{number}>" for number in numbers]  # type: ignore[attr-defined]
    special, spans, at = markers[0].tolist(), [], 0
    for name in names:
        spans.append((at, at + len(name)))
        at += len(name) + 1
    text = " ".join(names)
    return layout(text, Encoded(text, ids, spans, names, special, [False] * len(names), {}))
