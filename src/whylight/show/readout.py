"""The numbers that say how far to trust a picture, and its title. Knows nothing of matplotlib."""

import math

import numpy as np

from whylight.errors import InvalidTypeError
from whylight.numbers import percent, significant
from whylight.results.attribution import Attribution
from whylight.results.parts import shares_of
from whylight.tensors import doubles


def values_of(attribution: Attribution) -> np.ndarray:
    """What is drawn: pixels `(H, W)`, words `(U,)` or features `(D,)`."""
    if attribution.view is None:
        raise InvalidTypeError("Only one input can be drawn; this answer is about a batch.")
    return attribution.view.numbers(doubles(attribution.attributions))


def readout(attribution: Attribution) -> str:
    """The numbers that say how far to trust the picture, in one line."""
    origin, parts = attribution.provenance, []
    score, base, gap = attribution.score, attribution.baseline_score, attribution.overall_gap
    if base is None or gap is None:
        parts.append(f"{'mean ' * (len(score) > 1)}F(x) {significant(float(score.mean()))}")
    else:
        mean = "mean " * (len(score) > 1)
        rise = significant(float((score - base).mean()))
        parts.append(
            f"{mean}F(x) {significant(float(score.mean()))} − F(x′) {significant(float(base.mean()))} = {rise}"
        )
        parts.append(f"Σ {significant(float(attribution.total.mean()))}")
        parts.append(f"gap {percent(gap)}")
    parts += _map_error(attribution)
    parts += [", ".join(f"{part.name} {percent(part.share)}" for part in shares_of(attribution))]
    if not attribution.final:
        asked = origin.get("parameters", {}).get("n_steps")
        parts.insert(0, f"unfinished{f', {asked} points were asked for' if asked else ''}")
    plural = "" if attribution.n_evaluations == 1 else "s"
    parts.append(f"{attribution.n_evaluations} {attribution.counted}{plural}")
    if "seconds" in origin:
        parts.append(f"{significant(origin['seconds'])} s")
    return " · ".join([*filter(None, parts), str(origin.get("device", ""))]).rstrip(" ·")


def _map_error(attribution: Attribution) -> list[str]:
    """How far off the whole map may be, where that is a question: one that is exact and promises no sum says nothing."""
    error = float(attribution.map_error.mean())
    if not math.isfinite(error):
        return ["map error unknown"] if attribution.final else []
    if error == 0 and (attribution.overall_gap is None or not attribution.final):
        return []
    size = percent(error)
    return ["map exact" if error == 0 else f"map error {'≈ ' * size[0].isdigit()}{size}"]


def title(attribution: Attribution) -> str:
    """What is shown, in words."""
    return f"{attribution.method_label} for “{attribution.target}”"
