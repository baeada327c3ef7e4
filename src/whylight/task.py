"""A task: one model, one input and all options resolved; it hands out refinements for any method, target and baseline.

The engine's front door, used by the public functions and by the session alike. Knows nothing of Jupyter or threads.
"""

import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from importlib.metadata import version
from typing import Any, TypedDict

import torch
from torch import Tensor

from whylight import baselines, methods, targets
from whylight.attribution import Attribution
from whylight.errors import InvalidTypeError, InvalidValueError, ModelError, unknown_name
from whylight.fingerprint import model_version, weights_hash
from whylight.inputs import Prepared, prepare
from whylight.pace import pace_for
from whylight.problem import Answered, Gradients, Problem, tick_nothing
from whylight.score import Score


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
    background: Any
    forward_kwargs: Mapping[str, Any] | None
    internal_batch_size: int | None
    dtype: torch.dtype | None
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
        self.model, self.store = model, store
        self.request = Request(**{k: v for k, v in asked.items() if v is not None})
        methods.make(self.request.method, n_steps=self.request.n_steps, tol=self.request.tol, rule=self.request.rule)
        output = given.pop("output", None)
        self.kwargs = _kwargs(given.pop("forward_kwargs", None))
        size, self.dtype = _whole(given.pop("internal_batch_size", None)), _half(given.pop("dtype", None))
        self.given = sorted(
            {"preprocess", "labels", "tokenizer", "embedding", "feature_names", "background", "forward_kwargs", "dtype"}
            & options.keys()
        )
        self._labels = targets.class_names(given.pop("labels", None))
        self._prepare = partial(prepare, model, x, **given)
        self._version = model_version(model) if isinstance(x, str) else None  # of what rests on the weights by now
        self.prepared: Prepared = self._prepare()
        self.output: str = output or self.prepared.gives
        if not self.prepared.differentiable and self.request.method == Request.method and "method" not in options:
            self.request = replace(self.request, method="finite_differences")
        inputs = self.prepared.inputs
        if self.dtype is not None and any(t.dtype != torch.float32 for t in inputs):
            raise InvalidValueError(
                f"dtype={self.dtype} is for float32 models; the inputs are {inputs[0].dtype} already."
            )
        self._pace = pace_for(model, inputs, size or self.prepared.batch_size, self.dtype)
        self._answered: list[Answered] = []

    @property
    def labels(self) -> targets.Labels:
        """Class names: as given, else the model's own."""
        return self._labels or self.prepared.labels

    def refine(
        self, request: Request | None = None, *, tick: Callable[[int], None] = tick_nothing
    ) -> Iterator[Attribution]:
        """Yield ever better attributions for a request (the one the task was made with by default)."""
        request = request or self.request
        self._notice_new_weights()
        start = time.perf_counter()
        method = methods.make(request.method, n_steps=request.n_steps, tol=request.tol, rule=request.rule)
        problem = self._problem(method, request, tick)
        for attribution in method.refine(problem):
            yield self._signed(attribution, problem, method, time.perf_counter() - start)

    def target(self, spec: Any) -> targets.Target:
        """A target fixed at the model's answer to the unmodified input."""
        outputs, prepared = None if callable(spec) else self._outputs(), self.prepared
        if spec is None and prepared.one_target and outputs is not None:
            spec = targets.common(outputs)
        n = len(prepared.inputs[0])
        return targets.resolve(spec, outputs, n, labels=self.labels, output=self.output, gives=prepared.gives)

    def outputs(self) -> Tensor:
        """The model's scores at the unmodified input."""
        self._notice_new_weights()
        return self._outputs()

    def value(self, target: targets.Target) -> Tensor:
        """F at the unmodified input."""
        self._notice_new_weights()
        return self._problem_for(target).value()

    def _outputs(self) -> Tensor:
        answered, n = self._answer(), len(self.prepared.inputs[0])
        parts = [targets.output_tensor(outputs) for _, outputs in answered.answers]
        joined = parts[0] if len(parts) == 1 else torch.cat(parts)
        return joined[:n] if joined.ndim and len(joined) == n * len(answered.keys) else joined

    def _answer(self, also: Sequence[baselines.Baseline] = ()) -> Answered:
        """What the model returns at the unmodified input; if that is not known yet, at these baselines in the same pass."""
        for known in self._answered:
            if None in known.keys:
                return known
        inputs = self.prepared.inputs
        points = tuple(torch.cat(parts) for parts in zip(inputs, *(b.tensors for b in also), strict=True))
        samples = torch.arange(len(inputs[0]), device=inputs[0].device).repeat(1 + len(also))
        known = Answered((None, *(b.key for b in also)), self._score(None).answers(points, samples))
        self._answered.append(known)
        return known

    def _score(self, target: targets.Target | None) -> Score:
        n = len(self.prepared.inputs[0])
        return Score(self.prepared.forward, target, n, self.model, self.kwargs, self._pace, self.dtype)

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

    @property
    def _model_name(self) -> str:
        if isinstance(self.model, torch.nn.Module):
            return type(self.model).__name__
        named = self.model if self.prepared.differentiable else self.prepared.forward
        return getattr(named, "__name__", type(named).__name__)

    @cached_property
    def _weights(self) -> str | None:
        return weights_hash(self.model, self._version)

    def _problem(self, method: methods.Method, request: Request, tick: Callable[[int], None]) -> Problem:
        references: tuple[baselines.Baseline, ...] = ()
        if method.needs_gradients and not self.prepared.differentiable:
            raise _no_gradient(method)
        if method.needs_baseline:
            prepared = self.prepared
            references = baselines.resolve(
                request.baseline, prepared.inputs, prepared.baselines, prepared.default_baseline
            )
        if not method.starts_at_baseline:
            self._answer(references)
        return replace(self._problem_for(self.target(request.target)), baselines=references, tick=tick)

    def _problem_for(self, target: targets.Target) -> Problem:
        return Problem(
            score=self._score(target),
            inputs=self.prepared.inputs,
            reduce=self.prepared.reduce,
            store=self.store,
            path_key=(target.key, self.output),
            answered=self._answered,
            columns=self.prepared.columns,
        )

    def _signed(
        self, attribution: Attribution, problem: Problem, method: methods.Method, seconds: float
    ) -> Attribution:
        """The attribution with its view, its origin, and what a reader should know."""
        gap = attribution.relative_gap
        provenance = {
            "model": self._model_name,
            "weights": self._weights,
            "method": attribution.method,
            "parameters": {k: v for k, v in vars(method).items() if v is not None},
            "target": attribution.target,
            "target_value": problem.target.value,
            "output": self.output,
            "unit": problem.target.unit,
            "baseline": [b.name for b in problem.baselines],
            "baseline_label": ", ".join(b.label for b in problem.baselines),
            "relative_gap": None if gap is None else gap.tolist(),
            "n_evaluations": attribution.n_evaluations,
            "counted": method.counted,
            "seconds": seconds,
            "device": str(problem.device),
            "dtype": str(self.dtype or problem.inputs[0].dtype).removeprefix("torch."),
            "versions": {
                "whylight": _own_version(),
                "torch": torch.__version__,
                "python": platform.python_version(),
            },
            **attribution.provenance,
        }
        notes = (*attribution.notes, *_remarks(attribution))
        return replace(
            attribution, view=self.prepared.view, baselines=problem.baselines, provenance=provenance, notes=notes
        )


