"""Signals in every room: what is taken for one, where its samples stand, its windows, and a planted beat that is found."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import whylight as wl
from tests.contract import make
from whylight.inputs.prepare import prepare
from whylight.live.wire.frames import answer_message, compared_message
from whylight.live.wire.inputs import input_message
from whylight.live.wire.path import path_maps
from whylight.problem import baselines
from whylight.tensors import doubles
from whylight.views.features import FeatureView
from whylight.views.signal import SignalView
from whylight.views.time_axis import TimeAxis
from whylight.views.units import Units
from whylight.views.windows import window_choices, windows

LEADS = ["I", "II", "III"]
BEATS, PLANTED, LENGTH = (100, 300, 700, 900), 500, 1000


def bump(at: float, width: float) -> torch.Tensor:
    return torch.exp(-0.5 * ((torch.arange(LENGTH) - at) / width) ** 2)


def heart() -> torch.Tensor:
    """Three channels `(1, 3, 1000)` of narrow beats, with one wide inverted beat in the second."""
    beats = sum(bump(at, 5) for at in BEATS)
    noise = 0.02 * torch.randn(3, LENGTH, generator=torch.Generator().manual_seed(0))
    x = torch.stack([beats, 0.8 * beats, 0.6 * beats]) + noise
    x[1] -= bump(PLANTED, 12)
    return x[None].double()


class WideBeat(nn.Module):
    """A matched filter of the second channel, its response above a threshold, and the largest of it."""

    def __init__(self, *, time_first: bool = False) -> None:
        super().__init__()
        self.time_first = time_first
        self.filter = nn.Conv1d(3, 1, 51, padding=25).double()
        with torch.no_grad():
            self.filter.weight.zero_()
            self.filter.weight[0, 1] = -torch.exp(-0.5 * (torch.arange(-25, 26) / 12) ** 2)
            self.filter.bias.fill_(-8.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = self.filter(x.mT if self.time_first else x).relu().amax((1, 2))
        return torch.stack([torch.zeros_like(found), found], 1)


def linear(weight: torch.Tensor):
    """Σ w x, whatever the shape."""

    class Weighted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.out = nn.Linear(weight.numel(), 1, bias=False).double()
            with torch.no_grad():
                self.out.weight.copy_(weight.reshape(1, -1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.out(x.flatten(1))

    return Weighted()


def drawn(found) -> np.ndarray:
    return found.view.numbers(doubles(found.attributions))


# ---------------------------------------------------------------- what is taken for a signal


@pytest.mark.parametrize(
    ("shape", "options", "expected"),
    [
        ((12, 1000), {}, (12, 1000)),
        ((1024, 3), {}, (3, 1024)),
        ((16000,), {}, (1, 16000)),
        ((500,), {"sample_rate": 100}, (1, 500)),
        ((500,), {"kind": "signal"}, (1, 500)),
        ((500,), {}, None),
        ((8, 8), {}, (8, 8)),
        ((8, 4), {"channel_names": list("abcdefgh")}, (8, 4)),
        ((4, 8), {"times": [0, 1, 2, 4]}, (8, 4)),
        ((160, 40), {"kind": "signal"}, (40, 160)),
        ((24, 5), {"kind": "features"}, None),
        ((24, 5), {"feature_names": [str(i) for i in range(120)]}, None),
        ((1, 2), {}, (1, 2)),
    ],
)
def test_shapes_and_options_tell(shape, options, expected):
    x = torch.rand(1, *shape)
    view = prepare(nn.Identity(), x, **options).view
    if expected is None:
        assert isinstance(view, FeatureView)
        return
    assert view.values.shape == expected
    rows = x[0] if x.ndim == 2 else x[0].T if view.time_first else x[0]
    np.testing.assert_array_equal(view.values, rows.reshape(expected))
    np.testing.assert_array_equal(view.arrays(x.numpy(), x.numpy())["values"], view.values)


@pytest.mark.parametrize(
    ("shape", "options", "words"),
    [
        (
            (1, 3, 8, 8),
            {"sample_rate": 10},
            r"sample_rate= is for planes \(N, H, W\) and signals .N, T.*shape \(1, 3, 8, 8\)",
        ),
        ((1, 3, 8, 8), {"times": range(8)}, r"times= is for signals \(N, T\).*shape \(1, 3, 8, 8\)"),
        ((1, 5), {"channel_names": ["a"]}, r"channel_names= is for pictures .N, C, H, W. and signals"),
        ((1, 3, 90), {"spacing": (1, 1, 1)}, r"spacing= is for volumes"),
        ((1, 3, 90), {"sample_rate": 10, "times": range(90)}, "sample_rate= or times=, not both"),
        ((1, 3, 90), {"sample_rate": 0}, "samples per second, more than 0; got 0"),
        ((1, 3, 90), {"sample_rate": True}, "number of samples per second; got True"),
        ((1, 3, 90), {"times": range(91)}, r"shape \(90,\), one for each sample; got \(91,\)"),
        ((1, 3, 90), {"times": [0.0, *range(89)]}, "must increase: 0.0 at 1 follows 0.0"),
        ((1, 3, 90), {"times": [float("nan"), *range(89)]}, "missing or infinite"),
        ((1, 3, 90), {"times": ["a"] * 90}, "one number, date or duration"),
        ((1, 3, 90), {"channel_names": ["a", "b"]}, "2 names, but the input has 3 channels"),
        ((1, 3, 8, 8), {"kind": "signal"}, r"kind='signal' draws signals \(N, T\)"),
    ],
)
def test_what_does_not_fit_is_told(shape, options, words):
    with pytest.raises(wl.WhylightError, match=words):
        wl.attribute(lambda x: x.flatten(1).sum(1), torch.rand(shape), **options).view  # noqa: B018


# ---------------------------------------------------------------- where samples stand


def axis_of(length: int = 4, **options) -> TimeAxis:
    return prepare(nn.Identity(), torch.rand(1, 2, length), kind="signal", **options).view.axis


def test_places_are_samples_seconds_dates_or_numbers():
    pandas = pytest.importorskip("pandas")
    assert axis_of().span(1, 3) == "1–3"
    assert axis_of(sample_rate=4).span(1, 3) == "0.25–0.75\u2009s"
    dates = pandas.date_range("2024-03-30", periods=4, freq="D", tz="Europe/Berlin")  # a day of 23 hours
    assert axis_of(times=dates).span(0, 3) == "2024-03-30–2024-04-02"
    assert axis_of(times=dates).places is None
    hours = axis_of(times=np.datetime64("2024-03-01T12:30") + np.arange(4) * np.timedelta64(1, "h"))
    assert hours.span(0, 1) == "2024-03-01 12:30–2024-03-01 13:30"
    assert axis_of(times=np.arange(4) * np.timedelta64(500, "ms")).span(1, 2) == "0.5–1\u2009s"
    uneven = axis_of(times=[0, 1, 3, 10.5])
    assert [uneven.at(i) for i in range(4)] == [0, 1, 3, 10.5]
    assert uneven.unit == ""


@given(st.floats(1e-3, 1e6), st.integers(2, 400))
def test_even_times_are_a_rate(rate, length):
    by_rate, by_times = axis_of(length, sample_rate=rate), axis_of(length, times=np.arange(length) / rate)
    assert by_times.places is None
    np.testing.assert_allclose(by_rate.all(length), by_times.all(length), rtol=1e-9, atol=1e-9 / rate)


# ---------------------------------------------------------------- windows


@given(st.integers(1, 300), st.data())
def test_windows_are_a_partition_in_order(length, data):
    size = data.draw(st.none() | st.integers(1, length))
    made: Units = windows(length, size, TimeAxis())
    sizes = np.bincount(made.labels)
    assert len(made) == len(sizes) == SignalView(np.zeros((1, length), np.float32), ("a",)).part_count(size)
    assert sizes.sum() == length
    assert (sizes[:-1] == (size or sizes[0])).all()
    assert sizes[-1] <= sizes[0]
    assert made.ordered
    assert made.sort == "windows"
    assert (np.argwhere(made.touching)[:, 0] - np.argwhere(made.touching)[:, 1]).tolist().count(1) == len(made) - 1
    assert size is not None or len(made) <= 32


def test_windows_of_ones_own():
    made = windows(6, [7, 7, 3, 3, 7, 1], TimeAxis())
    assert made.labels.tolist() == [0, 0, 1, 1, 0, 2]
    assert not made.ordered
    assert made.touching.tolist() == [[False, True, True], [True, False, False], [True, False, False]]


@pytest.mark.parametrize("length", [2, 31, 33, 1000, 16000])
def test_offered_lengths_are_no_single_samples(length):
    offered = window_choices(length)
    assert all(1 < samples < length for samples in offered if length > 32)
    assert -(-length // 32) in offered


@pytest.mark.parametrize(("shape", "first"), [((3, 80), False), ((80, 3), True), ((80,), False)])
@pytest.mark.parametrize("scorer", ["cd", "occlusion", "build_up", "integrated_gradients"])
def test_the_score_of_a_window_of_a_linear_model_is_its_sum(shape, first, scorer):
    generator = torch.Generator().manual_seed(1)
    x, weight = (torch.randn(1, *shape, generator=generator, dtype=torch.float64) for _ in range(2))
    options = {"target": 0, "scorer": scorer, "units": 20, "kind": "signal"}
    found = wl.hierarchy(linear(weight), x, **options)
    parts = (x * weight)[0].T if first else (x * weight)[0]
    expected = parts.reshape(-1, 4, 20).sum((0, 2))
    assert [group.score for group in found.levels[0]] == pytest.approx(expected.tolist(), abs=1e-6)
    assert found.levels[-1][0].score == pytest.approx(expected.sum().item(), abs=1e-6)
    assert found.name(found.levels[-1][0]) == "0–19 … 60–79"


def test_a_group_is_numbers_of_windows_or_a_mask_of_samples():
    x, weight = torch.randn(1, 3, 64).double(), torch.randn(3, 64).double()
    net, mask = linear(weight), np.arange(64) < 4
    by_number = wl.interaction(net, x, [0, 1], [5], target=0)
    assert by_number == pytest.approx(0, abs=1e-9)
    for group in ({0, 1}, torch.tensor(mask)[None].expand(3, -1)):
        found = wl.contextual_decomposition(net, x, group, target=0)
        assert found.score.item() == pytest.approx((x * weight)[0, :, :4].sum().item())
    assert wl.interaction(net, x, mask, ~mask, target=0) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("shape", [(1, 12, 1000), (1, 16000)])
def test_a_hierarchy_costs_no_more_than_that_of_a_sentence(shape):
    found = wl.hierarchy(lambda x: x.flatten(1).tanh().sum(1), torch.randn(shape), scorer="occlusion")
    assert len(found.units) == 32
    assert found.n_evaluations < 150


# ---------------------------------------------------------------- methods


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion", "contextual_decomposition"])
def test_the_planted_beat_is_the_strongest_window(first, method):
    x, net = heart(), WideBeat(time_first=first).eval()
    found = wl.attribute(net, x.mT.contiguous() if first else x, target=1, method=method, channel_names=LEADS)
    assert found.attributions.shape == ((1, LENGTH, 3) if first else (1, 3, LENGTH))
    sums = found.view.window_sums(drawn(found))
    channel, window = np.unravel_index(np.abs(sums).argmax(), sums.shape)
    assert LEADS[channel] == "II"
    assert window * 32 <= PLANTED < (window + 1) * 32
    assert np.abs(sums[[0, 2]]).max() < 1e-6 * np.abs(sums).max()
    if method == "integrated_gradients":
        rise = (found.score - found.baseline_score).item()
        error = found.error_estimate.sum().item() + abs(found.convergence_delta.item())
        assert abs(sums.sum() - rise) <= error
        assert sums.sum() == pytest.approx(rise, rel=0.02)


def test_occlusion_hides_a_stretch_of_one_channel():
    weight = torch.randn(2, 64, generator=torch.Generator().manual_seed(0)).double()
    x = torch.ones(1, 2, 64).double()
    found = wl.attribute(linear(weight), x, target=0, method=wl.methods.Occlusion(window=8, stride=8))
    expected = weight.reshape(2, 8, 8).sum(2).repeat_interleave(8, dim=1)
    torch.testing.assert_close(found.attributions[0], expected)
    both = wl.attribute(linear(weight), x, target=0, method=wl.methods.Occlusion(window=(2, 8), stride=(2, 8)))
    torch.testing.assert_close(both.attributions[0], (expected[0] + expected[1]).expand(2, -1))
    usual = wl.attribute(linear(torch.ones(2, 1000)), torch.ones(1, 2, 1000).double(), target=0, method="occlusion")
    assert usual.provenance["windows"] == 2 * (2 * 1000 // 32)
    torch.testing.assert_close(usual.attributions[0, :, 100:900], torch.full((2, 800), 32.0).double())


def test_decomposition_takes_windows_of_one_channel():
    weight, x = torch.randn(3, 96).double(), torch.randn(1, 3, 96).double()
    method = wl.methods.ContextualDecomposition(tile=12)
    found = wl.attribute(linear(weight), x, target=0, method=method)
    expected = (weight * x[0]).reshape(3, 8, 12).mean(2).repeat_interleave(12, dim=1)
    torch.testing.assert_close(found.attributions[0].double(), expected)


# ---------------------------------------------------------------- baselines


def test_baselines_go_along_time():
    x = torch.randn(1, 3, 200)
    along, across = prepare(nn.Identity(), x).baselines, prepare(nn.Identity(), x.mT.contiguous()).baselines
    assert list(along)[:3] == ["zero", "mean", "blur"]
    for name in ("mean", "blur"):
        (made,) = along[name].make((x,))
        torch.testing.assert_close(made, across[name].make((x.mT.contiguous(),))[0].mT)
    torch.testing.assert_close(along["mean"].make((x,))[0], x.mean(2, keepdim=True).expand_as(x))


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 60), st.floats(0.02, 0.5))
def test_smoothing_is_a_convolution(length, share):
    x = torch.randn(1, 2, length, dtype=torch.float64, generator=torch.Generator().manual_seed(length))
    (found,) = baselines.smooth_along((x,), 2, share)
    sigma = share * length
    offsets = np.arange(-round(max(1, 4 * sigma)) - 1, round(max(1, 4 * sigma)) + 2)
    kernel = np.where(np.abs(offsets) <= max(1, round(4 * sigma)), np.exp(-0.5 * (offsets / sigma) ** 2), 0)
    at = np.clip(np.arange(length)[:, None] + offsets, 0, length - 1)
    expected = (x[0].numpy()[:, at] * kernel).sum(2) / kernel.sum()
    np.testing.assert_allclose(found[0].numpy(), expected, atol=1e-9)


# ---------------------------------------------------------------- the widget


@pytest.mark.parametrize(
    ("shape", "options", "channels", "length"),
    [
        ((1, 12, 1000), {"sample_rate": 500}, 12, 1000),
        ((1, 16000), {}, 1, 16000),
        ((1, 1024, 3), {"channel_names": list("xyz")}, 3, 1024),
        ((1, 160, 40), {"kind": "signal"}, 40, 160),
        ((1, 20), {"times": np.arange(20) ** 2}, 1, 20),
    ],
)
def test_a_widget_opens(shape, options, channels, length):
    model = lambda x: torch.stack([x.flatten(1).tanh().sum(1), x.flatten(1).mean(1)], 1)
    with wl.explain(model, torch.randn(shape), n_steps=9, **options) as made:
        made.selection = [0]
        made.compare = ["input_gradient"]
        made.scorer = "occlusion"
        made.wait(300)
        assert made._input["kind"] == "signal"
        assert made._input["arrays"]["values"]["shape"] == [channels, length]
        assert made._frame["arrays"]["values"]["shape"] == [channels, length]
        assert made._frame["arrays"]["error"]["shape"] == [channels, length]
        assert made._choices["units"][0]["value"] == "null"
        assert made.view == "separate"
        assert made._compared["tiles"][0]["arrays"]["values"]["shape"][0] == channels
        made.units = 4
        made.wait(300)
        made.selection = [-(-length // 4) - 1]
        with pytest.raises(wl.WhylightError, match="numbers of windows"):
            made.selection = [-(-length // 4)]
        with pytest.raises(wl.WhylightError, match=f"how many of the {length} samples"):
            made.units = "slic"
        assert made._repr_mimebundle_()[0]["image/png"]


def test_the_picture_on_show_has_the_planted_beat_and_adds_up():
    with wl.explain(WideBeat().eval(), heart(), target=1) as made:
        made.wait(300)
        packed = made._frame["arrays"]["values"]
        values = np.frombuffer(packed["data"], "<f4").reshape(packed["shape"])
        sums = made.attribution.view.window_sums(values).sum(0)
        meta = made._frame["meta"]
        assert np.abs(sums).argmax() == PLANTED // 32
        assert sums.sum() == pytest.approx(meta["score"] - meta["baseline_score"], abs=abs(meta["gap"]) + 1e-4)


def test_scores_of_windows_travel_with_their_beginnings():
    with wl.explain(WideBeat().eval(), heart(), target=1) as made:
        made.wait(300)
        made.selection = [15, 16]
        made._handle_custom_msg({"kind": "groups", "open": True}, [])
        made.wait(300)
        meta, arrays = made._groups["meta"], made._groups["arrays"]
        assert np.frombuffer(arrays["starts"]["data"], "<i4").tolist() == list(range(0, 1000, 32))
        assert set(arrays) == {"starts", "scores"}
        scores = np.frombuffer(arrays["scores"]["data"], "<f4")
        assert np.abs(scores).argmax() == PLANTED // 32
        assert meta["grown"]
        assert [15, 16] in [known["units"] for known in meta["known"]]


# ---------------------------------------------------------------- the wire


def long_answer(length: int, **changes):
    view = SignalView(np.zeros((1, length), np.float32), ("a",))
    return make.attribution(view, torch.randn(1, 1, length, generator=torch.Generator().manual_seed(0)), **changes)


def test_long_maps_travel_as_halves_and_keep_their_sums():
    answer = long_answer(1_000_000)
    message = answer_message(answer, seq=1)
    sizes = {name: len(one["data"]) for name, one in message["arrays"].items()}
    assert sizes == {"values": 2_000_000, "error": 2_000_000, "light": 512, "hue": 512}
    assert len(answer_message(long_answer(1_000_000, final=False), seq=1)["arrays"]["values"]["data"]) == 2_000_000
    stored = (
        np.frombuffer(message["arrays"]["values"]["data"], "<f2").astype(np.float64) * message["meta"]["value_scale"]
    )
    exact = answer.attributions.double().numpy().ravel()
    windows_of = lambda values: values.reshape(40, -1).sum(1)
    assert np.abs(windows_of(stored) - windows_of(exact)).max() < 1e-2 * np.abs(windows_of(exact)).max()
    assert set(answer_message(long_answer(1000, final=False), seq=1)["arrays"]) == {"values", "light", "hue"}


@pytest.mark.parametrize("length", [1, 17, 4096, 70_000, 300_000])
def test_compared_maps_are_small_and_mean_the_same(length):
    answer = long_answer(length)
    message = compared_message(answer, seq=1, setting={"method": "input_gradient"})
    packed = message["arrays"]["values"]
    assert len(packed["data"]) <= 2 * 65_536
    assert set(message["arrays"]) == {"values"}
    stored = np.frombuffer(packed["data"], "<f2").astype(np.float64) * message["meta"]["value_scale"]
    values = answer.attributions.double().numpy().ravel()
    cells = -(-length // len(stored))
    expected = [values[i : i + cells].mean() for i in range(0, length, cells)]
    np.testing.assert_allclose(stored, expected, atol=2e-3 * np.abs(values).max())


def test_uneven_places_travel_exactly():
    places = np.array([0.0, 1e-9, 1.7e12 + 0.25])
    view = SignalView(np.zeros((1, 3), np.float32), ("a",), TimeAxis("", places=places))
    packed = input_message(view)["arrays"]["places"]
    assert np.frombuffer(packed["data"], "<f8").tolist() == places.tolist()


def test_the_path_of_a_long_signal_is_small():
    maps, unasked = path_maps(SignalView(np.zeros((12, 100_000), np.float32), tuple("abcdefghijkl")))
    assert maps == 33
    assert not unasked


# ---------------------------------------------------------------- paper


def test_it_is_drawn_saved_and_loaded(tmp_path):
    options = {"target": 1, "channel_names": ["I", "$II", "<b>III</b>"], "sample_rate": 500}
    found = wl.attribute(WideBeat().eval(), heart(), **options)
    fig = found.plot()
    lines = [ax for ax in fig.axes if ax.collections]
    assert len(lines) >= 3
    assert fig.axes[3].patches  # the bars of windows
    page = found.save(tmp_path / "why.html").read_text("utf-8")
    assert "0.96–1.022\u2009s" in page  # the window of the planted beat, first in the table
    assert page.index("0.96–1.022\u2009s") < page.index("1.024–1.086\u2009s")
    for ending in ("npz", "json"):
        again = wl.load(found.save(tmp_path / f"why.{ending}"))
        assert again.view.names == found.view.names
        assert again.view.axis.span(0, 1) == "0–0.002\u2009s"
        np.testing.assert_array_equal(drawn(again), drawn(found))
    assert found.save(tmp_path / "why.svg").stat().st_size > 1000
    assert wl.path(WideBeat().eval(), heart(), **options).plot() is not None
    assert wl.hierarchy(WideBeat().eval(), heart(), scorer="occlusion", **options).plot() is not None
    dated = {"times": np.datetime64("2024-01-01") + np.arange(3000) * np.timedelta64(1, "h")}
    assert wl.attribute(lambda x: x.tanh().sum(1), torch.randn(1, 3000), **dated).plot()._repr_png_()


def test_a_batch_of_signals_is_drawn_one_by_one(tmp_path):
    found = wl.attribute(WideBeat().eval(), torch.cat([heart(), heart()]), target=1)
    assert found.view is None
    assert found.save(tmp_path / "batch.png").stat().st_size > 1000


def test_golden_signal_reads_as_json():
    assert json.loads(json.dumps(make.golden("signal")))["input"]["kind"] == "signal"


def test_of_several_inputs_the_clock_is_the_signals():
    model = lambda a, b: torch.stack([a.flatten(1).sum(1) + b.sum(1), b.mean(1)], 1)
    signal, row = prepare(model, (torch.rand(1, 3, 100), torch.rand(1, 5)), sample_rate=50).view.views
    assert isinstance(row, FeatureView)
    assert signal.axis.span(0, 50) == "0–1\u2009s"
    rows = prepare(model, (torch.rand(1, 90), torch.rand(1, 90)), sample_rate=50).view.views
    assert all(isinstance(view, SignalView) for view in rows)


def test_the_clock_goes_on_where_it_is_turned_back():
    pd = pytest.importorskip("pandas")
    times = pd.date_range("2024-10-26 20:00", periods=300, freq="30min", tz="Europe/Berlin")
    found = wl.attribute(lambda x: x.flatten(1).sum(1), torch.rand(1, 1, 300), times=times)
    assert found.view.kind == "signal"
