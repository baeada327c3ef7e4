"""Rules that write, transform and measure: invariants of every one, and values worked out another way.

Oracles: a linear function of the relevant part alone; Euler's theorem (a function of degree one is its derivative times its
argument), with the derivative from autograd; numbers worked by hand.
"""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import whylight as wl
from tests.unit.models import REAL, points
from whylight.decomposition import Decomposed
from whylight.errors import MissingRuleError

N, C, L = 2, 4, 6
AT = torch.tensor([0, 2, 2, 1, 0, 3])
ALL = AT.expand(N, C, L)
WINDOW = torch.hann_window(8, dtype=REAL)


def zeros(*shape: int, dtype: torch.dtype = REAL) -> Tensor:
    return torch.zeros(*shape, dtype=dtype)


def assigned(x):
    made = torch.zeros(N, C, 9, dtype=REAL)
    made[:, :, 1:7] = x
    return made


def rows_of_a_view(x):
    made = zeros(len(x) * C * L + 3)[3:].view(-1, C, L)
    made[0] = x[0]
    made[1:] += x[1:]
    return made


def rows_taken_before(x):
    made = zeros(N, C, L)
    first, second = made.unbind(0)
    first.copy_(x[0])
    second.add_(x[1])
    return made


def nested_views(x):
    made = zeros(N, C, L)
    made[0][1] = x[0, 1]
    made[1][:, 2:][1:] = x[1][1:, 2:]
    return made


def spectrum_written_into_zeros(x):
    spectrum = torch.fft.rfft(x)
    made = zeros(N, C, 4, dtype=torch.complex128)
    made[..., :2] = torch.einsum("ncm,cm->ncm", spectrum[..., :2], torch.full((C, 2), 0.5 + 1j, dtype=torch.complex128))
    return torch.fft.irfft(made, n=L)


def into_places(x):
    rows, columns, places = torch.arange(N)[:, None, None], torch.arange(C)[None, :, None], torch.arange(L)[None, None]
    return zeros(N, C, 9).index_put_((rows, columns, places), x)


