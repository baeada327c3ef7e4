"""Scores of groups of features: contextual decomposition, occlusion, build-up, sums of attributions.

A scorer takes masks of positions `(M, *positions)` and gives `(M,)`. Knows nothing of how groups are found.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from whylight import methods
from whylight.decomposition.forward import DecomposedForward
from whylight.decomposition.masks import expand_mask
from whylight.errors import unknown_name
from whylight.problem.score import Score
from whylight.targets.target import Target
from whylight.tensors import Tensors, to_ndim, wide

Scorer = Callable[[Any], Tensor]


def cd_scorer(decomposed_forward: DecomposedForward, target: Target) -> Scorer:
    """β of the target: the CD score."""

    def score(masks: Any) -> Tensor:
        answers = decomposed_forward.decompose((expand_mask(masks, decomposed_forward.inputs[0]),))
        return decomposed_forward.select(answers, target).relevant.to(wide(decomposed_forward.inputs[0].device))

    return score


def occlusion_scorer(score: Score, x: Tensor, baseline: Tensor) -> Scorer:
    """F(x) − F(x with the group replaced by the baseline)."""
    replaced = _restricted(score, baseline, x)
    whole = replaced(to_ndim(torch.ones(1), x.ndim))

    return lambda masks: whole - replaced(~expand_mask(masks, x).bool())


def build_up_scorer(score: Score, x: Tensor, baseline: Tensor) -> Scorer:
    """F(x with everything but the group replaced by the baseline)."""
    return _restricted(score, baseline, x)


def mean_scorer(scorers: Sequence[Scorer]) -> Scorer:
    """The mean of several: one for each baseline."""
    if len(scorers) == 1:
        return scorers[0]
    return lambda masks: torch.stack([score(masks) for score in scorers]).mean(0)


def sum_scorer(maps: Tensor) -> Scorer:
    """The sum over the group of attributions `(1, ...)`, shaped like the input or one per position."""

    def score(masks: Any) -> Tensor:
        return (expand_mask(masks, maps) * maps).flatten(1).sum(1)

    return score


def _restricted(score: Score, baseline: Tensor, x: Tensor) -> Scorer:
    """F with x inside the mask and the baseline outside."""

    def values(masks: Any) -> Tensor:
        kept = expand_mask(masks, x)

        def points(lo: int, hi: int) -> Tensors:
            rest = baseline.expand(hi - lo, *x.shape[1:])
            if not x.is_floating_point():
                return (torch.where(kept[lo:hi].bool(), x, rest),)
            return (torch.lerp(rest, x, kept[lo:hi]),)

        samples = torch.zeros(len(kept), dtype=torch.long, device=x.device)
        return score.values(list(score.passes(points, samples)), samples).to(wide(x.device))

    return values


SCORERS = {
    "cd": ("Contextual decomposition", "The part of the output that is due to the group: every activation is split"),
    "occlusion": ("Occlusion", "The score that is lost when the baseline stands in place of the group"),
    "build_up": ("Build-up", "The score of the group alone, with the baseline everywhere else"),
}


def known_scorer(name: str) -> str:
    """The name of a scorer, if there is one of that name."""
    if name not in SCORERS and name not in methods.METHODS:
        raise unknown_name("scorer", name, dict.fromkeys((*SCORERS, *methods.METHODS)))
    return name


def scorer_name(scorer: str | Scorer) -> str:
    """What a scorer is called."""
    return scorer if isinstance(scorer, str) else getattr(scorer, "__name__", "custom")


def scorer_label(scorer: str) -> str:
    """A scorer in words."""
    return SCORERS[scorer][0] if scorer in SCORERS else f"{methods.METHODS[scorer].label}, summed"
