"""What accompanies the answers of several samples: what is told of each, and the answers of the neighbours ahead of time.

Knows nothing of threads, traits or bytes.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from whylight.explainer.explainer import Explainer
from whylight.live.answer_cache import AnswerCache
from whylight.live.events import Event, FilmFrame
from whylight.live.film import Film
from whylight.live.followups import Answer, Say, whole_answer
from whylight.results.film_entry import FilmEntry

FIRST = 24  # samples told of before all are


@dataclass
class Entries:
    """What is told of every sample of several, once, and again when there are more: the first few as soon as they are known."""

    film: Film
    doing = "reading predictions"
    told: int = 0

    def follow(self, explainer: Explainer, answer: Answer, finished: AnswerCache, say: Say) -> Iterator[Event]:
        """All of them."""
        found: list[FilmEntry] = []
        known = len(self.film) in (1, self.told)
        for entry in () if known else self.film.entries(say):
            found.append(entry)
            if len(found) == FIRST and not self.told:
                yield FilmFrame(len(self.film), tuple(found))
        if not known:
            yield FilmFrame(len(found), tuple(found))
            self.told = len(found)


@dataclass(frozen=True)
class Neighbours:
    """The answers of the samples beside number `at`, so that they are there when they are asked for; `own` as in `Film.request`."""

    film: Film
    at: int
    own: frozenset[str]
    doing = "working ahead"

    def follow(self, explainer: Explainer, answer: Answer, finished: AnswerCache, say: Say) -> Iterator[Event]:
        """Publishes nothing: `finished` has them."""
        for i in () if answer.stopped else (self.at + 1, self.at - 1):
            say()
            with suppress(Exception):  # what fails says so when it is shown
                if 0 <= i < len(self.film):
                    whole_answer(self.film.explainer(i), self.film.request(i, answer.request, self.own), finished, say)
        yield from ()
