"""Batch norms folded into the layers before them, or keeping no activations: the same values and gradients as the model's own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import whylight as wl
from whylight.explainer.explainer import Explainer
from whylight.model.batch_norm_folding import BatchNorms
from whylight.model.kinks import has_kinks


@pytest.fixture(autouse=True)
def any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whylight.model.batch_norm.WORTHWHILE", 1)


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """What folding gets wrong is not rounding; saturated layers turn float32's into errors of any size."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


SHAPES = [(4, 3), (4, 3, 5), (4, 3, 5, 6), (2, 3, 4, 5, 6)]
LAYERS = (nn.BatchNorm1d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def frozen(layer: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(1)
    for tensor in [*layer.parameters(), *layer.buffers()]:
        if tensor.is_floating_point():
            tensor.data.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
    return layer.double().eval().requires_grad_(False)


def finite(found: Any) -> bool:
    return all(bool(t.isfinite().all()) for t in found) if isinstance(found, tuple) else True


def lean(net: nn.Module, run: Callable[[], Any]) -> Any:
    """`run()` before anything is known of what follows what."""
    return BatchNorms().lean([*net.modules()], run, finite)


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
    ours = lean(layer, lambda: gradient(layer, x))
    theirs = gradient(layer, x)
    assert torch.equal(ours[0], theirs[0])
    torch.testing.assert_close(ours[1], theirs[1], rtol=1e-14, atol=0)


def test_no_activation_is_kept() -> None:
    layer, x = frozen(nn.BatchNorm2d(3)), torch.randn(4, 3, 5, 6, requires_grad=True)
    node = lean(layer, lambda: layer(x)).grad_fn
    assert max(t.numel() for t in node.saved_tensors) == 3


@pytest.mark.parametrize(
    "layer",
    [nn.BatchNorm2d(3).train(), nn.BatchNorm2d(3, track_running_stats=False).eval(), nn.BatchNorm2d(3).eval()],
    ids=["training", "no running statistics", "weights that learn"],
)
def test_others_are_left_to_torch(layer: nn.Module) -> None:
    x = torch.randn(4, 3, 5, 6, generator=torch.Generator().manual_seed(0)).requires_grad_()
    layer.double()
    assert type(lean(layer, lambda: layer(x)).grad_fn).__name__ == "NativeBatchNormBackward0"


def test_it_is_found_however_it_is_called() -> None:
    held = [t.data for t in (frozen(nn.BatchNorm1d(3)).state_dict().values()) if t.ndim]
    weight, bias, mean, var = held

    class Functional(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return functional.batch_norm(x, mean, var, weight=weight, bias=bias, eps=0.1).tanh()

    x = torch.randn(4, 3)
    ours = lean(nn.BatchNorm1d(3), lambda: gradient(Functional(), x))
    for mine, theirs in zip(ours, gradient(Functional(), x), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_models_that_use_torch_func_go_through_it() -> None:
    layer = frozen(nn.BatchNorm1d(3))
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))

    def score(row: Tensor) -> Tensor:
        return layer(row[None]).square().sum()

    expected = torch.stack([torch.func.grad(score)(row) for row in x])
    found = lean(layer, lambda: torch.func.vmap(torch.func.grad(score))(x))
    assert torch.allclose(found, expected)


def test_a_batch_norm_is_smooth_and_seen_through() -> None:
    layer = frozen(nn.BatchNorm1d(3))
    x = torch.randn(4, 3, requires_grad=True)
    assert not has_kinks(lean(layer, lambda: layer(x).sum()))
    assert has_kinks(lean(layer, lambda: layer(x.relu()).sum()))


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
    torch.testing.assert_close(ours.attributions, theirs, rtol=1e-6, atol=1e-7)  # Captum's weights are float32


def folded(net: nn.Module, x: Tensor) -> tuple[tuple[Tensor, Tensor], set[str]]:
    """Output and gradient after a pass that was watched, and the names of its graph's nodes."""
    norms, names = BatchNorms(), set()

    def traced() -> Any:
        points = x.clone().requires_grad_()
        todo = [net(points).grad_fn]
        while todo:
            node = todo.pop()
            if node is not None:
                names.add(type(node).__name__)
                todo.extend(parent for parent, _ in node.next_functions)
        return gradient(net, x)

    with torch.no_grad(), norms.seen([*net.modules()]):
        net(x)
    return norms.lean([*net.modules()], traced, finite), names


def close(ours: tuple[Tensor, ...], theirs: tuple[Tensor, ...]) -> bool:
    return all(torch.allclose(a, b, rtol=1e-11, atol=1e-11) for a, b in zip(ours, theirs, strict=True))


BATCH_NORMS = {"_AffineBackward", "NativeBatchNormBackward0"}
PAIRS = [
    (nn.Linear(3, 4), nn.BatchNorm1d(4), (5, 3)),
    (nn.Linear(3, 4, bias=False), nn.BatchNorm1d(4, affine=False), (5, 3)),
    (nn.Conv1d(3, 4, 3, padding=1), nn.BatchNorm1d(4), (5, 3, 6)),
    (nn.Conv2d(3, 6, 3, stride=2, groups=3), nn.BatchNorm2d(6, eps=0.1), (5, 3, 6, 7)),
    (nn.Conv2d(3, 4, 3, bias=False, padding=1, padding_mode="circular"), nn.BatchNorm2d(4), (5, 3, 6, 7)),
    (nn.Conv3d(3, 4, 2, dilation=2), nn.BatchNorm3d(4), (2, 3, 5, 6, 4)),
]


@pytest.mark.parametrize(("layer", "norm", "shape"), PAIRS)
def test_a_batch_norm_after_a_layer_becomes_part_of_it(
    layer: nn.Module, norm: nn.Module, shape: tuple[int, ...]
) -> None:
    net = nn.Sequential(frozen(layer), frozen(norm), nn.Tanh())
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    ours, names = folded(net, x)
    assert not names & BATCH_NORMS
    assert close(ours, gradient(net, x))


def test_channels_of_a_batch_norm_that_are_not_the_layer_s() -> None:
    sequences = nn.Sequential(frozen(nn.Linear(3, 5)), frozen(nn.BatchNorm1d(5)), nn.Tanh())
    x = torch.randn(4, 5, 3, generator=torch.Generator().manual_seed(0))
    assert close(folded(sequences, x)[0], gradient(sequences, x))


class Steps(nn.Module):
    """A layer, a batch norm, and what a test does with the output of the layer on the way."""

    def __init__(self, code: Callable[["Steps", Tensor], Tensor]) -> None:
        super().__init__()
        self.layer, self.norm, self.other = (frozen(m) for m in (nn.Linear(3, 3), nn.BatchNorm1d(3), nn.BatchNorm1d(3)))
        self.code, self.turn, self.seen = code, 0, []

    def forward(self, x: Tensor) -> Tensor:
        self.turn += 1
        return self.code(self, x)


def used_twice(net: Steps, x: Tensor) -> Tensor:
    h = net.layer(x)
    return net.norm(h).tanh() + h


def used_before(net: Steps, x: Tensor) -> Tensor:
    h = net.layer(x)
    return h.mean(1, keepdim=True) + net.norm(h)


def written_to(net: Steps, x: Tensor) -> Tensor:
    return net.norm(net.layer(x).mul_(2))


def in_a_list(net: Steps, x: Tensor) -> Tensor:
    h = net.layer(x)
    return net.norm(h) + torch.cat([x, h], 1)[:, 3:]


def kept(net: Steps, x: Tensor) -> Tensor:
    h = net.layer(x)
    net.seen = [h]
    return net.norm(h)


def two_norms(net: Steps, x: Tensor) -> Tensor:
    h = net.layer(x)
    return net.norm(h) + net.other(h)


def shared(net: Steps, x: Tensor) -> Tensor:
    return net.other(net.layer(net.norm(net.layer(x))))


def unseen(net: Steps, x: Tensor) -> Tensor:
    h = net.layer(x)
    return net.norm(h) + torch.func.vmap(torch.tanh)(h)  # PyTorch tells no mode what goes into a vmap


def by_operator(net: Steps, x: Tensor) -> Tensor:
    h = net.layer(x)
    return net.norm(h) + torch.ops.aten.tanh.default(h)


@pytest.mark.parametrize("code", [used_twice, used_before, written_to, in_a_list, kept, two_norms, shared])
def test_an_output_that_goes_elsewhere_too_stays_what_it_is(code: Callable[[Steps, Tensor], Tensor]) -> None:
    net, x = Steps(code).eval(), torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    ours, names = folded(net, x)
    assert names & BATCH_NORMS
    assert close(ours, gradient(net, x))


def later(code: Callable[[Steps, Tensor], Tensor]) -> Callable[[Steps, Tensor], Tensor]:
    """Another way than the one that was watched, from the second pass on."""
    return lambda net, x: net.norm(net.layer(x)) if net.turn == 1 else code(net, x)


def the_other_norm(net: Steps, x: Tensor) -> Tensor:
    return net.other(net.layer(x))


def no_norm(net: Steps, x: Tensor) -> Tensor:
    return net.layer(x)


def another_shape(net: Steps, x: Tensor) -> Tensor:
    return net.norm(net.layer(x[:3].expand(2, 3, 3))).sum(2)


def swallowing(net: Steps, x: Tensor) -> Tensor:
    h = net.layer(x)
    try:
        return net.norm(h) + h
    except Exception:  # noqa: BLE001  as some models do
        return h


@pytest.mark.parametrize(
    "code",
    [
        used_twice,
        used_before,
        written_to,
        in_a_list,
        two_norms,
        the_other_norm,
        no_norm,
        another_shape,
        swallowing,
        unseen,
        by_operator,
    ],
)
def test_code_that_goes_another_way_later_is_run_as_it_is_written(code: Callable[[Steps, Tensor], Tensor]) -> None:
    net, x = Steps(later(code)).eval(), torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    ours, _ = folded(net, x)
    assert close(ours, gradient(net, x))


@pytest.mark.parametrize("code", [unseen, by_operator])
def test_uses_that_nobody_tells_of_are_noticed(code: Callable[[Steps, Tensor], Tensor]) -> None:
    net, x = Steps(code).eval(), torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    ours, _ = folded(net, x)
    assert close(ours, gradient(net, x))
    found = wl.attribute(net, x, target=1, n_steps=8, rule="gausslegendre")
    assert found.convergence_delta.abs().max() < 1e-3


def test_a_hook_sees_what_the_model_computes() -> None:
    net = nn.Sequential(frozen(nn.Linear(3, 4)), frozen(nn.BatchNorm1d(4)))
    x = torch.randn(5, 3)
    expected, seen = net[0](x), []
    norms = BatchNorms()
    with torch.no_grad(), norms.seen([*net.modules()]):
        net(x)
    handle = net[0].register_forward_hook(lambda module, args, output: seen.append(output.detach()))
    norms.lean([*net.modules()], lambda: gradient(net, x), finite)
    handle.remove()
    assert torch.equal(seen[0], expected)


def test_half_precision_is_not_rounded_once_more() -> None:
    net = nn.Sequential(frozen(nn.Linear(3, 4)), frozen(nn.BatchNorm1d(4))).to(torch.bfloat16)
    _, names = folded(net, torch.randn(5, 3).to(torch.bfloat16))
    assert names & BATCH_NORMS


def test_weights_are_folded_anew_for_every_answer() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), frozen(nn.BatchNorm1d(4)), nn.Tanh(), nn.Linear(4, 2)).eval()
    x = torch.randn(1, 3)
    task = Explainer(net, x, {"target": 1, "n_steps": 9})
    for write in (lambda: net[0].weight.data.mul_(3), lambda: net[1].running_var.add_(1)):
        before = task.answer().attributions
        write()
        after = task.answer().attributions
        assert not torch.allclose(after, before)
        assert torch.equal(after, wl.attribute(net, x, target=1, n_steps=9).attributions)


