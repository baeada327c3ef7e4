"""Rules of contextual decomposition, one file per kind of layer; to import them is to register them."""

from whylight.decomposition.rules import (
    activations,
    attention,
    distances,
    fourier,
    linear,
    normalization,
    pooling,
    recurrent,
    structure,
    written,
)

__all__ = [
    "activations",
    "attention",
    "distances",
    "fourier",
    "linear",
    "normalization",
    "pooling",
    "recurrent",
    "structure",
    "written",
]