def _no_gradient(method: methods.Method) -> ModelError:
    able = ", ".join(repr(name) for name, m in methods.METHODS.items() if not m.needs_gradients)
    return ModelError(
        f"{method.label} needs gradients, and this predictor only gives numbers. Use method={able}, or give a "
        "torch.nn.Module (with tensors, a differentiable function of them)."
    )


def unknown_option(name: str) -> InvalidTypeError:
    """The error for a misspelt keyword."""
    return InvalidTypeError(str(unknown_name("option", name, Options.__annotations__)))


@cache
def _own_version() -> str:
    return version("whylight")  # reads files


def _half(dtype: Any) -> torch.dtype | None:
    if dtype in (None, torch.bfloat16, torch.float16):
        return dtype
    raise InvalidValueError(
        f"dtype is the precision of the model's passes: torch.bfloat16 or torch.float16 (None: as the model is); got {dtype!r}."
    )


def _whole(size: Any) -> int | None:
    if size is None:
        return None
    if isinstance(size, bool) or not hasattr(size, "__index__"):
        raise InvalidTypeError(f"internal_batch_size must be a whole number of at least 1, got {size!r}.")
    if size < 1:
        raise InvalidValueError(f"internal_batch_size must be at least 1, got {size!r}.")
    return int(size)


def _kwargs(given: Any) -> Mapping[str, Any]:
    if given is not None and not isinstance(given, Mapping):
        raise InvalidTypeError(
            f"forward_kwargs must be a dictionary of the model's further inputs; got {type(given).__name__}."
        )
    return given or {}


def _remarks(attribution: Attribution) -> tuple[str, ...]:
    """Notes about the numbers themselves."""
    if not bool(attribution.total.isfinite().all()):
        return ("Some attributions are not finite: the score or its gradient is NaN or infinite somewhere.",)
    if isinstance(attribution.attributions, Tensor) and not bool(attribution.attributions.any()):
        return (
            "Every attribution is zero: the score does not react to the input here. It may be saturated, or the input equals the baseline.",
        )
    return ()
