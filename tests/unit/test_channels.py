"""Pictures of many channels and planes with axes: planted truth, sums of channels, names, composites, what is sent."""

import numpy as np
import pytest
import torch

import whylight as wl
from whylight.live.wire.encoder import encoder
from whylight.live.wire.image import MAX_CHANNELS
from whylight.views.channels import ChannelsView, PlaneView
from whylight.views.planes import composite, lights

NAMES = ("Blue", "Green", "Red", "Near infrared")


def bands(planted: int = 3) -> torch.Tensor:
    """A tile of four bands `(1, 4, 16, 16)` with a bright square in one of them, at rows 4 to 8 and columns 9 to 13."""
    x = torch.rand(1, 4, 16, 16, generator=torch.Generator().manual_seed(0)) * 0.3
    x[0, planted, 4:8, 9:13] += 0.6
    return x


def brightness(x: torch.Tensor) -> torch.Tensor:
    """Class 0: light beyond 0.4 in band 3, less a little of band 1; class 1: the mean."""
    return torch.stack([(x[:, 3] - 0.4).relu().sum((1, 2)) - 0.01 * x[:, 1].sum((1, 2)), x.mean((1, 2, 3))], 1)


def test_the_planted_square_is_strongest_and_channels_add_up():
    found = wl.attribute(brightness, bands(), target=0, channel_names=NAMES)
    view = found.view
    assert isinstance(view, ChannelsView)
    maps = found.attributions.double().numpy()
    drawn = view.arrays(maps, maps)
    row, column = np.unravel_index(np.abs(drawn["values"]).argmax(), (16, 16))
    assert 4 <= row < 8
    assert 9 <= column < 13
    assert drawn["channel_sums"].argmax() == 3
    rise = found.score - found.baseline_score
    assert drawn["channel_sums"].sum() == pytest.approx(rise.item(), rel=1e-6, abs=float(found.error_estimate.sum()))
    np.testing.assert_allclose(drawn["values"], maps[0].sum(0))
    np.testing.assert_allclose(drawn["channel_sizes"], np.abs(maps[0]).sum((1, 2)))


def test_red_green_and_blue_go_by_name():
    view = wl.attribute(brightness, bands(), target=0, channel_names=NAMES).view
    assert view.show.chosen == (2, 1, 0)
    np.testing.assert_array_equal(view.pixels, composite(view.planes, (2, 1, 0)))
    assert view.planes.min((1, 2)).tolist() == [0] * 4
    assert view.planes.max((1, 2)).tolist() == [255] * 4
    assert lights(("B4 red", "B3_green", "B2-blue", "near-infrared"), 4) == (0, 1, 2)
    assert lights(("Infrared", "Red edge", "Blue", "Green"), 4) == (0, 1, 2)


def test_two_channels_leave_blue_dark():
    view = wl.attribute(lambda x: x.sum((2, 3)), torch.rand(1, 2, 5, 6), target=0).view
    assert view.pixels.shape == (5, 6, 3)
    assert not view.pixels[..., 2].any()
    assert list(view.channel_names) == ["Channel 1", "Channel 2"]


def test_the_raw_range_of_every_channel_is_told():
    x = bands() * torch.tensor([1.0, 10, 100, 1000])[:, None, None] - 5
    message = encoder(ChannelsView.of(x)).input()
    low, high = np.array(message["ranges"]).T
    np.testing.assert_allclose(low, x[0].amin((1, 2)))
    np.testing.assert_allclose(high, x[0].amax((1, 2)))
    planes = np.frombuffer(message["arrays"]["planes"]["data"], np.uint8).reshape(4, 16, 16)
    back = low[:, None, None] + planes / 255 * (high - low)[:, None, None]
    assert (np.abs(back - x[0].numpy()) <= (high - low)[:, None, None] / 510 * 1.001).all()


def test_three_hundred_channels_are_sent_small():
    x = torch.rand(1, 300, 100, 100, generator=torch.Generator().manual_seed(1))
    weight = torch.zeros(300)
    weight[211] = 1
    with wl.explain(lambda x: (x.mean((2, 3)) @ weight)[:, None], x, method="input_x_gradient") as made:
        made.wait(300)
        frame, sent = made._frame["arrays"], made._input["arrays"]["planes"]
        for packed in (sent, frame["channels"]):
            assert packed["shape"][0] == 300
            assert np.prod(packed["shape"]) <= MAX_CHANNELS
        assert frame["values"]["shape"] == [100, 100]
        sums = np.frombuffer(frame["channel_sums"]["data"], "<f4")
        assert sums.argmax() == 211
        assert sums.sum() == pytest.approx(made.attribution.total.item(), rel=1e-5)


