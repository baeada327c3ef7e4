"""The wire: frames survive the way to bytes, golden files are up to date, budgets hold."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.contract import make
from whylight.live.wire.arrays import array, number, streamed
from whylight.live.wire.frames import answer_message, compared_message
from whylight.live.wire.inputs import input_message
from whylight.live.wire.path import path_maps, path_message
from whylight.views.image import ImageView


def read(array):
    return np.frombuffer(array["data"], np.dtype(array["dtype"]).newbyteorder("<")).reshape(array["shape"])


@pytest.mark.parametrize("name", make.FILES)
def test_golden_files_are_what_the_code_writes(name):
    stored = json.loads((make.HERE / f"{name}.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(make.FILES[name]())), "run: python -m tests.contract.make"


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=5), elements=st.floats(-1e6, 1e6)))
def test_arrays_round_trip_from_any_layout(values):
    for given_values in (values, values.T, values[::-1]):
        packed = array(given_values)
        assert packed["shape"] == list(given_values.shape)
        np.testing.assert_array_equal(read(packed), given_values.astype(np.float32))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, torch.tensor(math.nan)])
def test_non_finite_scalars_become_null(value):
    assert number(value) is None


def test_streamed_frame_moves_bytes_to_buffers_in_order():
    frame = answer_message(make.image(), seq=3)
    content, buffers = streamed(frame)
    assert content["kind"] == "frame"
    assert len(buffers) == len(frame["arrays"])
    for name, packed in content["arrays"].items():
        assert "data" not in packed
        assert buffers[packed["buffer"]] == frame["arrays"][name]["data"]
    json.dumps(content, allow_nan=False)


def test_first_frame_of_a_photograph_stays_under_250_kilobytes():
    pixels = np.zeros((224, 224, 3), np.uint8)
    answer = make.attribution(ImageView(pixels, lambda t: pixels), torch.randn(1, 3, 224, 224), final=False)
    content, buffers = streamed(answer_message(answer, seq=1))
    assert len(json.dumps(content)) + sum(map(len, buffers)) < 250_000


def test_image_values_sum_channels_and_keep_float16_precision():
    answer = make.image()
    frame = answer_message(answer, seq=1)
    exact = answer.attributions[0].numpy()
    np.testing.assert_allclose(read(frame["arrays"]["values"]), exact.sum(0), rtol=1e-6)
    scale = frame["meta"]["channel_scale"]
    np.testing.assert_allclose(read(frame["arrays"]["channels"]) * scale, exact, atol=scale * 2**-11)
    assert frame["meta"]["sum"] == pytest.approx(exact.sum())


def test_text_units_keep_the_sum_of_tokens():
    frame = answer_message(make.text(), seq=1)
    assert read(frame["arrays"]["units"]).sum() == pytest.approx(read(frame["arrays"]["values"]).sum())
    assert [u["text"] for u in input_message(make.text().view)["units"]] == ["[CLS]", "unhappy", "😀"]


def test_batch_has_no_picture():
    assert input_message(None) == {}
    assert answer_message(make.attribution(None, torch.zeros(1, 4)), seq=1)["arrays"] == {}


def test_compared_pictures_are_small_and_keep_their_mean():
    pixels = np.zeros((450, 300, 3), np.uint8)
    answer = make.attribution(ImageView(pixels, lambda t: pixels), torch.rand(1, 3, 450, 300))
    content, buffers = streamed(compared_message(answer, seq=3, setting={"target": 2}), "beside")
    assert content["kind"] == "beside"
    assert content["setting"] == {"target": 2}
    assert content["arrays"]["values"]["shape"] == [150, 100]
    assert sum(map(len, buffers)) < 250_000
    small = np.frombuffer(buffers[content["arrays"]["values"]["buffer"]], "<f2").astype(float)
    whole = answer.attributions.sum(1).mean().item()
    assert small.mean() * content["meta"]["value_scale"] == pytest.approx(whole, rel=1e-3)


def test_maps_of_a_path_survive_the_bytes():
    for made in (made() for made in make.PATHS.values()):
        frame = path_message(made, seq=2)
        stored = read(frame["arrays"]["maps"]).astype(float)
        picture = frame["arrays"]["maps"]["dtype"] == "uint8"
        unit = (stored - 128) / 127 if picture else stored
        for scale, one, exact in zip(frame["meta"]["map_scales"], unit, made.maps, strict=True):
            np.testing.assert_allclose(one * scale, exact, atol=scale * (1 / 250 if picture else 2**-11))
        assert frame["meta"]["saturation"][0] == {"share": 0.9, "alpha": pytest.approx(0.25 + 0.25 * 0.7 / 1.25)}
        json.dumps({**frame, "arrays": {}}, allow_nan=False)


@pytest.mark.parametrize("shape", [(300, 224), (113, 7), (112, 112)])
def test_maps_of_a_path_are_means_over_blocks(shape):
    maps = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    view = ImageView(np.zeros((*shape, 3), np.uint8), lambda _: np.full((*shape, 3), 7, np.uint8))
    frame = path_message(replace(make.path_image(), view=view, maps=maps, map_alphas=np.array([0.0, 1.0])), seq=1)
    block, stored = frame["meta"]["block"], read(frame["arrays"]["maps"])
    assert max(stored.shape) <= 112
    assert block == -(-max(shape) // 112)
    corner = maps[1, :block, :block].mean()
    last = maps[1, (shape[0] - 1) // block * block :, (shape[1] - 1) // block * block :].mean()
    scale = frame["meta"]["map_scales"][1]
    found = (stored[1].astype(float) - 128) / 127 * scale
    np.testing.assert_allclose(found[[0, -1], [0, -1]], [corner, last], atol=scale / 250)
    assert (read(frame["arrays"]["baseline_picture"]) == 7).all()


def test_a_photographs_path_stays_under_300_kilobytes_and_small_ones_travel_unasked():
    pixels = np.zeros((224, 224, 3), np.uint8)
    photo = ImageView(pixels, lambda _: pixels)
    maps, unasked = path_maps(photo)
    trace = replace(make.path_image(), view=photo, maps=np.zeros((maps, 224, 224)), map_alphas=np.linspace(0, 1, maps))
    frame = path_message(trace, seq=1)
    assert sum(len(a["data"]) for a in frame["arrays"].values()) < 300_000
    assert (17 <= maps <= 33, unasked) == (True, False)
    assert path_maps(ImageView(pixels[:28, :28], lambda _: pixels)) == (33, True)
    assert path_maps(make.text().view) == (33, True)


def test_no_path_says_why():
    assert path_message(None, seq=4, missing="So.") == {
        "v": 1,
        "seq": 4,
        "meta": {"missing": "So.", "notes": []},
        "arrays": {},
    }
