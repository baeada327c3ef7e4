"""Counting work for a person or a program: a bar, a callback, or nothing; long work says how long. Knows nothing of what is counted."""

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from whylight.errors import InvalidTypeError
from whylight.numbers import count, duration

Progress = bool | Callable[[int], object]
SOON, LONG = 1.0, 30.0  # seconds: after which work tells how long it will take, if it is that long at least


def checked_progress(progress: Any) -> Any:
    """The progress option, if it is one."""
    if not isinstance(progress, bool) and not callable(progress):
        raise InvalidTypeError(f"progress must be True, False or a callable taking a count; got {progress!r}.")
    return progress


@contextmanager
def counted(
    progress: Progress, what: str, *, expected: int | None = None, advice: str = ""
) -> Iterator[Callable[[int], None]]:
    """A function to call with every new count; the bar or callback gets the total so far.

    Where about `expected` will be counted, the bar shows how far it is and how long the rest takes; without a bar work of
    half a minute or more says so once, in a warning with the advice.

    Examples
    --------
    >>> with counted(print, "groups") as tick:
    ...     tick(2), tick(3)
    2
    5
    (None, None)
    """
    checked_progress(progress)
    total, start = 0, time.perf_counter()
    bar, report = _bar(what, expected) if progress is True else (None, progress or (lambda count: None))
    told = bar is not None or expected is None

    def tick(new: int) -> None:
        nonlocal total, told
        total += new
        report(total)
        if not told and (spent := time.perf_counter() - start) >= SOON and expected is not None:
            told = True
            _tell(what, expected, spent * expected / total, advice)

    try:
        yield tick
    finally:
        if bar is not None:
            bar.close()


def _tell(what: str, expected: int, seconds: float, advice: str) -> None:
    if seconds < LONG:
        return
    warnings.warn(
        f"There are about {count(expected)} {what} to score, which will take about {duration(seconds)}. Stop it with Ctrl-C (in a "
        f"notebook: interrupt the kernel); progress=True shows how far it is. {advice}".rstrip(),
        UserWarning,
        stacklevel=2,
    )


def _bar(what: str, expected: int | None) -> tuple[Any, Callable[[int], object]]:
    from tqdm.auto import tqdm

    bar = tqdm(desc="whylight", unit=f" {what}", total=expected)
    return bar, lambda count: bar.update(count - bar.n)
