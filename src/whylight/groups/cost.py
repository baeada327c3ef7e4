"""What it costs to score groups: how many there will be, and which sizes are refused with advice. Knows nothing of models."""

from whylight.errors import InvalidValueError
from whylight.numbers import count, plural
from whylight.views.units import Units

MOST_UNITS, MOST_PAIRS = 4096, 2048  # units of a hierarchy; of a table of interactions
PER_UNIT = {"sequence": 3, "windows": 3, "areas": 4, "row": 8}  # groups a hierarchy scores for each unit, as measured


def hierarchy_size(units: Units) -> int:
    """About how many groups a hierarchy will score; raises where they are too many."""
    if len(units) > MOST_UNITS:
        raise InvalidValueError(
            f"A hierarchy of {plural(len(units), 'unit')} would score about {count(_expected(units))} groups; at most {count(MOST_UNITS)} units "
            f"are taken. {coarser_advice(units, MOST_UNITS // 16)}"
        )
    return _expected(units)


def pairs_size(units: Units) -> int:
    """How many groups all pairs of units are; raises where they are too many."""
    pairs = len(units) * (len(units) + 1) // 2
    if len(units) > MOST_PAIRS:
        raise InvalidValueError(
            f"{plural(len(units), 'unit')} have {count(pairs)} pairs; at most {count(MOST_PAIRS)} units are taken. "
            f"{coarser_advice(units, MOST_PAIRS // 16)} interaction() scores one pair of groups."
        )
    return pairs


def coarser_advice(units: Units, aim: int) -> str:
    """How to ask for about `aim` units, or for a quarter of those there are."""
    factor = -(-len(units) // max(1, min(aim, len(units) // 4)))
    if units.sort == "sequence":
        return f"Coarser units are faster: units={factor} joins {factor} that follow each other."
    if units.sort == "windows":
        samples = -(-units.labels.size // len(units)) * factor
        return f"Coarser units are faster: units={samples} joins {samples} samples to a window."
    if units.sort == "row":
        return (
            f"Coarser units are faster: units= takes one label per feature, and joins those with the same one (numpy.arange({len(units)}) // "
            f"{factor}, say)."
        )
    side = round((units.labels.size / len(units) * factor) ** (1 / units.labels.ndim))
    return f"Coarser units are faster: units={max(2, side)} makes tiles with a side of {max(2, side)} pixels."


def _expected(units: Units) -> int:
    return PER_UNIT[units.sort] * len(units)
