"""A task: one model, one input and all options resolved; it hands out refinements for any method, target and baseline.

The engine's front door, used by the public functions and by the session alike. Knows nothing of Jupyter or threads.
"""

import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from typing import Any, TypedDict

import torch
from torch import Tensor

from whylight import baselines, methods, targets
from whylight.attribution import Attribution
from whylight.errors import InvalidTypeError, unknown_name
from whylight.inputs import Prepared, prepare
from whylight.problem import Gradients, Problem, tick_nothing
from whylight.score import DEFAULT_CHUNK, Score, expand, model_version, undisturbed, weights_hash


class Options(TypedDict, total=False):
    """The keyword options of `explain`, `attribute` and `refine`; see `explain`."""

    target: Any
    method: Any
    baseline: Any
    n_steps: int | None
    tol: float | None
    rule: str | None
    output: str
    preprocess: Callable[[Any], Tensor] | None
    labels: Sequence[str] | Mapping[int, str] | None
    tokenizer: Any
    embedding: Any
    feature_names: Sequence[str] | None
    forward_kwargs: Mapping[str, Any] | None
    internal_batch_size: int | None
    device: Any


@dataclass(frozen=True)
class Request:
    """What can be asked of a task again and again."""

    method: Any = "integrated_gradients"
    target: Any = None
    baseline: Any = None
    n_steps: int | None = None
    tol: float | None = None
    rule: str | None = None


class Task:
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

    def __init__(self, model: Any, x: Any, options: Options, *, store: Gradients | None = None) -> None:
        for name in options:
            if name not in Options.__annotations__:
                raise unknown_option(name)
        given: dict[str, Any] = dict(options)
        asked = {name: given.pop(name) for name in Request.__dataclass_fields__ if name in given}
        asked = {k: v for k, v in asked.items() if v is not None}
        self.model, self.store = model, store
        self.request = Request(**asked)
        self.output: str = given.pop("output", None) or "logit"
        self.kwargs: Mapping[str, Any] = given.pop("forward_kwargs", None) or {}
        self.chunk = _chunk(given.pop("internal_batch_size", None))
        labels = targets.class_names(given.pop("labels", None))
        self.prepared: Prepared = prepare(model, x, **given)
        self.labels = labels or self.prepared.labels
        self._version: tuple[int, ...] | None = None
        self._outputs: Any = None

    def refine(
        self, request: Request | None = None, *, tick: Callable[[int], None] = tick_nothing
    ) -> Iterator[Attribution]:
        """Yield ever better attributions for a request (the one the task was made with by default)."""
        request = request or self.request
        start = time.perf_counter()
        method = methods.make(request.method, n_steps=request.n_steps, tol=request.tol, rule=request.rule)
        target = self.target(request.target)
        problem = self._problem(method, target, request.baseline, tick)
        for attribution in method.refine(problem):
            yield self._signed(attribution, problem, method, time.perf_counter() - start)

    def target(self, spec: Any) -> targets.Target:
        """A target fixed at the model's answer to the unmodified input."""
        return targets.resolve(spec, self.outputs(), labels=self.labels, output=self.output)

    def outputs(self) -> Any:
        """The model's answer to the unmodified input; asked again when its weights have changed."""
        stamp = model_version(self.model)
        if self._outputs is None or stamp != self._version:
            if self.store is not None:
                self.store.clear()
            inputs = self.prepared.inputs
            samples = torch.arange(len(inputs[0]), device=inputs[0].device)
            with undisturbed(self.model), torch.no_grad():
                copies = (x.clone() for x in inputs)  # for layers that work in place
                self._outputs = self.prepared.forward(*copies, **expand(self.kwargs, len(samples), samples))
            self._version = stamp
            self.__dict__.pop("_weights", None)
        return self._outputs

    @cached_property
    def _weights(self) -> str | None:
        return weights_hash(self.model)

    def _problem(
        self, method: methods.Method, target: targets.Target, baseline: Any, tick: Callable[[int], None]
    ) -> Problem:
        inputs = self.prepared.inputs
        score = Score(self.prepared.forward, target, len(inputs[0]), self.model, self.kwargs, self.chunk)
        references: tuple[baselines.Baseline, ...] = ()
        if method.needs_baseline:
            references = baselines.resolve(baseline, inputs, self.prepared.baselines, self.prepared.default_baseline)
        return Problem(
            score=score,
            inputs=inputs,
            baselines=references,
            reduce=self.prepared.reduce,
            store=self.store,
            path_key=(target.key, self.output),
            tick=tick,
        )

    def _signed(
        self, attribution: Attribution, problem: Problem, method: methods.Method, seconds: float
    ) -> Attribution:
        """The attribution with its view, its origin, and what a reader should know."""
        self.chunk = problem.score.chunk
        gap = attribution.relative_gap
        model = self.model
        provenance = {
            "model": type(model).__name__
            if isinstance(model, torch.nn.Module)
            else getattr(model, "__name__", type(model).__name__),
            "weights": self._weights,
            "method": attribution.method,
            "parameters": {k: v for k, v in vars(method).items() if v is not None},
            "target": attribution.target,
            "target_value": problem.score.target.value,
            "output": self.output,
            "baseline": [b.name for b in problem.baselines],
            "baseline_label": ", ".join(b.label for b in problem.baselines),
            "relative_gap": None if gap is None else gap.tolist(),
            "n_evaluations": attribution.n_evaluations,
            "seconds": seconds,
            "device": str(problem.device),
            "versions": {
                "whylight": version("whylight"),
                "torch": torch.__version__,
                "python": platform.python_version(),
            },
            **attribution.provenance,
        }
        notes = (*attribution.notes, *_remarks(attribution))
        return replace(
            attribution, view=self.prepared.view, baselines=problem.baselines, provenance=provenance, notes=notes
        )


def unknown_option(name: str) -> InvalidTypeError:
    """The error for a misspelt keyword."""
    return InvalidTypeError(str(unknown_name("option", name, Options.__annotations__)))


def _chunk(size: int | None) -> int:
    if size is None:
        return DEFAULT_CHUNK
    if isinstance(size, bool) or not hasattr(size, "__index__") or size < 1:
        raise InvalidTypeError(
            f"internal_batch_size must be a whole number of at least 1 (or None: measured), got {size!r}."
        )
    return int(size)


def _remarks(attribution: Attribution) -> tuple[str, ...]:
    """Notes about the numbers themselves."""
    if not bool(attribution.total.isfinite().all()):
        return ("Some attributions are not finite: the score or its gradient is NaN or infinite somewhere.",)
    if isinstance(attribution.attributions, Tensor) and not bool(attribution.attributions.any()):
        return (
            "Every attribution is zero: the score does not react to the input here. It may be saturated, or the input equals the baseline.",
        )
    return ()
