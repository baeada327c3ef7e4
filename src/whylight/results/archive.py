"""Results in files of numbers, npz and json, and back. Nothing in a file is run: no pickle, and only known results are made.

Both hold the same (docs/saving.md): arrays by the way to them, and a document with everything else. Knows nothing of drawing.
"""

import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whylight.errors import InvalidValueError, MissingFileError, unknown_name
from whylight.records import RECORDS, Packed, pack, unpack
from whylight.results.result import Result

FORMAT = 1
HEADER = "whylight"  # of the document: which format, which result, what its arrays were
DOCUMENT = "provenance"  # the member of an npz that is the document, beside the arrays
PICTURES = ("png", "svg", "pdf", "html")


def write(result: Result, path: Path) -> None:
    """Write the numbers of a result to an npz or json file."""
    packed = pack(result)
    header = {"format": FORMAT, "kind": type(result).__name__, "arrays": packed.specs}
    document = {HEADER: header, **packed.fields}
    if path.suffix.lower() == ".npz":
        text: Any = json.dumps(document, allow_nan=False)
        with path.open("wb") as file:  # a name would get another ending
            np.savez_compressed(file, **{**packed.arrays, DOCUMENT: text})
    else:
        document.update({way: _listed(array) for way, array in packed.arrays.items()})
        lines = (f"{json.dumps(name)}: {json.dumps(value, allow_nan=False)}" for name, value in document.items())
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")  # a line for each


def _listed(array: NDArray[Any]) -> Any:
    """An array as nested lists; json has no words for NaN and infinity, so that they become texts."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        wide = array.astype(np.float64)
        array = np.where(np.isfinite(wide), wide.astype(object), wide.astype("U5"))
    return array.tolist()


def load(path: str | Path) -> Any:
    """Bring back a result from the npz or json file that its `save` wrote; no pickle, nothing in the file is run.

    Returns
    -------
    Attribution, Comparison, Decomposition, Effects, Hierarchy, Interactions or PathTrace
        Equal to what was saved, and drawable: tensors on the CPU with the dtype they had. Objects in its provenance that are
        no plain values (a method, say) come back as their text.

    Raises
    ------
    MissingFileError
        There is no such file (also a `FileNotFoundError`).
    InvalidValueError
        It was not written by Whylight, is cut off or damaged, or was written by a newer version.

    Examples
    --------
    >>> import tempfile, torch, whylight as wl
    >>> found = wl.attribute(lambda x: (x * x).sum(1), torch.tensor([[1.0, 2.0]]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = wl.load(found.save(f"{folder}/why.npz"))
    >>> torch.equal(again.attributions, found.attributions), again.view.values.tolist()
    (True, [1.0, 2.0])
    """
    path = Path(path)
    kind = path.suffix.lstrip(".").lower()
    if kind in PICTURES:
        raise InvalidValueError(
            f"{path.name} is a drawing, which holds no numbers: save as npz or json to load it again."
        )
    if kind not in _READERS:
        raise unknown_name("file ending", kind or path.name, _READERS)
    if not path.is_file():
        raise MissingFileError(f"There is no file {path}.")
    try:
        document, arrays = _READERS[kind](path)
        return _result(document, arrays)
    except InvalidValueError as error:
        raise InvalidValueError(f"{path.name} cannot be loaded. {error}") from None
    except (ValueError, KeyError, EOFError, OSError, RecursionError, zipfile.BadZipFile, zlib.error) as error:
        raise InvalidValueError(
            f"{path.name} cannot be loaded: it is cut off, damaged, or no {kind} file ({type(error).__name__}). Save it again."
        ) from None


def _from_npz(path: Path) -> tuple[Any, dict[str, Any]]:
    with path.open("rb") as file:
        stored = np.load(file, allow_pickle=False)
        if not isinstance(stored, np.lib.npyio.NpzFile) or DOCUMENT not in stored.files:
            raise _foreign()
        document = json.loads(str(stored[DOCUMENT]))
        return document, {way: stored[way] for way in _header(document)["arrays"] if way in stored.files}


def _from_json(path: Path) -> tuple[Any, dict[str, Any]]:
    document = json.loads(path.read_text(encoding="utf-8"))
    return document, {way: document.pop(way) for way in _header(document)["arrays"] if way in document}


_READERS: dict[str, Callable[[Path], tuple[Any, dict[str, Any]]]] = {"npz": _from_npz, "json": _from_json}


def _header(document: Any) -> dict[str, Any]:
    """The head of a document, if it is ours and of a format that is known."""
    header = document.get(HEADER) if isinstance(document, dict) else None
    kinds = {"format": int, "kind": str, "arrays": dict}
    if not isinstance(header, dict) or not all(isinstance(header.get(name), kind) for name, kind in kinds.items()):
        raise _foreign()
    if header["format"] > FORMAT:
        raise InvalidValueError(
            f"It has format {header['format']}, and this Whylight reads up to {FORMAT}: update it (pip install -U whylight)."
        )
    return header


def _result(document: dict[str, Any], arrays: dict[str, Any]) -> Any:
    header = document.pop(HEADER)
    cls = RECORDS.get(header["kind"])
    if cls is None or not issubclass(cls, Result):
        raise InvalidValueError(f"It holds a {header['kind']!r}, which is no result that is known here.")
    fields = {way: None for way in arrays if way in cls.__dict__["__dataclass_fields__"]}
    return unpack(cls, Packed({**document, **fields}, arrays, header["arrays"]))


def _foreign() -> InvalidValueError:
    return InvalidValueError("It was not written by Whylight's save.")