LINEAR = {
    "setitem": assigned,
    "rows of a view": rows_of_a_view,
    "rows taken before": rows_taken_before,
    "nested views": nested_views,
    "index_put_": into_places,
    "index_add_": lambda x: zeros(N, C, 5).index_add_(2, AT, x, alpha=2),
    "index_copy_": lambda x: zeros(N, C, 9).index_copy_(2, torch.arange(L), x),
    "index_fill": lambda x: x.index_fill(2, torch.tensor([1]), 0.0),
    "scatter_": lambda x: zeros(N, C, 9).scatter_(2, torch.arange(L).expand(N, C, L), x),
    "scatter_ a number": lambda x: x.clone().scatter_(2, ALL, 0.0),
    "scatter_add_": lambda x: zeros(N, C, 5).scatter_add_(2, index=ALL, src=x),
    "scatter_reduce_ sum": lambda x: zeros(N, C, 5).scatter_reduce_(2, ALL, x, "sum"),
    "scatter_reduce mean": lambda x: zeros(N, C, 5).scatter_reduce(2, ALL, x, reduce="mean", include_self=False),
    "index_reduce mean": lambda x: zeros(N, C, 5).index_reduce(dim=2, index=AT, source=x, reduce="mean"),
    "masked_scatter": lambda x: zeros(N, C, L).masked_scatter(torch.ones(N, C, L) > 0, x),
    "masked_scatter_": lambda x: zeros(N, 2 * C, L).masked_scatter_((torch.arange(2 * C) % 2 > 0)[:, None], x),
    "masked_fill": lambda x: x.masked_fill(mask=torch.arange(L) > 3, value=0.0),
    "masked_fill with an activation": lambda x: zeros(N, C).masked_fill(torch.arange(C) > 1, x.mean()),
    "fill_": lambda x: zeros(3).fill_(x.mean()),
    "slice_scatter": lambda x: torch.slice_scatter(zeros(N, C, 9), x, 2, 1, 7),
    "select_scatter": lambda x: zeros(N, C, L).select_scatter(x[:, 0], 1, 2),
    "diagonal_scatter": lambda x: zeros(L, L).diagonal_scatter(x[0, 0]),
    "pad": lambda x: functional.pad(x, pad=(1, 2)),
    "block_diag": lambda x: torch.block_diag(x[0], x[1]),
    "diag_embed": torch.diag_embed,
    "meshgrid": lambda x: torch.meshgrid(x[0, 0], x[0, 1], indexing="ij")[0],
    "complex": lambda x: torch.complex(x, 2 * x).imag,
    "rfft, irfft": lambda x: torch.fft.irfft(torch.fft.rfft(x) * torch.arange(4), n=L),
    "rfft2, irfft2": lambda x: torch.fft.irfft2(torch.fft.rfft2(x)[..., :3], s=(C, L)),
    "fft, ifft": lambda x: torch.fft.ifft(torch.fft.fft(x) * torch.arange(L)).real,
    "fft2, ifft2": lambda x: torch.view_as_real(torch.fft.ifft2(torch.fft.fft2(x) * 1j)),
    "fftn, ifftn": lambda x: torch.fft.ifftn(torch.fft.fftn(x, dim=(1, 2)) * 1j, dim=(1, 2)).imag,
    "hfft": lambda x: torch.fft.fftshift(torch.fft.hfft(x), dim=-1),
    "stft": lambda x: torch.stft(x.flatten(1), 8, window=WINDOW, return_complex=True).real,
    "a layer in Fourier space": spectrum_written_into_zeros,
    "conv_tbc": lambda x: torch.conv_tbc(x, points(3, L, 2), zeros(2), 1),
    "prototypes on one side of bilinear": lambda x: functional.bilinear(x, points(N, C, 3), points(5, L, 3)),
}
OF_DEGREE_ONE = {
    **{f"lp_pool1d {p}": lambda x, p=p: functional.lp_pool1d(x, p, 2) for p in (1, 2, 4, math.inf)},
    **{f"lp_pool2d {p}": lambda x, p=p: functional.lp_pool2d(x, p, 2, stride=1, ceil_mode=True) for p in (1, 2, 4)},
    "lp_pool3d": lambda x: functional.lp_pool3d(x[None], 2, 2),
    **{f"pairwise_distance {p}": lambda x, p=p: functional.pairwise_distance(x, x.flip(1), p, eps=0) for p in (1, 2)},
    "dist": lambda x: torch.dist(x[0], x[1], 3),
}
OTHERS = {
    "scatter_reduce_ amax": lambda x: zeros(N, C, 5).scatter_reduce_(2, ALL, x, "amax", include_self=False),
    "scatter_reduce amin": lambda x: torch.scatter_reduce(x, 2, ALL, x, reduce="amin"),
    "scatter_reduce prod": lambda x: x.scatter_reduce(2, ALL, x, "prod"),
    "index_reduce amax": lambda x: x.index_reduce(2, AT, x, "amax", include_self=False),
    **{f"cdist {p}": lambda x, p=p: torch.cdist(x, x[:, :2], p) for p in (1, 2, 3.5, math.inf)},
    "local_response_norm": lambda x: functional.local_response_norm(x, 3, 0.5, 0.75, 2.0),
    "local_response_norm of a picture": lambda x: functional.local_response_norm(x[..., None], 2, alpha=1.0),
    "bilinear": lambda x: functional.bilinear(x, x.flip(1), points(3, L, L)),
    "bilinear with a bias": lambda x: functional.bilinear(x, x.flip(1), points(3, L, L), points(3)),
    "distances to prototypes": lambda x: torch.cdist(x, points(5, L, seed=3)),
    "the largest distance to prototypes": lambda x: torch.cdist(x, points(5, L, seed=3), p=math.inf),
    "pairwise_distance": lambda x: functional.pairwise_distance(x, points(L), keepdim=True),
    "amplitudes": lambda x: torch.fft.rfft(x).abs(),
    "power": lambda x: torch.view_as_real(torch.fft.fftn(x)).square().sum(-1),
    "complex bias": lambda x: (torch.fft.fft(x) + (1 + 2j)).real,
    "prod": lambda x: x.prod(2),
    "cummax": lambda x: torch.cummax(x, 2).values,
    "aminmax": lambda x: torch.sub(*reversed(x.aminmax(dim=2))),
    "clamp_max": lambda x: x.clamp_max(0.5),
    "addcdiv": lambda x: torch.addcdiv(x, tensor1=x, tensor2=1 + x * x),
}
EVERY = {**LINEAR, **OF_DEGREE_ONE, **OTHERS}


