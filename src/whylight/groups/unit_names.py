"""Which units a person means by words of a sentence or names of features. Knows nothing of models or scores."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from whylight.errors import InvalidValueError
from whylight.views.units import Units

LISTED = 60  # words an error shows


def numbered(words: str | Sequence[str], units: Units) -> list[int]:
    """The numbers of the units that are meant by a phrase, or by several together.

    A phrase is one unit or, in a sentence, units that follow each other; spaces do not matter, and case only where
    two matches differ in nothing else. It must occur once.

    Examples
    --------
    >>> from whylight.views.units import sequence
    >>> sentence = sequence(range(4), ["Not", "bad", ",", "not"])
    >>> numbered("bad,", sentence), numbered("not bad", sentence), numbered(["bad", "not"], sentence)
    ([1, 2], [0, 1], [1, 3])
    """
    phrases = [words] if isinstance(words, str) else words
    return sorted({i for phrase in phrases for i in _places(phrase, units)})


def _places(phrase: str, units: Units) -> range:
    """The one stretch of units that a phrase stands for."""
    for fold in (str, str.casefold):
        wanted = _bare(fold(phrase))
        names = [_bare(fold(name)) for name in units.names]
        found = [run for i in range(len(names)) if (run := _run(wanted, names, i, units.ordered))]
        if len(found) == 1:
            return found[0]
        if found:
            at = " and ".join(str(run.start) for run in found)
            raise InvalidValueError(
                f"{phrase!r} occurs {len(found)} times, at {at}: give the numbers of units instead. {_listed(units)}"
            )
    raise InvalidValueError(f"{phrase!r} is none of the units{' or phrases' * units.ordered}. {_listed(units)}")


def _run(wanted: str, names: list[str], start: int, ordered: bool) -> range | None:
    """The units from `start` on that spell what is wanted; only one where there is no order."""
    spelled = ""
    for end in range(start, len(names) if ordered else start + 1):
        spelled += names[end]
        if spelled == wanted and spelled:
            return range(start, end + 1)
        if not wanted.startswith(spelled):
            break
    return None


def _bare(text: str) -> str:
    return "".join(text.split())


def _listed(units: Units) -> str:
    more = f" ... ({len(units)} in all)" if len(units) > LISTED else ""
    return "Units: " + ", ".join(f"{i} {name}" for i, name in enumerate(units.names[:LISTED])) + more + "."


def of_units(group: Any) -> bool:
    """Whether a group is given by its units: by words or names, one or several, or by a set of their numbers."""
    listed = isinstance(group, (list, tuple)) and any(isinstance(g, str) for g in group)
    return listed or isinstance(group, (str, set, frozenset))


def positions_of(group: Any, units: Units) -> np.ndarray:
    """A mask of positions, from one, from the numbers of units, or from their words or names."""
    if isinstance(group, (set, frozenset)):
        group = sorted(group)
    if of_units(group):
        group = numbered(group, units)
    given = np.asarray(group)
    if given.dtype == bool:
        where = units.labels.shape
        if given.shape != where and given.shape != np.squeeze(units.labels).shape:
            raise InvalidValueError(f"A mask of positions has shape {where} here; got {given.shape}.")
        return given.reshape(where)
    if given.ndim and len(np.unique(given)) < given.size:
        raise InvalidValueError(f"A group names units by their numbers, each once; got {group}. A mask is boolean.")
    return units.masks(units.group(group if np.ndim(group) else [group])[None])[0]
