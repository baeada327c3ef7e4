"""The numbers that say how far to trust a picture, and its title. Draws nothing."""

import math

import numpy as np
from torch import Tensor

from whylight.errors import InvalidTypeError
from whylight.numbers import number, percent, plural, seconds, unit
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
    if attribution.is_zero:
        parts.append("every value is zero")
    parts.append(_scores(score, base, unit_of(attribution)))
    if base is not None and gap is not None:
        parts.append(f"Σ {number(float(attribution.total.mean()))}")
        parts.append(f"gap {percent(gap)}")
    parts += _map_error(attribution)
    parts += [", ".join(f"{part.name} {percent(part.share)}" for part in shares_of(attribution))]
    if not attribution.final:
        asked = origin.get("parameters", {}).get("n_steps")
        parts.insert(0, f"unfinished{f', {asked} points were asked for' if asked else ''}")
    parts.append(plural(attribution.n_evaluations, attribution.counted))
    if "seconds" in origin:
        parts.append(seconds(origin["seconds"]))
    return " · ".join([*filter(None, parts), str(origin.get("device", ""))]).rstrip(" ·")


def unit_of(attribution: Attribution) -> str:
    """What the score is counted in; nothing for plain outputs."""
    name = str(attribution.provenance.get("unit", "output")).replace("_", "-")
    return "" if name == "output" else name


def _scores(score: Tensor, base: Tensor | None, name: str) -> str:
    """F(x), and what it is beside the baseline's; of several samples the means."""
    mean, at_input = "mean " * (len(score) > 1), float(score.mean())
    if base is None:
        return unit(f"{mean}F(x) {number(at_input)}", name)
    at_start = float(base.mean())
    start = f"({number(at_start)})" if at_start < 0 else number(at_start)
    return unit(f"{mean}F(x) {number(at_input)} − F(x′) {start} = {number(at_input - at_start)}", name)


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


def literal(text: str) -> str:
    r"""Words that matplotlib does not read as mathematics.

    Examples
    --------
    >>> literal("from $5 to $7")
    'from \\$5 to \\$7'
    """
    return text.replace("$", r"\$")
