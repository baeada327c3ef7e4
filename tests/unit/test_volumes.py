"""Volumes and videos: planted truth, planes that add up, blocks, shrunken messages, kinds that are told apart."""

import numpy as np
import pytest
import torch

import whylight as wl
from whylight.live.wire import volume as wire
from whylight.live.wire.downsample import block_means, blocks_within
from whylight.live.wire.encoder import encoder
from whylight.views.units import areas_at
from whylight.views.volume import VideoView, VolumeView

BLOB = (slice(9, 12), slice(14, 18), slice(4, 8))


def scan(depth: int = 16) -> torch.Tensor:
    """A volume `(1, 1, D, 24, 24)` with a planted blob."""
    x = torch.rand(1, 1, depth, 24, 24, generator=torch.Generator().manual_seed(0)) * 0.3
    x[0, 0][BLOB] += 0.6
    return x


def film() -> torch.Tensor:
    """A video `(1, 3, 8, 16, 20)` with a red square in frames 5 and 6 only."""
    x = torch.rand(1, 3, 8, 16, 20, generator=torch.Generator().manual_seed(0)) * 0.3
    x[0, 0, 5:7, 3:7, 8:12] += 0.6
    return x


def bright(x: torch.Tensor) -> torch.Tensor:
    return (x - 0.5).relu().flatten(1).sum(1)


def inside(place: tuple[int, ...], box: tuple[slice, ...]) -> bool:
    return all(part.start <= at < part.stop for at, part in zip(place, box, strict=True))


@pytest.mark.parametrize(
    ("x", "view", "box"),
    [(scan(), VolumeView, BLOB), (film(), VideoView, (slice(5, 7), slice(3, 7), slice(8, 12)))],
    ids=["volume", "video"],
)
@pytest.mark.parametrize("method", ["integrated_gradients", "input_x_gradient"])
def test_the_planted_truth_is_strongest_and_planes_add_up(x, view, box, method):
    found = wl.attribute(bright, x, method=method)
    assert isinstance(found.view, view)
    maps = found.attributions.double().numpy()
    drawn = found.view.arrays(maps, found.error_estimate.double().numpy())
    strongest = np.unravel_index(np.abs(drawn["values"]).argmax(), drawn["values"].shape)
    assert inside(strongest, box)
    for axis in range(3):
        assert inside((int(drawn[f"sizes_{axis}"].argmax()),), (box[axis],))
        assert drawn[f"sums_{axis}"].sum() == pytest.approx(found.total.item(), rel=1e-9)
        others = tuple(k for k in range(3) if k != axis)
        np.testing.assert_allclose(drawn[f"sizes_{axis}"], np.abs(drawn["values"]).sum(others))
    if method == "integrated_gradients":
        rise = (found.score - found.baseline_score).item()
        assert drawn["sums_0"].sum() == pytest.approx(rise, abs=float(drawn["error"].sum()) + 1e-6)
    np.testing.assert_allclose(found.view.path_numbers(maps), drawn["values"].sum(0))


def test_occlusion_hides_cubes():
    found = wl.attribute(bright, scan(), method="occlusion")
    assert found.n_evaluations == 7**3
    place = np.unravel_index(int(found.attributions[0, 0].abs().argmax()), (16, 24, 24))
    assert inside(place, tuple(slice(part.start - 3, part.stop + 3) for part in BLOB))
    thick = wl.attribute(bright, scan(), method=wl.methods.Occlusion(window=(1, 16, 24, 24)))
    assert float(thick.attributions.max()) == pytest.approx(bright(scan()).item(), rel=1e-6)
    with pytest.raises(wl.WhylightError, match="3 dimensions"):
        wl.attribute(bright, scan(), method=wl.methods.Occlusion(window=(2, 2)))


