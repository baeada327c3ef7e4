"""Scores of groups as a message. Knows nothing of traits, comms or threads."""

from whylight.live.wire.arrays import VERSION, Message, array, number
from whylight.results.group_scores import GroupScores


def groups_message(seen: GroupScores | None, *, seq: int, missing: str = "") -> Message:
    """What is known of groups for the target of a frame; or, without it, the sentence why."""
    if seen is None:
        meta = {"missing": missing, "notes": [], "levels": [], "known": [], "count": 0}
        return {"v": VERSION, "seq": seq, "meta": meta, "arrays": {}}
    tables = {"scores": seen.scores, "spans": seen.spans, "pairs": seen.pairs}
    arrays = {name: array(table) for name, table in tables.items() if table is not None}
    if seen.units.labels.ndim == 2:
        arrays["labels"] = array(seen.units.labels, "uint8" if len(seen.units) <= 256 else "int32")
    return {"v": VERSION, "seq": seq, "meta": _groups_meta(seen), "arrays": arrays}


def _groups_meta(seen: GroupScores) -> Message:
    plain = lambda members, score: {"units": list(members), "score": number(score)}
    return {
        "missing": "",
        "target": {"value": seen.target.value, "label": seen.target.label},
        "output": seen.target.unit,
        "scorer": seen.scorer,
        "scorer_label": seen.label,
        "score": number(seen.score),
        "exact": seen.exact,
        "count": len(seen.units),
        "levels": [[plain(group.units, group.score) for group in level] for level in seen.levels],
        "growing": seen.growing,
        "grown": seen.grown,
        "evaluated": seen.evaluated,
        "known": [plain(members, score) for members, score in seen.selected],
        "notes": list(seen.notes),
    }
