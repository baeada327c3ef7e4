"""Class names: in the order of the classes, and back to their numbers. Knows nothing of outputs or targets."""

from collections.abc import Iterable, Mapping
from typing import Any

from whylight.errors import InvalidTypeError, InvalidValueError, unknown_name

Labels = tuple[str, ...] | None


def class_names(labels: Any) -> Labels:
    """Labels as a tuple of strings; a mapping from class index to name is put in order."""
    if labels is None:
        return None
    if isinstance(labels, Mapping):
        named = {int(index): str(label) for index, label in labels.items()}
        return tuple(named.get(index, f"class {index}") for index in range(max(named, default=-1) + 1))
    if isinstance(labels, str) or not isinstance(labels, Iterable):
        raise InvalidTypeError(f"labels must be a list of class names or a mapping from index to name; got {labels!r}.")
    return tuple(str(label) for label in labels)


def class_of(name: str, labels: Labels) -> int:
    """The number of the class of this name."""
    if not labels:
        raise InvalidValueError(
            f"target {name!r} is a label name, but no labels= were given. Give labels, or a class index."
        )
    wanted = name.strip().lower()
    for index, label in enumerate(labels):
        if label.strip().lower() == wanted:
            return index
    raise unknown_name("target", name, labels)


def name_of(index: int, labels: Labels) -> str:
    """What a class is called.

    Examples
    --------
    >>> name_of(1, ("cat", "dog")), name_of(2, ("cat", "dog"))
    ('dog', 'class 2')
    """
    return labels[index] if labels is not None and index < len(labels) else f"class {index}"
