"""What the widget needs of the host it lives in: its bundle, messages that arrive while a cell runs, the notebook's cells.

Knows nothing of explanations.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from whylight.errors import WhylightError

STATIC = Path(__file__).parents[1] / "static"


def asset(name: str) -> str | Path:
    """The bundle as text; as a path only while developing, because a path keeps every widget alive (anywidget#929)."""
    path = STATIC / name
    if not path.exists():
        raise WhylightError(
            f"The front end {name} is missing: run `npm ci && npm run build` in js/, or reinstall whylight."
        )
    return path if os.environ.get("ANYWIDGET_HMR") == "1" else path.read_text("utf-8")


def answer_while_busy(comm: Any) -> None:
    """Let messages reach us while a cell runs.

    ipykernel 7.4 sends the next message of a comm to the shell it last published from, so after any publication from a
    cell the slider would wait for that cell. Keeping the default route answers on the subshell thread.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda data, default: default  # noqa: SLF001


def shell() -> Any:
    """IPython's shell inside a Jupyter kernel; None elsewhere."""
    ipython = sys.modules.get("IPython")
    found = None if ipython is None else ipython.get_ipython()
    return found if hasattr(found, "kernel") else None


def cell() -> str | None:
    """Which cell runs, or ran last; None where that is not told (scripts, nbconvert, classic notebooks)."""
    return _told().get("cellId")


def deleted_cells() -> list[str]:
    """Those that were deleted before the running cell was sent."""
    return _told().get("deletedCells") or []


def attended() -> bool:
    """Whether a page sends the cells, so that what is published after one has ended is still received."""
    return cell() is not None or os.environ.get("SERVER_SOFTWARE", "").startswith("voila")


def _told() -> dict[str, Any]:
    """What the host says of the request that runs, or ran last."""
    found = shell()
    parent = found.kernel.get_parent("shell") if found is not None else None
    return (parent or {}).get("metadata") or {}


def follow_page(message: Mapping[str, Any]) -> None:
    """Figures follow the page that the widget is seen on."""
    from whylight.show.theme import page_is

    page_is(dark=bool(message.get("dark")))
