"""Answers as numbered frames, the main one and those compared with it. Knows nothing of traits, comms or threads."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from whylight.live.wire.arrays import VERSION, Message, number
from whylight.live.wire.encoder import encoder
from whylight.results.attribution import Attribution


def answer_message(
    attribution: Attribution, *, seq: int, requested: int | None = None, levels: Iterable[int] = ()
) -> Message:
    """One attribution as a frame, its bytes inside."""
    meta = _meta(attribution, requested, sorted(levels))
    arrays = _arrays(attribution, meta)
    return {"v": VERSION, "seq": seq, "meta": meta, "arrays": arrays}


def compared_message(
    attribution: Attribution | None,
    *,
    seq: int,
    setting: Mapping[str, Any],
    correlations: Iterable[tuple[Mapping[str, Any], float | None]] = (),
    missing: str = "",
) -> Message:
    """One attribution to compare with frame `seq`, or why there is none; the main map goes by the empty setting."""
    alike = [{"with": dict(other), "value": value} for other, value in correlations]
    head = {"v": VERSION, "seq": seq, "setting": dict(setting), "correlations": alike}
    if attribution is None:
        return {**head, "meta": {"missing": missing, "notes": []}, "arrays": {}}
    meta, view = _meta(attribution, None, []), attribution.view
    arrays = _arrays(replace(attribution, final=False), meta)
    if view is not None:
        arrays = encoder(view).compared(arrays, meta)
    return {**head, "meta": {**meta, "missing": ""}, "arrays": arrays}


def _meta(attribution: Attribution, requested: int | None, levels: list[int]) -> Message:
    origin = attribution.provenance
    delta, gap, base = attribution.convergence_delta, attribution.overall_gap, attribution.baseline_score
    mean = lambda values: None if values is None else number(values.mean())
    names = origin.get("baseline") or []
    return {
        "final": attribution.final,
        "method": attribution.method,
        "method_label": attribution.method_label,
        "n_steps": origin.get("n_steps"),
        "n_evaluations": attribution.n_evaluations,
        "requested": requested,
        "levels": levels,
        "target": {"value": origin.get("target_value"), "label": attribution.target},
        "baseline": {"value": " + ".join(names), "label": origin.get("baseline_label", "")} if names else None,
        "output": origin.get("unit", "output"),
        "counted": attribution.counted,
        "per_unit": bool(origin.get("per_unit", False)),
        "rows": len(attribution.score),
        "score": mean(attribution.score),
        "baseline_score": mean(base),
        "sum": None if origin.get("per_unit") else mean(attribution.total),
        "gap": mean(delta),
        "relative_gap": None if gap is None else number(gap),
        "map_error": mean(attribution.map_error),
        "seconds": number(origin.get("seconds", math.nan)),
        "device": origin.get("device", ""),
        "notes": list(attribution.notes),
    }


def _arrays(attribution: Attribution, meta: Message) -> Message:
    view = attribution.view
    maps, errors = attribution.attributions, attribution.error_estimate
    if view is None or not isinstance(maps, Tensor) or not isinstance(errors, Tensor):
        return {}
    found = view.arrays(*(m.detach().cpu().double().numpy() for m in (maps, errors)))
    return encoder(view).maps(attribution, found, meta)
