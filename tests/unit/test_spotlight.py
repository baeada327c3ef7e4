"""The light a picture is seen by: closed forms of densities and signs, what it does not depend on, and where it comes from."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import whylight as wl
from whylight.results.attribution import Attribution
from whylight.views.image import LARGE, NEAR, ImageView, PixelRange
from whylight.views.regions import spread
from whylight.views.spotlight import CELLS, LIT, density, spotlight

SHAPES = [(224, 224), (101, 230), (7, 5), (1, 1), (400, 3)]


def patch(shape: tuple[int, int], value: float, rows: slice, columns: slice) -> NDArray[np.float64]:
    values = np.zeros(shape)
    values[rows, columns] = value
    return values


@pytest.mark.parametrize("shape", SHAPES)
def test_a_light_has_cells_for_the_whole_picture(shape: tuple[int, int]) -> None:
    found = spotlight(np.ones(shape), np.ones(shape))
    assert max(found.light.shape) <= CELLS
    assert all(-(-n // b) == cells for n, b, cells in zip(shape, found.blocks, found.light.shape, strict=True))
    assert found.lit(shape).shape == shape
    assert (found.light >= 254).all()  # as much everywhere: nothing is darker than anything else


def test_a_density_is_what_a_gaussian_leaves_of_one_place() -> None:
    one = np.zeros(41)
    one[20] = 1
    places = np.arange(41) - 20
    expected = np.exp(-0.5 * (places / 3.0) ** 2) / np.exp(-0.5 * (places / 3.0) ** 2).sum()
    assert density(one, 3.0) == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert density(np.outer(one, one), 3.0) == pytest.approx(np.outer(expected, expected), rel=1e-5, abs=1e-6)


def test_it_is_lit_where_the_sizes_are_and_dark_far_from_them() -> None:
    values = patch((224, 224), 1.0, slice(40, 80), slice(150, 190))
    lit = spotlight(values, np.abs(values)).lit((224, 224))
    assert lit[60, 170]
    assert not lit[60, 60]
    assert not lit[170, 170]
    rows, columns = np.nonzero(lit)
    assert rows.mean() == pytest.approx(59.5, abs=2)
    assert columns.mean() == pytest.approx(169.5, abs=2)


def test_neither_unit_nor_sign_changes_the_light() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((120, 150))
    one, other = (spotlight(factor * values, np.abs(factor * values)) for factor in (1.0, -1024.0))
    assert (one.light == other.light).all()
    assert (one.hue.astype(int) + other.hue == 256).all()


def test_the_hue_is_the_sign_where_the_signs_agree_and_nothing_where_they_cancel() -> None:
    checkered = (np.indices((224, 224)).sum(0) % 2) * 2.0 - 1
    values = np.where(np.arange(224) < 112, checkered, 1.0)
    values[112:, 112:] = -1.0
    hue = spotlight(values, np.abs(values)).hue
    assert (hue[:, :20] == 128).all()
    assert (hue[:20, 36:] == 255).all()
    assert (hue[36:, 36:] == 1).all()


def test_nothing_and_what_is_no_number_are_dark() -> None:
    zeros = spotlight(np.zeros((30, 30)), np.zeros((30, 30)))
    assert not zeros.light.any()
    assert (zeros.hue == 128).all()
    values = patch((30, 30), np.nan, slice(0, 3), slice(0, 3)) + patch((30, 30), 2.0, slice(20, 25), slice(20, 25))
    found = spotlight(values, np.abs(values))
    assert found.light[22, 22] == 255
    assert found.light[1, 1] < LIT


def picture_and_answer(**options: Any) -> Attribution:
    """A linear model with the same slope at every pixel of a picture that is dark on its left."""
    pixels = np.full((128, 128, 3), 200, np.uint8)
    pixels[:, :64] = 10
    return wl.attribute(lambda x: x.sum((1, 2, 3)), pixels, **options)


def test_a_dark_object_before_a_black_baseline_is_as_light_as_a_bright_one() -> None:
    light = lambda answer: answer.spotlight.light.astype(float)  # type: ignore[union-attr]
    found = light(picture_and_answer(n_steps=3))
    dark, bright = found[:, 2:20].mean(), found[:, -20:-2].mean()
    assert dark < bright  # nearer to black than a tenth of the range
    assert (10 / 255) / NEAR < 1
    slopes = light(picture_and_answer(method="input_gradient"))
    assert (slopes >= 254).all()
    both = light(picture_and_answer(baseline=["black", "white"], n_steps=3))
    assert both.min() > 0.9 * both.max()


def test_only_pictures_have_a_light_and_only_large_ones_begin_with_it() -> None:
    view = lambda side: ImageView(np.zeros((side, side, 3), np.uint8), PixelRange())
    assert view(LARGE + 1).usual["detail"] == "spotlight"
    assert view(LARGE).usual["detail"] == "pixels"
    row = wl.attribute(lambda x: x.sum(1), torch.ones(1, 4))
    assert row.spotlight is None
    assert row.view is not None
    assert "detail" not in row.view.usual


@pytest.mark.parametrize("shape", [(224, 224), (97, 301), (28, 28), (2, 3), (1, 1)])
def test_regions_cover_the_picture_and_their_sums_add_up(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    view = ImageView(rng.integers(0, 256, (*shape, 3)).astype(np.uint8), PixelRange())
    values = rng.standard_normal(shape)
    labels = spread(view.regions, shape)
    assert max(view.regions.shape) <= 112
    assert set(labels.flat) == set(range(labels.max() + 1))
    sums = view.region_sums(values)
    each = [sums[labels == i] for i in range(labels.max() + 1)]
    assert all((one == one[0]).all() for one in each)
    assert sum(one[0] for one in each) == pytest.approx(values.sum(), abs=1e-9 * values.size)


def test_a_long_signal_is_lit_along_time_where_its_attribution_lies() -> None:
    weights = torch.zeros(2, 3000)
    weights[1, 1200:1260] = 1.0
    weights[0, 2400:2460] = -0.5
    answer = wl.attribute(lambda x: (x * weights).sum((1, 2)), torch.ones(1, 2, 3000), kind="signal")
    assert answer.view is not None
    assert answer.view.details == ("spotlight", "regions")
    light = answer.spotlight
    assert light is not None
    lit = light.lit((2, 3000))
    assert lit[1, 1230]
    assert lit[0, 2430]
    assert lit.mean() < 0.1
    assert light.light.nbytes < 2_000
    cell = [at // light.blocks[1] for at in (1230, 2430)]
    assert light.hue[1, cell[0]] > 200
    assert light.hue[0, cell[1]] < 56
    assert "samples 11" in answer.readings["spotlight"]
    assert answer.plot(detail="spotlight").axes
    short = wl.attribute(lambda x: x.sum((1, 2)), torch.ones(1, 1, 400), kind="signal")
    assert short.spotlight is None
    assert list(short.readings) == [""]


@pytest.mark.parametrize("kind", ["volume", "video"])
def test_large_planes_are_lit_plane_by_plane(kind: str) -> None:
    channels = 3 if kind == "video" else 1
    weights = torch.zeros(channels, 6, 120, 130)
    weights[:, 4, 20:50, 60:90] = 1.0
    x = torch.ones(1, channels, 6, 120, 130)
    answer = wl.attribute(lambda x: (x * weights).sum((1, 2, 3, 4)), x, kind=kind)
    light = answer.spotlight
    assert light is not None
    lit = light.lit((6, 120, 130))
    assert lit[4, 35, 75]
    assert not lit[:, 100:].any()
    assert kind == "volume" or not lit[:4].any()
    above = light.plane(0, 4)
    assert above.lit((120, 130))[35, 75]
    assert answer.plot().axes
    assert list(answer.readings) == ["spotlight", "pixels"]
    small = wl.attribute(lambda x: x.sum((1, 2, 3, 4)), torch.ones(1, channels, 3, 9, 9), kind=kind)
    assert small.spotlight is None


def test_blocks_are_as_even_as_their_number_tells() -> None:
    for n, block in ((20, 8), (9, 4), (4000, 8)):
        found = spotlight(np.ones((n, 1)), np.ones((n, 1)), (block, 0))
        assert found.blocks[0] == -(-n // len(found.light))
