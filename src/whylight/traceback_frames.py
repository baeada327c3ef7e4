"""What a person sees of the way an error came: their own lines, and one of ours. Knows nothing of what went wrong."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import ParamSpec, TypeVar

from whylight.errors import WhylightError

P = ParamSpec("P")
R = TypeVar("R")
HOUSE = str(Path(__file__).parent)


def facing_users(function: Callable[P, R]) -> Callable[P, R]:
    """Leave the lines of this package out of the tracebacks of errors that are not its own doing.

    Errors raised on purpose, and errors of the person's own model, keep the lines outside of the package; an error that comes
    from the package itself, a bug, keeps all.

    Examples
    --------
    >>> import traceback, whylight as wl
    >>> try:
    ...     wl.attribute(len, "no tensor")
    ... except wl.WhylightError as error:
    ...     [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    ['<module>', 'facing']
    """

    @wraps(function)
    def facing(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  raised again, whatever it is
            raise error.with_traceback(outside(error)) from error.__cause__

    return facing


def outside(error: Exception) -> TracebackType | None:
    """The frames of an error's traceback that are not this package's; all of them for a bug in it."""
    frames = []
    at = error.__traceback__
    while at is not None:
        frames.append(at)
        at = at.tb_next
    own = [frame.tb_frame.f_code.co_filename.startswith(HOUSE) for frame in frames]
    if own and own[-1] and not isinstance(error, WhylightError):
        return error.__traceback__
    kept: TracebackType | None = None
    for frame, ours in reversed(list(zip(frames, own, strict=True))):
        if not ours:
            kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return kept
