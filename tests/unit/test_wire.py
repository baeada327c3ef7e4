"""The wire: frames survive the way to bytes, golden files are up to date, budgets hold."""

import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.contract import make
from whylight import wire
from whylight.inputs.views import ImageView


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
        array = wire.array(given_values)
        assert array["shape"] == list(given_values.shape)
        np.testing.assert_array_equal(read(array), given_values.astype(np.float32))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, torch.tensor(math.nan)])
def test_non_finite_scalars_become_null(value):
    assert wire.number(value) is None


def test_streamed_frame_moves_bytes_to_buffers_in_order():
    frame = wire.frame(make.image(), seq=3)
    content, buffers = wire.streamed(frame)
    assert content["kind"] == "frame"
    assert len(buffers) == len(frame["arrays"])
    for name, array in content["arrays"].items():
        assert "data" not in array
        assert buffers[array["buffer"]] == frame["arrays"][name]["data"]
    json.dumps(content, allow_nan=False)


def test_first_frame_of_a_photograph_stays_under_250_kilobytes():
    pixels = np.zeros((224, 224, 3), np.uint8)
    answer = make.attribution(ImageView(pixels, lambda t: pixels), torch.randn(1, 3, 224, 224), final=False)
    content, buffers = wire.streamed(wire.frame(answer, seq=1))
    assert len(json.dumps(content)) + sum(map(len, buffers)) < 250_000


def test_image_values_sum_channels_and_keep_float16_precision():
    answer = make.image()
    frame = wire.frame(answer, seq=1)
    exact = answer.attributions[0].numpy()
    np.testing.assert_allclose(read(frame["arrays"]["values"]), exact.sum(0), rtol=1e-6)
    scale = frame["meta"]["channel_scale"]
    np.testing.assert_allclose(read(frame["arrays"]["channels"]) * scale, exact, atol=scale * 2**-11)
    assert frame["meta"]["sum"] == pytest.approx(exact.sum())


def test_text_units_keep_the_sum_of_tokens():
    frame = wire.frame(make.text(), seq=1)
    assert read(frame["arrays"]["units"]).sum() == pytest.approx(read(frame["arrays"]["values"]).sum())
    assert [u["text"] for u in wire.view_input(make.text().view)["units"]] == ["[CLS]", "unhappy", "😀"]


def test_batch_has_no_picture():
    assert wire.view_input(None) == {}
    assert wire.frame(make.attribution(None, torch.zeros(1, 4)), seq=1)["arrays"] == {}


def test_compared_pictures_are_small_and_keep_their_mean():
    pixels = np.zeros((450, 300, 3), np.uint8)
    answer = make.attribution(ImageView(pixels, lambda t: pixels), torch.rand(1, 3, 450, 300))
    content, buffers = wire.streamed(wire.beside(answer, seq=3, setting={"target": 2}, correlation=None), "beside")
    assert content["kind"] == "beside"
    assert content["setting"] == {"target": 2}
    assert content["arrays"]["values"]["shape"] == [150, 100]
    assert sum(map(len, buffers)) < 250_000
    small = np.frombuffer(buffers[content["arrays"]["values"]["buffer"]], "<f2").astype(float)
    whole = answer.attributions.sum(1).mean().item()
    assert small.mean() * content["meta"]["value_scale"] == pytest.approx(whole, rel=1e-3)


@pytest.mark.parametrize("shape", [(5, 3), (224, 224), (225, 10), (449, 700)])
def test_shrinking_takes_means_over_blocks_to_the_very_edge(shape):
    values = np.arange(np.prod(shape), dtype=float).reshape(shape)
    small = wire.shrunk(values, 224)
    block = -(-max(shape) // 224)
    assert small.shape == tuple(-(-n // block) for n in shape)
    assert max(small.shape) <= 224
    assert small[-1, -1] == pytest.approx(values[(small.shape[0] - 1) * block :, (small.shape[1] - 1) * block :].mean())
