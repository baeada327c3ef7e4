"""What the widget needs of the host it lives in: its bundle, and messages that arrive while a cell runs.

Knows nothing of explanations.
"""

import os
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
