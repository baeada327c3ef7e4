"""Scores of groups beside an answer: the selected group first, then what the panel draws, then the hierarchy.

Every group is scored once for a target, whatever is asked in between. Knows nothing of threads, traits or bytes.
"""

import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whylight.errors import in_words
from whylight.explainer.explainer import Explainer
from whylight.explainer.request import Request
from whylight.groups.agglomeration import agglomerate
from whylight.groups.group_explainer import GroupExplainer
from whylight.groups.score_cache import ScoreCache
from whylight.groups.score_cache import UnitMask as Members
from whylight.groups.scorers import scorer_label
from whylight.identity import key_of
from whylight.live.answer_cache import AnswerCache
from whylight.live.events import Event, GroupsFrame
from whylight.live.followups import Answer, Say
from whylight.numbers import signed
from whylight.results.group_scores import GroupScores
from whylight.results.hierarchy import Hierarchy
from whylight.targets.target import Target

SMALL = {"sequence": 32, "row": 32, "windows": 64, "areas": 64}  # units up to which all that is drawn is scored unasked
MANY = 256  # areas of a picture, windows of a signal up to which every single one is scored unasked
KEPT = 8  # targets, scorers and kinds of units whose scores are kept
REMEMBERED = 64  # selections
NOTHING = 0.05  # of F(x): a larger score of the empty group is worth a note
INTERVAL = 0.1  # seconds between frames


@dataclass
class _Sheet:
    """Everything known for one target, one scorer and one kind of units."""

    group_explainer: GroupExplainer
    target: Target
    scorer: str
    cache: ScoreCache
    score: float
    grow: bool
    hierarchy: Hierarchy | None = None
    asked: OrderedDict[tuple[int, ...], None] = field(default_factory=OrderedDict)

    @property
    def small(self) -> bool:
        units = self.cache.units
        return len(units) <= SMALL[units.sort]

    @property
    def grown(self) -> bool:
        return self.hierarchy is not None and self.hierarchy.final

    def group(self, members: Sequence[int]) -> Members:
        return self.cache.units.group(members)

    def table(self, groups: dict[tuple[int, int], Members]) -> NDArray[np.float64]:
        count = len(self.cache.units)
        found = np.full((count, count), np.nan)
        for (i, j), group in groups.items():
            score = self.cache.known(group)
            found[i, j] = np.nan if score is None else score
        return found

    @cached_property
    def stages(self) -> list[dict[tuple[int, int], Members]]:
        """What is drawn without being asked for: single units, spans and pairs of a short sentence."""
        count, sentence = len(self.cache.units), self.cache.units.sort in ("sequence", "row")
        singles = {(i, i): self.group([i]) for i in range(count)}
        if not (sentence and self.small):
            return [singles] if sentence or count <= MANY else []
        pairs = {(i, j): self.group([i, j]) for i, j in combinations(range(count), 2)}
        spans = {(i, j): self.group(range(i, j + 1)) for i, j in combinations(range(count), 2)}
        return [singles, spans, pairs]

    def select(self, members: Sequence[int]) -> list[list[Members]]:
        """The group asked for, then its parts: connected runs of words, or its single units."""
        units = self.cache.units
        wanted = tuple(sorted({i for i in members if 0 <= i < len(units)}))
        if not wanted:
            return []
        whole = self.group(wanted)
        runs = [] if units.sort == "areas" else units.connected(whole)
        for group in (*runs, whole):
            members = tuple(np.flatnonzero(group).tolist())
            self.asked[members] = None
            self.asked.move_to_end(members)
        while len(self.asked) > REMEMBERED:
            self.asked.popitem(last=False)
        return [[whole], [*runs, *(self.group([i]) for i in wanted)]]

    def seen(self) -> GroupScores:
        known, units = self.cache.known, self.cache.units
        alone = [known(self.group([i])) for i in range(len(units))]
        tables = [self.table(stage) for stage in self.stages[1:]] or [None, None]
        asked = [(members, known(self.group(members))) for members in self.asked]
        return GroupScores(
            units=units,
            target=self.target,
            scorer=self.scorer,
            label=scorer_label(self.scorer),
            score=self.score,
            scores=np.array([np.nan if s is None else s for s in alone]),
            spans=tables[0],
            pairs=tables[1],
            selected=tuple((members, score) for members, score in asked if score is not None),
            levels=() if self.hierarchy is None else self.hierarchy.levels,
            growing=self.grow and not self.grown,
            grown=self.grown,
            evaluated=len(self.cache),
            notes=self.notes(),
        )

    def notes(self) -> tuple[str, ...]:
        """Says so where nothing at all has a score: it is in that of every group."""
        nothing = self.cache.known(self.group([]))
        if nothing is None or abs(nothing) <= NOTHING * abs(self.score):
            return ()
        because = "biases of the model, or its answer to the baseline"
        return (
            f"A group of nothing scores {signed(nothing)} ({because}): small groups owe much of their score to that.",
        )


