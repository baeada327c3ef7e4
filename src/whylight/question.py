"""One model at one input, and what can be asked about groups of its features. Knows nothing of layers' rules."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whylight import baselines, methods, targets
from whylight.decomposition.decomposed import Choices
from whylight.decomposition.masks import positions
from whylight.decomposition.named import numbered
from whylight.decomposition.run import Walk, pace_of
from whylight.decomposition.scorers import Scorer, build_up_scorer, cd_scorer, occlusion_scorer, sum_scorer
from whylight.decomposition.units import Units, areas, sequence, superpixels, tiles, unordered
from whylight.errors import InvalidTypeError, InvalidValueError, unknown_name
from whylight.inputs import FeatureView, ImageView, TextView
from whylight.request import Request
from whylight.score import Score
from whylight.task import Options, Task

SCORERS = {
    "cd": ("Contextual decomposition", "The part of the output that is due to the group: every activation is split"),
    "occlusion": ("Occlusion", "The score that is lost when the baseline stands in place of the group"),
    "build_up": ("Build-up", "The score of the group alone, with the baseline everywhere else"),
}


@dataclass
class Question:
    """One model, one input, one target, and what can be asked about its groups."""

    task: Task
    walk: Walk
    request: Request
    _target: targets.Target | None = None

    @classmethod
    def of(cls, model: Any, x: Any, choices: Choices, options: Options) -> "Question":
        """The question as the public functions take it."""
        if (options.get("output") or "logit") != "logit":
            raise InvalidValueError(
                "Contextual decomposition splits the model's outputs as they are (output='logit'): a softmax has no parts."
            )
        model = getattr(model, "_orig_mod", model)  # what torch.compile was given: compiled code has no rules
        task = Task(model, x, options)
        return cls.about(task, task.request, choices, size=options.get("internal_batch_size"))

    @classmethod
    def about(
        cls,
        task: Task,
        request: Request,
        choices: Choices = Choices(),  # noqa: B008  frozen
        *,
        target: targets.Target | None = None,
        size: int | None = None,
    ) -> "Question":
        """The question about a task; a request names the target (unless it is resolved already) and the baseline."""
        inputs = task.prepared.inputs
        pace = pace_of(task.model, inputs, size)
        score = Score(
            task.prepared.forward, None, len(inputs[0]), task.model, task.kwargs, pace, hint=task.prepared.hint
        )
        return cls(task, Walk(score, inputs, choices), request, target)

    @property
    def spec(self) -> Any:
        """The target as it was asked for."""
        return self.request.target

    def target(self, outputs: Tensor | None = None) -> targets.Target:
        """The target, fixed at the unmodified inputs; of outputs already known, one row per input is enough."""
        if self._target is None and outputs is not None:
            n = len(self.walk.inputs[0])
            known = outputs.detach()
            self._target = targets.resolve(self.spec, known[:n] if known.ndim else known, n, labels=self.task.labels)
        elif self._target is None:
            self._target = self.task.target(self.spec)
        return self._target

    def scorer(self, scorer: str | Scorer) -> Scorer:
        """φ by its name."""
        if not isinstance(scorer, str):
            if not callable(scorer):
                raise InvalidTypeError(f"scorer must be a name or a callable from masks to scores; got {scorer!r}.")
            return scorer
        if known_scorer(scorer) == "cd":
            return cd_scorer(self.walk, self.target())
        if scorer in SCORERS:
            make = occlusion_scorer if scorer == "occlusion" else build_up_scorer
            return make(replace(self.walk.score, target=self.target()), self.walk.inputs[0], self._baseline())
        request = replace(self.request, method=scorer)
        maps = self.task.answer(request).attributions
        assert isinstance(maps, Tensor)
        return sum_scorer(_per_position(maps, self.walk.inputs[0])[0])

    def _baseline(self) -> Tensor:
        spec, prepared = self.request.baseline, self.task.prepared
        if spec is None:
            return torch.zeros_like(prepared.inputs[0])
        found = baselines.resolve(spec, prepared.inputs, prepared.baselines, prepared.default_baseline)
        return found[0].tensors[0]

    def units(self, spec: Any) -> Units:
        """What groups are made of."""
        (x, *others), view = self.walk.inputs, self.task.prepared.view
        if others or len(x) != 1:
            raise InvalidValueError(
                "Groups are scored for one input: a picture, a sentence, a row, or a tensor (1, ...)."
            )
        where = positions(tuple(x.shape))
        if isinstance(view, TextView):
            return sequence([token.unit for token in view.tokens], [unit.text for unit in view.units])
        if len(where) == 2:
            return _areas(spec, where, view)
        if spec is not None:
            raise InvalidTypeError("units= is for pictures: tile side, 'slic' or a label map.")
        if len(where) == 1 and x.ndim == 2:
            return unordered(where[0], view.names if isinstance(view, FeatureView) else None)
        if len(where) == 1:
            return sequence(range(where[0]), [str(i) for i in range(where[0])])
        raise InvalidValueError(f"Groups need a sequence, a row or a picture; the input has shape {tuple(x.shape)}.")


def _areas(spec: Any, where: tuple[int, ...], view: Any) -> Units:
    """Tiles, superpixels or given areas of a picture."""
    given = areas_given(spec, where, view)
    if isinstance(given, np.ndarray):
        return areas(given)
    return superpixels(view.pixels) if isinstance(given, str) else tiles(*where, side=given)


def areas_given(spec: Any, where: tuple[int, ...], view: Any) -> "str | int | np.ndarray | None":
    """What areas of a picture are asked for, checked: "slic", the side of tiles, a label map, or None."""
    if spec is None or (isinstance(spec, str) and spec == "slic" and isinstance(view, ImageView)):
        return spec
    if not isinstance(spec, (str, bool)) and np.ndim(spec) == 0 and hasattr(spec, "__index__") and int(spec) >= 1:
        return int(spec)
    labels = np.asarray(spec)
    if labels.shape == where and labels.dtype.kind in "iu":
        return labels
    got = f"{labels.dtype} of shape {labels.shape}" if labels.ndim else repr(spec)
    raise InvalidValueError(
        f"units must be the side of tiles in pixels (1, 2, 3, ...), 'slic', an integer label map {where}, or None; got {got}."
    )


def _per_position(maps: Tensor, x: Tensor) -> Tensor:
    """Attributions summed to one value per position, `(N, *positions)`."""
    if maps.ndim > 3:
        return maps.sum(1)
    return maps.sum(-1) if maps.ndim == 3 and x.ndim == 3 else maps


def known_scorer(name: str) -> str:
    """The name of a scorer, if there is one of that name."""
    if name not in SCORERS and name not in methods.METHODS:
        raise unknown_name("scorer", name, dict.fromkeys((*SCORERS, *methods.METHODS)))
    return name


def scorer_name(scorer: str | Scorer) -> str:
    """What a scorer is called."""
    return scorer if isinstance(scorer, str) else getattr(scorer, "__name__", "custom")


def scorer_label(scorer: str) -> str:
    """A scorer in words."""
    return SCORERS[scorer][0] if scorer in SCORERS else f"{methods.METHODS[scorer].label}, summed"


def of_units(group: Any) -> bool:
    """Whether a group is given by its units: by words or names, one or several, or by a set of their numbers."""
    listed = isinstance(group, (list, tuple)) and any(isinstance(g, str) for g in group)
    return listed or isinstance(group, (str, set, frozenset))


def positions_of(group: Any, units: Units) -> np.ndarray:
    """A mask of positions, from one, from the numbers of units, or from their words or names."""
    if isinstance(group, (set, frozenset)):
        group = sorted(group)
    if of_units(group):
        group = numbered(group, units)
    given = np.asarray(group)
    if given.dtype == bool:
        if given.shape != units.labels.shape:
            raise InvalidValueError(f"A mask of positions has shape {units.labels.shape} here; got {given.shape}.")
        return given
    if given.ndim and len(np.unique(given)) < given.size:
        raise InvalidValueError(f"A group names units by their numbers, each once; got {group}. A mask is boolean.")
    return units.masks(units.group(group if np.ndim(group) else [group])[None])[0]
