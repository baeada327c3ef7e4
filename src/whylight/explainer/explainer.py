"""The engine's front door: a model at one input, all options resolved; it answers requests for any method, target and baseline.

Used by the public functions and by the session alike. Knows nothing of Jupyter or threads.
"""

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from whylight.errors import InvalidTypeError, InvalidValueError, ModelError, WhylightError
from whylight.explainer.gap_note import gap_note
from whylight.explainer.mixed_samples import mixing_note
from whylight.explainer.model_at_input import ModelAtInput, repeated
from whylight.explainer.notes import batch_notes, neutrality_note, number_notes
from whylight.explainer.options import Options, PassOptions, unknown_option
from whylight.explainer.path_reader import trace
from whylight.explainer.provenance import origin
from whylight.explainer.repeatability import repeatability_note
from whylight.explainer.request import Request
from whylight.inputs import Prepared, prepare
from whylight.methods.finite_differences import FiniteDifferences
from whylight.methods.method import METHODS, Method, Plan
from whylight.model.undisturbed import beside_main
from whylight.model.user_model import UserModel
from whylight.problem.baseline_spec import Baseline
from whylight.problem.gradient_cache import GradientCache
from whylight.problem.problem import Problem, tick_nothing
from whylight.results.attribution import Attribution
from whylight.results.path_trace import PathTrace
from whylight.results.samples import DrawnSamples
from whylight.targets.labels import Labels
from whylight.targets.target import Target
from whylight.views.view import View

Tick = Callable[[int], None]
_SERIALS = itertools.count()
CHANGED = (
    "The model was changed while this was computed (its weights written, or a part or hook replaced), so the numbers belong to no one "
    "state of it. Ask again once it stays as it is."
)


