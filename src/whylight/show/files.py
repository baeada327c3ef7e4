"""Results as files: pictures, pages, numbers; the ending chooses. Knows nothing of engines."""

from pathlib import Path
from typing import Any

from whylight.errors import InvalidValueError, unknown_name
from whylight.results import archive, drawing
from whylight.results.attribution import Attribution
from whylight.results.result import Result
from whylight.show import sheet
from whylight.show.csv_text import csv_text
from whylight.show.html import image_bytes, page
from whylight.show.readout import title

FIGURES = ("png", "svg", "pdf")
FORMATS = (*FIGURES, "html", "csv", "npz", "json")


@drawing.save.register(Result)
def save(result: Any, path: Path, *, scale: float = 1.0, **options: Any) -> Path:
    """Write a result; the ending of the path chooses the format. `scale` is of a png: 2 has twice as many pixels each way."""
    kind = path.suffix.lstrip(".").lower()
    if kind not in FORMATS:
        raise unknown_name("file ending", kind or path.name, FORMATS)
    if not path.parent.is_dir():
        raise InvalidValueError(f"The folder {path.parent} does not exist; create it first.")
    if kind in ("npz", "json"):
        archive.write(result, path)
    elif kind == "csv":
        path.write_text(csv_text(result), encoding="utf-8")
    elif kind == "html":
        body = sheet.html(result) if sheet.is_sheet(result) else drawing.html(result)
        path.write_text(page(_heading(result), body), encoding="utf-8")
    elif sheet.is_sheet(result):
        path.write_bytes(sheet.picture(result, kind, scale, **options))
    else:
        path.write_bytes(image_bytes(drawing.plot(result, paper=True, **options), kind, scale))
    return path


def _heading(result: Any) -> str:
    about = getattr(result, "main", result)
    return title(about) if isinstance(about, Attribution) else f"{type(about).__name__} for “{about.target}”"
