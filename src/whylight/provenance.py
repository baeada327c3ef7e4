"""Where an answer comes from, and what a reader should know of its numbers. Knows nothing of inputs or how to draw them."""

import platform
from functools import cache
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor

from whylight.attribution import Attribution
from whylight.baselines import title
from whylight.methods import Method
from whylight.problem import Problem


def origin(
    attribution: Attribution,
    model: Any,
    problem: Problem,
    method: Method,
    *,
    weights: str | None,
    output: str,
    dtype: torch.dtype | None,
    seconds: float,
) -> dict[str, Any]:
    """Everything needed to repeat an answer."""
    gap = attribution.relative_gap
    return {
        "model": type(model).__name__
        if isinstance(model, torch.nn.Module)
        else getattr(model, "__name__", type(model).__name__),
        "weights": weights,
        "method": attribution.method,
        "method_label": method.title,
        "parameters": {k: v for k, v in vars(method).items() if v is not None},
        "target": attribution.target,
        "target_value": problem.target.value,
        "output": output,
        "unit": problem.target.unit,
        "baseline": [b.name for b in problem.baselines],
        "baseline_label": title(problem.baselines),
        "relative_gap": None if gap is None else gap.tolist(),
        "n_evaluations": attribution.n_evaluations,
        "counted": method.counted,
        "per_unit": method.per_unit,
        "seconds": seconds,
        "device": str(problem.device),
        "dtype": str(dtype or problem.inputs[0].dtype).removeprefix("torch."),
        "versions": {
            "whylight": _own_version(),
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
        **attribution.provenance,
    }


def remarks(attribution: Attribution) -> tuple[str, ...]:
    """Notes about the numbers themselves."""
    if not bool(attribution.total.isfinite().all()):
        return ("Some attributions are not finite: the score or its gradient is NaN or infinite somewhere.",)
    if isinstance(attribution.attributions, Tensor) and not bool(attribution.attributions.any()):
        return (
            "Every attribution is zero: the score does not react to the input here. It may be saturated, or the input equals the baseline.",
        )
    return ()


@cache
def _own_version() -> str:
    return version("whylight")  # reads files
