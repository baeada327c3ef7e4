"""A text written anew. Knows nothing of tokenizers."""

from typing import Any

from whylight.edits.edit import Change, Edit
from whylight.views.view import View


class TextEdit(Edit):
    """Another text."""

    name = "text"

    def suits(self, x: Any, view: View | None) -> bool:
        """A string."""
        return isinstance(x, str)

    def apply(self, x: Any, view: View, change: Change) -> str:
        """What was written."""
        return str(change["text"])
