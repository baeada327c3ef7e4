"""Frozen dataclasses as trees of plain values, their arrays aside, and back: what a file can hold without running anything.

Only classes that say so themselves (`record`) are made again. Knows none of them, and no files.
"""

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError

C = TypeVar("C", bound=type)
RECORDS: dict[str, type] = {}
NUMBERS = "biuf"  # kinds of dtypes kept as arrays; all others are written out
TUPLE, LIST_OF, MAP, FLOAT, RECORD = "$tuple", "$objects", "$map", "$float", "$record"


def record(cls: C) -> C:
    """Let a dataclass be kept in files, under its name."""
    RECORDS[cls.__name__] = cls
    return cls


@dataclasses.dataclass
class Packed:
    """A record as a tree of plain values.

    Attributes
    ----------
    fields
        Those of the record; an array stands there as None.
    arrays, specs
        By the way to it (`view.pixels`, `baselines_0.tensors_0`), the array, and what it was: dtype, shape, tensor or not.
    """

    fields: dict[str, Any]
    arrays: dict[str, NDArray[Any]]
    specs: dict[str, dict[str, Any]]


def is_record(value: Any) -> bool:
    """Whether a file can hold it and give it back."""
    return RECORDS.get(type(value).__name__) is type(value)


def pack(made: Any) -> Packed:
    """A record as a tree; objects that are no plain values become their text.

    Examples
    --------
    >>> @record
    ... @dataclasses.dataclass
    ... class Point:
    ...     at: tuple[int, ...]
    ...     value: Tensor
    >>> packed = pack(Point((1, 2), torch.ones(1)))
    >>> packed.fields, packed.specs
    ({'at': [1, 2], 'value': None}, {'value': {'dtype': 'float32', 'shape': [1], 'tensor': True}})
    >>> unpack(Point, packed)
    Point(at=(1, 2), value=tensor([1.]))
    """
    packed = Packed({}, {}, {})
    packed.fields = _fields(made, packed, "")
    return packed


def unpack(cls: type, packed: Packed) -> Any:
    """The record again; raises for a tree that is none of its class."""
    return _made(cls, packed.fields, packed, "")


def _fields(made: Any, packed: Packed, way: str) -> dict[str, Any]:
    found = {}
    for name, field in _known(type(made)).items():
        value = getattr(made, name)
        if callable(value) and not is_record(value):
            if not _optional(field):
                raise InvalidTypeError(
                    f"{type(made).__name__}.{name} is a function, which no file can hold: save a figure."
                )
            continue
        if isinstance(value, tuple) and _is_tuple(field):  # the field says so itself: a plain list will do
            found[name] = [_plain(v, packed, f"{way}{name}_{i}") for i, v in enumerate(value)]
        else:
            found[name] = _plain(value, packed, f"{way}{name}")
    return found


def _known(cls: type) -> dict[str, dataclasses.Field[Any]]:
    return {f.name: f for f in dataclasses.fields(cls) if f.init}


def _optional(field: dataclasses.Field[Any]) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _is_tuple(field: dataclasses.Field[Any]) -> bool:
    return str(field.type).startswith("tuple[")


def _plain(value: Any, packed: Packed, way: str) -> Any:
    """One value in the tree."""
    if isinstance(value, (Tensor, np.ndarray)):
        return _aside(value, packed, way)
    if is_record(value):
        return {RECORD: type(value).__name__, **_fields(value, packed, f"{way}.")}
    if isinstance(value, Mapping):
        return _mapping(value, packed, way)
    if isinstance(value, (Sequence, set, frozenset)) and not isinstance(value, (str, bytes, bytearray)):
        items = [_plain(v, packed, f"{way}_{i}") for i, v in enumerate(value)]
        return {TUPLE: items} if isinstance(value, tuple) else items
    return _scalar(value.item() if isinstance(value, np.generic) else value)


def _scalar(value: Any) -> Any:
    """A single value; what is none that files know becomes its text."""
    if isinstance(value, float) and not math.isfinite(value):
        return {FLOAT: str(value)}
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _mapping(value: Mapping[Any, Any], packed: Packed, way: str) -> dict[str, Any]:
    if all(isinstance(key, str) and not key.startswith("$") for key in value):
        return {key: _plain(v, packed, f"{way}.{key}") for key, v in value.items()}
    pairs = enumerate(value.items())
    return {MAP: [[_plain(k, packed, f"{way}_{i}k"), _plain(v, packed, f"{way}_{i}")] for i, (k, v) in pairs]}


