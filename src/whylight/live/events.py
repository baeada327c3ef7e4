"""What a session publishes: its state, answers, answers beside them, the path an answer rests on, and scores of groups.

Knows nothing of how they come about, threads or bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from whylight.live.wire.protocol import RunState
from whylight.results.attribution import Attribution
from whylight.results.comparison import Compared
from whylight.results.film_entry import FilmEntry
from whylight.results.group_scores import GroupScores
from whylight.results.path_trace import PathTrace


@dataclass(frozen=True)
class Status:
    """What the session is doing: `running`, `done`, `stopped` or `error`, with words for people."""

    state: RunState
    message: str = ""
    detail: str = ""
    done: int = 0
    total: int | None = None


@dataclass(frozen=True)
class AnswerEvent:
    """One published answer: its number, the attribution, and the step counts already computed for its settings."""

    seq: int
    attribution: Attribution
    requested: int | None
    levels: tuple[int, ...]


@dataclass(frozen=True)
class BaselineScores:
    """F at the baselines on offer, by their names, for the target of the newest answer."""

    scores: Mapping[str, float]


@dataclass(frozen=True)
class PathFrame:
    """The path that frame number `seq` rests on, or a sentence why there is none."""

    seq: int
    seen: PathTrace | None
    missing: str = ""


@dataclass(frozen=True)
class GroupsFrame:
    """What is known of groups for the target of frame number `seq`, or a sentence why nothing is; `final` for now."""

    seq: int
    seen: GroupScores | None
    missing: str = ""
    final: bool = False


@dataclass(frozen=True)
class FilmFrame:
    """The first of `count` samples."""

    count: int
    entries: tuple[FilmEntry, ...]


Event = Status | AnswerEvent | Compared | BaselineScores | PathFrame | GroupsFrame | FilmFrame
