"""A task: one model, one input and all options resolved; it hands out refinements for any method, target and baseline.

The engine's front door, used by the public functions and by the session alike. Knows nothing of Jupyter or threads.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import torch
from torch import Tensor

from whylight import methods
from whylight.errors import InvalidValueError, ModelError
from whylight.explainer.notes import batch_notes, neutrality_note, number_notes
from whylight.explainer.options import (
    Options,
    check_labels,
    checked_compile,
    checked_dtype,
    checked_kwargs,
    checked_size,
    unknown_option,
)
from whylight.explainer.path_reader import trace
from whylight.explainer.provenance import origin
from whylight.explainer.request import Request
from whylight.inputs import prepare
from whylight.inputs.prepared import Prepared
from whylight.model.batch_norm_folding import BatchNorms
from whylight.model.batch_size import BatchSize, batch_size_for
from whylight.model.compiled import Compiled
from whylight.model.outputs import output_tensor
from whylight.model.weights import model_version, weights_hash
from whylight.problem import baseline_spec, targets
from whylight.problem.gradient_cache import GradientCache, KnownOutputs
from whylight.problem.problem import Problem, tick_nothing
from whylight.problem.score import Score
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace


class Explainer:
    """One model and one input (or batch), ready to be explained in any way.

    Parameters
    ----------
    model
        A `torch.nn.Module` or a differentiable callable on tensors.
    x
        A natural input, or tensors `(N, ...)`.
    options
        See `whylight.explain`.
    store
        Where gradients already paid for are kept between requests; None keeps nothing.
    """

    def __init__(self, model: Any, x: Any, options: Options, *, store: GradientCache | None = None) -> None:
        for name in options:
            if name not in Options.__annotations__:
                raise unknown_option(name)
        given: dict[str, Any] = dict(options)
        asked = {name: given.pop(name) for name in Request.__dataclass_fields__ if name in given}
        self.model, self.store = model, store
        self.request = Request(**{k: v for k, v in asked.items() if v is not None})
        methods.make(self.request.method, n_steps=self.request.n_steps, tol=self.request.tol, rule=self.request.rule)
        output = given.pop("output", None)
        self.kwargs = checked_kwargs(given.pop("forward_kwargs", None))
        size, self.dtype = checked_size(given.pop("internal_batch_size", None)), checked_dtype(given.pop("dtype", None))
        self.named = frozenset(asked)  # what was asked for by name
        self.compile = checked_compile(given.pop("compile", False), x)
        self.given = sorted(
            {"preprocess", "labels", "tokenizer", "embedding", "feature_names", "background", "forward_kwargs", "dtype"}
            & options.keys()
        )
        labels = given.pop("labels", None)
        self._labels, self._all_named = targets.class_names(labels), not isinstance(labels, Mapping)
        self._prepare = partial(prepare, model, x, **given)
        self._version = model_version(model) if isinstance(x, str) else None  # of what rests on the weights by now
        self.prepared: Prepared = self._prepare()
        self.output: str = output or self.prepared.output_kind
        if not self.prepared.differentiable and "method" not in self.named:
            self.request = replace(self.request, method="finite_differences")
        inputs = self.prepared.inputs
        if self.dtype is not None and any(t.dtype != torch.float32 for t in inputs):
            raise InvalidValueError(
                f"dtype={self.dtype} is for float32 models; the inputs are {inputs[0].dtype} already."
            )
        size = size or self.prepared.batch_size
        if self.compile:  # one size: timings would tell of the compiler
            size = size or batch_size_for(model, inputs, None, self.dtype).sizes[0]
        self._paced = partial(batch_size_for, model, inputs, size, self.dtype)
        self._answered: list[KnownOutputs] = []
        self._norms = BatchNorms()

    @cached_property
    def _pace(self) -> BatchSize:
        return self._paced()

    @property
    def labels(self) -> targets.Labels:
        """Class names: as given, else the model's own."""
        return self._labels or self.prepared.labels

    def answer(self, request: Request | None = None, *, tick: Callable[[int], None] = tick_nothing) -> Attribution:
        """The finished attribution for a request (the one the task was made with by default)."""
        return deque(self._refine(request or self.request, tick, final_only=True), maxlen=1).pop()

    def refine(
        self, request: Request | None = None, *, tick: Callable[[int], None] = tick_nothing
    ) -> Iterator[Attribution]:
        """Yield ever better attributions for a request (the one the task was made with by default)."""
        return self._refine(request or self.request, tick)

    def _refine(
        self, request: Request, tick: Callable[[int], None], *, final_only: bool = False
    ) -> Iterator[Attribution]:
        self._notice_new_weights()
        start = time.perf_counter()
        method = methods.make(request.method, n_steps=request.n_steps, tol=request.tol, rule=request.rule)
        problem = replace(self._problem(method, request, tick), final_only=final_only)
        with self._norms.folded_once():
            for attribution in method.refine(problem):
                yield self._signed(attribution, problem, method, time.perf_counter() - start)

    def together(self, request: Request, specs: Sequence[Any]) -> list[Attribution]:
        """The finished answers for several targets; methods that only predict ask once for all."""
        method = methods.make(request.method, n_steps=request.n_steps, tol=request.tol, rule=request.rule)
        requests = [replace(request, target=spec) for spec in specs]
        if not isinstance(method, methods.FiniteDifferences):
            return [self.answer(r) for r in requests]
        start = time.perf_counter()
        problems = [self._problem(method, r, tick_nothing) for r in requests]
        pairs = zip(method.together(problems), problems, strict=True)
        return [self._signed(a, problem, method, time.perf_counter() - start) for a, problem in pairs]

    def path(
        self,
        answer: Attribution,
        request: Request | None = None,
        *,
        most: int | None = None,
        which: int = 0,
        tick: Callable[[int], None] = tick_nothing,
    ) -> PathTrace:
        """The path that an answer to a request rests on, from the gradients in the store; see `whylight.path`.

        `which` of several baselines it starts from; the first where there are not so many.
        """
        request, view = request or self.request, self.prepared.view
        method = methods.make(request.method)
        if not method.on_line or self.store is None:
            raise InvalidValueError(
                f"{method.label} is no integral over the straight path from a baseline to the input; integrated gradients is "
                "(method='integrated_gradients')."
            )
        if view is None or view.kind == "table":
            raise InvalidValueError(
                "A path leads to one picture, sentence or row; give one input (x[:1]), not a batch."
            )
        target = self.target(request.target)
        if target.parts:
            raise InvalidValueError(f"The path is that of one target, and target is a list of {len(target.parts)}.")
        problem = replace(self._problem_for(target), tick=tick)
        multiply = getattr(method, "multiply_by_inputs", True)
        which = which if which < len(answer.baselines) else 0
        return trace(problem, answer, view=view, multiply=multiply, most=most, which=which)

    def target(self, spec: Any) -> targets.Target:
        """A target fixed at the model's answer to the unmodified input."""
        outputs, prepared = None if callable(spec) else self._outputs(), self.prepared
        if self._all_named:
            check_labels(self._labels, outputs)
        if spec is None and prepared.one_target and outputs is not None:
            spec = targets.common(outputs)
        n = len(prepared.inputs[0])
        return targets.resolve(
            spec, outputs, n, labels=self.labels, output=self.output, output_kind=prepared.output_kind
        )

    def outputs(self) -> Tensor:
        """The model's scores at the unmodified input."""
        self._notice_new_weights()
        return self._outputs()

    def value(self, target: targets.Target) -> Tensor:
        """F at the unmodified input."""
        self._notice_new_weights()
        return self._problem_for(target).value()

    def baseline_scores(
        self, request: Request, offered: Mapping[str, Any], *, tick: Callable[[int], None] = tick_nothing
    ) -> dict[str, float]:
        """F at every offered baseline, by name: means over the samples, and over the parts of one that has several.

        The model is asked once, at all those together that it has not been asked at for any target.
        """
        self._notice_new_weights()
        problem = self._problem_for(self.target(request.target))
        made = {name: self.prepared.references(spec) for name, spec in offered.items()}
        known = {key for seen in self._answered for key in seen.keys}
        fresh = {b.key: b for references in made.values() for b in references if b.key not in known}
        tick(0)
        if fresh:
            problem.ask(list(fresh.values()))
        return {name: float(torch.stack([problem.value(b) for b in some]).mean()) for name, some in made.items()}

    def _outputs(self) -> Tensor:
        answered, n = self._answer(), len(self.prepared.inputs[0])
        parts = [output_tensor(outputs) for _, outputs in answered.answers]
        joined = parts[0] if len(parts) == 1 else torch.cat(parts)
        return joined[:n] if joined.ndim and len(joined) == n * len(answered.keys) else joined

    def _answer(self, also: Sequence[baseline_spec.Baseline] = ()) -> KnownOutputs:
        """What the model returns at the unmodified input; if that is not known yet, at these baselines in the same pass."""
        for known in self._answered:
            if None in known.keys:
                return known
        return Problem(self._score(None), self.prepared.inputs, answered=self._answered).ask([None, *also])

    def _score(self, target: targets.Target | None) -> Score:
        n = len(self.prepared.inputs[0])
        pace = self._pace if target is None or not target.parts else self._paced(len(target.parts))
        forward = Compiled(self.prepared.forward) if self.compile else self.prepared.forward
        return Score(forward, target, n, self.model, self.kwargs, pace, self.dtype, self.prepared.hint, self._norms)

    def _notice_new_weights(self) -> None:
        """Forget everything that rests on the weights once any of them was written, also what text inputs hold."""
        version = model_version(self.model)
        before, self._version = self._version, version
        if before is None or before == version:
            return
        self._answered.clear()
        self.prepared = self._prepare()
        self.__dict__.pop("_weights", None)
        if self.store is not None:
            self.store.clear()

    @cached_property
    def _weights(self) -> str | None:
        return weights_hash(self.model, self._version)

    def _problem(self, method: methods.Method, request: Request, tick: Callable[[int], None]) -> Problem:
        references: tuple[baseline_spec.Baseline, ...] = ()
        if method.needs_gradients and not self.prepared.differentiable:
            raise _no_gradient(method)
        if method.needs_baseline:
            references = self.prepared.references(request.baseline)
        if not method.starts_at_baseline:
            self._answer(references)
        problem, n = self._problem_for(self.target(request.target)), len(self.prepared.inputs[0])
        if problem.n_samples > n:  # one input under several targets
            references = tuple(replace(b, tensors=_rows(b.tensors, problem.n_samples)) for b in references)
        return replace(problem, baselines=references, tick=tick)

    def _problem_for(self, target: targets.Target) -> Problem:
        inputs = self.prepared.inputs
        return Problem(
            score=self._score(target),
            inputs=_rows(inputs, len(target.parts)) if target.parts else inputs,
            reduce=self.prepared.reduce,
            store=self.store,
            path_key=(target.key, self.output),
            shared=tuple((part.key, self.output) for part in target.parts),
            answered=self._answered,
            columns=self.prepared.columns,
        )

    def _signed(
        self, attribution: Attribution, problem: Problem, method: methods.Method, seconds: float
    ) -> Attribution:
        """The attribution with its view, its origin, and what a reader should know."""
        known = {"weights": self._weights, "output": self.output, "dtype": self.dtype, "seconds": seconds}
        provenance = origin(
            attribution, self.model if self.prepared.differentiable else self.prepared.forward, problem, method, **known
        )
        told = (
            *number_notes(attribution),
            *batch_notes(attribution, problem),
            *self._neutrality(attribution, problem),
        )
        notes = (*attribution.notes, *told)
        view = self.prepared.view if problem.n_samples == len(self.prepared.inputs[0]) else None
        return replace(attribution, view=view, baselines=problem.baselines, provenance=provenance, notes=notes)

    def _neutrality(self, attribution: Attribution, problem: Problem) -> tuple[str, ...]:
        """A note where the baseline is no neutral reference."""
        if attribution.baseline_score is None:
            return ()
        note = neutrality_note(
            attribution.score, attribution.baseline_score, problem.target.unit, self._chance(problem)
        )
        return () if note is None else (note,)

    def _chance(self, problem: Problem) -> Tensor | None:
        """Of a model of two classes: the probability of the one explained at the baseline, `(N,)`."""
        value = problem.target.value
        if not isinstance(value, int) or tuple(self._outputs().shape[1:]) != (2,):
            return None
        n = problem.n_samples
        target = targets.resolve(value, self._outputs(), n, labels=self.labels, output="probability")
        asked = replace(problem, score=self._score(target), path_key=(target.key, "probability"))
        return torch.stack([asked.value(b) for b in problem.baselines]).mean(0)


def _rows(tensors: tuple[Tensor, ...], n: int) -> tuple[Tensor, ...]:
    """The one row n times, without a copy."""
    return tuple(t.expand(n, *t.shape[1:]) for t in tensors)


def _no_gradient(method: methods.Method) -> ModelError:
    able = " or ".join(f"method={name!r}" for name, m in methods.METHODS.items() if not m.needs_gradients)
    return ModelError(
        f"{method.label} needs gradients, and this predictor only gives numbers. Use {able}, or give a "
        "torch.nn.Module (with tensors, a differentiable function of them)."
    )
