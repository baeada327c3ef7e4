"""Answers beside one another: how alike two maps are, and final answers kept so that none is worked out twice.

Knows nothing of threads, traits or bytes.
"""

from collections import OrderedDict
from typing import Any

from whylight.explainer.explainer import Explainer
from whylight.explainer.request import Request
from whylight.model.user_model import Version
from whylight.results.attribution import Attribution
from whylight.tensors import as_tuple

KEPT = 128 * 2**20  # bytes of final answers


class AnswerCache:
    """The newest final answers, by explainer and what was asked; those of older weights do not count."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Any, tuple[Request, Attribution]] = OrderedDict()

    def get(self, explainer: Explainer, request: Request) -> Attribution | None:
        """The final answer to a request, if it is still here."""
        found = self._answers.get((explainer.serial, request, explainer.model.version()))
        return None if found is None else found[1]

    def put(self, explainer: Explainer, request: Request, attribution: Attribution, version: Version) -> None:
        """Keep a final answer, if the model still is as it was before the work began; the oldest go when memory is short."""
        if explainer.model.version() != version:
            return
        self._answers[explainer.serial, request, version] = (
            request,
            attribution,
        )  # the request's objects are known by their identity
        while len(self._answers) > 1 and sum(_size(kept) for _, kept in self._answers.values()) > KEPT:
            self._answers.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._answers.clear()


def _size(attribution: Attribution) -> int:
    maps = (*as_tuple(attribution.attributions), *as_tuple(attribution.error_estimate))
    return sum(m.numel() * m.element_size() for m in maps)
