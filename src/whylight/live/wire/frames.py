"""Answers as numbered frames, the main one and those compared with it. Knows nothing of traits, comms or threads."""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, NotRequired, TypeAlias, TypedDict

from whylight.live.wire.arrays import VERSION, Message, Missing, PackedArrays, Streamed, number
from whylight.live.wire.encoder import Scales, encoder
from whylight.results.attribution import Attribution
from whylight.tensors import doubles
from whylight.views.view import View

TargetValue: TypeAlias = int | str | None
"""A class index, or the text of a custom target."""


class TargetName(TypedDict):
    """What is explained, and that in words.

    Attributes
    ----------
    place
        The number of the token whose label it is.
    """

    value: TargetValue
    label: str
    place: NotRequired[int]


class BaselineName(TypedDict):
    """A reference input, and that in words."""

    value: str
    label: str


class Meta(Scales):
    """What is said of an answer.

    Attributes
    ----------
    n_steps
        Path points used; null for a method without a path.
    n_evaluations
        Gradients (or predictions) per sample so far.
    requested
        Path points asked for, null when an accuracy was asked for.
    levels
        Step counts already computed for these settings.
    output
        The unit of the score.
    score
        F(x).
    baseline_score
        F(x'), null where the method has no baseline.
    gap
        The sum of the attributions less F(x) − F(x').
    relative_gap
        The size of the gap beside |F(x) − F(x')|, or beside the L2 norm of a map whose parts all but cancel.
    map_error
        Estimated relative L2 error of the map: 0 where exact, null where unknown.
    counted
        What n_evaluations counts: "gradient" or "prediction".
    per_unit
        The numbers are output per unit of input.
    rows
        More than 1 for a table; scores are means over its rows then.
    readings
        The answer in a sentence or two, by what is on show: "spotlight", "regions" or "pixels"; under "" where there is no choice.
    seconds
        Time spent on this run.
    notes
        Sentences worth showing.
    zero
        Every value that was examined is zero; only then there.
    """

    final: bool
    method: str
    method_label: str
    n_steps: int | None
    n_evaluations: int
    requested: int | None
    levels: list[int]
    target: TargetName
    baseline: BaselineName | None
    output: str
    counted: NotRequired[str]
    per_unit: NotRequired[bool]
    rows: NotRequired[int]
    score: float | None
    baseline_score: float | None
    sum: float | None
    gap: float | None
    relative_gap: float | None
    map_error: float | None
    readings: dict[str, str]
    seconds: float | None
    device: str
    notes: list[str]
    zero: NotRequired[bool]


class Setting(TypedDict, total=False):
    """What differs from the main settings."""

    method: str
    target: TargetValue
    baseline: str | None


Correlation = TypedDict("Correlation", {"with": Setting, "value": float | None, "regions": float | None})


class Likeness(TypedDict):
    """What was asked for, and how alike the answer is to others.

    Attributes
    ----------
    correlations
        Spearman's rank correlation of its map with the main one (no setting) and with those asked for before it; of pictures
        that of the sums over tiles too.
    """

    setting: Setting
    correlations: list[Correlation]


class ComparedMeta(Meta):
    """What is said of an answer to compare.

    Attributes
    ----------
    missing
        Empty: there is an answer.
    """

    missing: str


class ComparedMessage(Message[ComparedMeta | Missing], Likeness):
    """An answer to compare with the frame of the same number, or why there is none."""


class StreamedCompared(Streamed[Literal["beside"], ComparedMeta | Missing], Likeness):
    """The same while it is streamed."""


def answer_message(
    attribution: Attribution, *, seq: int, requested: int | None = None, levels: Iterable[int] = ()
) -> Message[Meta]:
    """One attribution as a frame, its bytes inside."""
    meta = _meta(attribution, requested, sorted(levels))
    arrays = _arrays(attribution, meta)
    return {"v": VERSION, "seq": seq, "meta": meta, "arrays": arrays}


def kept_message(message: Message[Meta], view: View | None) -> Message[Meta]:
    """A final frame as a saved notebook keeps it."""
    return message if view is None else {**message, "arrays": encoder(view).kept(message["arrays"])}


def compared_message(
    attribution: Attribution | None,
    *,
    seq: int,
    setting: Setting,
    correlations: Iterable[tuple[Setting, float | None, float | None]] = (),
    missing: str = "",
) -> ComparedMessage:
    """One attribution to compare with frame `seq`, or why there is none; the main map goes by the empty setting."""
    alike: list[Correlation] = [
        {"with": other, "value": value, "regions": regions} for other, value, regions in correlations
    ]
    told: ComparedMeta | Missing = {"missing": missing, "notes": []}
    arrays: PackedArrays = {}
    if attribution is not None:
        meta, view = _meta(attribution, None, []), attribution.view
        arrays = _arrays(replace(attribution, final=False), meta)
        if view is not None:
            arrays = encoder(view).compared(arrays, meta)
        told = {**meta, "missing": ""}
    return {"v": VERSION, "seq": seq, "setting": setting, "correlations": alike, "meta": told, "arrays": arrays}


def _meta(attribution: Attribution, requested: int | None, levels: list[int]) -> Meta:
    origin = attribution.provenance
    delta, gap, base = attribution.convergence_delta, attribution.overall_gap, attribution.baseline_score
    mean = lambda values: None if values is None else number(values.mean())
    names = origin.get("baseline") or []
    meta: Meta = {
        "final": attribution.final,
        "method": attribution.method,
        "method_label": attribution.method_label,
        "n_steps": origin.get("n_steps"),
        "n_evaluations": attribution.n_evaluations,
        "requested": requested,
        "levels": levels,
        "target": _target(attribution),
        "baseline": {"value": " + ".join(names), "label": origin.get("baseline_label", "")} if names else None,
        "output": origin.get("unit", "output"),
        "counted": attribution.counted,
        "per_unit": bool(origin.get("per_unit", False)),
        "rows": len(attribution.score),
        "score": mean(attribution.score),
        "baseline_score": mean(base),
        "sum": None if gap is None or origin.get("per_unit") else mean(attribution.total),
        "gap": mean(delta),
        "relative_gap": None if gap is None else number(gap),
        "map_error": mean(attribution.map_error),
        "readings": dict(attribution.readings),
        "seconds": number(origin.get("seconds", math.nan)),
        "device": origin.get("device", ""),
        "notes": list(attribution.notes),
    }
    if attribution.final and attribution.is_zero:
        meta["zero"] = True
    return meta


def _target(attribution: Attribution) -> TargetName:
    origin, place = attribution.provenance, attribution.provenance.get("target_place")
    named: TargetName = {"value": origin.get("target_value"), "label": attribution.target}
    return named if place is None else {**named, "place": place}


def _arrays(attribution: Attribution, scales: Scales) -> PackedArrays:
    view = attribution.view
    if view is None:
        return {}
    found = view.arrays(doubles(attribution.attributions), doubles(attribution.error_estimate))
    return encoder(view).maps(attribution, found, scales)
