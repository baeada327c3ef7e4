"""The two picture nets of the demo and how a picture becomes their input.

Plain stacks of convolution, ReLU and max-pool. Knows nothing about files, scenes, training or explanations.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import nn

__all__ = ["DigitsNet", "ShapesNet", "picture_to_tensor"]

Picture = np.ndarray | Image.Image


class DigitsNet(nn.Sequential):
    """Names the digit of a grey picture `(N, 1, 8, 8)` in 0..1: logits `(N, 10)`.

    Examples
    --------
    >>> import torch
    >>> DigitsNet()(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 10])
    """

    def __init__(self) -> None:
        super().__init__(
            *_stage(1, 16),
            *_stage(16, 32),
            nn.Flatten(),
            nn.Linear(32 * 2 * 2, 10),
        )


class ShapesNet(nn.Sequential):
    """Names the shape in a colour scene `(N, 3, 64, 64)` in 0..1: logits `(N, 6)`.

    Each of the last features counts where it is strongest, so the answer hardly depends on where the shape stands.

    Examples
    --------
    >>> import torch
    >>> net = ShapesNet()
    >>> net(torch.zeros(2, 3, 64, 64)).shape, sum(p.numel() for p in net.parameters()) < 150_000
    (torch.Size([2, 6]), True)
    """

    def __init__(self) -> None:
        super().__init__(
            *_stage(3, 16),
            *_stage(16, 32),
            *_stage(32, 64),
            nn.Conv2d(64, 96, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveMaxPool2d(1),
            nn.Flatten(),
            nn.Linear(96, 48),
            nn.ReLU(),
            nn.Linear(48, 6),
        )


def _stage(channels: int, wider: int) -> tuple[nn.Module, ...]:
    """Convolution, ReLU, and a max-pool that halves the sides."""
    return nn.Conv2d(channels, wider, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)


def picture_to_tensor(mode: str, size: int) -> Callable[[Picture], torch.Tensor]:
    """A function that turns one picture into the input of a net: every value divided by 255.

    Parameters
    ----------
    mode : {"L", "RGB"}
        Grey or colour.
    size : int
        Side of the net's input in pixels; pictures of another size are resampled to it.

    Returns
    -------
    callable
        Takes a PIL image or a uint8 array, gives a float32 tensor CHW in 0..1.

    Examples
    --------
    >>> import numpy as np
    >>> picture_to_tensor("L", 2)(np.array([[0, 51], [102, 255]], np.uint8)).tolist()
    [[[0.0, 0.20000000298023224], [0.4000000059604645, 1.0]]]
    """

    def preprocess(image: Picture) -> torch.Tensor:
        picture = (image if isinstance(image, Image.Image) else Image.fromarray(image)).convert(mode)
        if picture.size != (size, size):
            picture = picture.resize((size, size), Image.Resampling.BILINEAR)
        array = np.array(picture, np.float32).reshape(size, size, -1) / 255
        return torch.from_numpy(array.transpose(2, 0, 1).copy())

    return preprocess
