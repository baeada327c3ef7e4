"""One comparison, its verdict, and the table of all. Knows no library.

A verdict is never written down by hand: two maps are equal if they differ by rounding; where they are not, either an independent
truth says who errs, or the row says by which design they differ. What differs for neither reason is a failure.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

EQUAL, THEY_ERR, BY_DESIGN, DIFFERS, LEFT_OUT = "equal", "they err", "by design", "DIFFERS", "left out"
ROUNDING = 1e-5  # of the largest number; the others compute parts of it in float32
RANDOM = "Random draws: within three times the error stated for ours."
Maps = tuple[Tensor, ...]


@dataclass(frozen=True)
class Row:
    """Their method and ours at one example.

    Attributes
    ----------
    library, theirs, ours, case
        Names.
    verdict
        One of the above.
    number
        The largest difference beside the largest number of theirs; where they err, their error beside the truth's.
    why
        What the difference comes from; ours beside theirs where they err.
    """

    library: str
    theirs: str
    ours: str
    case: str
    verdict: str
    number: float = float("nan")
    why: str = ""


def apart(found: Maps, wanted: Maps) -> float:
    """The largest difference beside the largest number wanted."""
    size = max(float(w.abs().max()) for w in wanted)
    far = max(float((f.double() - w.double()).abs().max()) for f, w in zip(found, wanted, strict=True))
    return far / size if size else far


def judged(
    where: tuple[str, str, str, str],
    theirs: Maps,
    ours: Maps,
    *,
    truth: Callable[[], Maps] | None = None,
    design: str = "",
    bound: float = ROUNDING,
) -> Row:
    """The row of two maps (of several inputs); `where` are its names."""
    number = apart(ours, theirs)
    if number <= bound:
        return Row(*where, EQUAL, number, "" if bound == ROUNDING else RANDOM)
    if truth is not None:
        right = truth()
        their_error, our_error = apart(theirs, right), apart(ours, right)
        if our_error < their_error / 2:
            return Row(*where, THEY_ERR, their_error, f"ours errs by {our_error:.1g}. {design}".strip())
    return Row(*where, BY_DESIGN if design and truth is None else DIFFERS, number, design)


Case = partial[Row]  # something to compare, when asked
Source = Callable[[], Iterator[tuple[str, Case]]]


def summed_up(rows: Iterable[Row]) -> list[tuple[str, str, str, str, int, str, str]]:
    """Rows of the same methods and verdict in one: library, theirs, ours, verdict, how many, largest number, why."""
    groups: dict[tuple[str, str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.library, row.theirs, row.ours, row.verdict), []).append(row)
    found = []
    for names, same in groups.items():
        worst = max(same, key=lambda row: row.number)
        found.append((*names, len(same), _short(worst.number), worst.why))
    return found


def _short(number: float) -> str:
    """A number for the table; none for what is unknown, and 0 for what is below all rounding."""
    if math.isnan(number):
        return ""
    return "0" if number < 1e-12 else f"{number:.0e}" if number < 1e-3 else f"{number:.2g}"


def markdown(rows: Iterable[Row]) -> str:
    """The table."""
    lines = ["| library | theirs | ours | examples | verdict | number | |", "|---|---|---|---|---|---|---|"]
    for library, theirs, ours, verdict, count, number, why in summed_up(rows):
        lines.append(f"| {library} | {theirs} | {ours} | {count} | {verdict} | {number} | {why} |")
    return "\n".join(lines)


def dense(gradient: Callable[[Maps], Maps], start: Maps, end: Maps, panels: int = 2**13) -> Maps:
    """Integrated gradients as the definition says, by the midpoint rule with very many points; no code of ours in it."""
    total = tuple(torch.zeros_like(x) for x in end)
    for alpha in (torch.arange(panels).double() + 0.5) / panels:
        grads = gradient(tuple(s + alpha * (e - s) for s, e in zip(start, end, strict=True)))
        total = tuple(t + g / panels for t, g in zip(total, grads, strict=True))
    return tuple(t * (e - s) for t, s, e in zip(total, start, end, strict=True))
