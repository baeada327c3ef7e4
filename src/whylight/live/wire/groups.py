"""Scores of groups as a message. Knows nothing of traits, comms or threads."""

from collections.abc import Iterable
from typing import TypeAlias, TypedDict

import numpy as np

from whylight.live.wire.arrays import VERSION, Message, Missing, array, number
from whylight.live.wire.downsample import blocks_within
from whylight.live.wire.frames import TargetName
from whylight.results.group_scores import GroupScores

BLOCKS = 48**3  # labels of a volume that are sent


class GroupScore(TypedDict):
    """Some units and their score; null while it is not known."""

    units: list[int]
    score: float | None


class NoGroups(Missing):
    """Said where groups have no scores: the rest is empty."""

    count: int
    levels: list[list[GroupScore]]
    known: list[GroupScore]


class GroupsMeta(NoGroups):
    """What is said of the scores of groups.

    Attributes
    ----------
    output
        The unit of the scores.
    score
        F(x).
    exact
        Whether a group's score and that of the rest add up to F(x).
    growing
        Whether the hierarchy is being built.
    grown
        Whether it is complete.
    evaluated
        Groups scored.
    """

    target: TargetName
    output: str
    scorer: str
    scorer_label: str
    score: float | None
    exact: bool
    growing: bool
    grown: bool
    evaluated: int


GroupsMessage: TypeAlias = Message[GroupsMeta | NoGroups]


def groups_message(seen: GroupScores | None, *, seq: int, missing: str = "") -> GroupsMessage:
    """What is known of groups for the target of a frame; or, without it, the sentence why."""
    if seen is None:
        meta: NoGroups = {"missing": missing, "notes": [], "levels": [], "known": [], "count": 0}
        return {"v": VERSION, "seq": seq, "meta": meta, "arrays": {}}
    tables = {"scores": seen.scores, "spans": seen.spans, "pairs": seen.pairs}
    arrays = {name: array(table) for name, table in tables.items() if table is not None}
    if seen.units.sort == "windows":
        arrays["starts"] = array(np.unique(seen.units.labels, return_index=True)[1], "int32")
    if seen.units.sort == "areas":
        arrays["labels"] = array(_seen_labels(seen.units.labels), "uint8" if len(seen.units) <= 256 else "int32")
    return {"v": VERSION, "seq": seq, "meta": _groups_meta(seen), "arrays": arrays}


def _seen_labels(labels: np.ndarray) -> np.ndarray:
    """Labels of a picture; of a volume those in the middle of blocks, where there are many."""
    if labels.ndim == 2:
        return labels
    blocks = blocks_within(labels.shape, BLOCKS, range(labels.ndim))
    return labels[
        tuple(slice(min(block // 2, n - 1), None, block) for block, n in zip(blocks, labels.shape, strict=True))
    ]


def _groups_meta(seen: GroupScores) -> GroupsMeta:
    return {
        "missing": "",
        "target": {"value": seen.target.value, "label": seen.target.label},
        "output": seen.target.unit,
        "scorer": seen.scorer,
        "scorer_label": seen.label,
        "score": number(seen.score),
        "exact": seen.exact,
        "count": len(seen.units),
        "levels": [[_scored(group.units, group.score) for group in level] for level in seen.levels],
        "growing": seen.growing,
        "grown": seen.grown,
        "evaluated": seen.evaluated,
        "known": [_scored(members, score) for members, score in seen.selected],
        "notes": list(seen.notes),
    }


def _scored(members: Iterable[int], score: float) -> GroupScore:
    return {"units": list(members), "score": number(score)}
