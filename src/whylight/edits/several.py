"""One of several inputs that a model takes together changed, in the way of its own kind. Knows nothing of any one kind."""

from collections.abc import Callable, Mapping
from typing import Any

from whylight.edits.edit import Change, Edit
from whylight.errors import InvalidValueError
from whylight.views.several import SeveralView
from whylight.views.view import View


class SeveralEdit(Edit):
    """A change of one input; the others stay.

    Parameters
    ----------
    of
        How an input by itself can be changed; None where it cannot.
    """

    name = "several"

    def __init__(self, of: Callable[[Any, View | None], Edit | None]) -> None:
        self._of = of

    def suits(self, x: Any, view: View | None) -> bool:
        """Several inputs, of which one can be changed."""
        return any(self.each(x, view))

    def each(self, x: Any, view: View | None) -> list[str]:
        """What can be changed of every input."""
        if not isinstance(view, SeveralView) or not isinstance(x, (tuple, Mapping)):
            return []
        found = (self._of(_part(x, view, i), one) for i, one in enumerate(view.views))
        return ["" if edit is None else edit.name for edit in found]

    def apply(self, x: Any, view: View, change: Change) -> Any:
        """All inputs, the one that `part` counts with the change."""
        assert isinstance(view, SeveralView)
        i = int(change.get("part", 0))
        edit = self._of(_part(x, view, i), view.views[i]) if 0 <= i < len(view.views) else None
        if edit is None:
            raise InvalidValueError(f"There is no input {i} to change here; the model takes {', '.join(view.names)}.")
        made = edit.apply(_part(x, view, i), view.views[i], change)
        return {**x, view.names[i]: made} if isinstance(x, Mapping) else (*x[:i], made, *x[i + 1 :])


def _part(x: Any, view: SeveralView, i: int) -> Any:
    """One of the inputs as it was given."""
    return x[view.names[i]] if isinstance(x, Mapping) else x[i]
