"""What a model returns, as scores: found in tensors, tuples and objects, converted as asked. Knows nothing of targets."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from torch import Tensor, nn

from whylight.errors import InvalidTypeError, ModelError, unknown_name
from whylight.numbers import plural

SENTENCE = "['sentence_embedding']"  # of SentenceTransformers, beside those of its tokens
OUTPUTS = ("logit", "probability", "log_probability")
NAMED = ("logits", "out", "pred_logits")  # of Hugging Face, of torchvision's segmentation, of DETR

Detections: TypeAlias = Sequence[Mapping[str, Tensor]]  # the boxes found in each picture


def output_tensor(outputs: Any) -> Tensor:
    """The tensor of scores in whatever a model returns: itself, the one named so, its first item, or a mapping's only tensor."""
    if isinstance(outputs, Tensor):
        return outputs
    for name in NAMED:
        named = outputs.get(name) if isinstance(outputs, Mapping) else getattr(outputs, name, None)
        if isinstance(named, Tensor):
            return named
    if isinstance(outputs, (tuple, list)) and outputs and isinstance(outputs[0], Tensor):
        return outputs[0]
    held = _tensors(outputs) if isinstance(outputs, Mapping) else {}
    if len(held) == 1:
        return next(iter(held.values()))
    if detections_of(outputs) is not None:
        raise InvalidTypeError(
            "The model returns a dictionary of boxes per picture: give target=wl.targets.box(i, class) for one of them, or a callable "
            "outputs -> (N,)."
        )
    raise InvalidTypeError(
        f"The model must return a tensor (or an object with .logits, or a tuple whose first item is a tensor); "
        f"it returned {type(outputs).__name__}{_held(outputs)}. Give target= a callable outputs -> (N,) to choose the score yourself"
        f"{_example(outputs)}."
    )


def detections_of(outputs: Any) -> Detections | None:
    """A list with a dictionary per picture that has the scores and labels of boxes; None for anything else."""
    if not isinstance(outputs, (list, tuple)) or not outputs:
        return None
    found = all(isinstance(one, Mapping) and {"scores", "labels"} <= one.keys() for one in outputs)
    return outputs if found else None


def has_boxes(outputs: Any) -> bool:
    """Whether a model returns beside scores where boxes are."""
    names = outputs if isinstance(outputs, Mapping) else getattr(outputs, "__dict__", {})
    return "pred_boxes" in names or "boxes" in names


def rows_of(outputs: Any, count: int) -> list[Tensor] | None:
    """The real tensors in what a model returned, if each has a row for every one of the `count` points; else None."""
    held = [outputs] if isinstance(outputs, Tensor) else list(_tensors(outputs).values())
    real = [value.detach() for value in held if value.is_floating_point()]
    return real if real and all(value.ndim and len(value) == count for value in real) else None


def _tensors(outputs: Any) -> dict[str, Tensor]:
    """The tensors in what a model returned, by the code that picks them."""
    if isinstance(outputs, Mapping):
        named = {f"[{name!r}]": value for name, value in outputs.items()}
    elif isinstance(outputs, (tuple, list)):
        named = {f"[{i}]": value for i, value in enumerate(outputs)}
    else:
        named = {f".{name}": value for name, value in getattr(outputs, "__dict__", {}).items()}
    return {code: value for code, value in named.items() if isinstance(value, Tensor)}


def _held(outputs: Any) -> str:
    shapes = [f"{code} {tuple(value.shape)}" for code, value in _tensors(outputs).items()]
    return f" with {', '.join(shapes[:8])}{', ...' * (len(shapes) > 8)}" if shapes else ""


def _example(outputs: Any) -> str:
    """A callable for the embedding of the sentence, else for the first tensor with rows, at its first place."""
    real = {code: value for code, value in _tensors(outputs).items() if value.ndim and value.is_floating_point()}
    if not real:
        return ""
    code = SENTENCE if SENTENCE in real else next(iter(real))
    value = real[code]
    return f", as target=lambda outputs: outputs{code}[{', '.join([':', *'0' * (value.ndim - 1)])}]"


def convert(scores: Tensor, output: str, output_kind: str = "logit") -> Tensor:
    """Scores as the asked output: as they are, as probabilities, or as their logarithms.

    Several classes `(N, C, ...)` share a softmax over dimension 1; a single score `(N,)` or `(N, 1)` a sigmoid. Where a model
    gives probabilities, their logit is the log-odds log(p / (1 − p)) of each class.
    """
    if output not in OUTPUTS:
        raise unknown_name("output", str(output), OUTPUTS)
    if output_kind == "probability":
        return {"probability": scores, "log_probability": scores.log(), "logit": scores.logit()}[output]
    if output == "logit":
        return scores
    if scores.ndim == 1 or scores.shape[1] == 1:
        return scores.sigmoid() if output == "probability" else nn.functional.logsigmoid(scores)
    return scores.softmax(1) if output == "probability" else scores.log_softmax(1)


def per_sample(scores: Tensor, n_samples: int) -> Tensor:
    """The scores, if they have one row per sample."""
    if scores.ndim == 0 or len(scores) != n_samples:
        raise ModelError(
            f"The model returned shape {tuple(scores.shape)} for {plural(n_samples, 'sample')}; expected "
            f"({n_samples}, ...). Keep the batch dimension first: no .squeeze(), .sum() or [0] over it; a model that takes time first "
            "becomes one with lambda x: model(x.transpose(0, 1))."
        )
    if not scores.is_floating_point():
        raise ModelError(f"The model's output must be real floating point numbers; it is {scores.dtype}.")
    return scores