class Explainer:
    """One model and one input (or batch), ready to be explained in any way.

    Parameters
    ----------
    model
        A `torch.nn.Module`, a differentiable callable on tensors, or a predictor of rows.
    x
        A natural input, or tensors `(N, ...)`.
    options
        See `whylight.explain`.
    store
        Where gradients already paid for are kept between requests; None keeps nothing.

    Attributes
    ----------
    serial
        Tells it from all others there were.
    options
        As they were given.
    """

    def __init__(self, model: Any, x: Any, options: Options, *, store: GradientCache | None = None) -> None:
        for name in options:
            if name not in Options.__annotations__:
                raise unknown_option(name)
        self.serial = next(_SERIALS)
        rest: dict[str, Any] = dict(options)
        asked = {name: rest.pop(name) for name in Request.__dataclass_fields__ if name in rest}
        self.named = frozenset(asked)  # what was asked for by name
        self.options = options
        self.request = Request(**{k: v for k, v in asked.items() if v is not None})
        self.request.made_method  # noqa: B018  raises for one that does not exist, before any work
        self.model = model if isinstance(model, UserModel) else UserModel(model, beside=beside_main())
        passes = PassOptions.taken_from(rest)
        labels, output = rest.pop("labels", None), rest.pop("output", None)
        prepared = partial(prepare, self.model, x, **rest)
        self.at_input = ModelAtInput(self.model, prepared, passes, labels=labels, output=output, store=store)
        if "method" not in self.named:
            if self.prepared.no_gradient:
                raise InvalidTypeError(self.prepared.no_gradient)
            self.request = replace(self.request, method=self.prepared.default_method)

    @property
    def prepared(self) -> Prepared:
        """The input as tensors."""
        return self.at_input.prepared

    @property
    def store(self) -> GradientCache | None:
        """Gradients already paid for."""
        return self.at_input.store

    @property
    def labels(self) -> Labels:
        """Class names: as given, else the model's own."""
        return self.at_input.labels

    def answer(self, request: Request | None = None, *, tick: Tick = tick_nothing) -> Attribution:
        """The finished attribution for a request (the one it was made with by default)."""
        return deque(self._refine(request or self.request, tick, final_only=True), maxlen=1).pop()

    def refine(self, request: Request | None = None, *, tick: Tick = tick_nothing) -> Iterator[Attribution]:
        """Yield ever better attributions for a request (the one it was made with by default)."""
        return self._refine(request or self.request, tick)

    def _refine(self, request: Request, tick: Tick, *, final_only: bool = False) -> Iterator[Attribution]:
        self.at_input.notice_new_weights()
        start, method = time.perf_counter(), request.made_method
        problem = replace(self._problem(method, request, tick), final_only=final_only)
        require_known(problem, method)
        with self.model.batch_norms.folded_once():
            answers = method.refine(problem)
            for attribution in deque(answers, maxlen=1) if final_only else answers:
                yield self._signed(attribution, problem, method, time.perf_counter() - start)

    def planned(self, method: Method, baseline: Any = None) -> Plan | None:
        """What a method is going to cost, without a pass through the model; None where that shows only on the way."""
        if method.n_gradients is not None:
            return Plan(method.n_gradients)
        try:
            references = self.prepared.references(baseline) if method.needs_baseline else ()
            problem = self.at_input.problem(self.target(self.request.target))
            return method.planned(replace(problem, baselines=references))
        except WhylightError:  # the run itself will raise it
            return None

    def together(self, request: Request, specs: Sequence[Any]) -> list[Attribution]:
        """The finished answers for several targets; methods that only predict ask once for all."""
        requests, method = [replace(request, target=spec) for spec in specs], request.made_method
        if not isinstance(method, FiniteDifferences):
            return [self.answer(r) for r in requests]
        start = time.perf_counter()
        problems = [self._problem(method, r, tick_nothing) for r in requests]
        for problem in problems:
            require_known(problem, method)
        pairs = zip(method.together(problems), problems, strict=True)
        return [self._signed(a, problem, method, time.perf_counter() - start) for a, problem in pairs]

    def path(
        self,
        answer: Attribution,
        request: Request | None = None,
        *,
        most: int | None = None,
        which: int = 0,
        tick: Tick = tick_nothing,
    ) -> PathTrace:
        """The path that an answer to a request rests on, from the gradients in the store; see `whylight.path`.

        `which` of several baselines it starts from; the first where there are not so many.
        """
        request, view = request or self.request, self.prepared.view
        method = request.made_method
        if not method.on_line or self.store is None:
            raise InvalidValueError(
                f"{method.label} is no integral over the straight path from a baseline to the input; integrated gradients is "
                "(method='integrated_gradients')."
            )
        if view is None or not view.one_map:
            raise InvalidValueError(
                "A path leads to one picture, sentence or row; give one input (x[:1]), neither a batch nor several."
            )
        target = self.target(request.target)
        if target.parts:
            raise InvalidValueError(f"The path is that of one target, and target is a list of {len(target.parts)}.")
        problem = replace(self.at_input.problem(target), tick=tick)
        if not self.at_input.is_current(problem):
            raise ModelError("The model was changed since this answer, so its path is not to be had; ask again.")
        multiply = getattr(method, "multiply_by_inputs", True)
        which = which if which < len(answer.baselines) else 0
        return trace(problem, answer, view=view, multiply=multiply, most=most, which=which)

    def target(self, spec: Any) -> Target:
        """A target fixed at the model's answer to the unmodified input."""
        return self.at_input.target(spec)

    def outputs(self) -> Tensor:
        """The model's scores at the unmodified input."""
        self.at_input.notice_new_weights()
        return self.at_input.outputs

    def value(self, target: Target) -> Tensor:
        """F at the unmodified input."""
        self.at_input.notice_new_weights()
        return self.at_input.problem(target).value()

    def baseline_scores(
        self, request: Request, offered: Mapping[str, Any], *, tick: Tick = tick_nothing
    ) -> dict[str, float]:
        """F at every offered baseline, by name: means over the samples, and over the parts of one that has several.

        The model is asked once, at all those together that it has not been asked at for any target.
        """
        self.at_input.notice_new_weights()
        problem = self.at_input.problem(self.target(request.target))
        references = {name: self.prepared.references(spec) for name, spec in offered.items()}
        fresh = self.at_input.unasked([b for some in references.values() for b in some])
        tick(0)
        if fresh:
            problem.ask(fresh)
        return {n: float(torch.stack([problem.answer(b) for b in some]).mean()) for n, some in references.items()}

    def _problem(self, method: Method, request: Request, tick: Tick) -> Problem:
        references: tuple[Baseline, ...] = ()
        if method.needs_gradients and not self.prepared.differentiable:
            raise _no_gradient(method, self.prepared)
        if method.needs_baseline:
            references = self.prepared.references(request.baseline)
        if not method.starts_at_baseline:
            self.at_input.ask(references)
        problem = self.at_input.problem(self.target(request.target))
        n = problem.n_samples
        if n > self.at_input.n_samples:  # one input under several targets
            references = tuple(replace(b, tensors=repeated(b.tensors, n)) for b in references)
        return replace(problem, baselines=references, tick=tick)

    def _signed(self, attribution: Attribution, problem: Problem, method: Method, seconds: float) -> Attribution:
        """The attribution with its view, its origin, and what a reader should know."""
        provenance = origin(
            attribution,
            self.model.given if self.prepared.differentiable else self.prepared.forward,
            problem,
            method,
            weights=self.at_input.weights,
            output=self.at_input.output,
            dtype=self.at_input.passes.dtype,
            seconds=seconds,
        )
        one_view = self.prepared.view
        view = one_view if problem.n_samples == self.at_input.n_samples else None
        draw = partial(_sample_views, one_view, self.prepared.draw_sample, len(problem.inputs))
        samples = () if view is not None else DrawnSamples(problem.n_samples, draw)
        told = replace(attribution, view=view, samples=samples, baselines=problem.baselines, provenance=provenance)
        return replace(told, notes=self._notes(told, problem))

    def _notes(self, attribution: Attribution, problem: Problem) -> tuple[str, ...]:
        """What a reader should know; a gap is not told twice."""
        of_model = self._model_notes(attribution, problem)
        gap = None if attribution.notes or of_model else gap_note(attribution)
        return (
            *attribution.notes,
            *problem.losses.notes,
            *number_notes(attribution),
            *of_model,
            *(() if gap is None else (gap,)),
            *self._neutrality(attribution, problem),
        )

    def _model_notes(self, attribution: Attribution, problem: Problem) -> tuple[str, ...]:
        """Notes where the model answers the same input differently, mixes samples, or has changed meanwhile."""
        if not attribution.final:
            return ()
        note = mixing_note(attribution, problem) if self.prepared.differentiable else None
        note = note or repeatability_note(problem.score, problem.sample(0), self.at_input.structure)
        changed = () if self.at_input.is_current(problem) else (CHANGED,)
        return (*(batch_notes(attribution, problem) if note is None else (note,)), *changed)

    def _neutrality(self, attribution: Attribution, problem: Problem) -> tuple[str, ...]:
        """A note where the baseline is no neutral reference."""
        if attribution.baseline_score is None or all(b.group for b in problem.baselines):
            return ()  # a background is typical rather than neutral
        unit, chance = problem.target.unit, self.at_input.chance(problem)
        note = neutrality_note(attribution.score, attribution.baseline_score, unit, chance)
        return () if note is None else (note,)


def require_known(problem: Problem, method: Method) -> None:
    """Raise where F(x) or F(x') is known to be no number before there is any work; integrated gradients come by both at once."""
    known = set() if method.on_line else {key for seen in problem.answered for key in seen.keys}
    for end in (None, *problem.baselines):
        if (None if end is None else end.key) in known:
            problem.value(end)


def _sample_views(
    one: View | None, draw: Callable[[int, int], View | None], n_inputs: int, sample: int
) -> tuple[View | None, ...]:
    """How one sample of every input is drawn; one input under several targets always in the same way."""
    return (one,) if one is not None else tuple(draw(sample, which) for which in range(n_inputs))


def _no_gradient(method: Method, prepared: Prepared) -> ModelError | InvalidTypeError:
    if prepared.no_gradient:
        return InvalidTypeError(prepared.no_gradient)
    able = " or ".join(f"method={name!r}" for name, m in METHODS.items() if not m.needs_gradients)
    return ModelError(
        f"{method.label} needs gradients, and this predictor only gives numbers. Use {able}, or give a "
        "torch.nn.Module (with tensors, a differentiable function of them)."
    )
