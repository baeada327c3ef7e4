"""Answers as files: pictures, pages, arrays, numbers; the ending chooses. Knows nothing of engines."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from whylight.errors import InvalidValueError, unknown_name
from whylight.results import drawing
from whylight.results.attribution import Attribution
from whylight.show.attribution import html, picture
from whylight.show.html import page
from whylight.tensors import as_tuple

FORMATS = ("png", "svg", "pdf", "html", "npz", "json")


@drawing.save.register(Attribution)
def save(attribution: Attribution, path: Path, **options: Any) -> Path:
    """Write the answer; the ending of the path chooses the format."""
    kind = path.suffix.lstrip(".").lower()
    if kind not in FORMATS:
        raise unknown_name("file ending", kind or path.name, FORMATS)
    if not path.parent.is_dir():
        raise InvalidValueError(f"The folder {path.parent} does not exist; create it first.")
    if kind == "npz":
        arrays: dict[str, Any] = {**_arrays(attribution), "provenance": json.dumps(_origin(attribution))}
        np.savez_compressed(path, **arrays)
    elif kind == "json":
        listed = {name: array.tolist() for name, array in _arrays(attribution).items()}
        path.write_text(json.dumps({**_origin(attribution), **listed}, indent=1), encoding="utf-8")
    elif kind == "html":
        path.write_text(page(attribution, html(attribution)), encoding="utf-8")
    else:
        path.write_bytes(picture(attribution, kind, **options))
    return path


def _arrays(attribution: Attribution) -> dict[str, np.ndarray]:
    """All numbers under their field names; several inputs are numbered."""
    found = {"attributions": attribution.attributions, "error_estimate": attribution.error_estimate}
    arrays = {name: _numbered(as_tuple(maps)) for name, maps in found.items()}
    flat = {f"{name}{suffix}": array for name, parts in arrays.items() for suffix, array in parts}
    for name in ("score", "baseline_score", "convergence_delta"):
        value = getattr(attribution, name)
        if value is not None:
            flat[name] = value.detach().cpu().numpy()
    return flat


def _numbered(maps: Sequence[Tensor]) -> list[tuple[str, np.ndarray]]:
    single = len(maps) == 1
    return [("" if single else f"_{i}", m.detach().cpu().numpy()) for i, m in enumerate(maps)]


def _origin(attribution: Attribution) -> dict[str, Any]:
    return {
        "provenance": json.loads(json.dumps(dict(attribution.provenance), default=str)),
        "notes": list(attribution.notes),
    }
