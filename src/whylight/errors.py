"""Errors that say what was expected, what was given and what to do next.

Every error is a `WhylightError` and also the builtin a Python user would expect. Knows nothing of models or tensors.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class WhylightError(Exception):
    """Base of every error raised on purpose by Whylight."""


class InvalidValueError(WhylightError, ValueError):
    """The type is right, the value is not."""


class InvalidTypeError(WhylightError, TypeError):
    """The type is not one that can be used here."""


class ModelError(WhylightError, RuntimeError):
    """The model ran, but its answer cannot be explained as asked."""


class MissingRuleError(WhylightError, NotImplementedError):
    """Contextual decomposition met an operation it has no rule for."""


class MissingFileError(WhylightError, FileNotFoundError):
    """A file that does not exist was to be read."""


class MissingPackageError(WhylightError, ImportError):
    """A package that is not installed by default is needed for this."""


def unknown_name(what: str, given: str, known: Iterable[str]) -> InvalidValueError:
    """Build the error for a misspelt name, with the near misses first.

    Examples
    --------
    >>> print(unknown_name("method", "integrated", ["integrated_gradients", "occlusion"]))
    Unknown method 'integrated'. Did you mean 'integrated_gradients'? Known: integrated_gradients, occlusion.
    """
    known = list(known)
    by_lower = {name.lower(): name for name in known}
    near = [n for n in known if given and n.lower().startswith(given.lower())]
    close = [by_lower[name] for name in get_close_matches(given.lower(), by_lower, n=3, cutoff=0.5)]
    near += [n for n in close if n not in near]
    hint = f" Did you mean {' or '.join(repr(n) for n in near[:3])}?" if near else ""
    listed = ", ".join(known[:30]) + (f", ... ({len(known)} in all)" if len(known) > 30 else "")
    return InvalidValueError(f"Unknown {what} {given!r}.{hint} Known: {listed}.")


def in_words(error: Exception) -> str:
    r"""One of our errors as it reads; anybody else's with its kind in front, and with what we noted on it, each after the end of a sentence.

    Examples
    --------
    >>> error = RuntimeError("device-side assert triggered\n")
    >>> error.add_note("The model was called with x of shape (1, 3).")
    >>> in_words(error), in_words(AssertionError())
    ('RuntimeError: device-side assert triggered. The model was called with x of shape (1, 3).', 'AssertionError')
    """
    text, kind = str(error).strip(), type(error).__name__
    said = text if isinstance(error, WhylightError) else f"{kind}: {text}" if text else kind
    parts = [said, *(str(note).strip() for note in getattr(error, "__notes__", ()))]
    *first, last = filter(None, parts)
    return " ".join([*(part if part.endswith((".", "!", "?", ":")) else f"{part}." for part in first), last])
