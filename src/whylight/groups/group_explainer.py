"""One model at one input, and what can be asked about groups of its features. Knows nothing of layers' rules."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from whylight.decomposition.decomposed import Choices
from whylight.decomposition.forward import DecomposedForward, batch_size_of
from whylight.decomposition.masks import positions
from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.explainer.request import Request
from whylight.groups.scorers import (
    SCORERS,
    Scorer,
    _per_position,
    build_up_scorer,
    cd_scorer,
    known_scorer,
    occlusion_scorer,
    sum_scorer,
)
from whylight.problem import baseline_spec, targets
from whylight.problem.score import Score
from whylight.views.features import FeatureView
from whylight.views.text import TextView
from whylight.views.units import Units, _areas, sequence, unordered


@dataclass
class GroupExplainer:
    """One model, one input, one target, and what can be asked about its groups."""

    task: Explainer
    walk: DecomposedForward
    request: Request
    _target: targets.Target | None = None

    @classmethod
    def of(cls, model: Any, x: Any, choices: Choices, options: Options) -> "GroupExplainer":
        """The question as the public functions take it."""
        if (options.get("output") or "logit") != "logit":
            raise InvalidValueError(
                "Contextual decomposition splits the model's outputs as they are (output='logit'): a softmax has no parts."
            )
        model = getattr(model, "_orig_mod", model)  # what torch.compile was given: compiled code has no rules
        task = Explainer(model, x, options)
        return cls.about(task, task.request, choices, size=options.get("internal_batch_size"))

    @classmethod
    def about(
        cls,
        task: Explainer,
        request: Request,
        choices: Choices = Choices(),  # noqa: B008  frozen
        *,
        target: targets.Target | None = None,
        size: int | None = None,
    ) -> "GroupExplainer":
        """The question about a task; a request names the target (unless it is resolved already) and the baseline."""
        inputs = task.prepared.inputs
        pace = batch_size_of(task.model, inputs, size)
        score = Score(
            task.prepared.forward, None, len(inputs[0]), task.model, task.kwargs, pace, hint=task.prepared.hint
        )
        return cls(task, DecomposedForward(score, inputs, choices), request, target)

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
        found = baseline_spec.resolve(spec, prepared.inputs, prepared.baselines, prepared.default_baseline)
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
