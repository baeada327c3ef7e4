"""A text written anew, or one of a pair. Knows nothing of tokenizers."""

from collections.abc import Sequence
from typing import Any

from whylight.edits.edit import Change, Edit
from whylight.errors import InvalidValueError
from whylight.numbers import plural
from whylight.views.text import TextView
from whylight.views.view import View


class TextEdit(Edit):
    """Other words."""

    name = "text"

    def suits(self, x: Any, view: View | None) -> bool:
        """A string, or a pair of them."""
        given = x if isinstance(x, tuple) else (x,)
        return bool(given) and all(isinstance(text, str) for text in given)

    def apply(self, x: Any, view: View, change: Change) -> Any:
        """What was written, for every text that the model reads."""
        written, before = [str(text) for text in change["texts"]], _texts(x, view)
        if len(written) != len(before):
            raise InvalidValueError(
                f"The model reads {plural(len(before), 'text')} here, and {plural(len(written), 'text')} came."
            )
        if isinstance(x, tuple):
            return tuple(written)
        return _own(x, before, written)


def _texts(x: Any, view: View) -> Sequence[str]:
    """The texts on show: those given, and one that is bound to the tokenizer."""
    if isinstance(x, tuple):
        return x
    return view.texts if isinstance(view, TextView) and len(view.texts) > 1 else (x,)


def _own(x: str, before: Sequence[str], written: Sequence[str]) -> str:
    """Of what was written, the text that was given."""
    changed = [i for i, text in enumerate(before) if written[i] != text] or [0]
    if len(changed) > 1 or before[changed[0]] != x:
        raise InvalidValueError(
            "One of the two texts is bound to the tokenizer and stays as it is. Give both as x=(first, second), with the bare "
            "tokenizer, to change either."
        )
    return written[changed[0]]
