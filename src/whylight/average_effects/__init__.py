"""Average effects of features over data and over groups of rows, for any predictor (Hechtlinger 2016, arXiv 1611.07634)."""

from whylight.average_effects.effects import effects
from whylight.results.effects import Effects

__all__ = ["Effects", "effects"]
