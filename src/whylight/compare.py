"""Answers beside one another: how alike two maps are, and final answers kept so that none is worked out twice.

Knows nothing of threads, traits or bytes.
"""

from collections import OrderedDict
from typing import Any

from torch import Tensor

from whylight.attribution import Attribution, as_tuple
from whylight.fingerprint import model_version
from whylight.inputs.views import TextView
from whylight.ranks import Values, centred, correlation
from whylight.task import Request, Task

KEPT = 128 * 2**20  # bytes of final answers


def rank_correlation(a: Attribution, b: Attribution) -> float | None:
    """Spearman's rank correlation of two maps as drawn: pixels with channels summed, words, features.

    -1..1; None where a map is constant, not finite, or cannot be drawn.
    """
    return correlation(_ranked(a), _ranked(b))


class Correlations:
    """Rank correlations of maps that come one after the other, each with all those before it."""

    def __init__(self) -> None:
        self._ranked: dict[str, Values | None] = {}

    def add(self, name: str, attribution: Attribution) -> dict[str, float | None]:
        """The correlations of one map more with those already here, by their names; see `rank_correlation`."""
        mine = _ranked(attribution)
        found = {other: correlation(mine, theirs) for other, theirs in self._ranked.items()}
        self._ranked[name] = mine
        return found


def _ranked(attribution: Attribution) -> Values | None:
    drawn = _drawn(attribution)
    return None if drawn is None else centred(drawn)


def _drawn(attribution: Attribution) -> Any:
    view, maps = attribution.view, attribution.attributions
    if view is None or not isinstance(maps, Tensor):
        return None
    array = maps.detach().cpu().double().numpy()
    return view.arrays(array, array)["units" if isinstance(view, TextView) else "values"]


class Finished:
    """The newest final answers of one task, by what was asked; those of older weights do not count."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Any, tuple[Request, Attribution]] = OrderedDict()

    def get(self, task: Task, request: Request) -> Attribution | None:
        """The final answer to a request, if it is still here."""
        found = self._answers.get(_key(task, request))
        return None if found is None else found[1]

    def put(self, task: Task, request: Request, attribution: Attribution) -> None:
        """Keep a final answer; the oldest go when memory is short."""
        self._answers[_key(task, request)] = request, attribution  # the request's objects are known by their identity
        while len(self._answers) > 1 and sum(_size(kept) for _, kept in self._answers.values()) > KEPT:
            self._answers.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._answers.clear()


def _key(task: Task, request: Request) -> Any:
    plain = (str, int, float, type(None))
    asked = tuple(value if isinstance(value, plain) else id(value) for value in vars(request).values())
    return (*asked, model_version(task.model))


def _size(attribution: Attribution) -> int:
    maps = (*as_tuple(attribution.attributions), *as_tuple(attribution.error_estimate))
    return sum(m.numel() * m.element_size() for m in maps)
