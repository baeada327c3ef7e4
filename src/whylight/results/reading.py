"""An answer in one sentence: which parts of the input account for how much of it, and what speaks against trusting that.

Shares are signed sums beside the sum of all attributions, so they add up to 100 %. Knows nothing of kinds of inputs or of how
the numbers were obtained.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from whylight.numbers import MINUS, number, percent, signed, unit
from whylight.views.told import Told

MOST = 2  # parts that speak for it, and as many against it
MANY = 2.0  # shares larger than this say nothing: the parts all but cancel
GAP, ERROR = 0.05, 0.25  # larger ones are told
DISAGREE, MUCH = 1 / 3, 2 / 3  # spreads of baselines beside sizes that are told, and that are large
SHARES = ("a good part", "most")
ALIKE = 0.25  # a larger share of the input that is nearly as the baseline is told
NAMED = 3  # baselines that are named
SPREAD = "No part stands out: the attribution for {} is spread over all of them."
LEAST = 0.005  # of the whole: smaller parts are not told


@dataclass(frozen=True)
class Whole:
    """What the parts are parts of.

    Attributes
    ----------
    target
        What is explained.
    total
        Sum of all attributions.
    size
        Sum of their sizes.
    unit
        That of the score.
    complete
        Whether the attributions add up to the score less that of the baseline.
    per_unit
        Whether they are slopes, which add up to nothing.
    """

    target: str
    total: float
    size: float
    unit: str = "output"
    complete: bool = True
    per_unit: bool = False

    @property
    def named(self) -> str:
        """The target, or the two of a contrast."""
        return f"“{'” rather than “'.join(self.target.split(' − ', 1))}”"


def reading(whole: Whole, parts: Sequence[Told], *, over: str = "", rest: str = "the rest") -> str:
    r"""The sentence; "" where there are no parts to tell of, or they are no numbers.

    Parameters
    ----------
    parts
        What is told of; one alone is told beside the rest.
    over
        What the numbers are averages over, in words.
    rest
        What the other parts are called.

    Examples
    --------
    >>> cat = Whole("cat", total=4.0, size=9.0)
    >>> reading(cat, [Told("The lit area", 3.0, 4.0)])
    'The lit area accounts for 75\u2009% of “cat”, the rest for 25\u2009%.'
    >>> reading(cat, [Told("“no”", -1.0, 1.0), Told("“purr”", 4.0, 4.0), Told("“a”", 1.0, 1.0)], rest="other words")
    '“purr” (+100\u2009%) and “a” (+25\u2009%) speak most for “cat”, “no” (−25\u2009%) against it.'
    """
    if whole.size == 0:
        return f"No part of the input changes {whole.named}: every attribution is zero."
    if not parts or not all(map(math.isfinite, (whole.total, whole.size, *(part.value for part in parts)))):
        return ""
    sentence = _one(whole, parts[0], rest) if len(parts) == 1 else _several(whole, parts)
    return f"{over}, {sentence}" if over else sentence


def doubts(
    gap: float | None, map_error: float, spread: float, baselines: Sequence[str], alike: float = 0.0
) -> list[str]:
    r"""What speaks against trusting the numbers, a sentence each.

    Parameters
    ----------
    gap
        How much the parts miss the whole by, as a share of it; None where they promise nothing.
    map_error
        Relative error of the map; NaN where nothing is known.
    spread
        Standard deviations over the baselines beside the sizes of the values, both summed.
    baselines
        What they are called.
    alike
        The share of the input that is nearly as all of them are, where differences from them are multiplied in.

    Examples
    --------
    >>> doubts(0.001, 0.01, 0.0, ["Black"]), doubts(0.2, 0.01, 0.0, ["Black"])
    ([], ['The parts miss the whole by 20\u2009%.'])
    """
    found = []
    if gap is not None and gap > GAP:
        found.append(f"The parts miss the whole by {percent(gap)}.")
    if map_error > ERROR:
        found.append(f"The values are known to about {percent(map_error)} only.")
    if spread > DISAGREE:
        found.append(
            f"It depends on the baseline: {_named(baselines)} disagree about {SHARES[int(spread > MUCH)]} of it, value by value."
        )
    if alike > ALIKE:
        found.append(
            f"Measured against {_named(baselines)}: the {percent(alike)} of the picture that looks nearly the same holds little of it, whatever the model saw there."
        )
    return found


def _named(baselines: Sequence[str]) -> str:
    return _and(baselines) if len(baselines) <= NAMED else f"its {len(baselines)} baselines"


def _one(whole: Whole, part: Told, rest: str) -> str:
    """One part beside the rest."""
    if not whole.complete:
        what = f"the sensitivity of {whole.named}" if whole.per_unit else f"all attribution for {whole.named}"
        return f"{part.name} holds {_percent(round(100 * part.size / whole.size))} of {what}."
    if _cancels(whole, [part]):
        unit = "" if whole.unit in ("output", "score") else f" ({whole.unit.replace('_', '-')})"
        left = number(whole.total - part.value)
        return f"{part.name} adds {number(part.value)} to {whole.named}{unit}, {rest} {left}."
    share = round(100 * part.value / whole.total)
    of = whole.named if whole.total > 0 else f"what speaks against {whole.named}"
    return f"{part.name} accounts for {_percent(share)} of {of}, {rest} for {_percent(100 - share)}."


def _several(whole: Whole, parts: Sequence[Told]) -> str:
    """The strongest of several parts, for and against."""
    if not whole.complete:
        first = sorted(parts, key=lambda part: -part.size)[: MOST + 1]
        names = [
            f"{part.name} ({_percent(round(100 * part.size / whole.size))})"
            for part in first
            if part.size >= LEAST * whole.size
        ]
        if not names:
            return SPREAD.format(whole.named)
        if whole.per_unit:
            return f"{whole.named} is most sensitive to {_and(names)}."
        return f"Most of the attribution for {whole.named} lies on {_and(names)}."
    amount = _amounts(whole, parts)
    least = LEAST * max(abs(whole.total), *(abs(part.value) for part in parts))
    strong = [part for part in sorted(parts, key=lambda part: -abs(part.value)) if abs(part.value) >= least]
    supports = [f"{part.name} ({amount(part)})" for part in strong if part.value > 0][:MOST]
    opposes = [f"{part.name} ({amount(part)})" for part in strong if part.value < 0][:MOST]
    verb = lambda names: "speak" if len(names) > 1 else "speaks"
    if not strong:
        return SPREAD.format(whole.named)
    if not supports:
        return f"{_and(opposes)} {verb(opposes)} most against {whole.named}."
    against = f", {_and(opposes)} against it" if opposes else ""
    return f"{_and(supports)} {verb(supports)} most for {whole.named}{against}."


def _amounts(whole: Whole, parts: Sequence[Told]):
    """How a part's value is written: as a share of the whole, or as it is where the parts all but cancel."""
    if _cancels(whole, parts):
        return lambda part: signed(part.value)
    return lambda part: f"{'+' * (part.value > 0)}{_percent(round(100 * part.value / abs(whole.total)))}"


def _cancels(whole: Whole, parts: Sequence[Told]) -> bool:
    return any(abs(part.value) > MANY * abs(whole.total) for part in parts)


def _percent(share: int) -> str:
    return unit(str(share).replace("-", MINUS), "%")


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
