"""Scores of groups of features: contextual decomposition, occlusion, build-up, sums of attributions.

A scorer takes masks of positions `(M, *positions)` and gives `(M,)`. Knows nothing of how groups are found.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from whylight.decomposition.masks import expand_mask
from whylight.decomposition.run import Walk
from whylight.score import Score, Tensors, wide
from whylight.targets import Target

Scorer = Callable[[Any], Tensor]


def cd_scorer(walk: Walk, target: Target) -> Scorer:
    """β of the target: the CD score."""

    def score(masks: Any) -> Tensor:
        answers = walk.decompose((expand_mask(masks, walk.inputs[0]),))
        return walk.select(answers, target).relevant.to(wide(walk.inputs[0].device))

    return score


def occlusion_scorer(score: Score, x: Tensor, baseline: Tensor) -> Scorer:
    """F(x) − F(x with the group replaced by the baseline)."""
    replaced = _restricted(score, baseline, x)
    whole = replaced(torch.ones(1, *[1] * (x.ndim - 1)))

    return lambda masks: whole - replaced(~expand_mask(masks, x).bool())


def build_up_scorer(score: Score, x: Tensor, baseline: Tensor) -> Scorer:
    """F(x with everything but the group replaced by the baseline)."""
    return _restricted(score, baseline, x)


def sum_scorer(values: Tensor) -> Scorer:
    """The sum of attributions per position `(*positions)` over the group."""

    def score(masks: Any) -> Tensor:
        chosen = torch.as_tensor(masks).to(values)
        return (chosen * values).flatten(1).sum(1)

    return score


def _restricted(score: Score, baseline: Tensor, x: Tensor) -> Scorer:
    """F with x inside the mask and the baseline outside."""

    def values(masks: Any) -> Tensor:
        kept = expand_mask(masks, x)

        def points(lo: int, hi: int) -> Tensors:
            return (torch.lerp(baseline.expand(hi - lo, *x.shape[1:]), x, kept[lo:hi]),)

        samples = torch.zeros(len(kept), dtype=torch.long, device=x.device)
        return score.values(list(score.passes(points, samples)), samples).to(wide(x.device))

    return values
