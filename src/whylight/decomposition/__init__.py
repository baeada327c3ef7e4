"""Contextual decomposition: how much of an answer is due to a group of features.

The rules are in `rules/`, one file per kind of layer; `rule` adds more. Knows nothing of natural inputs, Jupyter or threads.
"""

from whylight.decomposition.decomposed import Decomposed, rule
from whylight.decomposition.elementwise import activation, rectifier
from whylight.results.decomposition import Decomposition

__all__ = ["Decomposed", "Decomposition", "activation", "rectifier", "rule"]