class GroupFollowUp:
    """The follow-up that scores groups: set what is wanted, then give it a turn."""

    doing = "scoring groups"

    def __init__(self) -> None:
        self.selection: Sequence[int] = ()
        self.scorer = "cd"
        self.units: Any = None
        self.grow = False  # asked for: build the hierarchy, of whatever is shown now
        self._sheets: OrderedDict[Any, _Sheet] = OrderedDict()

    def follow(self, explainer: Explainer, answer: Answer, finished: AnswerCache, say: Say) -> Iterator[Event]:
        """What is known of groups for the target of the answer, more and more of it; or a sentence why nothing is."""
        try:
            sheet = self._sheet(explainer, answer.request)
            if self.grow:
                sheet.grow, self.grow = True, False
            if answer.stopped:
                sheet.grow = False
            last = 0.0
            for urgent in self._steps(sheet, say, everything=not answer.stopped):
                if urgent or time.monotonic() - last > INTERVAL:
                    yield GroupsFrame(answer.seq, sheet.seen())
                    last = time.monotonic()
            yield GroupsFrame(answer.seq, sheet.seen(), final=True)
        except Exception as error:  # noqa: BLE001  the answer stands without; the panel says what happened
            yield GroupsFrame(answer.seq, None, in_words(error), final=True)

    def _steps(self, sheet: _Sheet, say: Say, *, everything: bool) -> Iterator[bool]:
        """Score in the order of urgency; yields now and then, True for what was asked for."""
        cache = sheet.cache
        cache.tick = lambda _: say("Scoring groups", len(cache))
        asked = sheet.select(self.selection)
        for groups in asked:
            cache.of(groups)
            yield True
        cache.of([sheet.group([])])
        for stage in sheet.stages if everything else ():
            for _ in cache.fill(list(stage.values())):
                yield False
        if everything and sheet.grow and not sheet.grown:
            for sheet.hierarchy in agglomerate(cache):
                yield False

    def _sheet(self, explainer: Explainer, request: Request) -> _Sheet:
        explainer.at_input.notice_new_weights()
        asked = request.target
        outputs = None if callable(asked) else explainer.at_input.answer
        target = explainer.at_input.fixed(asked, outputs, output=explainer.prepared.output_kind)
        rest = (key_of(request.baseline), request.n_steps, request.tol) if self.scorer != "cd" else ()
        key = (explainer.model.version(), target.key, self.scorer, repr(self.units), rest)
        if key not in self._sheets:
            group_explainer = GroupExplainer.about(explainer, request, target=target)
            units = group_explainer.units(self.units)
            cache = ScoreCache(group_explainer.scorer(self.scorer), units)
            score = float(explainer.value(target))
            self._sheets[key] = _Sheet(group_explainer, target, self.scorer, cache, score, grow=False)
            self._sheets[key].grow = self._sheets[key].small
        self._sheets.move_to_end(key)
        while len(self._sheets) > KEPT:
            self._sheets.popitem(last=False)
        return self._sheets[key]
