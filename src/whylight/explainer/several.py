"""Several inputs as single ones, each with options of its own: a list of natural inputs, or a batch of tensors."""

from collections.abc import Mapping
from typing import Any, cast

from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.inputs import is_list
from whylight.targets.dense import DenseTarget


def inputs_of(x: Any, options: Options) -> list[tuple[Any, Options]] | None:
    """Each input of a list with its options: of a list of targets it gets its own. None where `x` is one input.

    Examples
    --------
    >>> inputs_of(["a", "b"], {"target": [1, 0]})
    [('a', {'target': 1}), ('b', {'target': 0})]
    """
    _check_texts(x, options)
    if not is_list(x):
        return None
    target = options.get("target")
    if not isinstance(target, list):
        return [(one, options) for one in x]
    if len(target) != len(x):
        raise InvalidValueError(
            f"target is a list of {len(target)}, but there are {len(x)} inputs: give one target for each."
        )
    return [(one, {**options, "target": spec}) for one, spec in zip(x, target, strict=True)]


def _check_texts(x: Any, options: Options) -> None:
    """Raise for texts in an array or a pandas Series, which would be taken for a row of a table."""
    if options.get("tokenizer") is None or not hasattr(x, "tolist") or getattr(x, "ndim", 0) != 1:
        return
    if len(x) and all(isinstance(one, str) for one in x.tolist()):
        raise InvalidTypeError(f"x is a {type(x).__name__} of texts; several texts are a list: give x.tolist().")


def samples_of(whole: Explainer, x: Any, options: Options) -> list[tuple[Any, Options]]:
    """Each sample of a batch of tensors, with its own target, further inputs and baseline."""
    n = whole.at_input.n_samples
    by_row = whole.at_input.forward_kwargs
    target, kwargs, baseline = (options.get(name) for name in ("target", "forward_kwargs", "baseline"))

    def own(i: int) -> Options:
        made: dict[str, Any] = dict(options)
        if isinstance(target, (list, Tensor)) and len(target) == n:
            made["target"] = target[i]
        elif isinstance(target, DenseTarget):
            made["target"] = target.of_sample(i, whole.outputs())
        if kwargs:
            made["forward_kwargs"] = {k: row(v, i, n) if k in by_row else v for k, v in kwargs.items()}
        if baseline is not None:
            made["baseline"] = [row(b, i, n) for b in baseline] if isinstance(baseline, list) else row(baseline, i, n)
        return cast(Options, made)

    return [(row(x, i, n), own(i)) for i in range(n)]


def row(value: Any, i: int, n: int) -> Any:
    """One sample of a tensor of N of them, of a tuple or a dictionary of such; anything else as it is."""
    if isinstance(value, Mapping):
        return {name: row(one, i, n) for name, one in value.items()}
    if isinstance(value, tuple):
        return tuple(row(one, i, n) for one in value)
    return value[i : i + 1] if isinstance(value, Tensor) and value.ndim and len(value) == n else value
