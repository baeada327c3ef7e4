"""Sentences: a string, a tokenizer, and the embedding at which attributions are taken.

Token ids have no gradient, so the sentence is explained at the output of the embedding layer: a hook puts points of the
path in its place while the model runs on the same ids. Other ids that the layer is asked for meanwhile (a decoder's, a
second sentence's) keep their embeddings. Knows nothing of targets or methods.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from whylight import baselines
from whylight.baselines import Named
from whylight.behind import modules_behind, walked
from whylight.errors import InvalidTypeError, InvalidValueError, ModelError, unknown_name
from whylight.inputs.prepared import Prepared, home, own_labels
from whylight.inputs.views import TextView, Token
from whylight.inputs.words import Span, units
from whylight.score import expand
from whylight.undisturbed import modules_of, undisturbed

PADDING = ("pad", "eos")  # decoders have no padding of their own; their end-of-text token pads
PICTURE_FILE = re.compile(r"\.(png|jpe?g|gif|bmp|webp|tiff?)$", re.IGNORECASE)

# A context variable, not a global: a model call of another thread meanwhile sees None and is left alone.
_POINTS: ContextVar[tuple[Tensor, Tensor] | None] = ContextVar("points", default=None)  # ids and what stands for them


def prepare_text(
    model: Any, text: str, tokenizer: Any, embedding: nn.Module | str | None, device: torch.device | None
) -> Prepared:
    """One sentence, ready to explain."""
    if not text.strip():
        raise InvalidValueError("The text is empty. Give a sentence with at least one word.")
    if tokenizer is None and PICTURE_FILE.search(text):
        raise InvalidTypeError(f"{text!r} is a string; to explain that picture give PIL.Image.open({text!r}).")
    if tokenizer is None:
        raise InvalidTypeError(
            "A string needs tokenizer=: a Hugging Face tokenizer, or a callable text -> {'input_ids', 'offset_mapping'}."
        )
    layer = find_embedding(model, embedding)
    encoded = encode(tokenizer, text)
    if not encoded.ids.numel():
        raise InvalidValueError(f"The tokenizer found no tokens in {text!r}.")
    runner = _Runner(model, layer, encoded.tensors(device or home(model)[0]))
    embedded = runner.embed()
    return Prepared(
        inputs=(embedded,),
        forward=runner,
        offer=partial(_baselines, tokenizer, encoded, runner, embedded),
        default_baseline="zero" if _stand_in(tokenizer, *PADDING) is None else "pad",
        draw=partial(layout, text, encoded),
        reduce=_over_embedding,
        labels=own_labels(model),
    )


def _over_embedding(maps: Tensor, how: str) -> Tensor:
    """`(N, T, E)` to `(N, T)`."""
    return maps.norm(dim=-1) if how == "norm" else maps.sum(-1)


def find_embedding(model: Any, embedding: nn.Module | str | None) -> nn.Module:
    """The embedding layer: as given, by its dotted name, or from `get_input_embeddings()` of the model or the one inside it."""
    if isinstance(embedding, nn.Module):
        return embedding
    if embedding is not None and not isinstance(embedding, str):
        raise InvalidTypeError(
            f"embedding must be a module of the model or its dotted name; got {type(embedding).__name__}."
        )
    named = {name: m for root in modules_behind(model) for name, m in root.named_modules()}
    layers = [n for n, m in named.items() if isinstance(m, nn.Embedding)]
    if embedding is not None:
        if embedding not in named:
            raise unknown_name("embedding", embedding, layers or named)
        return named[embedding]
    own = _embeddings_of(model)
    if len(own) == 1 or len(layers) == 1:
        return own[0] if len(own) == 1 else named[layers[0]]
    raise InvalidTypeError(
        "Name the embedding layer with embedding= (a module of the model, or its dotted name)."
        + (f" Embedding layers found: {', '.join(layers)}." if layers else "")
    )


def _embeddings_of(model: Any) -> list[nn.Module]:
    """The input embeddings of the outermost modules that say what theirs are (Hugging Face)."""
    found: list[nn.Module] = []
    inside: set[nn.Module] = set()
    for module in walked(modules_behind(model)):
        getter = getattr(module, "get_input_embeddings", None)
        if module not in inside and getter is not None:
            inside.update(module.modules())
            found.append(getter())
    return found


@dataclass(frozen=True)
class Encoded:
    """Token ids of one sentence, where each token stands in it, and further inputs of the model."""

    ids: Tensor  # (1, T)
    spans: list[Span]  # code points; empty for special tokens
    names: list[str]
    rest: Mapping[str, Any]

    def tensors(self, device: torch.device) -> dict[str, Any]:
        """The model's keyword inputs, on its device."""
        moved = {k: v.to(device) if isinstance(v, Tensor) else v for k, v in self.rest.items()}
        return {"input_ids": self.ids.to(device), **moved}


