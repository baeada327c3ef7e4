"""Rules of contextual decomposition, one file per kind of layer; to import them is to register them."""

from whylight.decomposition.rules import activations, attention, linear, normalization, pooling, recurrent, structure

__all__ = ["activations", "attention", "linear", "normalization", "pooling", "recurrent", "structure"]