def test_a_checkpoint_that_computes_layers_again_is_left_alone() -> None:
    from torch.utils.checkpoint import checkpoint

    class Checkpointed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.block = nn.Sequential(nn.Conv2d(3, 4, 3), frozen(nn.BatchNorm2d(4)), nn.Tanh())

        def forward(self, x: Tensor) -> Tensor:
            return checkpoint(self.block, x, use_reentrant=False).mean((2, 3))

    net, x = Checkpointed().eval(), torch.randn(1, 3, 6, 6)
    ours = wl.attribute(net, x, target=1, n_steps=8, rule="gausslegendre").attributions
    written = nn.Sequential(net.block, nn.AvgPool2d(4), nn.Flatten())
    plain = wl.attribute(written, x, target=1, n_steps=8, rule="gausslegendre")
    assert torch.allclose(ours, plain.attributions, rtol=1e-11, atol=1e-12)


def test_a_stand_in_given_to_a_checkpoint_is_not_used() -> None:
    from torch.utils.checkpoint import checkpoint

    def through(net: Steps, x: Tensor) -> Tensor:
        return checkpoint(net.norm, net.layer(x), use_reentrant=False)

    net, x = Steps(through).eval(), torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    ours, _ = folded(net, x)
    assert close(ours, gradient(net, x))


def test_a_stand_in_given_to_vmap_is_not_used() -> None:
    def through(net: Steps, x: Tensor) -> Tensor:
        return torch.func.vmap(lambda row: net.norm(row[None])[0])(net.layer(x))

    net, x = Steps(through).eval(), torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    ours, _ = folded(net, x)
    assert close(ours, gradient(net, x))
