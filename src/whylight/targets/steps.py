"""One step of a forecast: outputs `(N, T)` or `(N, T, D)`. Knows nothing of dates."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from whylight.errors import InvalidValueError
from whylight.model.outputs import output_tensor
from whylight.targets.about import About
from whylight.targets.dense import ClassName, DenseTarget, Offer, checked_class, checked_number, class_index, within
from whylight.targets.labels import name_of
from whylight.targets.target import Target


@dataclass(frozen=True, repr=False)
class At(DenseTarget):
    """Made by `at`."""

    step: int
    feature: ClassName | None = None
    group = "Steps"

    def fixed(self, outputs: Any, about: About) -> Target:
        """The number forecast at that step."""
        scores = _scores(outputs, about)
        shape = tuple(scores.shape)
        index = (within(self.step, shape[1], "step", shape), *self._feature(shape, about))

        def select(outputs: Any, samples: Tensor) -> Tensor:
            return output_tensor(outputs)[(slice(None), *index)]

        return Target(select, _label(index, shape, about), _value(index), ("step", *index), "output", linear=True)

    def _feature(self, shape: tuple[int, ...], about: About) -> tuple[int, ...]:
        """Its place, where there is an axis for it."""
        if len(shape) == 2:
            if self.feature is not None:
                raise InvalidValueError(
                    f"wl.targets.at(step, feature) names a feature, but this model's output has shape {shape}, one number per step: "
                    f"give wl.targets.at({self.step})."
                )
            return ()
        if self.feature is None and shape[2] > 1:
            raise InvalidValueError(
                f"This model forecasts {shape[2]} numbers per step, shape {shape}: say which, wl.targets.at({self.step}, feature)."
            )
        return (class_index(0 if self.feature is None else self.feature, shape[2], about, shape),)

    @classmethod
    def offers(cls, outputs: Any, about: About) -> list[Offer]:
        """Every step, and every feature of each."""
        scores = _scores(outputs, about)
        shape, values, found = tuple(scores.shape), scores[0].reshape(scores.shape[1], -1), []
        for step, row in enumerate(values.tolist()):
            for feature, value in enumerate(row):
                index = (step,) if len(shape) == 2 else (step, feature)
                spec = cls(step) if len(row) == 1 else cls(step, feature)
                found.append(Offer(spec, _value(index), _label(index, shape, about), value))
        return found

    def arguments(self) -> list[str]:
        """The step, and the feature."""
        return [str(self.step)] if self.feature is None else [str(self.step), repr(self.feature)]


def at(step: int, feature: ClassName | None = None) -> At:
    """Why a forecast says what it says at one step: outputs `(N, T)` or `(N, T, D)`.

    Parameters
    ----------
    step
        Place along T, from 0; negative numbers count from the end: `at(-1)` is the farthest horizon.
    feature
        Of `(N, T, D)`, which of the D numbers: its place, or its name among `labels=`. Not needed where D is 1.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> forecast = lambda x: x.cumsum(1)  # (N, T) -> (N, T)
    >>> wl.attribute(forecast, torch.ones(1, 3), target=wl.targets.at(1)).attributions.round(decimals=6).tolist()
    [[1.0, 1.0, 0.0]]
    """
    call = "at(step, feature)"
    return At(checked_number(step, "step", call), None if feature is None else checked_class(feature, "feature", call))


def _scores(outputs: Any, about: About) -> Tensor:
    scores = about.scores(outputs)
    if scores.ndim not in (2, 3):
        raise InvalidValueError(
            f"wl.targets.at(step) picks from forecasts, outputs (N, T) or (N, T, D); this model's output has shape "
            f"{tuple(scores.shape)}. For segmentations give wl.targets.region(class, mask), for others an index tuple or a callable."
        )
    if not about.as_it_is:
        raise InvalidValueError(
            f"output={about.output!r} applies to classes, and wl.targets.at picks a number of a forecast: leave output= out."
        )
    return scores


def _label(index: tuple[int, ...], shape: tuple[int, ...], about: About) -> str:
    if len(shape) == 2 or shape[2] == 1:
        return f"step {index[0]}"
    known = about.labels is not None and index[1] < len(about.labels)
    return f"step {index[0]}, {name_of(index[1], about.labels) if known else f'feature {index[1]}'}"


def _value(index: tuple[int, ...]) -> str:
    return f"at({', '.join(map(str, index))})"
