"""Recognise a natural input and hand it to the file that knows its kind."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError, ModelError, unknown_name
from whylight.inputs.black_box import is_estimator
from whylight.inputs.embedded_table import EmbeddedTableInput
from whylight.inputs.image import ImageInput, is_picture
from whylight.inputs.input_kind import INPUT_KINDS, InputOptions, register
from whylight.inputs.named_tensors import NamedTensorsInput
from whylight.inputs.prepared import Prepared
from whylight.inputs.table import TableInput
from whylight.inputs.tensor import TensorInput
from whylight.inputs.text import TextInput
from whylight.model.user_model import UserModel

for _kind in (
    TensorInput,
    NamedTensorsInput,
    TableInput,
    ImageInput,
    EmbeddedTableInput,
    TextInput,
):  # the last one is asked first
    register(_kind)


def prepare(model: Any, x: Any, *, device: torch.device | str | None = None, **given: Any) -> Prepared:
    """Turn one natural input, or a batch of tensors, into what the engine explains; `given` are the fields of `InputOptions`.

    Raises
    ------
    InvalidTypeError
        `x` is of no known kind, or not of the one asked for; the message lists the kinds.
    """
    known = UserModel.of(model)
    model = known.original
    if not callable(model) and not is_estimator(model):
        raise InvalidTypeError(
            "model must be a torch.nn.Module, a callable on tensors, or a predictor (an estimator with predict_proba or predict, "
            f"an ONNX session, a callable on arrays); got {type(model).__name__}."
        )
    if type(model).__module__.startswith("transformers.pipelines"):
        raise InvalidTypeError(
            "A Hugging Face pipeline gives answers without gradients. Explain the model in it: explain(pipe.model, text, "
            "tokenizer=pipe.tokenizer), for pictures explain(pipe.model, picture, preprocess=pipe.image_processor)."
        )
    options = InputOptions(**given, device=_place(known, device))
    _check_preprocess(options.preprocess, x)
    _check_token_ids(options.tokenizer, x)
    if known.is_lazy:
        raise ModelError(
            f"{type(known.modules[0]).__name__} has lazy layers that have seen no data yet, so they have no weights: call it once, "
            "model(x), and train or load it first."
        )
    asked = _checked_kinds(options.kind)
    for kind in INPUT_KINDS:
        if (asked <= set(kind.names) or not asked) and kind.accepts(known, x, options):
            return kind.prepare(known, x, options)
    if asked:
        raise _not_of_kind(x, options.kind)
    if is_estimator(model):
        raise InvalidTypeError(
            f"{type(model).__name__} predicts rows, and x is of type {type(x).__name__}{_described(x)}. Give a row or table (pandas, "
            "or an array (D,) or (N, D)); for anything else give a function of tensors."
        )
    raise InvalidTypeError(
        f"Cannot explain an input of type {type(x).__name__}{_described(x)}. Give a PIL image, a uint8 array (H, W, C) or (H, W), a string "
        "with tokenizer=, a row or table (pandas, or an array (D,) or (N, D)), or a float tensor (N, ...) or tuple of such "
        "tensors. A float picture (H, W, C) in 0..1 becomes one by "
        "torch.from_numpy(x).permute(2, 0, 1)[None].float()."
    )


def _check_preprocess(preprocess: Any, x: Any) -> None:
    if preprocess is not None and not callable(preprocess):
        raise InvalidTypeError(
            f"preprocess must be a callable from a picture to a float tensor; got {type(preprocess).__name__}."
        )
    if preprocess is not None and isinstance(x, Tensor) and x.ndim > 3:
        raise InvalidValueError(
            f"preprocess applies to one picture, and x is a batch of shape {tuple(x.shape)}, which is used as it is. "
            "Leave preprocess out, or give one picture (C, H, W)."
        )


def _check_token_ids(tokenizer: Any, x: Any) -> None:
    """Raise for token ids without their name, which would be taken for a row of numbers."""
    if tokenizer is None:
        return
    ids = x if isinstance(x, list) else x.reshape(-1)[:1].tolist() if isinstance(x, Tensor) else []
    if ids and all(type(number) is int for number in ids):
        raise InvalidTypeError(
            f"Token ids are given by their name, {{'input_ids': ids}}; got a {type(x).__name__} of whole numbers. Or give the text."
        )


def known_kinds() -> list[str]:
    """What `kind=` can be."""
    return list(dict.fromkeys(name for kind in INPUT_KINDS for name in kind.names))


def _checked_kinds(kind: Any) -> set[str]:
    """The kinds that are asked for: one, one for each of several inputs, or none."""
    if not (kind is None or isinstance(kind, (str, tuple, list, Mapping))):
        raise InvalidTypeError(
            f"kind is one of {', '.join(known_kinds())}, or one for each of several inputs; got {kind!r}."
        )
    given = [kind] if isinstance(kind, str) or kind is None else kind.values() if isinstance(kind, Mapping) else kind
    asked = [name for name in given if name is not None]
    for name in asked:
        if name not in known_kinds():
            raise unknown_name("kind", str(name), known_kinds())
    return set(asked)


def _not_of_kind(x: Any, kind: Any) -> InvalidTypeError:
    """The error for an input that is not what `kind=` says."""
    return InvalidTypeError(
        f"x is of type {type(x).__name__}{_described(x)}, which is no input of kind={kind!r}. Tables are pandas rows or arrays (D,) and "
        "(N, D), texts are strings, pictures PIL images, uint8 arrays or tensors, and all other kinds tensors (N, ...) or one sample as "
        "an array; leave kind= out to let the input itself decide."
    )


def is_list(x: Any) -> bool:
    """Whether `x` is a list of natural inputs: texts, pairs of texts, pictures. Lists of numbers are none, nor are tensors."""
    if not isinstance(x, list) or not x:
        return False
    return all(isinstance(one, str) or is_picture(one, None) or _is_pair(one) for one in x)


def _is_pair(x: Any) -> bool:
    return isinstance(x, tuple) and bool(x) and all(isinstance(text, str) for text in x)


def _described(x: Any) -> str:
    """What an input of no known kind is, and what to do with it."""
    if isinstance(x, Mapping):
        names = ", ".join(map(repr, list(x)[:8]))
        return f" of {names}: give what is to be explained as x (a text as the string), the others in forward_kwargs="
    if is_list(x):
        return f" of {len(x)} inputs: whylight.attribute takes them all, everything else one at a time"
    if isinstance(x, list) and x and isinstance(x[0], Tensor):
        return " of tensors: several inputs of one model are a tuple, samples are joined by torch.stack(x)"
    shape, dtype = (getattr(x, name, None) for name in ("shape", "dtype"))
    return "" if shape is None or dtype is None else f" of shape {tuple(shape)} and dtype {dtype}"


def _place(model: UserModel, device: torch.device | str | None) -> torch.device | None:
    if device is None:
        return None
    try:
        asked = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise InvalidValueError(f"device={device!r} is no device of torch: {str(error).splitlines()[0]}") from None
    own = set() if model.module is None else {p.device.type for p in model.parts.parameters}
    if own and own != {asked.type}:
        raise InvalidValueError(
            f"device={str(asked)!r}, but the model is on {'/'.join(sorted(own))}. Move it yourself with model.to({str(asked)!r}), "
            "or leave device out: inputs follow the model."
        )
    try:
        torch.empty(0, device=asked)
    except (RuntimeError, AssertionError) as error:
        raise InvalidValueError(f"device={device!r} cannot be used here: {str(error).splitlines()[0]}") from None
    return asked
