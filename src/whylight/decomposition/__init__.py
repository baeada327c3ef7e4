"""Contextual decomposition: how much of an answer is due to a group of features.

One file per kind of layer's rules; `rule` adds more. Knows nothing of natural inputs, Jupyter or threads.
"""

from whylight.decomposition import attention, linear, normalization, pooling, recurrent, structure  # noqa: F401
from whylight.decomposition.activations import activation, rectifier
from whylight.decomposition.decomposed import Decomposed, rule
from whylight.decomposition.decomposition import Decomposition

__all__ = ["Decomposed", "Decomposition", "activation", "rectifier", "rule"]
