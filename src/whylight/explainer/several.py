"""A list of natural inputs as single ones, each with options of its own. Knows nothing of models."""

from typing import Any

from whylight.errors import InvalidValueError
from whylight.explainer.options import Options
from whylight.inputs import is_list


def inputs_of(x: Any, options: Options) -> list[tuple[Any, Options]] | None:
    """Each input of a list with its options: of a list of targets it gets its own. None where `x` is one input.

    Examples
    --------
    >>> inputs_of(["a", "b"], {"target": [1, 0]})
    [('a', {'target': 1}), ('b', {'target': 0})]
    """
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
