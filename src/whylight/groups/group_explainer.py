"""One model at one input, and what can be asked about groups of its features. Knows nothing of layers' rules."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from whylight.decomposition.decomposed import Choices
from whylight.decomposition.forward import DecomposedForward, masks_at_once
from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.explainer.explainer import Explainer
from whylight.explainer.options import Options
from whylight.explainer.request import Request
from whylight.groups.scorers import (
    SCORERS,
    Scorer,
    build_up_scorer,
    cd_scorer,
    known_scorer,
    mean_scorer,
    occlusion_scorer,
    sum_scorer,
)
from whylight.model.user_model import UserModel
from whylight.problem.score import Score
from whylight.targets.target import Target
from whylight.views.units import Units, units_at


@dataclass
class GroupExplainer:
    """One model, one input, one target, and what can be asked about its groups."""

    explainer: Explainer
    forward: DecomposedForward
    request: Request
    _target: Target | None = None

    @classmethod
    def of(cls, model: Any, x: Any, choices: Choices, options: Options) -> "GroupExplainer":
        """The explainer of groups as the public functions take it."""
        if (options.get("output") or "logit") != "logit":
            raise InvalidValueError(
                "Contextual decomposition splits the model's outputs as they are (output='logit'): a softmax has no parts."
            )
        explainer = Explainer(UserModel(model).as_written.given, x, options)  # compiled code has no rules
        return cls.about(explainer, explainer.request, choices, size=options.get("internal_batch_size"))

    @classmethod
    def about(
        cls,
        explainer: Explainer,
        request: Request,
        choices: Choices = Choices(),  # noqa: B008  frozen
        *,
        target: Target | None = None,
        size: int | None = None,
    ) -> "GroupExplainer":
        """The groups of an explainer's input; a request names the target (unless it is resolved already) and the baseline."""
        inputs = explainer.prepared.inputs
        score = Score(
            explainer.at_input.forward,
            None,
            len(inputs[0]),
            explainer.model,
            explainer.at_input.forward_kwargs,
            masks_at_once(explainer.model, inputs, size),
            hint=explainer.prepared.hint,
        )
        return cls(explainer, DecomposedForward(score, inputs, choices), request, target)

    @property
    def spec(self) -> Any:
        """The target as it was asked for."""
        return self.request.target

    def target(self, outputs: Tensor | None = None) -> Target:
        """The target, fixed at the unmodified inputs; of outputs already known, one row per input is enough."""
        if self._target is None and outputs is not None:
            n = len(self.forward.inputs[0])
            known = outputs.detach()
            known = known[:n] if known.ndim else known
            self._target = self.explainer.at_input.fixed(self.spec, known, output="logit")
        elif self._target is None:
            self._target = self.explainer.target(self.spec)
        return self._target

    def scorer(self, scorer: str | Scorer) -> Scorer:
        """φ by its name."""
        if not isinstance(scorer, str):
            if not callable(scorer):
                raise InvalidTypeError(f"scorer must be a name or a callable from masks to scores; got {scorer!r}.")
            return scorer
        if known_scorer(scorer) == "cd":
            return cd_scorer(self.forward, self.target())
        if scorer in SCORERS:
            make = occlusion_scorer if scorer == "occlusion" else build_up_scorer
            score, x = replace(self.forward.score, target=self.target()), self.forward.inputs[0]
            return mean_scorer([make(score, x, baseline) for baseline in self._baselines()])
        request = replace(self.request, method=scorer)
        maps = self.explainer.answer(request).attributions
        assert isinstance(maps, Tensor)
        return sum_scorer(maps)

    def _baselines(self) -> list[Tensor]:
        spec, prepared = self.request.baseline, self.explainer.prepared
        if spec is None:
            return [torch.zeros_like(prepared.inputs[0])]
        return [baseline.tensors[0] for baseline in prepared.references(spec)]

    def units(self, spec: Any) -> Units:
        """What groups are made of."""
        (x, *others), view = self.forward.inputs, self.explainer.prepared.view
        if others or len(x) != 1:
            raise InvalidValueError(
                "Groups are scored for one input: a picture, a sentence, a row, or a tensor (1, ...)."
            )
        shape = tuple(x.shape)
        return units_at(shape, spec) if view is None else view.group_units(shape, spec)
