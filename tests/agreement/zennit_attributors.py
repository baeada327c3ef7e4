"""zennit's attributors without a composite, on a small net."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

import whylight as wl
from tests.agreement.pair_saliency import NET, TARGET, X
from tests.agreement.rows import Case, Row, judged

M = wl.methods
ATTRIBUTORS: dict[str, tuple[dict[str, Any], Any]] = {
    "Gradient": ({}, M.InputGradient()),
    "SmoothGrad": ({"noise_level": 0.0, "n_iter": 5}, M.SmoothGrad(noise_level=0.0, n_samples=5)),
    "IntegratedGradients": ({"n_iter": 20}, M.IntegratedGradients(n_steps=20, rule="riemann_right")),
}


def one_class(outputs: Tensor) -> Tensor:
    """What zennit multiplies the outputs with: the class explained."""
    return nn.functional.one_hot(torch.tensor(TARGET), 3).to(outputs).expand_as(outputs)


def scored(outputs: Tensor) -> Tensor:
    return one_class(outputs) * outputs


def theirs(name: str, weights: Any = one_class, **options: Any) -> Tensor:
    from zennit import attribution

    with getattr(attribution, name)(NET, **options) as attributor:
        return attributor(X.clone().requires_grad_(), weights)[1].detach()


def compared(name: str) -> Row:
    options, method = ATTRIBUTORS[name]
    given = ", ".join(f"{k}={v}" for k, v in options.items())
    found = wl.attribute(NET, X, target=TARGET, method=method, baseline=0.0).attributions
    rule = f" (rule={method.rule!r})" if name == "IntegratedGradients" else ""
    return judged(
        ("zennit", f"{name}({given})", method.title + rule, "small net"), (theirs(name, **options),), (found,)
    )


def occluded() -> Row:
    why = "They give the score of the window alone, all else hidden; we how far the score falls without it."
    found = wl.attribute(NET, X, target=TARGET, baseline=0.0, method=M.Occlusion((2, 4, 4), (2, 4, 4))).attributions
    their = theirs("Occlusion", scored, window=(4, 4), stride=(4, 4))
    return judged(("zennit", "Occlusion", "Occlusion", "small net"), (their,), (found,), design=why)


def cases() -> Iterator[tuple[str, Case]]:
    """All attributors."""
    for name in ATTRIBUTORS:
        yield name, partial(compared, name)
    yield "Occlusion", partial(occluded)
