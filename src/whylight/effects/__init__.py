"""Average effects of features over data and over groups of rows, for any predictor (Hechtlinger 2016, arXiv 1611.07634)."""

from whylight.effects.compute import effects, jacobian
from whylight.effects.result import Effects

__all__ = ["Effects", "effects", "jacobian"]
