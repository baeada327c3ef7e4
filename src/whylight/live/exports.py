"""Files of what is on show, made by the code behind `.save`, also for a browser that asks for one. Knows nothing of traits or threads."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from whylight.errors import WhylightError, in_words
from whylight.live.publisher import Publisher
from whylight.live.wire.arrays import VERSION
from whylight.live.wire.protocol import ExportedFile
from whylight.results.attribution import Attribution
from whylight.results.comparison import Comparison

CODE = "py"


def saved(shown: Publisher, path: str | Path, painted: Mapping[str, Any], **options: Any) -> Path:
    """Write what is on show: the newest answer, with what is compared; figures in the colours on show."""
    from whylight.show.files import FIGURES
    from whylight.show.theme import drawn_alone

    answer, beside = shown.last, tuple(shown.compared)
    if answer is None:
        raise WhylightError("There is no answer yet to save; wait for the first picture.")
    kind = Path(path).suffix.lstrip(".").lower()
    result: Attribution | Comparison = Comparison(answer, beside) if beside else answer
    if answer.view is None or not answer.view.details:
        painted = {name: value for name, value in painted.items() if name != "detail"}
    with drawn_alone():
        return result.save(path, **({**painted, **options} if kind in FIGURES else options))


def exported(
    shown: Publisher, painted: Mapping[str, Any], code: Callable[[], str], message: Mapping[str, Any]
) -> tuple[ExportedFile, list[bytes]]:
    """The answer to a browser that asks for a file, or for Python (`format` "py"); what cannot be made says why."""
    kind, scale = str(message.get("format")), message.get("scale")
    told: ExportedFile = {"v": VERSION, "kind": "export", "id": int(message.get("id", 0)), "name": "", "missing": ""}
    try:
        if kind == CODE:
            return told, [code().encode()]
        with tempfile.TemporaryDirectory() as folder:
            options = {"scale": float(scale)} if scale else {}
            path = saved(shown, Path(folder) / f"explanation.{kind}", painted, **options)
            return {**told, "name": path.name}, [path.read_bytes()]
    except Exception as error:  # noqa: BLE001  the menu says what happened
        return {**told, "missing": in_words(error)}, []
