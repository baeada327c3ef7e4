"""Groups of features: contextual decomposition, interactions, hierarchies."""

from whylight.groups.api import contextual_decomposition, hierarchy, interaction, interactions

__all__ = ["contextual_decomposition", "hierarchy", "interaction", "interactions"]
