"""Pictures: every kind that is accepted, what the model sees, black and white in its units, and the view."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch import nn

import whylight as wl
from tests.unit.models import conv_net
from whylight.inputs import prepare
from whylight.inputs.image import to_pixels
from whylight.views.features import FeatureView
from whylight.views.image import ImageView

RGB = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
GREY = RGB[..., 0]
MEAN, STD = torch.tensor([0.5, 0.4, 0.3]).reshape(3, 1, 1), torch.tensor([0.2, 0.3, 0.4]).reshape(3, 1, 1)


def unit(picture) -> torch.Tensor:
    return torch.from_numpy(np.array(picture)).float().permute(2, 0, 1) / 255


def normalise(picture) -> torch.Tensor:
    return (unit(picture) - MEAN) / STD


def seen(x, **options) -> torch.Tensor:
    """The tensor the model gets."""
    return prepare(lambda x: x.flatten(1).sum(1), x, **options).inputs[0]


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (RGB, unit(RGB)),
        (GREY, torch.from_numpy(GREY).float()[None] / 255),
        (GREY[..., None], torch.from_numpy(GREY).float()[None] / 255),
        (Image.fromarray(RGB), unit(RGB)),
        (Image.fromarray(GREY), torch.from_numpy(GREY).float()[None] / 255),
        (Image.fromarray(np.dstack([RGB, GREY])), unit(RGB)),
        (Image.fromarray(GREY).convert("P"), unit(np.dstack([GREY] * 3))),
    ],
    ids=["HWC", "HW", "HW1", "RGB", "L", "RGBA", "P"],
)
def test_what_the_model_sees_without_preprocess(x, expected):
    found = seen(x)
    assert found.shape == (1, *expected.shape)
    assert torch.allclose(found[0], expected)


@pytest.mark.parametrize("x", [RGB, Image.fromarray(RGB)], ids=["array", "PIL"])
@pytest.mark.parametrize("batch", [False, True])
def test_preprocess_gets_the_picture_as_given(x, batch):
    kinds = []

    def preprocess(picture):
        kinds.append(type(picture))
        return normalise(picture)[None] if batch else normalise(picture)

    assert torch.equal(seen(x, preprocess=preprocess)[0], normalise(RGB))
    assert set(kinds) == {type(x) if isinstance(x, np.ndarray) else Image.Image, type(x)}


def test_a_float_picture_with_preprocess():
    picture = torch.rand(3, 8, 8)
    assert torch.equal(seen(picture, preprocess=lambda p: (p - MEAN) / STD)[0], (picture - MEAN) / STD)


def test_pictures_follow_the_models_dtype():
    found = wl.attribute(conv_net(dtype=torch.float64), RGB, target=0, n_steps=3)
    assert found.baselines[0].tensors[0].dtype == torch.float64
    assert found.attributions.shape == (1, 3, 8, 8)


@pytest.mark.parametrize("x", [RGB, Image.fromarray(RGB)], ids=["array", "PIL"])
def test_black_and_white_are_in_the_models_units(x):
    found = prepare(lambda x: x, x, preprocess=normalise)
    assert found.default_baseline == "black"
    (black,), (white,) = (found.baselines[name].make(found.inputs) for name in ("black", "white"))
    assert torch.allclose(black[0], ((0 - MEAN) / STD).expand(3, 8, 8))
    assert torch.allclose(white[0], ((1 - MEAN) / STD).expand(3, 8, 8))
    (noise,) = found.baselines["noise"].make(found.inputs)
    assert (noise >= black).all()
    assert (noise <= white).all()
    names = ["black", "white", "mean", "blur", "noise", "gaussian_noise", "max_distance", "zero"]
    assert list(found.baselines) == names


def test_preprocessing_that_cannot_take_plain_pictures_leaves_zero():
    def own_range(picture):
        x = unit(picture)
        if x.std() == 0:
            raise ValueError("no contrast")
        return (x - x.mean()) / x.std()

    found = prepare(lambda x: x, RGB, preprocess=own_range)
    assert found.default_baseline == "zero"
    assert "black" not in found.baselines
    assert wl.attribute(lambda x: x.flatten(1).sum(1), RGB, preprocess=own_range, n_steps=3).attributions.shape == (
        1,
        3,
        8,
        8,
    )


def test_preprocessing_that_divides_by_the_contrast_leaves_zero():
    found = prepare(lambda x: x, RGB, preprocess=lambda p: (unit(p) - unit(p).mean()) / unit(p).std())
    assert found.default_baseline == "zero"


@pytest.mark.parametrize("x", [RGB, Image.fromarray(RGB)], ids=["array", "PIL"])
@pytest.mark.parametrize("preprocess", [None, normalise])
def test_the_picture_drawn_is_the_one_given(x, preprocess):
    view = prepare(lambda x: x, x, preprocess=preprocess).view
    assert isinstance(view, ImageView)
    assert np.array_equal(view.pixels, RGB)
    assert view.pixels.dtype == np.uint8


def test_a_resized_picture_is_drawn_as_the_model_saw_it():
    view = prepare(lambda x: x, Image.fromarray(RGB), preprocess=lambda p: normalise(p)[:, ::2, ::2]).view
    assert view.pixels.shape == (4, 4, 3)
    assert np.abs(view.pixels.astype(int) - RGB[::2, ::2]).max() <= 1


def test_grey_pictures_are_drawn_in_three_channels():
    assert np.array_equal(prepare(lambda x: x, GREY).view.pixels, np.dstack([GREY] * 3))


def test_baselines_can_be_drawn():
    found = wl.attribute(
        conv_net(dtype=torch.float32), RGB, preprocess=normalise, target=0, baseline=["black", "white"], n_steps=2
    )
    black, white = (found.view.show(b.tensors[0]) for b in found.baselines)
    assert (black == 0).all()
    assert (white == 255).all()


def test_to_pixels_spreads_over_the_tensors_own_range():
    x = torch.linspace(-3, 5, 12).reshape(1, 1, 3, 4)
    found = to_pixels(x)
    assert found.shape == (3, 4, 3)
    assert (found.min(), found.max()) == (0, 255)
    assert (to_pixels(torch.zeros(1, 3, 2, 2)) == 0).all()


def test_the_view_sums_channels_and_keeps_them():
    view = prepare(lambda x: x, RGB).view
    values, errors = np.arange(192.0).reshape(1, 3, 8, 8), np.ones((1, 3, 8, 8))
    arrays = view.arrays(values, errors)
    assert np.array_equal(arrays["values"], values[0].sum(0))
    assert np.array_equal(arrays["channels"], values[0])
    assert (arrays["error"] == 3).all()
    assert "channels" not in prepare(lambda x: x, GREY).view.arrays(values[:, :1], errors[:, :1])


def test_attributions_of_a_picture_equal_those_of_its_tensor():
    net = conv_net(dtype=torch.float32)
    picture = wl.attribute(net, RGB, preprocess=normalise, target=1, baseline=0.0, n_steps=9)
    tensor = wl.attribute(net, normalise(RGB)[None], target=1, baseline=0.0, n_steps=9)
    assert torch.equal(picture.attributions, tensor.attributions)


def test_black_is_the_default_and_completeness_starts_there():
    net = conv_net(dtype=torch.float64).eval()
    found = wl.attribute(net, RGB, preprocess=normalise, target=1, n_steps=2000)
    black = ((0 - MEAN) / STD).expand(1, 3, 8, 8).double()
    assert found.baseline_score.item() == pytest.approx(net(black)[0, 1].item(), abs=1e-6)
    assert found.relative_gap.item() < 0.01


def test_tensors_that_look_like_a_picture_are_drawn():
    one = torch.rand(1, 3, 8, 8)
    assert isinstance(prepare(nn.Identity(), one).view, ImageView)
    assert set(prepare(nn.Identity(), one).baselines) >= {"black", "white", "blur", "zero", "mean", "noise"}
    assert "black" not in prepare(nn.Identity(), one * 3 - 1).baselines
    assert prepare(nn.Identity(), torch.rand(2, 3, 8, 8)).view is None
    assert isinstance(prepare(nn.Identity(), torch.rand(1, 8)).view, FeatureView)
    assert prepare(nn.Identity(), torch.rand(1, 2, 2, 2, 2, 5000)).view is None


def test_rows_have_feature_names():
    view = prepare(nn.Identity(), torch.rand(1, 2), feature_names=["age", "height"]).view
    assert list(view.names) == ["age", "height"]
    assert list(prepare(nn.Identity(), torch.rand(1, 2)).view.names) == ["feature 0", "feature 1"]
    assert list(prepare(nn.Identity(), torch.rand(1, 1, 1, 2)).view.names) == ["(0, 0, 0)", "(0, 0, 1)"]


def test_preprocessing_with_parameters():
    scale = nn.Parameter(torch.ones(3, 1, 1))
    found = wl.attribute(
        conv_net(dtype=torch.float32), RGB, preprocess=lambda p: normalise(p) * scale, target=0, n_steps=3
    )
    assert not found.attributions.requires_grad


def square(size: int) -> Image.Image:
    pixels = np.zeros((size, size, 3), np.uint8)
    pixels[10:18, 40:48] = 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize("move", [ImageOps.mirror, lambda p: p.resize((96, 96)).crop((16, 16, 80, 80))])
def test_the_picture_shown_is_the_one_the_model_sees(move):
    """Preprocessing may keep the size and still move pixels."""
    preprocess = lambda picture: torch.from_numpy(np.asarray(move(picture)).copy()).permute(2, 0, 1).float() / 127.5 - 1
    found = wl.attribute(lambda x: x.sum((1, 2, 3)), square(64), preprocess=preprocess)
    heat = found.attributions[0].sum(0)
    shown = torch.from_numpy(found.view.pixels[..., 0].astype(float))
    assert torch.allclose(heat / heat.max(), shown / 255, atol=1e-2)


def test_probes_have_the_mode_of_the_picture_and_may_fail():
    def onto_white(picture):
        ground = Image.new("RGB", picture.size, "white")
        ground.paste(picture, mask=picture.split()[3])
        return torch.from_numpy(np.asarray(ground).copy()).permute(2, 0, 1).float() / 255

    found = wl.attribute(lambda x: x.sum((1, 2, 3)), square(16 * 4).convert("RGBA"), preprocess=onto_white)
    assert found.provenance["baseline"] == ["black"]

    def strict(picture):
        tensor = torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1).float()
        assert tensor.std() > 0
        return tensor

    assert wl.attribute(lambda x: x.sum((1, 2, 3)), square(64), preprocess=strict).provenance["baseline"] == ["zero"]


def test_deep_pictures_are_named():
    with pytest.raises(ValueError, match="more than 8 bits"):
        wl.attribute(lambda x: x.sum((1, 2, 3)), Image.new("I;16", (8, 8), 4000))


def test_a_file_name_is_no_sentence():
    with pytest.raises(TypeError, match=r"PIL.Image.open\('dog.jpg'\)"):
        wl.attribute(torch.nn.Linear(2, 2), "dog.jpg")


@pytest.mark.parametrize(
    "kind", [lambda x: [x.numpy()], lambda x: [x], lambda x: x[None]], ids=["arrays", "tensors", "one"]
)
def test_a_hugging_face_processor_serves_as_preprocess(kind):
    expected = seen(RGB, preprocess=normalise)
    assert torch.equal(seen(RGB, preprocess=lambda picture: {"pixel_values": kind(normalise(picture))}), expected)


def test_class_names_of_a_hugging_face_model_name_the_target_of_a_picture():
    net = conv_net(dtype=torch.float32)
    net.config = SimpleNamespace(id2label={0: "ant", 1: "bee", 2: "cat"})
    assert wl.attribute(net, RGB, target="bee", n_steps=3).target == "bee"
    assert wl.attribute(net, RGB, target=1, labels=["a", "b", "c"], n_steps=3).target == "b"
    assert wl.attribute(net, torch.rand(2, 3, 8, 8), target=2, n_steps=3).target == "cat"
