"""What a person changes of an input by hand; the changed input is prepared as the first one was. One file per kind of change.

Knows nothing of messages, widgets or methods.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from whylight.edits.cells import CellEdit
from whylight.edits.edit import Edit
from whylight.edits.region import RegionEdit
from whylight.edits.several import SeveralEdit
from whylight.edits.text import TextEdit
from whylight.views.view import View

BESIDE: tuple[Edit, ...] = (TextEdit(), CellEdit())  # of inputs that may stand beside others

__all__ = ["EDITS", "Edit", "edit_of"]


def edit_of(x: Any, view: View | None) -> Edit | None:
    """How an input can be changed by hand; None where it cannot."""
    return _first(EDITS, x, view)


def _first(edits: Sequence[Edit], x: Any, view: View | None) -> Edit | None:
    return next((edit for edit in edits if edit.suits(x, view)), None)


EDITS: tuple[Edit, ...] = (*BESIDE, RegionEdit(), SeveralEdit(partial(_first, BESIDE)))