def test_channels_are_chosen_by_number_or_name():
    with wl.explain(brightness, bands(), target=0, channel_names=NAMES) as made:
        made.channel = "Near infrared"
        assert made.channel == 3
        made.composite = ["Near infrared", 2, -1]
        assert made.composite == [3, 2, -1]
        made.channel = None
        for wrong in (4, -1, "Ultraviolet", True):
            with pytest.raises(wl.WhylightError, match="channel must be a number from 0 to 3"):
                made.channel = wrong
        with pytest.raises(wl.WhylightError, match="three channels"):
            made.composite = [1]
    with (
        wl.explain(lambda x: x.sum((1, 2, 3)), bands()[:, :3]) as made,
        pytest.raises(wl.WhylightError, match="many channels"),
    ):
        made.channel = 0


def test_names_are_as_many_as_channels():
    wrongs = {"has 2 names, but the input has 4 channels": ["a", "b"], "one name for each of the 4 channels": "abcd"}
    for words, wrong in wrongs.items():
        with pytest.raises(wl.WhylightError, match=words):
            wl.attribute(brightness, bands(), target=0, channel_names=wrong)
    named = wl.attribute(lambda x: x.sum((1, 2, 3)), bands()[:, :3], channel_names=["DAPI", "GFP", "RFP"]).view
    assert list(named.channel_names) == ["DAPI", "GFP", "RFP"]


def test_baselines_of_channels_keep_their_means():
    x = bands()
    (mean,) = wl.attribute(brightness, x, target=0, baseline="mean").baselines[0].tensors
    torch.testing.assert_close(mean.mean((2, 3)), x.mean((2, 3)))
    for name in ("blur", "noise", "zero"):
        wl.attribute(brightness, x, target=0, baseline=name, n_steps=5)


# ---------------------------------------------------------------- planes


def spectrogram() -> torch.Tensor:
    x = torch.rand(1, 80, 300, generator=torch.Generator().manual_seed(0)) * 0.3
    x[0, 30:34, 100:140] += 1
    return x


def whistle(x: torch.Tensor) -> torch.Tensor:
    return (x - 0.5).relu().sum((1, 2))


def test_a_plane_has_axes_and_its_planted_stroke_is_strongest():
    found = wl.attribute(whistle, spectrogram(), sample_rate=100.0)
    assert isinstance(found.view, PlaneView)
    assert [(axis.label, axis.step, axis.unit) for axis in found.view.axes] == [("Row", 1.0, ""), ("Time", 0.01, "s")]
    strongest = found.attributions[0].abs().flatten().topk(160).indices
    assert set((strongest // 300).tolist()) == {30, 31, 32, 33}
    assert {n % 300 for n in strongest.tolist()} == set(range(100, 140))


@pytest.mark.parametrize("scorer", ["occlusion", "build_up", "integrated_gradients", "cd"])
def test_groups_of_a_plane_are_tiles(scorer):
    x, net = spectrogram(), torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(80 * 300, 1, bias=False))
    found = wl.hierarchy(net, x, scorer=scorer, units=60)
    assert found.units.labels.shape == (80, 300)
    assert len(found.units) == 10
    parts = torch.tensor([group.score for group in found.levels[0]])
    labels = torch.as_tensor(found.units.labels)
    expected = [(net[1].weight.reshape(80, 300) * x[0])[labels == unit].sum().item() for unit in range(10)]
    torch.testing.assert_close(parts, torch.tensor(expected), rtol=1e-3, atol=1e-4)


def test_occlusion_hides_tiles_of_a_plane():
    found = wl.attribute(whistle, spectrogram(), method="occlusion")
    assert found.n_evaluations < 2000
    row, column = divmod(int(found.attributions[0].abs().argmax()), 300)
    assert 20 <= row < 44
    assert 90 <= column < 150


@pytest.mark.parametrize("shape", [(1, 12, 32, 32), (1, 4, 32, 32), (1, 2, 9, 7), (1, 80, 300), (1, 160, 40)])
def test_they_are_live_and_saved(shape, tmp_path):
    x = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    with wl.explain(lambda x: x.flatten(1).square().sum(1), x) as made:
        made.compare = ["input_gradient"]
        found = made.wait(300)
        assert made._status["state"] == "done"
        assert len(made._compared["tiles"][0]["arrays"]["values"]["shape"]) == 2
        assert made._repr_mimebundle_()[0]["image/png"]
    again = wl.load(found.save(tmp_path / "found.npz"))
    assert type(again.view) is type(found.view)
    np.testing.assert_array_equal(again.view.pixels, found.view.pixels)
    assert again.save(tmp_path / "again.png").stat().st_size > 1000
    assert wl.path(lambda x: x.flatten(1).square().sum(1), x, n_steps=5).plot() is not None
