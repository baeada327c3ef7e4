"""What tensors can be drawn as: a picture, a signal, a list of features. A new kind is one class, registered in `inputs.tensor`.

Shape alone often tells; where it does not, `kind=` does. Knows nothing of any one kind.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor

from whylight.errors import InvalidValueError
from whylight.inputs.input_kind import InputOptions
from whylight.problem import baselines
from whylight.problem.baselines import Named
from whylight.views.view import View

Shape = tuple[int, ...]
TENSOR_KINDS: dict[str, "TensorKind"] = {}  # asked one after the other


class TensorKind(ABC):
    """One kind of tensor; shapes are those of one sample, without the axis of samples.

    Attributes
    ----------
    name
        As `kind=` calls it.
    shapes
        What it is drawn from, for messages.
    uses
        Options that only some kinds know, each with the shapes it is for.
    """

    name: ClassVar[str]
    shapes: ClassVar[str]
    uses: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def fits(self, shape: Shape) -> bool:
        """Whether such a sample can be drawn so, where that is asked for."""

    @abstractmethod
    def guessed(self, shape: Shape, options: InputOptions) -> bool:
        """Whether such a sample is taken for this kind, where nothing is asked for."""

    @abstractmethod
    def view(self, x: Tensor, options: InputOptions) -> View:
        """How one sample `(1, ...)` is drawn."""

    def baselines(self, x: Tensor, options: InputOptions) -> Mapping[str, Named]:
        """The baselines that can be asked for by name."""
        return usual_baselines()

    def takes(self, name: str, shape: Shape) -> bool:
        """Whether one of the options it uses says something about such a sample."""
        return True

    def windows(self, shape: Shape, options: InputOptions) -> Shape | None:
        """The sizes of the windows that methods cut such a sample into; None where they choose themselves."""
        return None


def usual_baselines() -> dict[str, Named]:
    """Baselines for numbers of any kind."""
    return {
        "zero": Named("Zero", "Zero everywhere.", baselines.constant(0.0), text="0"),
        "mean": Named("Mean", "The input's mean everywhere.", baselines.mean),
        "noise": Named(
            "Uniform noise",
            "Any value of the input's range anywhere; the same every time.",
            baselines.noise,
            random=True,
        ),
        "gaussian_noise": Named(
            "Gaussian noise",
            "The input under strong noise; the same every time.",
            baselines.gaussian_noise,
            random=True,
        ),
    }


def kind_of(x: Tensor, options: InputOptions) -> TensorKind | None:
    """What a batch of tensors is drawn as: what was asked for, else what its shape tells; None where that is nothing."""
    shape = tuple(x.shape[1:])
    if options.kind is None:
        return next((kind for kind in TENSOR_KINDS.values() if kind.guessed(shape, options)), None)
    asked = TENSOR_KINDS.get(options.kind)
    if asked is None or not asked.fits(shape):
        drawn = "no tensors" if asked is None else asked.shapes
        raise InvalidValueError(
            f"kind={options.kind!r} draws {drawn}, and the input has shape {tuple(x.shape)}.{_others(shape, options)}"
        )
    return asked


def _others(shape: Shape, options: InputOptions) -> str:
    """What such a sample could be drawn as."""
    names = " or ".join(f"kind={name!r}" for name, kind in TENSOR_KINDS.items() if kind.fits(shape))
    return f" It can be drawn with {names}; without kind= its shape decides." if names else ""


def taken_for(x: Tensor, options: InputOptions) -> str:
    """What a batch was taken for and how to say otherwise, for messages; empty where there is no choice."""
    known, shape = kind_of(x, options), tuple(x.shape[1:])
    if options.kind is not None:
        return ""
    if known is None:
        drawn = "; ".join(f"kind={name!r}: {kind.shapes}" for name, kind in TENSOR_KINDS.items())
        return f"What is drawn: {drawn}."
    others = [repr(name) for name, kind in TENSOR_KINDS.items() if kind is not known and kind.fits(shape)]
    if not others:
        return ""
    return f"An input of shape {tuple(x.shape)} is drawn as kind={known.name!r}; kind= says otherwise ({', '.join(others)})."


def check_uses(inputs: Sequence[Tensor], each: Sequence[InputOptions]) -> None:
    """Raise for an option that says how an input is drawn where none is drawn so."""
    known = dict.fromkeys(name for kind in TENSOR_KINDS.values() for name in kind.uses)
    for name in (name for name in known if any(getattr(one, name) is not None for one in each)):
        found = [kind_of(x, one) for x, one in zip(inputs, each, strict=True)]
        used = (
            kind is not None and name in kind.uses and kind.takes(name, tuple(x.shape[1:]))
            for kind, x in zip(found, inputs, strict=True)
        )
        if not any(used):
            wanted = " and ".join(kind.uses[name] for kind in TENSOR_KINDS.values() if name in kind.uses)
            raise InvalidValueError(
                f"{name}= is for {wanted}, and the input has shape {tuple(inputs[0].shape)}. {taken_for(inputs[0], each[0])}".rstrip()
            )
