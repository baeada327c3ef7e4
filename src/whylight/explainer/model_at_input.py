"""A model at one input (or batch): what it answers there, and the problem that a target makes of it.

Everything the model has said is kept until a weight or a part of it changes. Knows nothing of methods or requests.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from whylight.errors import WhylightError
from whylight.explainer.options import PassOptions, check_labels
from whylight.explainer.shared_inputs import held_by, shared_names
from whylight.inputs.prepared import Prepared
from whylight.model.batch_size import BatchSize
from whylight.model.compiled import Compiled
from whylight.model.outputs import Detections, detections_of, has_boxes, output_tensor
from whylight.model.user_model import UserModel, Version
from whylight.problem.baseline_spec import Baseline
from whylight.problem.gradient_cache import GradientCache, KnownOutputs
from whylight.problem.problem import Problem
from whylight.problem.score import Score
from whylight.targets.about import About
from whylight.targets.dense import DenseTarget, Offer
from whylight.targets.labels import Labels, class_names
from whylight.targets.offered import common, offers, usual
from whylight.targets.resolve import resolve
from whylight.targets.target import Target
from whylight.tensors import Tensors, joined


class ModelAtInput:
    """One model at one input.

    Parameters
    ----------
    model
        The user's.
    prepare
        Makes the tensors from the natural input; called again once what they rest on has changed.
    passes
        How points go through the model.
    labels
        Class names, as the person gave them.
    output
        What is explained: "logit", "probability", "log_probability"; None for what the outputs are.
    store
        Where gradients already paid for are kept between requests; None keeps nothing.
    """

    def __init__(
        self,
        model: UserModel,
        prepare: Callable[[], Prepared],
        passes: PassOptions,
        *,
        labels: Any = None,
        output: str | None = None,
        store: GradientCache | None = None,
    ) -> None:
        self.model, self.passes, self.store = model, passes, store
        self._labels, self._all_named = class_names(labels), not isinstance(labels, Mapping)
        self._prepare = prepare
        self.prepared: Prepared = prepare()
        self._version: Version | None = model.version() if self.prepared.rests_on_weights else None
        self.output: str = output or self.prepared.output_kind
        passes.check(self.prepared)
        self._answered = self._said()
        self._epoch = 0  # how often the model has changed

    @property
    def n_samples(self) -> int:
        """N."""
        return len(self.prepared.inputs[0])

    @property
    def labels(self) -> Labels:
        """Class names: as given, else the model's own."""
        return self._labels or self.prepared.labels

    @property
    def forward(self) -> Callable[..., Any]:
        """The model as a function of the inputs, with what all samples share."""
        return held_by(self.prepared.forward, {name: self.passes.forward_kwargs[name] for name in self._shared})

    @property
    def forward_kwargs(self) -> Mapping[str, Any]:
        """Further inputs of the model, one row per sample: those that came with the input, and those given."""
        given = {name: value for name, value in self.passes.forward_kwargs.items() if name not in self._shared}
        return {**self.prepared.kwargs, **given}

    @cached_property
    def _shared(self) -> frozenset[str]:
        given = self.passes.forward_kwargs
        if not given:
            return frozenset()
        kwargs, size = {**self.prepared.kwargs, **given}, self._batch_size
        plain = Score(self.prepared.forward, None, self.n_samples, self.model, kwargs, size, self.passes.dtype)
        return shared_names(plain, self.prepared.inputs, given)

    @cached_property
    def weights(self) -> str | None:
        """The fingerprint of the model's weights."""
        return self.model.weights_hash(self._version)

    @property
    def structure(self) -> Hashable:
        """A stamp of all but the weights, when the model was last looked at."""
        return None if self._version is None else self._version[2]

    def notice_new_weights(self) -> None:
        """Forget everything that rests on the model once a weight, a part or a hook has changed, also what text inputs hold."""
        version = self.model.refresh()
        before, self._version = self._version, version
        if before is None or before == version:
            return
        self.prepared = self._prepare()
        self._answered, self._epoch = self._said(), self._epoch + 1  # a run that still goes on keeps to its own
        self.__dict__.pop("weights", None)
        if self.store is not None:
            self.store.clear()

    def is_current(self, problem: Problem) -> bool:
        """Whether the model still is as it was when a problem was made; only beside a person's own thread can it have changed."""
        return not self.model.beside or (problem.path_key[0] == self._epoch and self._version == self.model.version())

    def _said(self) -> list[KnownOutputs]:
        """What the model returned while the input was prepared."""
        outputs = self.prepared.outputs
        if outputs is None or self.passes.forward_kwargs:
            return []
        return [KnownOutputs((None,), [(slice(0, self.n_samples), outputs)])]

    @property
    def outputs(self) -> Tensor:
        """The model's scores at the unmodified input."""
        answered, n = self.ask(), self.n_samples
        found = joined([output_tensor(outputs) for _, outputs in answered.answers])
        return found[:n] if found.ndim and len(found) == n * len(answered.keys) else found

    @property
    def answer(self) -> Tensor | Detections:
        """The same, or the boxes found in each picture."""
        lists = [detections_of(outputs) for _, outputs in self.ask().answers]
        return [one for some in lists for one in some or ()][: self.n_samples] if any(lists) else self.outputs

    def ask(self, also: Sequence[Baseline] = ()) -> KnownOutputs:
        """What the model returns at the unmodified input; if that is not known yet, at these baselines in the same pass."""
        for known in self._answered:
            if None in known.keys:
                return known
        return Problem(self._score(None), self.prepared.inputs, answered=self._answered).ask([None, *also])

    def unasked(self, baselines: Sequence[Baseline]) -> list[Baseline]:
        """Those of the baselines, each once, that the model was not asked at for any target."""
        known = {key for seen in self._answered for key in seen.keys}
        return list({b.key: b for b in baselines if b.key not in known}.values())

    def target(self, spec: Any) -> Target:
        """A target fixed at the model's answer to the unmodified input."""
        outputs = None if callable(spec) else self.answer
        if self._all_named and isinstance(outputs, Tensor):
            check_labels(self._labels, outputs)
        if spec is None and self.prepared.one_target and isinstance(outputs, Tensor):
            spec = common(outputs)
        return self.fixed(spec, outputs)

    def fixed(self, spec: Any, outputs: Any, output: str | None = None) -> Target:
        """A target fixed at these outputs of the unmodified inputs; `output` instead of what is explained."""
        return resolve(spec, outputs, self._about(output))

    def offers(self, asked: Any = None) -> list[Offer]:
        """The targets that dense outputs suggest, of the kind asked for."""
        try:
            found = self.answer
        except WhylightError:  # nothing in it that could be a score
            return []
        return offers(found, self._about(), asked)

    def usual(self) -> DenseTarget | None:
        """The target that dense outputs suggest first; None where there is one score per class."""
        return usual(self.offers())

    def _about(self, output: str | None = None) -> About:
        said = [outputs for seen in self._answered if None in seen.keys for _, outputs in seen.answers]
        view, boxes = self.prepared.view, any(map(has_boxes, said))  # a target of one's own needs no answer
        return About(
            self.n_samples,
            self.labels,
            output or self.output,
            self.prepared.output_kind,
            tuple(self.prepared.inputs[0].shape[2:]),
            lambda: {} if view is None else view.places,
            boxes,
        )

    def chance(self, problem: Problem) -> Tensor | None:
        """Of a model of two classes: the probability of the one explained at the baseline, `(N,)`."""
        value = problem.target.value
        if not isinstance(value, int) or tuple(self.outputs.shape[1:]) != (2,):
            return None
        target = self.fixed(value, self.outputs, output="probability")
        asked = replace(problem, score=self._score(target), path_key=(self._epoch, target.key, "probability"))
        fresh = self.unasked(problem.baselines)
        if fresh:
            asked.ask(fresh)
        return torch.stack([asked.answer(b) for b in problem.baselines]).mean(0)

    def problem(self, target: Target) -> Problem:
        """The question why the score of a target is what it is."""
        inputs, output = self.prepared.inputs, self.output
        return Problem(
            score=self._score(target),
            inputs=repeated(inputs, len(target.parts)) if target.parts else inputs,
            reduce=self.prepared.reduce,
            store=self.store,
            path_key=(self._epoch, target.key, output),
            shared=tuple((self._epoch, part.key, output) for part in target.parts),
            answered=self._answered,
            columns=self.prepared.columns,
            windows=self.prepared.windows,
        )

    def _score(self, target: Target | None) -> Score:
        several = () if target is None else target.parts
        return Score(
            Compiled(self.forward) if self.passes.compile else self.forward,
            target,
            self.n_samples,
            self.model,
            self.forward_kwargs,
            self._sized(len(several)) if several else self._batch_size,
            self.passes.dtype,
            self.prepared.hint,
        )

    @cached_property
    def _batch_size(self) -> BatchSize:
        return self._sized()

    def _sized(self, *context: int) -> BatchSize:
        """How many points go in a pass, each under so many targets."""
        inputs, dtype = self.prepared.inputs, self.passes.dtype
        size = self.passes.size or self.prepared.batch_size
        if self.passes.compile:  # one size: timings would tell of the compiler
            size = size or self.model.batch_size(inputs, None, dtype).sizes[0]
        return self.model.batch_size(inputs, size, dtype, *context)


def repeated(tensors: Tensors, n: int) -> Tensors:
    """The one row n times, without a copy."""
    return tuple(t.expand(n, *t.shape[1:]) for t in tensors)
