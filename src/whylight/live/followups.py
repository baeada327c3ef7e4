"""What accompanies an answer: work that starts once it is there, publishes beside it, and gives way to whatever is newer.

Knows nothing of threads, traits or bytes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from whylight.errors import in_words
from whylight.explainer.explainer import Explainer
from whylight.explainer.request import Request
from whylight.live.answer_cache import AnswerCache
from whylight.live.events import BaselineScores, Event, PathFrame
from whylight.results.attribution import Attribution
from whylight.results.comparison import MAIN, Compared, Correlations

MOST_ANSWERS = 2_000_000  # numbers that the model returns at all baselines on offer


class SupersededError(BaseException):
    """Raised inside the worker to leave work that is no longer wanted; not an Exception, so that no model swallows it."""


@dataclass(frozen=True)
class Answer:
    """The newest published answer, what was asked, and whether it was stopped before it was finished."""

    seq: int
    request: Request
    attribution: Attribution
    stopped: bool = False


class Say(Protocol):
    """Tells what is going on, and leaves the work (`SupersededError`) if it is no longer wanted; without words only that."""

    def __call__(self, message: str = "", done: int = 0, total: int | None = None) -> None:
        """Say it now, or soon."""
        ...


class FollowUp(Protocol):
    """Something to do after every answer."""

    @property
    def doing(self) -> str:
        """What it does, to go on with: "Stopped while ..."."""
        ...

    def follow(self, explainer: Explainer, answer: Answer, finished: AnswerCache, say: Say) -> Iterator[Event]:
        """Yield what is to be published beside the answer; calls `say` often."""
        ...


@dataclass(frozen=True)
class Comparison:
    """Answers to other requests, by the names they go by: one after the other, from the same gradients, final ones only."""

    compared: Mapping[str, Request]
    doing = "comparing"

    def follow(self, explainer: Explainer, answer: Answer, finished: AnswerCache, say: Say) -> Iterator[Event]:
        """Every answer with its likeness to the main one and those before it; one that fails says why, and the others go on."""
        many, alike, regions = 0 if answer.stopped else len(self.compared), Correlations(), Correlations(regions=True)
        if many:
            alike.add(MAIN, answer.attribution)
            regions.add(MAIN, answer.attribution)
        for i, (name, request) in enumerate(self.compared.items() if many else (), 1):
            say(f"Comparing: {i} of {many}", i - 1, many)
            try:
                found = whole_answer(explainer, request, finished, say)
                beside = Compared(
                    answer.seq, name, found, alike.add(name, found), last=i == many, regions=regions.add(name, found)
                )
            except Exception as error:  # noqa: BLE001  its place says what happened
                beside = Compared(answer.seq, name, None, {}, last=i == many, missing=in_words(error))
            yield beside


def whole_answer(explainer: Explainer, request: Request, finished: AnswerCache, say: Say) -> Attribution:
    """The final answer to a request, from memory where it is there."""
    found, version = finished.get(explainer, request), explainer.model.version()
    if found is None:
        found = explainer.answer(request, tick=lambda _: say())
        finished.put(explainer, request, found, version)
    return found


@dataclass(frozen=True)
class PathFollowUp:
    """The path of every answer, with maps at so many points, from `which` of several baselines."""

    maps: int
    which: int = 0
    doing = "following the path"

    def follow(self, explainer: Explainer, answer: Answer, finished: AnswerCache, say: Say) -> Iterator[Event]:
        """The path, or a sentence why there is none: the answer stands without it."""
        try:
            tick = lambda _: say()
            seen = explainer.path(answer.attribution, answer.request, most=self.maps, which=self.which, tick=tick)
            yield PathFrame(answer.seq, seen)
        except Exception as error:  # noqa: BLE001  the panel says what happened
            yield PathFrame(answer.seq, None, in_words(error))


@dataclass
class Baselines:
    """F at the baselines on offer, by name, where the model's answers are few enough to be kept."""

    offered: Mapping[str, Any] = field(default_factory=dict)
    doing = "scoring baselines"
    _told: Any = None

    def follow(self, explainer: Explainer, answer: Answer, finished: AnswerCache, say: Say) -> Iterator[Event]:
        """The scores, unless they are those told last."""
        try:
            asked = explainer.model.version(), explainer.target(answer.request.target).key, tuple(self.offered)
            if asked == self._told or len(self.offered) * explainer.outputs().numel() > MOST_ANSWERS:
                return
            scores = explainer.baseline_scores(answer.request, self.offered, tick=lambda _: say())
        except Exception:  # noqa: BLE001  a baseline that the model cannot take says so when it is chosen
            return
        yield BaselineScores(scores)
        self._told = asked
