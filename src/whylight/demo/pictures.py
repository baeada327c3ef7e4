"""The two picture demos: digits and shapes, each a trained net with pictures to try it on.

Knows nothing about training or explanations.
"""

from __future__ import annotations

import numpy as np

from whylight.demo.demo import Demo
from whylight.demo.picture_nets import DigitsNet, ShapesNet, picture_to_tensor
from whylight.demo.scenes import SHAPES, SIZE, shape_scenes
from whylight.demo.weights import WEIGHTS, load_arrays, load_net

__all__ = ["digits", "shapes"]

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
INPUTS_SEED = 2026
INPUTS_PER_SHAPE = 2


def digits() -> Demo:
    """A small CNN that reads handwritten digits of 8x8 pixels, with twenty digits it never saw in training.

    Returns
    -------
    Demo
        Inputs: uint8 `(8, 8)`, zero to nine, then zero to nine again.

    Examples
    --------
    >>> import whylight as wl
    >>> demo = wl.demo.digits()
    >>> wl.attribute(demo.model, demo.inputs[3], **demo.options).target
    'three'
    """
    arrays = load_arrays(WEIGHTS / "digits.npz")
    return Demo(
        model=load_net(DigitsNet(), arrays),
        inputs=list(arrays["inputs"]),
        targets=arrays["targets"].tolist(),
        labels=DIGITS,
        options={"preprocess": picture_to_tensor("L", 8), "labels": DIGITS},
    )


def shapes() -> Demo:
    """A small CNN that names the one shape in a busy scene, with scenes whose true evidence is known.

    Returns
    -------
    Demo
        Inputs: uint8 `(64, 64, 3)`, two rounds of one scene per class, drawn at each call from a fixed seed; masks: the
        pixels of the shape.

    Examples
    --------
    >>> import whylight as wl
    >>> demo = wl.demo.shapes()
    >>> wl.attribute(demo.model, demo.inputs[3], **demo.options, n_steps=9).target
    'star'
    >>> demo.masks[3].shape
    (64, 64)
    """
    images, masks, labels = shape_scenes(60, seed=INPUTS_SEED)
    places = np.stack([np.flatnonzero(labels == k)[:INPUTS_PER_SHAPE] for k in range(len(SHAPES))]).T.ravel()
    return Demo(
        model=load_net(ShapesNet(), load_arrays(WEIGHTS / "shapes.npz")),
        inputs=[images[i] for i in places],
        targets=labels[places].tolist(),
        labels=SHAPES,
        options={"preprocess": picture_to_tensor("RGB", SIZE), "labels": SHAPES},
        masks=tuple(masks[i] for i in places),
    )
