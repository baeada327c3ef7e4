"""How many points of a path go in one round: few, and each counts for more; many, and there are fewer rounds to wait for."""

from dataclasses import dataclass

from torch import Tensor

from whylight.pace import small

OPEN = 9  # up to here every panel is refined


@dataclass(frozen=True)
class Rounds:
    """Points of the first round, and of later ones at most, or a sixth of the points so far if that is more.

    A round takes no panel where a gradient wins less than the share `near` of what it wins in the roughest: where a single kink
    is left, others would only fill it. No more than `together` go through the model at once, so that memory does not grow
    with the rounds.
    """

    first: int
    most: int
    near: float
    together: int | None = None


LARGE = Rounds(5, 8, near=1 / 2, together=8)  # every gradient takes its time, and the first picture comes soon
SMALL = Rounds(OPEN, 8, near=1 / 2, together=16)  # a pass costs two or three gradients before its first one
GPU = Rounds(OPEN, 32, near=1 / 4)  # half as many rounds, for a few more gradients


def rounds_for(inputs: tuple[Tensor, ...]) -> Rounds:
    """What suits one row of the inputs where they are."""
    if inputs[0].device.type != "cpu":
        return GPU
    return SMALL if small(inputs) else LARGE
