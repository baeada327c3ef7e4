"""Where an answer comes from, and what a reader should know of its numbers. Knows nothing of inputs or how to draw them."""

import platform
from functools import cache
from importlib.metadata import version
from typing import Any

import torch

from whylight.methods.method import Method
from whylight.problem.baseline_spec import names_of, title
from whylight.problem.problem import Problem
from whylight.results.attribution import Attribution


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
        "target_place": problem.target.place,
        "output": output,
        "unit": problem.target.unit,
        "baseline": names_of(problem.baselines),
        "baseline_label": title(problem.baselines),
        "relative_gap": None if gap is None else gap.tolist(),
        "n_evaluations": attribution.n_evaluations,
        "counted": method.counted,
        "per_unit": method.per_unit,
        "multiplies_by_inputs": method.multiplies_by_inputs,
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


@cache
def _own_version() -> str:
    return version("whylight")  # reads files