def encode(tokenizer: Any, text: str) -> Encoded:
    """Run a Hugging Face tokenizer or any callable; both must say where tokens stand in the text."""
    to_names = getattr(tokenizer, "convert_ids_to_tokens", None)  # Hugging Face
    if not callable(tokenizer):
        raise InvalidTypeError(f"tokenizer must be callable; got {type(tokenizer).__name__}.")
    try:
        made = tokenizer(text, return_tensors="pt", return_offsets_mapping=True) if to_names else tokenizer(text)
    except NotImplementedError:
        raise InvalidTypeError(
            f"{type(tokenizer).__name__} cannot say where its tokens stand in the text. Use the fast tokenizer of the model "
            "(AutoTokenizer.from_pretrained(..., use_fast=True))."
        ) from None
    if not isinstance(made, Mapping) or "input_ids" not in made or "offset_mapping" not in made:
        given = sorted(made) if isinstance(made, Mapping) else type(made).__name__
        raise InvalidTypeError(
            "The tokenizer must return a mapping with 'input_ids' and 'offset_mapping' (start and end of each token in the "
            f"text, in characters); it returned {given}."
        )
    ids = torch.as_tensor(made["input_ids"]).reshape(1, -1)
    spans = [(int(a), int(b)) for a, b in torch.as_tensor(made["offset_mapping"]).reshape(-1, 2).tolist()]
    if len(spans) != ids.shape[1]:
        raise InvalidValueError(f"The tokenizer gave {ids.shape[1]} ids but {len(spans)} offsets.")
    numbers = ids[0].tolist()
    names = to_names(numbers) if to_names else [text[a:b] or f"<{i}>" for i, (a, b) in zip(numbers, spans, strict=True)]
    rest = {k: v for k, v in made.items() if k not in ("input_ids", "offset_mapping", "special_tokens_mask")}
    return Encoded(ids, spans, [str(n) for n in names], rest)


def layout(text: str, encoded: Encoded) -> TextView:
    """How the sentence and its tokens are drawn; the pieces of text join to the sentence exactly."""
    group = units(text, encoded.spans)
    tokens = [
        Token(text[a:b] if b > a else name, unit, b <= a)
        for (a, b), name, unit in zip(encoded.spans, encoded.names, group, strict=True)
    ]
    segments: list[tuple[str, int]] = []
    at = 0
    for index in sorted(range(len(tokens)), key=lambda i: encoded.spans[i]):
        start, end = encoded.spans[index]
        start = max(start, at)  # byte-level tokens may share a character: the first one shows it
        if end <= start:
            continue
        if start > at:
            segments.append((text[at:start], -1))
        segments.append((text[start:end], index))
        at = end
    if at < len(text):
        segments.append((text[at:], -1))
    return TextView(text, tuple(tokens), _words(text, tokens, encoded.spans), tuple(segments))


def _words(text: str, tokens: list[Token], spans: list[Span]) -> tuple[Token, ...]:
    found: list[Token] = []
    for number in range(1 + max(token.unit for token in tokens)):
        members = [i for i, token in enumerate(tokens) if token.unit == number]
        first = tokens[members[0]]
        if first.special:
            found.append(Token(first.text, number, True))
        else:
            found.append(
                Token(text[min(spans[i][0] for i in members) : max(spans[i][1] for i in members)], number, False)
            )
    return tuple(found)


