"""PAIR saliency's methods on a small smooth picture net; theirs takes (H, W, C) and adds in float32."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn

import whylight as wl
from tests.agreement.rows import Case, Maps, Row, dense, judged

M = wl.methods
TARGET = 1


def net() -> nn.Sequential:
    torch.manual_seed(0)
    layers = nn.Conv2d(2, 4, 3), nn.Tanh(), nn.Conv2d(4, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(64, 3)
    return nn.Sequential(*layers).double().eval()


NET, X = net(), torch.randn(1, 2, 8, 8, generator=torch.Generator().manual_seed(1)).double()


def answered(points: np.ndarray, call_model_args: Any = None, expected_keys: Any = None) -> dict[str, np.ndarray]:
    """What their methods ask of a model, at points (M, H, W, C)."""
    from saliency.core import base

    leaf = torch.from_numpy(np.asarray(points)).permute(0, 3, 1, 2).double().requires_grad_()
    values = NET(leaf)[:, TARGET]
    (grads,) = torch.autograd.grad(values.sum(), leaf)
    found = {
        base.INPUT_OUTPUT_GRADIENTS: grads.permute(0, 2, 3, 1).numpy(),
        base.OUTPUT_LAYER_VALUES: values.detach().numpy(),
    }
    return {key: found[key] for key in expected_keys}


def theirs(name: str, call: str = "GetMask", **options: Any) -> Maps:
    import saliency.core as saliency

    method, quantile = getattr(saliency, name)(), np.quantile
    old = lambda a, q, interpolation="linear": quantile(a, q, method=interpolation)  # as NumPy 1 named it
    with mock.patch.object(np, "quantile", old):
        found = getattr(method, call)(X[0].permute(1, 2, 0).numpy(), answered, **options)
    return (torch.from_numpy(np.ascontiguousarray(found)).permute(2, 0, 1)[None],)


def ours(method: Any, **options: Any) -> Tensor:
    return wl.attribute(NET, X, target=TARGET, method=method, baseline=0.0, **options).attributions


def gradient() -> Row:
    where = ("PAIR saliency", "GradientSaliency", "Input gradient", "small net")
    return judged(where, theirs("GradientSaliency"), (ours("input_gradient"),))


def smoothed(magnitude: bool) -> Row:
    method = (M.SmoothGradSquared if magnitude else M.SmoothGrad)(noise_level=0.0, n_samples=3)
    found = theirs("GradientSaliency", "GetSmoothedMask", stdev_spread=0.0, nsamples=3, magnitude=magnitude)
    where = ("PAIR saliency", f"GetSmoothedMask(magnitude={magnitude})", method.title, "small net")
    return judged(where, found, (ours(method),))


def integrated(n: int) -> Row:
    def slopes(z: Maps) -> Maps:
        leaf = z[0].detach().requires_grad_()
        return torch.autograd.grad(NET(leaf)[:, TARGET].sum(), (leaf,))

    truth = partial(dense, slopes, (torch.zeros_like(X),), (X,), 2**11)
    found = (ours(M.IntegratedGradients(n_steps=n)),)
    where = ("PAIR saliency", f"IntegratedGradients(x_steps={n})", f"Integrated gradients (n_steps={n})", "small net")
    why = "Equal weights for both ends of the path."
    return judged(where, theirs("IntegratedGradients", x_steps=n), found, truth=truth, design=why)


def occluded() -> Row:
    """Theirs adds up the windows that cover a place; ours averages them, and the channels share."""
    cover = torch.ones(1, 1, 6, 6)
    cover = nn.functional.conv_transpose2d(cover, torch.ones(1, 1, 3, 3)).double()
    found = ours(M.Occlusion((2, 3, 3), (2, 1, 1))) * X.shape[1] * cover
    where = ("PAIR saliency", "Occlusion(size=3)", "Occlusion, times the windows over a place", "small net")
    return judged(where, theirs("Occlusion", size=3), (found,))


def occluded_as_it_is() -> Row:
    where = ("PAIR saliency", "Occlusion(size=3)", "Occlusion", "small net")
    why = "They add up the windows that cover a place, we average them and let the channels share."
    return judged(where, theirs("Occlusion", size=3), (ours(M.Occlusion((2, 3, 3), (2, 1, 1))),), design=why)


def guided() -> Row:
    where = ("PAIR saliency", "GuidedIG", "Guided IG", "small net")
    found = theirs("GuidedIG", x_baseline=np.zeros((8, 8, 2)), x_steps=50, fraction=0.25, max_dist=0.02)
    return judged(where, found, (ours(M.GuidedIG(50, 0.25, 0.02)),))


def blurred() -> Row:
    where = ("PAIR saliency", "BlurIG", "Blur IG", "small net")
    why = "Another sum: they take the difference quotient of the blur at the left end of every step, we its difference over both."
    return judged(where, theirs("BlurIG", max_sigma=4, steps=200), (ours(M.BlurIG(200, 4.0)),), design=why)


def cases() -> Iterator[tuple[str, Case]]:
    """Every method that has a counterpart."""
    yield "gradient", partial(gradient)
    for magnitude in (False, True):
        yield f"smoothed/{magnitude}", partial(smoothed, magnitude)
    for n in (10, 25, 100):
        yield f"integrated/{n}", partial(integrated, n)
    yield "occlusion", partial(occluded)
    yield "occlusion/plain", partial(occluded_as_it_is)
    yield "guided", partial(guided)
    yield "blurred", partial(blurred)
