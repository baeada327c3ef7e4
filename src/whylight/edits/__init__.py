"""What a person changes of an input by hand; the changed input is prepared as the first one was. One file per kind of change.

Knows nothing of messages, widgets or methods.
"""

from typing import Any

from whylight.edits.cells import CellEdit
from whylight.edits.edit import Edit
from whylight.edits.region import RegionEdit
from whylight.edits.text import TextEdit
from whylight.views.view import View

EDITS: tuple[Edit, ...] = (TextEdit(), CellEdit(), RegionEdit())

__all__ = ["EDITS", "Edit", "edit_of"]


def edit_of(x: Any, view: View | None) -> Edit | None:
    """How an input can be changed by hand; None where it cannot."""
    return next((edit for edit in EDITS if edit.suits(x, view)), None)
