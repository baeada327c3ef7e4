"""Counting work for a person or a program: a bar, a callback, or nothing. Knows nothing of what is counted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from whylight.errors import InvalidTypeError

Progress = bool | Callable[[int], object]


def checked_progress(progress: Any) -> Any:
    """The progress option, if it is one."""
    if not isinstance(progress, bool) and not callable(progress):
        raise InvalidTypeError(f"progress must be True, False or a callable taking a count; got {progress!r}.")
    return progress


@contextmanager
def counted(progress: Progress, what: str) -> Iterator[Callable[[int], None]]:
    """A function to call with every new count; the bar or callback gets the total so far.

    Examples
    --------
    >>> with counted(print, "groups") as tick:
    ...     tick(2), tick(3)
    2
    5
    (None, None)
    """
    checked_progress(progress)
    total = 0
    bar, report = _bar(what) if progress is True else (None, progress or (lambda count: None))

    def tick(new: int) -> None:
        nonlocal total
        total += new
        report(total)

    try:
        yield tick
    finally:
        if bar is not None:
            bar.close()


def _bar(what: str) -> tuple[Any, Callable[[int], object]]:
    from tqdm.auto import tqdm

    bar = tqdm(desc="whylight", unit=f" {what}")
    return bar, lambda count: bar.update(count - bar.n)