def _aside(value: Tensor | NDArray[Any], packed: Packed, way: str) -> Any:
    """An array, kept beside the tree; one of objects is written out in it."""
    if isinstance(value, Tensor):
        dtype, bare = str(value.dtype).removeprefix("torch."), value.detach().cpu()
        array = (bare.float() if bare.dtype == torch.bfloat16 else bare).numpy()
    else:
        dtype, array = str(value.dtype), value
    if array.dtype.kind not in NUMBERS:
        return {LIST_OF: [_plain(v, packed, way) for v in array.reshape(-1).tolist()], "shape": list(array.shape)}
    packed.arrays[way] = array
    packed.specs[way] = {"dtype": dtype, "shape": list(array.shape), "tensor": isinstance(value, Tensor)}
    return None


def _made(cls: type, fields: Any, packed: Packed, way: str) -> Any:
    """A record from its part of the tree."""
    known = _known(cls)
    if not isinstance(fields, dict) or not fields.keys() <= known.keys():
        raise InvalidValueError(f"There is no {cls.__name__} at {way or 'the top'!r}.")
    values = {
        name: _value(value, packed, f"{way}{name}", as_tuple=_is_tuple(known[name])) for name, value in fields.items()
    }
    try:
        return cls(**values)
    except TypeError as error:
        raise InvalidValueError(f"The {cls.__name__} at {way or 'the top'!r} is not complete: {error}.") from None


def _value(tree: Any, packed: Packed, way: str, *, as_tuple: bool = False) -> Any:
    """One value from the tree."""
    if way in packed.specs:
        return _array(packed, way)
    if isinstance(tree, list):
        items = [_value(v, packed, f"{way}_{i}") for i, v in enumerate(tree)]
        return tuple(items) if as_tuple else items
    if not isinstance(tree, dict):
        return tree
    for tag, read in _TAGS.items():
        if tag in tree:
            return read(tree, packed, way)
    return {key: _value(v, packed, f"{way}.{key}") for key, v in tree.items()}


def _array(packed: Packed, way: str) -> Any:
    spec = packed.specs[way]
    try:
        dtype = str(spec["dtype"])
        array = np.asarray(packed.arrays[way], dtype="float32" if dtype == "bfloat16" else dtype).reshape(spec["shape"])
        return torch.from_numpy(array.copy()).to(getattr(torch, dtype)) if spec["tensor"] else array
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidValueError(f"The array {way!r} is missing or is not what it should be ({error}).") from None


def _again(tree: dict[str, Any], packed: Packed, way: str) -> Any:
    name = tree[RECORD]
    if name not in RECORDS:
        raise InvalidValueError(
            f"It holds a {name!r}, which is not known here: import the package that defines it first, or update whylight."
        )
    return _made(RECORDS[name], {k: v for k, v in tree.items() if k != RECORD}, packed, f"{way}.")


def _items(tree: dict[str, Any], tag: str, packed: Packed, way: str) -> Iterator[Any]:
    return (_value(v, packed, f"{way}_{i}") for i, v in enumerate(tree[tag]))


def _objects(tree: dict[str, Any], packed: Packed, way: str) -> NDArray[Any]:
    found = np.empty(len(tree[LIST_OF]), dtype=object)
    found[:] = list(_items(tree, LIST_OF, packed, way))
    return found.reshape(tree["shape"])


_TAGS: dict[str, Callable[[dict[str, Any], Packed, str], Any]] = {
    RECORD: _again,
    TUPLE: lambda tree, packed, way: tuple(_items(tree, TUPLE, packed, way)),
    FLOAT: lambda tree, packed, way: float(tree[FLOAT]),
    MAP: lambda tree, packed, way: {
        _value(k, packed, f"{way}_{i}k"): _value(v, packed, f"{way}_{i}") for i, (k, v) in enumerate(tree[MAP])
    },
    LIST_OF: _objects,
}