@pytest.mark.parametrize("scorer", ["occlusion", "integrated_gradients", "cd"])
def test_groups_are_blocks_and_add_up_where_the_model_is_linear(scorer):
    x, net = scan(), torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16 * 24 * 24, 1, bias=False))
    found = wl.hierarchy(net, x, scorer=scorer, units=12)
    assert len(found.units) == 2 * 2 * 2
    weighted = (net[1].weight.reshape(16, 24, 24) * x[0, 0]).detach()
    labels = torch.as_tensor(found.units.labels)
    expected = torch.tensor([weighted[labels == unit].sum().item() for unit in range(8)])
    torch.testing.assert_close(torch.tensor([group.score for group in found.levels[0]]), expected, rtol=1e-3, atol=1e-4)
    assert found.levels[-1][0].units == tuple(range(8))
    assert found.plot() is not None


def test_blocks_are_as_long_one_way_as_another_in_space():
    view = VolumeView.of(torch.rand(1, 1, 20, 120, 60), (3.0, 1.0, 1.0))
    assert view.block_sides == (7, 20, 20)
    assert view.part_count() == 3 * 6 * 3
    assert len(view.group_units((1, 1, 20, 120, 60))) == 54
    video = VideoView.of(film())
    assert video.block_sides == (2, 3, 3)
    assert video.part_count() == len(video.group_units((1, 3, 8, 16, 20))) == 4 * 6 * 7


def test_blocks_touch_across_faces_edges_and_corners():
    units = areas_at((4, 4, 4), 2)
    assert units.touching.sum() == 8 * 7
    line = areas_at((6, 2, 2), 2)
    assert line.touching.tolist() == [[False, True, False], [True, False, True], [False, True, False]]


# ---------------------------------------------------------------- kinds


@pytest.mark.parametrize(
    ("shape", "kind", "view"),
    [
        ((1, 1, 6, 8, 8), None, VolumeView),
        ((1, 2, 6, 8, 8), None, VolumeView),
        ((1, 3, 6, 8, 8), None, VideoView),
        ((1, 3, 6, 8, 8), "volume", VolumeView),
        ((1, 1, 6, 8, 8), "video", VideoView),
        ((1, 6, 8, 8), "volume", VolumeView),
    ],
)
def test_what_shape_cannot_tell_kind_does(shape, kind, view):
    found = wl.attribute(bright, torch.rand(shape), kind=kind)
    assert isinstance(found.view, view)
    assert found.view.numbers(found.attributions.numpy()).shape == shape[-3:]
    assert found.plot() is not None


def test_what_does_not_fit_is_told():
    with pytest.raises(wl.WhylightError, match=r"kind='video' draws videos .* shape \(1, 2, 6, 8, 8\).*kind='volume'"):
        wl.explain(bright, torch.rand(1, 2, 6, 8, 8), kind="video")
    for wrong in ((1, 2), (1, 0, 1), "abc", 2.0, (1, float("nan"), 1)):
        with pytest.raises(wl.WhylightError, match="spacing must be three positive distances"):
            wl.explain(bright, scan(), spacing=wrong)


def test_blur_is_along_all_axes_of_a_volume_and_within_frames_of_a_video():
    spot = torch.zeros(1, 1, 9, 9, 9)
    spot[0, 0, 4, 4, 4] = 1
    (volume,) = wl.attribute(bright, spot, baseline="blur", n_steps=3).baselines[0].tensors
    torch.testing.assert_close(volume[0, 0, 2, 4, 4], volume[0, 0, 4, 4, 2])
    (video,) = wl.attribute(bright, spot, baseline="blur", n_steps=3, kind="video").baselines[0].tensors
    assert not video[0, 0, :4].any()
    assert video[0, 0, 4].count_nonzero() > 1


# ---------------------------------------------------------------- messages


def halves(packed, scale):
    return np.frombuffer(packed["data"], "<f2").astype(float).reshape(packed["shape"]) * scale