class _Runner:
    """The model as a function of embeddings `(M, T, E)`: same ids, points of the path at the embedding's output."""

    def __init__(self, model: Any, layer: nn.Module, inputs: dict[str, Any]) -> None:
        self.model, self.layer, self._layers = model, layer, _alike(layer, model)
        self.ids, self.rest = inputs["input_ids"], {k: v for k, v in inputs.items() if k != "input_ids"}
        names, anything = _parameters(model)
        self.by_name = hasattr(model, "get_input_embeddings") or "input_ids" in names
        if not anything:
            self.rest = {k: v for k, v in self.rest.items() if k in names}

    def embed(self, ids: Tensor | None = None) -> Tensor:
        """Embeddings `(1, T, E)` of the sentence, or of other ids of the same length."""
        with undisturbed(modules_of(self.model)), torch.no_grad():
            found = self.layer(self.ids if ids is None else ids).detach()
        if found.ndim != 3 or found.shape[:2] != self.ids.shape:
            raise ModelError(
                f"The embedding layer {type(self.layer).__name__} gives {tuple(found.shape)} for {self.ids.shape[1]} tokens; one "
                f"vector per token is needed, (1, {self.ids.shape[1]}, E). Name another layer with embedding=."
            )
        return found

    def __call__(self, points: Tensor, **kwargs: Any) -> Any:
        rows = torch.zeros(len(points), dtype=torch.long, device=points.device)
        inputs = expand({"input_ids": self.ids, **self.rest}, 1, rows)
        ids = inputs.pop("input_ids")
        with _replaced(self._layers, ids, points) as calls:
            outputs = (
                self.model(input_ids=ids, **{**inputs, **kwargs})
                if self.by_name
                else self.model(ids, **{**inputs, **kwargs})
            )
        if not calls:
            raise ModelError(
                f"The model never called the embedding layer {type(self.layer).__name__} with the ids of the sentence, so its "
                "output cannot be explained there. Name the layer that the model calls with embedding=."
            )
        return outputs


def _alike(layer: nn.Module, model: Any) -> list[nn.Module]:
    """The layer, and those of its kind that share its weights: encoder-decoder models call one of these instead."""
    weight = getattr(layer, "weight", None)
    twins = (m for m in walked(modules_behind(model)) if type(m) is type(layer) and m is not layer)
    return [layer, *(m for m in twins if weight is not None and m.weight is weight)]


@contextmanager
def _replaced(layers: list[nn.Module], ids: Tensor, points: Tensor) -> Iterator[list[int]]:
    """Let `layers` answer these ids `(M, T)` with `points`, in this thread only; the list counts the calls."""
    calls: list[int] = []

    def answer(module: nn.Module, args: Any, kwargs: Any, output: Tensor) -> Tensor | None:
        ids, points = _POINTS.get() or (None, None)
        asked = next((t for t in (*args, *kwargs.values()) if isinstance(t, Tensor)), None)
        if ids is None or points is None or asked is None or asked.ndim != 2:
            return None
        for turned in (False, True):  # models that take time first turn their ids
            if torch.equal(asked, ids.T if turned else ids):
                calls.append(1)
                return points.transpose(0, 1) if turned else points
        return None

    handles = [layer.register_forward_hook(answer, with_kwargs=True) for layer in layers]
    token = _POINTS.set((ids, points))
    try:
        yield calls
    finally:
        _POINTS.reset(token)
        for handle in handles:
            handle.remove()


def _parameters(model: Any) -> tuple[set[str], bool]:
    """The names of what a model takes, and whether it takes any other name as well."""
    call: Callable[..., Any] = model.forward if isinstance(model, nn.Module) else model
    try:
        found = inspect.signature(call).parameters
    except (TypeError, ValueError):
        return set(), False
    return set(found), any(p.kind is p.VAR_KEYWORD for p in found.values())


def _token_id(tokenizer: Any, kind: str) -> int | None:
    value = getattr(tokenizer, f"{kind}_token_id", None)
    return None if value is None else int(value)


def _stand_in(tokenizer: Any, *kinds: str) -> str | None:
    """The first of these special tokens that the tokenizer has."""
    return next((kind for kind in kinds if _token_id(tokenizer, kind) is not None), None)


def _baselines(tokenizer: Any, encoded: Encoded, runner: _Runner, embedded: Tensor) -> dict[str, Named]:
    """Zero embeddings, and the sentence with every ordinary token replaced by padding or mask tokens."""
    known = {"zero": Named("Zero embedding", "All embeddings zero.", baselines.constant(0.0), text="0")}
    ordinary = torch.tensor([[b > a for a, b in encoded.spans]], device=embedded.device)
    for kind, label, tokens in (("pad", "Padding", PADDING), ("mask", "Mask", ("mask",))):
        token = _stand_in(tokenizer, *tokens)
        if token is not None:
            reference = runner.embed(torch.where(ordinary, _token_id(tokenizer, token) or 0, runner.ids))
            known[kind] = Named(
                f"{label} tokens",
                f"Every word replaced by the {token} token.",
                lambda _, r=reference: (r,),
                text=str(getattr(tokenizer, f"{token}_token", None) or token),
            )
    return known
