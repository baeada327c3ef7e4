"""Tensors as volumes of voxels and as videos. Knows nothing of targets or methods."""

import math
from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor

from whylight.errors import InvalidValueError
from whylight.inputs.input_kind import InputOptions
from whylight.inputs.tensor_kind import Shape, TensorKind, usual_baselines
from whylight.problem import baselines
from whylight.problem.baselines import Named
from whylight.views.volume import VideoView, VolumeView


class VolumeTensor(TensorKind):
    """Volumes `(N, C, D, H, W)` or `(N, D, H, W)`."""

    name = "volume"
    shapes = "volumes (N, C, D, H, W) and (N, D, H, W)"
    uses: ClassVar[Mapping[str, str]] = {"spacing": shapes}

    def fits(self, shape: Shape) -> bool:
        """More than a line."""
        return len(shape) in (3, 4) and min(shape[-2:]) > 1

    def guessed(self, shape: Shape, options: InputOptions) -> bool:
        """Four axes, where the first is not of colours."""
        return len(shape) == 4 and self.fits(shape) and shape[0] != 3

    def view(self, x: Tensor, options: InputOptions) -> VolumeView:
        """With the distances of its voxels."""
        return VolumeView.of(x, checked_spacing(options))

    def baselines(self, x: Tensor, options: InputOptions) -> Mapping[str, Named]:
        """Those of numbers, and a blur along all three axes."""
        blur = Named("Blur", "The volume blurred until its details are gone.", baselines.blur_volume)
        return {**usual_baselines(), "blur": blur}


class VideoTensor(TensorKind):
    """Videos `(N, C, T, H, W)` of 1 or 3 channels."""

    name = "video"
    shapes = "videos (N, C, T, H, W) of 1 or 3 channels"

    def fits(self, shape: Shape) -> bool:
        """Gray or in colours."""
        return len(shape) == 4 and shape[0] in (1, 3) and min(shape[-2:]) > 1

    def guessed(self, shape: Shape, options: InputOptions) -> bool:
        """In colours."""
        return self.fits(shape) and shape[0] == 3

    def view(self, x: Tensor, options: InputOptions) -> VideoView:
        """Its frames."""
        return VideoView.of(x)

    def baselines(self, x: Tensor, options: InputOptions) -> Mapping[str, Named]:
        """Those of numbers, and a blur of every frame."""
        blur = Named("Blur", "Every frame blurred until its details are gone.", baselines.blur)
        return {**usual_baselines(), "blur": blur}


def checked_spacing(options: InputOptions) -> tuple[float, ...]:
    """`spacing=`, three positive distances; 1 each where none are given."""
    given = options.spacing
    if given is None:
        return (1.0, 1.0, 1.0)
    try:
        spacing = tuple(float(step) for step in given)
    except (TypeError, ValueError):
        spacing = ()
    if len(spacing) != 3 or not all(math.isfinite(step) and step > 0 for step in spacing):
        raise InvalidValueError(
            f"spacing must be three positive distances of voxels, along depth, height and width (dz, dy, dx); got {given!r}."
        )
    return spacing
