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