def split(x: Tensor, seed: int = 5) -> Decomposed:
    return Decomposed.of(x.clone(), x * (torch.rand(x.shape, generator=torch.Generator().manual_seed(seed)) > 0.5))


@pytest.mark.filterwarnings("ignore:index_reduce")
@pytest.mark.parametrize("name", EVERY)
@torch.no_grad()
def test_parts_are_those_of_the_total_and_of_nothing(name):
    f, x = EVERY[name], points(N, C, L)
    total = f(x.clone())
    for relevant in (split(x).relevant, x, zeros(N, C, L)):
        found = f(Decomposed.of(x.clone(), relevant.clone()))
        assert torch.allclose(found.total, total, rtol=1e-12, atol=1e-12)
        assert torch.allclose(found.relevant + found.irrelevant, total, rtol=1e-12, atol=1e-12)
        if relevant is x:
            assert torch.allclose(found.relevant, total, rtol=1e-9, atol=1e-9)
    assert not found.relevant.any()


@pytest.mark.filterwarnings("ignore:index_reduce")
@pytest.mark.parametrize("name", LINEAR)
@torch.no_grad()
def test_the_relevant_part_of_a_linear_function_is_that_of_the_relevant_input(name):
    x = split(points(N, C, L))
    assert torch.allclose(LINEAR[name](x).relevant, LINEAR[name](x.relevant.clone()), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", OF_DEGREE_ONE)
def test_norms_are_weighted_sums(name):
    f, x = OF_DEGREE_ONE[name], split(points(N, C, L))
    _, slope = torch.autograd.functional.jvp(f, x.total, x.relevant)
    assert torch.allclose(f(x).relevant, slope, rtol=1e-9, atol=1e-9)


BY_NAME = {
    "scatter_reduce": lambda x: torch.scatter_reduce(
        input=x, dim=2, index=ALL, src=x, reduce="amax", include_self=False
    ),
    "scatter": lambda x: x.scatter(dim=2, index=ALL, value=3.0),
    "index_add": lambda x: torch.index_add(input=x, dim=2, index=AT, source=x),
    "index_put": lambda x: x.index_put(indices=(torch.tensor([0]),), values=x[:1], accumulate=True),
    "masked_fill": lambda x: x.masked_fill(mask=x > 0, value=1.0),
    "copy_": lambda x: zeros(N, C, L).copy_(other=x, non_blocking=True),
    "where": lambda x: torch.where(condition=x > 0, input=x, other=-x),
    "where, a method": lambda x: x.where(condition=x > 0, other=-x),
    "lerp": lambda x: torch.lerp(x, end=x.flip(0), weight=0.25),
    "addcmul": lambda x: torch.addcmul(x, tensor1=x, tensor2=x, value=2),
    "addr": lambda x: torch.addr(x[0, 0, :, None] + x[0, 0], vec1=x[0, 0], vec2=x[0, 1]),
    "clamp_min": lambda x: torch.clamp_min(x, min=0.0),
    "pad": lambda x: functional.pad(input=x, pad=(1, 1), value=2.0),
    "cdist": lambda x: torch.cdist(x1=x, x2=2 * x),
    "pairwise_distance": lambda x: functional.pairwise_distance(x1=x, x2=x.flip(0)),
    "cosine_similarity": lambda x: functional.cosine_similarity(x1=x, x2=x.flip(0), dim=-1),
    "bilinear": lambda x: functional.bilinear(input1=x, input2=x, weight=points(2, L, L), bias=None),
    "local_response_norm": lambda x: functional.local_response_norm(input=x, size=3, k=2.0),
    "lp_pool1d": lambda x: functional.lp_pool1d(input=x, norm_type=2, kernel_size=2, ceil_mode=True),
    "rfft": lambda x: torch.fft.rfft(input=x, n=L, dim=-1, norm="ortho").real,
    "cummax": lambda x: torch.cummax(x, dim=1)[0],
}


@pytest.mark.parametrize("name", BY_NAME)
@torch.no_grad()
def test_arguments_may_be_given_by_name(name):
    x = split(points(N, C, L))
    found = BY_NAME[name](x)
    assert torch.allclose(found.total, BY_NAME[name](x.total.clone()))
    assert found.relevant.any()


def test_an_odd_power_pools_sizes():
    x = split(points(N, C, L).abs() + 0.1)
    f = lambda t: functional.lp_pool1d(t, 3.0, kernel_size=2, stride=1)
    assert torch.allclose(f(x).relevant, torch.autograd.functional.jvp(f, x.total, x.relevant)[1], rtol=1e-9)


@pytest.mark.parametrize("p", [1, 2, 3.5, math.inf])
def test_distances_of_all_rows_are_weighted_sums(p):
    x, y = split(points(N, C, L)), split(points(N, 3, L, seed=4), 6)
    written_out = lambda a, b: torch.linalg.vector_norm(a[:, :, None] - b[:, None], p, -1)
    _, slope = torch.autograd.functional.jvp(written_out, (x.total, y.total), (x.relevant, y.relevant))
    assert torch.allclose(torch.cdist(x, y, p).relevant, slope, rtol=1e-9, atol=1e-9)


def test_power_pooling_by_hand():
    x = Decomposed.of(torch.tensor([[[3.0, 4.0]]]), torch.tensor([[[3.0, 0.0]]]))
    assert functional.lp_pool1d(x, 2, 2).relevant.item() == pytest.approx(9 / 5)
    assert functional.lp_pool1d(x, math.inf, 2).relevant.item() == 0
    assert not functional.lp_pool1d(Decomposed.of(torch.zeros(1, 1, 2), torch.ones(1, 1, 2)), 2, 2).relevant.any()


def reduced(reduce: str, mask: list[float], *, include_self: bool = True, start: float = 0.0) -> Decomposed:
    x = torch.tensor([1.0, 2.0, 2.0, 5.0])
    into = torch.full((3,), start)
    at = torch.tensor([0, 0, 0, 1])
    return into.scatter_reduce_(
        0, at, Decomposed.of(x, x * torch.tensor(mask)), reduce=reduce, include_self=include_self
    )


@pytest.mark.parametrize(
    ("reduce", "mask", "total", "relevant"),
    [
        ("sum", [1, 0, 1, 0], [5, 5, 0], [3, 0, 0]),
        ("mean", [1, 0, 1, 1], [5 / 4, 5 / 2, 0], [3 / 4, 5 / 2, 0]),
        ("amax", [1, 1, 0, 1], [2, 5, 0], [1, 5, 0]),  # of two equal ones each has half
        ("amin", [1, 1, 1, 1], [0, 0, 0], [0, 0, 0]),  # the zeros that were there
        ("prod", [1, 1, 1, 1], [0, 0, 0], [0, 0, 0]),
    ],
)
def test_reductions_by_hand(reduce, mask, total, relevant):
    found = reduced(reduce, mask)
    assert found.total.tolist() == pytest.approx(total)
    assert found.relevant.tolist() == pytest.approx(relevant)


@pytest.mark.parametrize(
    ("reduce", "mask", "total", "relevant"),
    [
        ("mean", [1, 0, 1, 1], [5 / 3, 5, 7], [1, 5, 0]),
        ("amin", [1, 1, 0, 0], [1, 5, 7], [1, 0, 0]),
        ("prod", [1, 1, 1, 0], [4, 5, 7], [4, 0, 0]),
        ("prod", [1, 0, 1, 1], [4, 5, 7], [0, 5, 0]),
    ],
)
def test_reductions_without_what_was_there(reduce, mask, total, relevant):
    found = reduced(reduce, mask, include_self=False, start=7.0)
    assert found.total.tolist() == pytest.approx(total)
    assert found.relevant.tolist() == pytest.approx(relevant)


def test_a_constant_factor_scales_a_product():
    assert reduced("prod", [1, 1, 1, 1], start=3.0).relevant.tolist() == [
        12,
        15,
        0,
    ]  # nothing of the constant where it stands alone
    x, both = torch.tensor([2.0, 3.0]), torch.tensor([0, 0])
    found = torch.ones(2).scatter(0, both, Decomposed.of(x, x), reduce="multiply")
    assert found.relevant.tolist() == [6, 0]


def test_a_complex_bias_goes_by_sizes():
    x = Decomposed.of(torch.tensor([1.0, 1.0]), torch.tensor([1.0, 0.0]))
    found = torch.fft.fft(x) + 2  # (2, 0) + 2, of which (1, 1) and half of each bias
    assert torch.equal(found.relevant, torch.tensor([2, 2], dtype=torch.complex64))


def test_a_local_response_norm_holds_its_divisor():
    x = split(points(N, C, L))
    f = lambda t: functional.local_response_norm(t, 3, 0.5)
    assert torch.allclose(f(x).relevant, x.relevant * f(x.total) / x.total)


def test_the_product_of_a_bilinear_layer():
    layer, x = nn.Bilinear(L, L, 3, bias=False).to(REAL), split(points(N, L))
    expected = torch.einsum("ni,oij,nj->no", x.relevant, layer.weight, 2 * x.relevant)
    assert torch.allclose(layer(x, 2 * x).relevant, expected)


def test_distances_to_prototypes_are_logits():
    x = torch.tensor([[3.0, 4.0]], dtype=REAL)
    found = wl.contextual_decomposition(
        lambda z: -torch.cdist(z, zeros(2, 2)), x, torch.tensor([[1, 0], [1, 1]]), target=0
    )
    assert found.score.tolist() == pytest.approx([-9 / 5, -5])


def test_what_has_no_length_has_no_parts():
    x = Decomposed.of(torch.ones(1, 3), torch.tensor([[1.0, 0.0, 0.0]]))
    for p in (1, 2, 3.5, math.inf):
        assert torch.cdist(x, torch.ones(1, 3), p).relevant.item() == 0


# ---------------------------------------------------------------- tensors a model makes and writes into


def state_of(model: nn.Module) -> list:
    return [(name, type(t), t.tolist()) for name, t in (*model.named_buffers(), *model.named_parameters())]


class Keeps(nn.Module):
    """Writes into a buffer of its own, or into an attribute."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.register_buffer("buffer", zeros(1, 3))
        self.attribute, self.name = zeros(1, 3), name

    def forward(self, x):
        kept = getattr(self, self.name)
        kept[:] = x
        return kept * 2


@pytest.mark.parametrize("name", ["buffer", "attribute"])
def test_what_the_model_keeps_is_not_written_into(name):
    model = Keeps(name)
    before = state_of(model)
    with pytest.raises(MissingRuleError, match=r"__setitem__ in the model \(Keeps\).*that the model keeps"):
        wl.contextual_decomposition(model, points(1, 3), torch.tensor([1, 0, 0]))
    assert type(model.attribute) is Tensor
    assert state_of(model) == before


@pytest.mark.parametrize("fails", [False, True])
def test_a_tensor_of_somebody_elses_is_ordinary_again(fails):
    theirs = zeros(1, 3)

    def model(x):
        theirs[:] = x
        if fails:
            raise ValueError("no")
        return (theirs * 2)[:, :2]

    x = points(1, 3)
    if fails:
        with pytest.raises(ValueError, match="no"):
            wl.contextual_decomposition(model, x, torch.tensor([1, 0, 0]))
    else:
        assert wl.contextual_decomposition(model, x, torch.tensor([1, 0, 0])).relevant.tolist() == [
            [2 * x[0, 0].item(), 0]
        ]
    assert type(theirs) is Tensor
    assert torch.equal(theirs, x)
    assert not hasattr(theirs, "_relevant")


def test_what_was_written_into_can_be_returned():
    def model(x):
        made = torch.zeros(len(x), 2, dtype=x.dtype)
        made[:, 0], made[:, 1] = x.sum(1), x[:, 0]
        return {"deep": [made], "logits": made}

    x = torch.tensor([[1.0, 2.0, 4.0]], dtype=REAL)
    masks = torch.tensor([[1, 0, 0], [0, 1, 1]])
    assert wl.contextual_decomposition(model, x, masks).relevant.tolist() == [[1, 1], [6, 0]]
    deep = wl.contextual_decomposition(model, x, masks, target=lambda outputs: outputs["deep"][0][:, 1])
    assert deep.score.tolist() == [1, 0]


def test_parts_written_into_are_differentiable():
    weight = torch.tensor([2.0, 3.0], dtype=REAL, requires_grad=True)

    def model(x):
        made = torch.zeros(1, 2, dtype=REAL)
        made[:, 1] += (x * weight).sum(1)
        return made

    found = wl.contextual_decomposition(model, torch.ones(1, 2, dtype=REAL), torch.tensor([1, 0]), create_graph=True)
    found.score.sum().backward()
    assert weight.grad.tolist() == [1, 0]
