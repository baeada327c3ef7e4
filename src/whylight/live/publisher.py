"""From what a session publishes to traits and messages of the widget: the one writer of all traits that only Python writes.

Knows nothing of threads or of how answers come about; whoever calls holds the lock that incoming state takes as well.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from whylight.errors import in_words
from whylight.live.choices import choices
from whylight.live.events import AnswerEvent, BaselineScores, Event, FilmFrame, GroupsFrame, PathFrame, Status
from whylight.live.settings import Settings
from whylight.live.wire.arrays import VERSION, PackedArray, number, streamed
from whylight.live.wire.film import film_message
from whylight.live.wire.frames import ComparedMessage, Meta, Setting, answer_message, compared_message, kept_message
from whylight.live.wire.groups import groups_message
from whylight.live.wire.inputs import input_message, thumbnail_of
from whylight.live.wire.path import path_message
from whylight.live.wire.protocol import Progress, StatusMessage
from whylight.results.attribution import Attribution
from whylight.results.comparison import Compared
from whylight.views.row_groups import RowGrouping
from whylight.views.view import View


class Card(Protocol):
    """What is written to."""

    compare: Any
    target: Any
    sample: Any

    @property
    def several(self) -> bool:
        """Whether there are samples to choose from."""
        ...

    def write(self, **messages: Mapping[str, Any]) -> None:
        """Commit messages to traits, by their names without the underscore."""
        ...

    def send(self, content: Any, buffers: Any = None) -> None:
        """Stream a message."""
        ...


class Publisher:
    """Writes to a card what there is to show.

    Parameters
    ----------
    card
        The widget.

    Attributes
    ----------
    last
        The newest answer.
    refused
        Why the last change of the input was not taken; empty where it was.
    scores
        F at the baselines on offer, by name, for the target of the newest answer.
    gaps
        Relative gaps of the samples that were explained, by their numbers.
    """

    def __init__(self, card: Card) -> None:
        self._card = card
        self.last: Attribution | None = None
        self.refused = ""
        self.scores: Mapping[str, float | None] = {}
        self.gaps: dict[str, float | None] = {}
        self._compared: dict[str, tuple[Compared, ComparedMessage]] = {}
        self._pictures: dict[str, PackedArray | None] = {}
        self._settings: Settings | None = None
        self._written: dict[str, Mapping[str, Any]] = {}

    def _write(self, name: str, message: Mapping[str, Any]) -> None:
        """Commit a message, unless it is what is there."""
        if message != self._written.get(name, {}):
            self._written[name] = message
            self._card.write(**{name: message})

    def open(self, view: View, settings: Settings, groups: Sequence[RowGrouping]) -> None:
        """Say what is explained, and what the controls offer."""
        self._settings = settings
        self._card.write(input=input_message(view, groups))
        self._write("choices", choices(settings, self._card.target))

    def turn_to(self, view: View, settings: Settings, groups: Sequence[RowGrouping]) -> None:
        """Say that another sample is explained from now on; what was told of the last one goes."""
        self.scores, self._pictures, self._compared, self.last = {}, {}, {}, None
        self._card.write(frame={}, path={}, groups={})
        self._write("compared", {})
        self.open(view, settings, groups)

    def adopt(self, attribution: Attribution) -> Meta:
        """Show a finished answer, without an engine behind it; what is told of it."""
        self.last = attribution
        if attribution.view is not None:
            self._card.write(input=input_message(attribution.view))
        message = answer_message(attribution, seq=1)
        self._card.write(frame=kept_message(message, attribution.view))
        done: StatusMessage = {"v": VERSION, "state": "done", "message": "", "detail": ""}
        self._write("status", done)
        return message["meta"]

    def close(self) -> None:
        """Let go of the model."""
        self._settings = None

    def offer(self, *, drawn: bool = False) -> None:
        """Say what the controls offer; small pictures of the baselines come with the first answer, out of its way."""
        if self._settings is None:
            return
        offered = choices(self._settings, self._card.target)
        for choice in offered["baselines"]:
            name = choice["value"]
            if drawn and name not in self._pictures:
                self._pictures[name] = thumbnail_of(*self._settings.reference(name))
            choice["picture"], choice["score"] = self._pictures.get(name), self.scores.get(name)
        self._write("choices", offered)

    def fail(self, error: Exception) -> None:
        """Say on the card what went wrong; what is shown stays."""
        self.receive(Status("error", in_words(error)))

    def refuse(self, error: Exception) -> None:
        """Say with the next status why a change of the input was not taken; what is shown stays."""
        said = in_words(error)
        self.refused = f"The change was not taken. {said if said[-1] in '.!?' else f'{said}.'} The picture is of the input before it."

    def receive(self, event: Event) -> None:
        """Pass on what the session publishes; called under the lock, one at a time."""
        if isinstance(event, Status):
            self._say(event)
        elif isinstance(event, PathFrame):
            self._card.write(path=path_message(event.seen, seq=event.seq, missing=event.missing))
        elif isinstance(event, Compared):
            self._put_compared(event)
        elif isinstance(event, GroupsFrame):
            self._put_groups(event)
        elif isinstance(event, FilmFrame):
            self._write("film", film_message(event.count, event.entries))
        elif isinstance(event, BaselineScores):
            self.scores = {name: number(score) for name, score in event.scores.items()}
            self.offer(drawn=True)
        else:
            self._show(event)

    def _show(self, event: AnswerEvent) -> None:
        answer = event.attribution
        message = answer_message(answer, seq=event.seq, requested=event.requested, levels=event.levels)
        self.last = answer
        self._card.send(*streamed(message))
        if answer.final:
            self._card.write(frame=kept_message(message, answer.view))
            self.offer(drawn=True)
            if self._card.several:
                self.gaps[str(self._card.sample)] = message["meta"]["relative_gap"]
                self._write("gaps", {"v": VERSION, "gaps": dict(self.gaps)})

    def _put_compared(self, event: Compared) -> None:
        alike = [(_setting(name), value, event.regions.get(name)) for name, value in event.correlations.items()]
        about = {"seq": event.seq, "setting": _setting(event.name), "missing": event.missing}
        message = compared_message(event.attribution, correlations=alike, **about)
        self._compared[event.name] = event, message
        self._card.send(*streamed(message, "beside"))
        if event.last:
            names = (json.dumps(setting) for setting in self._card.compare)
            self._compared = {name: self._compared[name] for name in names if name in self._compared}
            tiles = [message for _, message in self._compared.values()]
            self._write("compared", {"v": VERSION, "tiles": tiles})

    def _put_groups(self, event: GroupsFrame) -> None:
        message = groups_message(event.seen, seq=event.seq, missing=event.missing)
        self._card.send(*streamed(message, "groups"))
        if event.final:
            self._card.write(groups=message)

    def _say(self, status: Status) -> None:
        content: StatusMessage = {
            "v": VERSION,
            "state": status.state,
            "message": status.message,
            "detail": status.detail,
        }
        if self.refused:
            content["refused"] = self.refused
        progress: Progress = {**content, "kind": "status", "done": status.done, "total": status.total}
        self._card.send(progress)
        self._write("status", content)

    @property
    def failed(self) -> str:
        """What went wrong in the last run; empty where nothing did."""
        status = self._written.get("status", {})
        return status["message"] if status.get("state") == "error" else ""

    def nothing_compared(self) -> None:
        """Nothing is compared any more."""
        self._write("compared", {})

    @property
    def compared(self) -> list[Compared]:
        """What is compared with the newest answer, in the order asked for."""
        found = (self._compared.get(json.dumps(setting)) for setting in self._card.compare)
        return [one[0] for one in found if one is not None]


def _setting(name: str) -> Setting:
    """The setting behind the name of an answer; the main one has none."""
    return json.loads(name) if name else {}
