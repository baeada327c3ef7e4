"""A sentence where the parts miss F(x) - F(x') by much, or by more than the stated error allows, whatever rule or method made them.

Knows nothing of methods: what would help is told by the parameters that there are.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from whylight.numbers import percent, plural
from whylight.results.attribution import COVER, Attribution
from whylight.tensors import as_tuple, norm, sum_features

LARGE = 0.05  # beside what it is judged by (`Attribution.gap_scale`): a gap that calls for a word
TELLING = 0.001  # a smaller gap says nothing about the stated error
STRAIN = 3  # standard deviations of all values, all to one side, that a gap may be
ROUNDING = 100  # units of rounding of the largest score, or of all parts, that may be in a gap


def gap_note(attribution: Attribution) -> str | None:
    """A sentence where the parts of a final answer miss F(x) - F(x') by much or contradict their stated error; else None."""
    gap, scale = attribution.convergence_delta, attribution.gap_scale
    if gap is None or scale is None or not attribution.final:
        return None
    gap = gap.abs()
    share = torch.where(gap == 0, gap, gap / scale)
    seen = gap > _rounding(attribution).to(gap)
    wrong = seen & (share > TELLING) & _contradicted(attribution, gap)
    odd = wrong | (seen & (share > LARGE))
    if not bool(odd.any()):
        return None
    i = int(torch.where(odd, share, -1.0).argmax())
    base = attribution.baseline_score
    cancel = base is not None and bool(scale[i] > (attribution.score[i] - base[i]).abs())
    whose, more = f" for sample {i + 1} of {len(gap)}" * (len(gap) > 1), int(odd.sum()) - 1
    others = f", and by too much for {plural(more, 'other')}" * (more > 0)
    error = " That is more than the stated error allows, so the error is larger than stated." * bool(wrong[i])
    size = f"{percent(float(share[i]))}{' of the L2 norm of the map' * cancel}"
    return f"The parts miss F(x) − F(x′) by {size}{whose}{others}.{error} {_remedy(attribution.provenance.get('parameters', {}))}"


def _rounding(attribution: Attribution) -> Tensor:
    """What rounding of the dtype may add to a gap, `(N,)`."""
    base = attribution.baseline_score
    sizes = [attribution.score.abs()] + ([] if base is None else [base.abs()])
    if not attribution.provenance.get("per_unit"):
        sizes.append(norm(attribution.known, 1).to(sizes[0]))
    eps = torch.finfo(getattr(torch, attribution.provenance["dtype"])).eps
    return ROUNDING * eps * torch.stack(sizes).amax(0)


def _contradicted(attribution: Attribution, gap: Tensor) -> Tensor:
    """Where a gap is larger than the stated errors can make it, `(N,)`; an unknown error allows any."""
    if attribution.provenance.get("per_unit"):
        return torch.zeros_like(gap, dtype=torch.bool)
    return gap > STRAIN / COVER * sum_features(as_tuple(attribution.error_estimate)).to(gap)


def _remedy(parameters: Mapping[str, Any]) -> str:
    """What closes a gap, by the parameters that there are."""
    if parameters.get("rule", "auto") != "auto":
        first = "more points (n_steps=), or rule='auto' with tol="
    elif "rule" in parameters:
        first = "more points (n_steps=), or a tol=" if "n_steps" in parameters else "a smaller tol="
    elif "n_steps" in parameters:
        first = "more steps (n_steps=)"
    else:
        first = "more draws (n_samples=)" if "n_samples" in parameters else "another method"
    return f"Take {first}; if that changes little, the score jumps or turns sharply on the way: take another baseline."
