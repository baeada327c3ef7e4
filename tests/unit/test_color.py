"""Colour tables: neutral centre, monotone lightness, told apart by every eye, and the same numbers in the browser.

Colour differences are CAM16-UCS (the successor of CAM02-UCS, Li et al. 2017) under average viewing conditions; full
dichromacy is simulated with the matrices of Machado, Oliveira and Fernandes (2009), severity 1.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from whylight.show import color

ROOT = Path(__file__).parents[2]

DICHROMACY = {
    "none": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
CAT16 = np.array([[0.401288, 0.650173, -0.051461], [-0.250268, 1.204414, 0.045854], [-0.002079, 0.048952, 0.953127]])
OPPONENT = np.array([[1, -12 / 11, 1 / 11], [1 / 9, 1 / 9, -2 / 9], [1, 1, 21 / 20], [2, 1, 1 / 20]])


def cam16_ucs(linear):
    """CAM16-UCS (J', a', b') of linear sRGB in 0..1; D65, L_A = 64/pi/5, Y_b = 20, average surround."""
    white = TO_XYZ @ np.ones(3) * 100
    la = 64 / np.pi / 5
    k = 1 / (5 * la + 1)
    fl = 0.2 * k**4 * 5 * la + 0.1 * (1 - k**4) ** 2 * (5 * la) ** (1 / 3)
    n = 20 / white[1]
    nbb, z = 0.725 * n**-0.2, 1.48 + np.sqrt(n)
    adaptation = np.clip(1 - np.exp((-la - 42) / 92) / 3.6, 0, 1)
    gain = adaptation * white[1] / (CAT16 @ white) + 1 - adaptation

    def compressed(xyz):
        cone = (xyz @ CAT16.T) * gain
        power = (fl * np.abs(cone) / 100) ** 0.42
        return np.sign(cone) * 400 * power / (power + 27.13)

    def achromatic(response):
        return (response @ OPPONENT[3]) * nbb

    response = compressed(np.asarray(linear) @ TO_XYZ.T * 100)
    a, b, u = (response @ OPPONENT[i] for i in range(3))
    hue = np.arctan2(b, a)
    lightness = 100 * (achromatic(response) / achromatic(compressed(white))) ** (0.69 * z)
    t = 50000 / 13 * nbb * (np.cos(hue + 2) + 3.8) / 4 * np.hypot(a, b) / (u + 0.305)
    alpha = t**0.9 * (1.64 - 0.29**n) ** 0.73
    chroma = alpha * np.sqrt(lightness / 100)
    colorfulness = np.log1p(0.0228 * chroma * fl**0.25) / 0.0228
    jp = 1.7 * lightness / (1 + 0.007 * lightness)
    return np.stack([jp, colorfulness * np.cos(hue), colorfulness * np.sin(hue)], axis=-1)


def seen(rgb, eye):
    return cam16_ucs(np.clip(color.linear_rgb(rgb) @ np.array(DICHROMACY[eye]).T, 0, 1))


def test_cam16_knows_black_and_white():
    assert cam16_ucs(np.ones(3))[0] == pytest.approx(100, abs=0.1)
    assert cam16_ucs(np.full(3, 1e-6))[0] == pytest.approx(0, abs=1)
    assert np.abs(cam16_ucs(np.ones(3))[1:]).max() < 2


@pytest.mark.parametrize("eye", DICHROMACY)
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", color.DIVERGING)
def test_both_signs_are_told_apart_at_half_amplitude(name, dark, eye):
    cool, warm = color.colorize([-0.5, 0.5], 1.0, name, dark)
    assert np.linalg.norm(seen(cool, eye) - seen(warm, eye)) >= 25


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", color.DIVERGING)
def test_diverging_maps_are_neutral_at_zero_and_lighten_or_darken_evenly_to_both_ends(name, dark):
    table = color.table(name, dark=dark)
    assert len(set(table[color.CENTRE].tolist())) == 1
    lightness = color.oklab(table)[:, 0] * (1 if dark else -1)
    assert (np.diff(lightness[color.CENTRE :]) >= -1e-3).all()
    assert (np.diff(lightness[1 : color.CENTRE + 1]) <= 1e-3).all()
    assert abs(lightness[1] - lightness[255]) < 0.12


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", color.SEQUENTIAL)
def test_sequential_maps_change_lightness_one_way_from_the_page(name, dark):
    lightness = color.oklab(color.table(name, dark=dark))[:, 0]
    steps = np.diff(lightness) * (1 if dark else -1)
    assert (steps >= -2e-3).all()
    assert abs(lightness[-1] - lightness[0]) > 0.6


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", [*color.DIVERGING, *color.SEQUENTIAL])
def test_text_reads_on_every_colour(name, dark):
    for background in color.table(name, dark=dark):
        ink = [0, 0, 0] if color.text_color(background) == "#000000" else [255, 255, 255]
        assert color.contrast(background, ink) >= 4.5


@pytest.mark.parametrize(("clip", "limit"), [(100, 5), (75, 4), (90, 4.6), (50, 3)])
def test_limit_is_the_percentile_of_the_magnitudes(clip, limit):  # the same numbers stand in js/test/scene.test.ts
    assert color.color_limit([1, -2, 3, -4, 5], clip) == pytest.approx(limit)


def test_limit_of_mostly_zero_all_zero_empty_and_missing():
    assert color.color_limit([0, 0, 0, 0, -2], 50) == 2
    assert color.color_limit([0] * 1000 + [1, 2, 3, 4, 5], 75) == 4  # a blob keeps its shades
    assert color.color_limit([0, 0], 99) == 0
    assert color.color_limit([], 99) == 0
    assert color.color_limit([np.nan, 3], 100) == 3


def test_colorize_signs_clips_and_paints_missing_and_all_zero_as_zero():
    table = color.table("RdBu")
    painted = color.colorize([[-9, -1, 0], [0.5, np.nan, np.inf]], 1.0)
    assert painted.shape == (2, 3, 3)
    assert painted.dtype == np.uint8
    assert (painted[0] == table[[1, 1, 128]]).all()
    assert (painted[1] == table[[192, 128, 128]]).all()
    assert (color.colorize([1.0, 0.0], 0.0) == table[128]).all()
    assert (color.colorize([-1.0, 1.0], 1.0, "gray") == color.table("gray")[255]).all()


def test_unknown_map_names_the_known_ones():
    with pytest.raises(ValueError, match="RdBu, PuOr, viridis, gray"):
        color.table("jet")


def test_browser_tables_are_up_to_date():
    spec = importlib.util.spec_from_file_location("make_color_tables", ROOT / "scripts/make_color_tables.py")
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert generator.TARGET.read_text("utf-8") == generator.typescript(), "run scripts/make_color_tables.py"
