"""Tensors of every kind that people hold: subclasses, rows of one number, whole numbers; sparse ones are told."""

import pytest
import torch
from torch import nn

import whylight as wl
from tests.unit.models import conv_net, mlp, points
from whylight.results.attribution import Attribution
from whylight.tensors import as_tuple


class Loud(torch.Tensor):
    """As fastai's TensorImage: a subclass that comes along through every operation."""


class Refusing(torch.Tensor):
    """A subclass that minds what is done with it."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func in (torch.Tensor.clone, torch.cat):
            raise RuntimeError("not with me")
        return super().__torch_function__(func, types, args, kwargs or {})


def same(one: Attribution, other: Attribution) -> bool:
    pairs = zip(as_tuple(one.attributions), as_tuple(other.attributions), strict=True)
    return all(torch.equal(a, b) and type(a) is torch.Tensor for a, b in pairs)


@pytest.mark.parametrize("kind", [Loud, Refusing, nn.Parameter])
@pytest.mark.parametrize("method", ["integrated_gradients", "smoothgrad", "occlusion", "guided_ig", "blur_ig", "ggig"])
def test_a_subclass_changes_nothing(kind, method):
    net, x, b = conv_net().eval(), points(1, 3, 8, 8), points(1, 3, 8, 8, seed=3)
    given = (lambda t: nn.Parameter(t.clone())) if kind is nn.Parameter else lambda t: t.clone().as_subclass(kind)
    options = {"target": 0, "method": method}
    assert same(wl.attribute(net, given(x), baseline=given(b), **options), wl.attribute(net, x, baseline=b, **options))


def test_a_subclass_out_of_preprocess():
    net, picture = conv_net(dtype=torch.float32).eval(), points(3, 8, 8, dtype=torch.float32)
    made = lambda p: (2 * p).as_subclass(Loud)
    found = wl.attribute(net, picture, preprocess=made, target=0, n_steps=9)
    assert same(found, wl.attribute(net, picture, preprocess=lambda p: 2 * p, target=0, n_steps=9))


@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (lambda x: x.to_sparse(), r"sparse; give a dense one: \.to_dense\(\)"),
        (
            lambda x: torch.nested.nested_tensor(list(x), layout=torch.jagged),
            "nested; give a dense one: torch.nested.to_padded_tensor",
        ),
    ],
)
def test_tensors_that_are_not_dense_are_told(make, hint):
    with pytest.raises(TypeError, match=hint):
        wl.attribute(mlp(), make(points(2, 5)))


# ---------------------------------------------------------------- rows of one number


def bent(x):
    return (2 * x).tanh() + 0.5 * x


ALL = ["integrated_gradients", "input_gradient", "input_x_gradient", "finite_differences", "occlusion"]
ALL += ["contextual_decomposition", "idgi", "ggig", "split_ig", "guided_ig"]


@pytest.mark.parametrize("n", [1, 4])
@pytest.mark.parametrize("method", ALL)
def test_a_row_of_one_number_is_a_row_of_one_column(method, n):
    x = points(n)
    found = wl.attribute(bent, x, method=method)
    column = wl.attribute(lambda x: bent(x[:, 0]), x[:, None], method=method)
    assert found.attributions.shape == x.shape
    assert torch.allclose(found.attributions, column.attributions[:, 0], rtol=0, atol=1e-12)
    assert found.attributions.abs().min() > 0


@pytest.mark.parametrize("method", ["occlusion", "finite_differences", "contextual_decomposition"])
def test_rows_of_one_number_beside_others(method):
    a, b = points(3), points(3, 2, seed=5)
    model = lambda a, b: 2 * a + (b * torch.tensor([1.0, -3.0])).sum(1)
    found = wl.attribute(model, (a, b), method=method).attributions
    ratio = 1 if method == "finite_differences" else None
    expected = (
        (torch.full_like(a, 2), torch.tensor([[1.0, -3.0]]).expand(3, 2))
        if ratio
        else (2 * a, b * torch.tensor([1.0, -3.0]))
    )
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one.double(), other.double(), rtol=0, atol=1e-8)


def test_groups_and_effects_of_rows_of_one_number():
    x = points(3)
    parts = wl.contextual_decomposition(bent, x, torch.tensor([1, 0, 1]))
    assert torch.allclose(parts.score, torch.where(torch.tensor([True, False, True]), bent(x), 0), rtol=0, atol=1e-12)
    assert wl.effects(bent, x).mean[0, 0] == pytest.approx(wl.jacobian(bent, x).mean().item())


# ---------------------------------------------------------------- whole numbers


WORTH = torch.tensor([0.0, 1.0, 4.0, -2.0, 9.0, 3.0], dtype=torch.float64)


def looked_up(x):
    """A table of worths, which has no gradient: the second place counts double."""
    return WORTH[x.long()] @ torch.tensor([1.0, 2.0], dtype=torch.float64)


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint8])
def test_whole_numbers_are_predicted_for_as_they_are(dtype):
    x = torch.tensor([[1, 4], [2, 3]], dtype=dtype)
    assert wl.attribute(looked_up, x, method="occlusion").attributions.tolist() == [[1, 18], [4, -4]]
    other = torch.tensor([[2, 5]], dtype=dtype)
    assert wl.attribute(looked_up, x, method="occlusion", baseline=other).attributions.tolist() == [[-3, 12], [0, -10]]
    for scheme in ("central", "central4", "forward"):
        found = wl.attribute(looked_up, x, method=wl.methods.FiniteDifferences(scheme))
        assert found.attributions.tolist() == [[3, -12], [-6, 22]]
    slopes = wl.jacobian(looked_up, x, method="finite_differences")
    assert slopes[:, 0].tolist() == [[3, -12], [-6, 22]]


def test_flags_are_toggled_and_the_largest_number_falls():
    flags = torch.tensor([[True, False]])
    assert wl.attribute(looked_up, flags, method="finite_differences").attributions.tolist() == [[1, 2]]
    most = torch.tensor([[255, 1]], dtype=torch.uint8)
    square = lambda x: x.double().square().sum(1)
    assert wl.attribute(square, most, method="finite_differences").attributions.tolist() == [[255**2 - 254**2, 3]]


def test_whole_numbers_keep_their_dtype_beside_real_ones():
    seen = set()

    def model(n, x):
        seen.add((n.dtype, x.dtype))
        return WORTH[n] * x.sum(1)

    n, x = torch.tensor([1, 2]), points(2, 3)
    found = wl.attribute(model, (n, x), method="occlusion").attributions
    assert torch.allclose(found[0], WORTH[n] * x.sum(1))
    assert torch.allclose(found[1], WORTH[n][:, None] * x)
    slopes = wl.attribute(model, (n, x), method="finite_differences").attributions
    assert torch.allclose(slopes[0], (WORTH[n + 1] - WORTH[n]) * x.sum(1))
    assert torch.allclose(slopes[1], WORTH[n][:, None].expand(2, 3), atol=1e-6)
    assert seen == {(torch.int64, torch.float64)}


def test_a_widget_of_whole_numbers_shows_what_can_be_shown():
    widget = wl.explain(looked_up, torch.tensor([[1, 4]]), method="occlusion")
    assert widget.wait().attributions.tolist() == [[1, 18]]


def test_groups_of_whole_numbers():
    x = torch.tensor([[1, 4]])
    product = lambda x: WORTH[x[:, 0]] * WORTH[x[:, 1]]
    assert wl.interaction(product, x, [0], [1], scorer="occlusion", method="occlusion") == -9
    with pytest.raises(TypeError, match="splits real numbers"):
        wl.interaction(product, x, [0], [1], method="occlusion")


def test_what_whole_numbers_cannot_be_is_told():
    x = torch.tensor([[1, 4]])
    for options in ({}, {"method": "smoothgrad"}, {"method": "integrated_gradients"}):
        with pytest.raises(TypeError, match=r"no gradient.*method='occlusion' or 'finite_differences'"):
            wl.attribute(looked_up, x, **options)
    with pytest.raises(ValueError, match="Give whole numbers"):
        wl.attribute(looked_up, x, method="occlusion", baseline=0.5)
    with pytest.raises(ValueError, match="Known: zero"):
        wl.attribute(looked_up, x, method="occlusion", baseline="noise")


# ---------------------------------------------------------------- masks


def test_a_mask_shaped_like_one_sample():
    x, weight = points(1, 24, 3), points(24, 3, seed=9)
    model = lambda x: (x * weight).sum((1, 2))
    mask = points(24, 3, seed=2) > 0
    found = wl.contextual_decomposition(model, x, mask)
    assert found.score.item() == pytest.approx((x[0] * weight)[mask].sum().item(), abs=1e-12)
    assert torch.equal(found.score, wl.contextual_decomposition(model, x, mask[None]).score)
    steps = torch.arange(24) % 2 == 0
    assert wl.contextual_decomposition(model, x, steps).score.item() == pytest.approx(
        (x[0] * weight)[steps].sum().item()
    )


def test_rows_of_one_number_have_average_gradients():
    """Also where the factor (x - x') is left out."""
    x = points(3)
    method = wl.methods.IntegratedGradients(n_steps=9, multiply_by_inputs=False)
    found = wl.attribute(lambda x: x**2, x, method=method)
    assert torch.allclose(found.attributions, x, rtol=0, atol=1e-12)
