"""Pictures: PIL images, uint8 arrays (H, W, C) or (H, W), float tensors (C, H, W) with `preprocess`.

The pictures of plain black and plain white go through `preprocess` too. They give the black and white baselines in the
model's own units, and undo any normalisation, so that the picture drawn is the one the model saw. Knows nothing of
targets or methods.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.given_names import names_of
from whylight.inputs.black_box import is_estimator
from whylight.inputs.input_kind import InputKind, InputOptions
from whylight.inputs.prepared import Prepared, checked, own_labels
from whylight.inputs.tensor_kind import Shape, TensorKind
from whylight.model.user_model import UserModel
from whylight.problem import baselines
from whylight.problem.baselines import Named
from whylight.tensors import Tensors
from whylight.views.channels import Axis, ChannelsView, PlaneRange, PlaneView
from whylight.views.image import ImageView, PixelRange, to_pixels

Preprocess = Callable[[Any], Tensor]
MOST_LINES = 32  # a plane with fewer rows or columns is taken for a signal


def is_picture(x: Any, preprocess: Preprocess | None) -> bool:
    """Whether `x` is one natural picture."""
    if isinstance(x, Image.Image):
        return True
    if isinstance(x, np.ndarray):
        shape = x.shape
        return x.dtype == np.uint8 and (len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3, 4)))
    return isinstance(x, Tensor) and x.ndim == 3 and preprocess is not None


class ImageInput(InputKind):
    """A picture."""

    names = ("picture",)

    def accepts(self, model: UserModel, x: Any, options: InputOptions) -> bool:
        """What `is_picture` knows, but for predictors of rows."""
        return not is_estimator(model.given) and is_picture(x, options.preprocess)

    def prepare(self, model: UserModel, x: Any, options: InputOptions) -> Prepared:
        """One natural picture, ready to explain."""
        return prepare_image(model, x, options.preprocess, options.device)


def prepare_image(model: UserModel, x: Any, preprocess: Preprocess | None, device: torch.device | None) -> Prepared:
    """One natural picture, ready to explain."""
    own_device, dtype = model.home()
    place = {"device": device or own_device, "dtype": dtype}
    to_batch = partial(_batch, preprocess)
    inputs = to_batch(x).detach().to(**place)
    ends = _black_and_white(x, to_batch, inputs, place)
    return Prepared(
        inputs=(inputs,),
        forward=model.given,
        offer=partial(image_baselines, *ends) if ends else picture_baselines,
        default_baseline="black" if ends else "zero",
        labels=own_labels(model),
        draw=partial(drawn, inputs, ends),
        read=partial(_read, to_batch=to_batch, place=place),
    )


def _read(x: Any, to_batch: Preprocess, place: dict[str, Any]) -> Tensor | None:
    """A picture given as a baseline, as the model takes it; None for anything else."""
    natural = isinstance(x, (Image.Image, np.ndarray)) and is_picture(x, None)
    return to_batch(x).detach().to(**place) if natural else None


def image_baselines(black: Tensor, white: Tensor) -> dict[str, Named]:
    """Baselines for pictures whose black and white are known, in the model's own units."""
    return {
        "black": Named("Black", "Black everywhere.", lambda _: (black,)),
        "white": Named("White", "White everywhere.", lambda _: (white,)),
        **picture_baselines(low=(black,), high=(white,)),
    }


def picture_baselines(**ends: Tensors) -> dict[str, Named]:
    """Baselines for any picture; without `low` and `high` its own range stands for the valid one."""
    return {
        "mean": Named("Mean colour", "The picture's mean colour everywhere.", baselines.mean),
        "blur": Named("Blur", "The picture blurred until its details are gone.", baselines.blur),
        "noise": Named(
            "Uniform noise", "Any colour anywhere; the same every time.", partial(baselines.noise, **ends), random=True
        ),
        "gaussian_noise": Named(
            "Gaussian noise",
            "The picture under strong noise; the same every time.",
            partial(baselines.gaussian_noise, **ends),
            random=True,
        ),
        "max_distance": Named(
            "Maximum distance",
            "Every value at the end of its range that is farther from the picture's.",
            partial(baselines.max_distance, **ends),
        ),
        "zero": Named("Zero", "Zero in the model's own units.", baselines.constant(0.0)),
    }


def _to_tensor(x: Any) -> Tensor:
    """A picture as CHW in 0..1, for models that want just that."""
    if isinstance(x, Image.Image):
        if x.mode[0] in "IF":
            raise InvalidValueError(
                f"The picture has mode {x.mode!r}, more than 8 bits per pixel, whose range only you know. Give preprocess=, "
                "or scale it to 8 bits first."
            )
        x = x if x.mode in ("L", "RGB") else x.convert("RGB")
    array = np.asarray(x)
    tensor = torch.from_numpy(array.copy()).float() / 255
    return tensor[None] if tensor.ndim == 2 else tensor.permute(2, 0, 1)


