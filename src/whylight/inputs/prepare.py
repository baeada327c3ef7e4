"""Recognise a natural input and hand it to the file that knows its kind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.modules.lazy import LazyModuleMixin
from torch.nn.parameter import is_lazy

from whylight.errors import InvalidTypeError, InvalidValueError, ModelError
from whylight.inputs.black_box import is_estimator
from whylight.inputs.image import is_picture, prepare_image
from whylight.inputs.prepared import Prepared
from whylight.inputs.table import is_table, prepare_table, with_columns
from whylight.inputs.tensor import prepare_tensors
from whylight.inputs.text import prepare_text
from whylight.model.modules import modules_behind, walked


def prepare(
    model: Any,
    x: Any,
    *,
    preprocess: Callable[[Any], Tensor] | None = None,
    tokenizer: Any = None,
    embedding: Any = None,
    feature_names: Sequence[str] | None = None,
    background: Any = None,
    device: torch.device | str | None = None,
) -> Prepared:
    """Turn one natural input, or a batch of tensors, into what the engine explains.

    Raises
    ------
    InvalidTypeError
        `x` is of no known kind; the message lists the kinds.
    """
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
    if preprocess is not None and not callable(preprocess):
        raise InvalidTypeError(
            f"preprocess must be a callable from a picture to a float tensor; got {type(preprocess).__name__}."
        )
    if preprocess is not None and isinstance(x, Tensor) and x.ndim > 3:
        raise InvalidValueError(
            f"preprocess applies to one picture, and x is a batch of shape {tuple(x.shape)}, which is used as it is. "
            "Leave preprocess out, or give one picture (C, H, W)."
        )
    _uninitialized(model)
    place = _place(model, device)
    if isinstance(x, str):
        return prepare_text(model, x, tokenizer, embedding, place)
    if not is_estimator(model) and is_picture(x, preprocess):
        return prepare_image(model, x, preprocess, place)
    if is_table(model, x):
        return prepare_table(model, x, feature_names, background, place)
    given = x if isinstance(x, tuple) else (x,)
    if callable(model) and given and all(isinstance(t, Tensor) for t in given):
        prepared = prepare_tensors(model, x, feature_names, place)
        return prepared if background is None else with_columns(prepared, x, feature_names, background)
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


def _described(x: Any) -> str:
    """What an input of no known kind is, and what to do with it."""
    if isinstance(x, Mapping):
        names = ", ".join(map(repr, list(x)[:8]))
        return f" of {names}: give what is to be explained as x (a text as the string), the others in forward_kwargs="
    if isinstance(x, list) and x and isinstance(x[0], str):
        return " of strings: give one at a time"
    if isinstance(x, tuple) and x and isinstance(x[0], str):
        return (
            " of strings: give the one to explain, and a tokenizer=lambda text: ... that puts the other beside it and gives the "
            "other's tokens the offsets (0, 0)"
        )
    if isinstance(x, list) and x and isinstance(x[0], Tensor):
        return " of tensors: several inputs of one model are a tuple, samples are joined by torch.stack(x)"
    shape, dtype = (getattr(x, name, None) for name in ("shape", "dtype"))
    return "" if shape is None or dtype is None else f" of shape {tuple(shape)} and dtype {dtype}"


def _uninitialized(model: Any) -> None:
    """Raise for layers whose weights wait for data: to explain a model must not make them."""
    modules = walked(modules_behind(model))
    if any(is_lazy(p) for m in modules if isinstance(m, LazyModuleMixin) for p in m.parameters()):
        raise ModelError(
            f"{type(modules[0]).__name__} has lazy layers that have seen no data yet, so they have no weights: call it once, "
            "model(x), and train or load it first."
        )


def _place(model: Any, device: torch.device | str | None) -> torch.device | None:
    if device is None:
        return None
    try:
        asked = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise InvalidValueError(f"device={device!r} is no device of torch: {str(error).splitlines()[0]}") from None
    own = {p.device.type for p in model.parameters()} if isinstance(model, torch.nn.Module) else set()
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
