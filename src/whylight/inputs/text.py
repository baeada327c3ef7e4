"""Sentences: a string, a tokenizer, and the embedding at which attributions are taken.

Token ids have no gradient, so the sentence is explained at the output of the embedding layer: a hook puts points of the
path in its place while the model runs on the same ids (`embedding.py`). Knows nothing of targets or methods.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from whylight.errors import InvalidTypeError, InvalidValueError, unknown_name
from whylight.inputs.embedding import EmbeddingModel
from whylight.inputs.input_kind import InputKind, InputOptions
from whylight.inputs.prepared import Prepared, own_labels
from whylight.inputs.text_pair import Texts
from whylight.inputs.tokenization import encode, layout, owner_of, token_id
from whylight.model.user_model import UserModel
from whylight.problem import baselines
from whylight.problem.baselines import Named
from whylight.views.view import View

PICTURE_FILE = re.compile(r"\.(png|jpe?g|gif|bmp|webp|tiff?)$", re.IGNORECASE)
COMPILED_HOOK = (
    "compile=True is for tensors and pictures: the hook that puts embeddings into a text model would be compiled anew in every "
    "pass. Leave it out."
)
UNLIMITED = 10**9  # tokenizers that know no limit say so with a huge number


class TextInput(InputKind):
    """A string, or a pair of strings that the model reads together, with a tokenizer."""

    names = ("text",)

    def accepts(self, model: UserModel, x: Any, options: InputOptions) -> bool:
        """Any string, or a tuple of them."""
        given = x if isinstance(x, tuple) else (x,)
        return bool(given) and all(isinstance(text, str) for text in given)

    def prepare(self, model: UserModel, x: Any, options: InputOptions) -> Prepared:
        """One sentence, ready to explain."""
        return prepare_text(model, x, options)


def prepare_text(model: UserModel, text: Texts, options: InputOptions) -> Prepared:
    """One sentence or a pair, ready to explain."""
    tokenizer = tokenizer_of(model, options)
    text = text[0] if isinstance(text, tuple) and len(text) == 1 else text
    if not all(part.strip() for part in (text if isinstance(text, tuple) else (text,))):
        raise InvalidValueError("The text is empty. Give a sentence with at least one word.")
    if tokenizer is None and isinstance(text, str) and PICTURE_FILE.search(text):
        raise InvalidTypeError(f"{text!r} is a string; to explain that picture give PIL.Image.open({text!r}).")
    if tokenizer is None:
        raise InvalidTypeError(
            "A string needs tokenizer=: a Hugging Face tokenizer, or a callable text -> {'input_ids', 'offset_mapping'}."
        )
    encoded = encode(tokenizer, text)
    if not encoded.ids.numel():
        raise InvalidValueError(f"The tokenizer found no tokens in {text!r}.")
    inputs = encoded.tensors(options.device or model.home()[0])
    return at_embedding(model, inputs, encoded.ordinary, options, partial(layout, encoded.text, encoded))


def at_embedding(
    model: UserModel, inputs: dict[str, Any], ordinary: Tensor, options: InputOptions, draw: Callable[[], View | None]
) -> Prepared:
    """Sentences as token ids, ready to explain at their embeddings; `ordinary` `(N, T)` are no markers of the model."""
    layer, tokenizer = find_embedding(model, options.embedding), tokenizer_of(model, options)
    _check_vocabulary(layer, inputs["input_ids"], tokenizer)
    runner = EmbeddingModel(model, layer, inputs, _limit(model, tokenizer))
    embedded = runner.embed()
    return Prepared(
        inputs=(embedded,),
        forward=runner,
        kwargs=runner.kwargs,
        offer=partial(_baselines, tokenizer, ordinary.to(embedded.device), runner, embedded),
        default_baseline=next((kind for kind in ("pad", "eos") if token_id(tokenizer, kind) is not None), "zero"),
        draw=draw,
        reduce=_over_embedding,
        labels=own_labels(model),
        points_are=" in place of the tokens' embeddings",
        rests_on_weights=True,
        not_compiled=COMPILED_HOOK,
    )


def tokenizer_of(model: UserModel, options: InputOptions) -> Any:
    """The tokenizer that was given, else the one the model holds, which cuts texts as the model does (SentenceTransformer)."""
    own = getattr(model.given, "tokenizer", None) if options.tokenizer is None else None
    most = getattr(model.given, "max_seq_length", None)
    if callable(own) and most and hasattr(own, "convert_ids_to_tokens"):
        return partial(own, truncation=True, max_length=most)
    return own if callable(own) else options.tokenizer


def _over_embedding(maps: Tensor, how: str) -> Tensor:
    """`(N, T, E)` to `(N, T)`."""
    return maps.norm(dim=-1) if how == "norm" else maps.sum(-1)


def find_embedding(model: UserModel, embedding: nn.Module | str | None) -> nn.Module:
    """The embedding layer: as given, by its dotted name, or from `get_input_embeddings()` of the model or the one inside it."""
    if isinstance(embedding, nn.Module):
        return model.own(embedding)
    if embedding is not None and not isinstance(embedding, str):
        raise InvalidTypeError(
            f"embedding must be a module of the model or its dotted name; got {type(embedding).__name__}."
        )
    named = model.named_modules
    layers = [n for n, m in named.items() if isinstance(m, nn.Embedding)]
    if embedding is not None:
        if embedding not in named:
            raise unknown_name("embedding", embedding, layers or named)
        return named[embedding]
    own = model.input_embeddings
    if len(own) == 1 or len(layers) == 1:
        return own[0] if len(own) == 1 else named[layers[0]]
    raise InvalidTypeError(
        "Name the embedding layer with embedding= (a module of the model, or its dotted name)."
        + (f" Embedding layers found: {', '.join(layers)}." if layers else "")
    )


def _check_vocabulary(layer: nn.Module, ids: Tensor, tokenizer: Any) -> None:
    largest, rows = int(ids.max()), getattr(layer, "num_embeddings", None)
    if rows is not None and largest >= rows:
        raise InvalidValueError(
            f"The tokenizer ({type(owner_of(tokenizer)).__name__}) gave the token id {largest}, and the embedding has {rows} rows: "
            "they do not belong together. Give the tokenizer the model was trained with."
        )


def _limit(model: UserModel, tokenizer: Any) -> int | None:
    """How many tokens the tokenizer or the model says it takes."""
    said = [getattr(owner_of(tokenizer), "model_max_length", None)]
    said.extend(getattr(config, "max_position_embeddings", None) for config in model.configs)
    return min((int(n) for n in said if n is not None and n < UNLIMITED), default=None)


def _baselines(tokenizer: Any, ordinary: Tensor, runner: EmbeddingModel, embedded: Tensor) -> dict[str, Named]:
    """Zero embeddings, and the sentences with every ordinary token replaced by padding or mask tokens.

    Where there is no padding token, the end token takes its place, as is usual for GPT-2: in nets without position
    embeddings zero is where their normalization breaks, and the path from there all but endless.
    """
    known = {"zero": Named("Zero embedding", "All embeddings zero.", baselines.constant(0.0), text="0")}
    lacking = token_id(tokenizer, "pad") is None
    for kind, label in (("eos", "End") if lacking else ("pad", "Padding"), ("mask", "Mask")):
        number = token_id(tokenizer, kind)
        if number is not None:
            reference = runner.embed(torch.where(ordinary, number, runner.ids))
            known[kind] = Named(
                f"{label} tokens",
                f"Every word replaced by the {kind} token.",
                lambda _, r=reference: (r,),
                text=str(getattr(owner_of(tokenizer), f"{kind}_token", None) or kind),
            )
    return known