def test_blocks_are_even_and_no_more_than_asked_for():
    for shape, cells in [((256, 256, 256), 128**3), ((32, 512, 512), 2_200_000), ((7, 5, 9), 60), ((300, 1, 1), 7)]:
        blocks = blocks_within(shape, cells, (0, 1, 2))
        left = [-(-n // block) for n, block in zip(shape, blocks, strict=True)]
        assert np.prod(left) <= cells
        assert blocks == [-(-n // m) for n, m in zip(shape, left, strict=True)]  # as the browser works them out
    values = np.arange(4 * 5 * 6, dtype=float).reshape(4, 5, 6)
    means = block_means(values, (2, 5, 4))
    assert means[1, 0, 1] == values[2:, :, 4:].mean()


def test_large_volumes_stream_fine_and_are_kept_small(monkeypatch):
    monkeypatch.setattr(wire, "KEPT", 4**3)
    monkeypatch.setattr(wire, "SENT", 8 * 12 * 12)
    with wl.explain(bright, scan(), n_steps=9) as made:
        sent = []
        made.send = lambda content, buffers=None: sent.append((content, buffers))
        made.n_steps = 17
        values = made.wait(300).attributions[0, 0].double().numpy()
        kept, frames = made._frame, [content for content, _ in sent if content["kind"] == "frame"]
    assert kept["arrays"]["values"]["shape"] == [4, 4, 4]
    assert made._input["arrays"]["voxels"]["shape"] == [4, 4, 4]
    assert not any(name.startswith("fine_") for name in kept["arrays"])
    (final,) = [frame for frame in frames if frame["meta"]["final"]]
    assert np.prod(final["arrays"]["fine_values"]["shape"]) <= 8 * 12 * 12
    assert final["arrays"]["fine_input"]["shape"] == final["arrays"]["fine_values"]["shape"]
    assert all("fine_values" not in frame["arrays"] for frame in frames if not frame["meta"]["final"])
    small = halves(kept["arrays"]["values"], kept["meta"]["value_scale"])
    blocks = [-(-n // 4) for n in values.shape]
    np.testing.assert_allclose(small, block_means(values, blocks), atol=1e-3 * np.abs(small).max())
    sums = np.frombuffer(kept["arrays"]["sums_0"]["data"], "<f4")
    np.testing.assert_allclose(sums, values.sum((1, 2)), rtol=1e-5)


def test_no_frame_of_a_video_is_mixed_with_another(monkeypatch):
    monkeypatch.setattr(wire, "KEPT", 8 * 8 * 10)
    known = encoder(VideoView.of(film()))
    assert known.blocks(wire.KEPT) == [1, 2, 2]
    assert known.input()["arrays"]["frames"]["shape"] == [8, 8, 10, 3]


def test_the_distribution_of_values():
    values = np.random.default_rng(0).standard_normal((100, 100, 120))
    found = wire.distribution(values)
    assert found[-1] == np.abs(values).max()
    assert (np.diff(found) >= 0).all()
    assert found[900] == pytest.approx(np.quantile(np.abs(values), 0.9), rel=0.01)
    assert wire.distribution(np.zeros((2, 2, 2))).tolist() == [0.0] * wire.SHARES


@pytest.mark.parametrize("x", [scan(), film()], ids=["volume", "video"])
def test_they_are_live_and_saved(x, tmp_path):
    with wl.explain(bright, x, target=None, n_steps=9) as made:
        made.compare = ["input_gradient"]
        made._hear(made, {"kind": "path", "open": True}, [])
        found = made.wait(300)
        assert made._status["state"] == "done"
        assert made._compared["tiles"][0]["arrays"]["values"]["shape"] == list(x.shape[-2:])
        assert made._path["arrays"]["maps"]["shape"][1:] == list(x.shape[-2:])
        made.pixel = [3, 5, 6]
        made.pixel = [4]
        for wrong in ([3, 5], [99, 0, 0], [-1]):
            with pytest.raises(wl.WhylightError, match=r"pixel is \[plane, row, column\]"):
                made.pixel = wrong
        made.units = 12
        made.selection = [1]
        with pytest.raises(wl.WhylightError, match="side of tiles"):
            made.units = "slic"
        assert made._repr_mimebundle_()[0]["image/png"]
    again = wl.load(found.save(tmp_path / "found.npz"))
    assert type(again.view) is type(found.view)
    assert again.view.pixel_shape == x.shape[2:]
    assert again.save(tmp_path / "again.html").stat().st_size > 10_000