def _batch(preprocess: Preprocess | None, x: Any) -> Tensor:
    """A picture as the model takes it, 1CHW."""
    made: Any = (preprocess or _to_tensor)(x)
    if isinstance(made, Mapping) and isinstance(made.get("pixel_values"), (Tensor, list)):  # a Hugging Face processor's
        made = made["pixel_values"]
        made = made if isinstance(made, Tensor) else torch.stack([torch.as_tensor(values) for values in made])
    if not isinstance(made, Tensor):
        raise InvalidTypeError(f"preprocess must return a float tensor CHW or NCHW; it returned {type(made).__name__}.")
    made = made[None] if made.ndim == 3 else made
    if made.ndim != 4 or len(made) != 1:
        raise InvalidValueError(
            f"preprocess must return one picture, CHW or 1CHW; it returned shape {tuple(made.shape)}."
        )
    return checked(made, "preprocessed picture" if preprocess else "picture")


def _black_and_white(
    x: Any, to_batch: Preprocess, inputs: Tensor, place: dict[str, Any]
) -> tuple[Tensor, Tensor] | None:
    """The preprocessed black and white pictures; None where preprocessing does not allow them."""
    try:
        black, white = (to_batch(plain) for plain in _plain(x))
    except Exception:  # noqa: BLE001  the person's own function may not like a plain picture: then nothing is black
        return None
    if not black.shape == white.shape == inputs.shape or bool((black == white).all()):
        return None
    return black.to(**place), white.to(**place)


def _plain(x: Any) -> tuple[Any, Any]:
    """All black and all white, of the same kind as x (and opaque)."""
    if isinstance(x, Image.Image):
        black, white = (Image.new("L", x.size, level).convert(x.mode) for level in (0, 255))
        return black, white
    if isinstance(x, np.ndarray):
        return np.zeros_like(x), np.full_like(x, 255)
    return torch.zeros_like(x), torch.ones_like(x)


def drawn(picture: Tensor, ends: tuple[Tensor, Tensor] | None) -> ImageView:
    """One picture `(1, C, H, W)` between its black and white, or its own least and largest value where they are not known."""
    ends = ends or (picture.min(), picture.max())
    return ImageView(to_pixels(picture, ends), PixelRange(*map(_value, ends)))


class PictureTensor(TensorKind):
    """Pictures `(N, C, H, W)`: gray, in colours, or of many channels; and planes `(N, H, W)`, spectrograms say."""

    name = "picture"
    shapes = "pictures (N, C, H, W) and planes (N, H, W)"
    uses: ClassVar[Mapping[str, str]] = {"channel_names": "pictures (N, C, H, W)", "sample_rate": "planes (N, H, W)"}

    def fits(self, shape: Shape) -> bool:
        """More than a line."""
        return len(shape) in (2, 3) and min(shape[-2:]) > 1

    def guessed(self, shape: Shape, options: InputOptions) -> bool:
        """Pictures; a plane has too many rows and columns to be a signal."""
        return self.fits(shape) and (len(shape) == 3 or min(shape) > MOST_LINES)

    def takes(self, name: str, shape: Shape) -> bool:
        """Names of channels in pictures, a clock in planes."""
        return len(shape) == (3 if name == "channel_names" else 2)

    def view(self, x: Tensor, options: InputOptions) -> ImageView:
        """Between black and white where its numbers are from 0 to 1, else over its own range; many channels each over its own."""
        ends = (torch.zeros(()), torch.ones(())) if _in_unit(x) else (x.min(), x.max())
        if x.ndim == 3:
            return plane_view(x, ends, options)
        if x.shape[1] in (1, 3) and options.channel_names is None:
            return drawn(x, ends)
        return ChannelsView.of(x, names_of("channel_names", options.channel_names, x.shape[1], "channel"))

    def baselines(self, x: Tensor, options: InputOptions) -> Mapping[str, Named]:
        """Those of pictures; black and white where they are known."""
        return image_baselines(torch.zeros_like(x), torch.ones_like(x)) if _in_unit(x) else picture_baselines()


def plane_view(x: Tensor, ends: tuple[Tensor, Tensor], options: InputOptions) -> PlaneView:
    """One plane `(1, H, W)` with its axes; with `sample_rate=` the columns are seconds."""
    rate = options.sample_rate
    columns = Axis("Column") if rate is None else Axis("Time", 1 / rate, "s")
    return PlaneView(to_pixels(x[:, None], ends), PlaneRange(*ends), (Axis("Row"), columns))


def _in_unit(picture: Tensor) -> bool:
    return bool(picture.min() >= 0 and picture.max() <= 1)


def _value(end: Tensor) -> Tensor:
    """A plain picture as one value per channel, where it is plain."""
    first = end[..., :1, :1] if end.ndim == 4 else end
    return first if bool((end == first).all()) else end
