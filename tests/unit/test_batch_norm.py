"""Batch norms that keep no activations: the same values and gradients, and only where nothing else is asked for."""

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn import functional

import whylight as wl
from whylight.batch_norm import lean
from whylight.kinks import has_kinks


@pytest.fixture(autouse=True)
def any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whylight.batch_norm.WORTHWHILE", 1)


SHAPES = [(4, 3), (4, 3, 5), (4, 3, 5, 6), (2, 3, 4, 5, 6)]
LAYERS = (nn.BatchNorm1d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def frozen(layer: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(1)
    for tensor in [*layer.parameters(), *layer.buffers()]:
        if tensor.is_floating_point():
            tensor.data.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
    return layer.eval().requires_grad_(False)


def gradient(net: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    x = x.clone().requires_grad_()
    y = net(x)
    weights = torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view_as(y)
    return y.detach(), torch.autograd.grad((y * weights).sum(), x)[0]


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(("shape", "kind"), list(zip(SHAPES, LAYERS, strict=True)))
def test_it_gives_what_torch_gives(shape: tuple[int, ...], kind: type[nn.Module], affine: bool) -> None:
    layer = frozen(kind(3, affine=affine))
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    with lean([layer]):
        ours = gradient(layer, x)
    theirs = gradient(layer, x)
    assert torch.equal(ours[0], theirs[0])
    torch.testing.assert_close(ours[1], theirs[1], rtol=1e-6, atol=0)


def test_no_activation_is_kept() -> None:
    layer = frozen(nn.BatchNorm2d(3))
    kept: list[int] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor.numel())
        return tensor

    x = torch.randn(4, 3, 5, 6, requires_grad=True)
    with saved_tensors_hooks(keep, lambda t: t):
        layer(x)
        assert max(kept) == x.numel()
        kept.clear()
        with lean([layer]):
            layer(x)
    assert max(kept, default=0) <= 3


@pytest.mark.parametrize(
    "layer",
    [nn.BatchNorm2d(3).train(), nn.BatchNorm2d(3, track_running_stats=False).eval(), nn.BatchNorm2d(3).eval()],
    ids=["training", "no running statistics", "weights that learn"],
)
def test_others_are_left_to_torch(layer: nn.Module) -> None:
    x = torch.randn(4, 3, 5, 6, generator=torch.Generator().manual_seed(0)).requires_grad_()
    with lean([layer]):
        assert type(layer(x).grad_fn).__name__ == "NativeBatchNormBackward0"


def test_it_is_found_however_it_is_called() -> None:
    held = [t.data for t in (frozen(nn.BatchNorm1d(3)).state_dict().values()) if t.ndim]
    weight, bias, mean, var = held

    class Functional(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return functional.batch_norm(x, mean, var, weight=weight, bias=bias, eps=0.1).tanh()

    x = torch.randn(4, 3)
    with lean([nn.BatchNorm1d(3)]):
        ours = gradient(Functional(), x)
    for mine, theirs in zip(ours, gradient(Functional(), x), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_models_that_use_torch_func_go_through_it() -> None:
    layer = frozen(nn.BatchNorm1d(3))
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))

    def score(row: Tensor) -> Tensor:
        return layer(row[None]).square().sum()

    expected = torch.stack([torch.func.grad(score)(row) for row in x])
    with lean([layer]):
        assert torch.allclose(torch.func.vmap(torch.func.grad(score))(x), expected)


def test_a_batch_norm_is_smooth_and_seen_through() -> None:
    layer = frozen(nn.BatchNorm1d(3))
    x = torch.randn(4, 3, requires_grad=True)
    with lean([layer]):
        assert not has_kinks(layer(x).sum())
        assert has_kinks(layer(x.relu()).sum())


def test_attributions_are_those_of_captum() -> None:
    captum = pytest.importorskip("captum.attr")
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3), frozen(nn.BatchNorm2d(4)), nn.Tanh(), nn.Flatten(), nn.Linear(144, 2)
    ).eval()
    x = torch.randn(2, 1, 8, 8)
    ours = wl.attribute(net, x, target=1, baseline="zero", rule="gausslegendre", n_steps=16)
    theirs = captum.IntegratedGradients(net).attribute(x, target=1, n_steps=16)
    assert isinstance(ours.attributions, Tensor)
    torch.testing.assert_close(ours.attributions.float(), theirs.float(), rtol=1e-5, atol=1e-7)
