"""Every form of `baseline=`, what the names mean, and the errors that give both shapes."""

import numpy as np
import pytest
import torch

import whylight as wl
from tests.unit.models import mlp, points
from whylight.errors import InvalidTypeError, InvalidValueError
from whylight.explainer.notes import neutrality_note
from whylight.numbers import percent
from whylight.problem import baselines


def used(x, baseline, F=lambda *x: x[0].flatten(1).sum(1)) -> tuple[torch.Tensor, ...]:
    """The reference input that an attribution really used."""
    return wl.attribute(F, x, baseline=baseline, n_steps=2).baselines[0].tensors


X = points(3, 4)


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        (None, torch.zeros(3, 4)),
        (0.5, torch.full((3, 4), 0.5)),
        (2, torch.full((3, 4), 2.0)),
        (torch.tensor(1.5), torch.full((3, 4), 1.5)),
        (torch.arange(4.0), torch.arange(4.0).expand(3, 4)),
        (torch.arange(4).reshape(1, 4), torch.arange(4.0).expand(3, 4)),
        (torch.arange(12.0).reshape(3, 4), torch.arange(12.0).reshape(3, 4)),
        (lambda x: x - 1, X - 1),
        (lambda x: x[:1] * 0, torch.zeros(3, 4)),
        ("zero", torch.zeros(3, 4)),
        ("mean", X.mean(1, keepdim=True).expand(3, 4)),
        ((torch.ones(4),), torch.ones(3, 4)),
    ],
)
def test_every_form(baseline, expected):
    (found,) = used(X, baseline)
    assert found.dtype == X.dtype
    assert torch.equal(found, expected.double())


@pytest.mark.parametrize("baseline", [0.3, torch.arange(4.0), lambda x: x / 3])
def test_the_baseline_is_where_the_path_starts(baseline):
    net = mlp(features=4, act=torch.nn.Tanh)
    found = wl.attribute(net, X, target=0, baseline=baseline, rule="gausslegendre", n_steps=40)
    (start,) = found.baselines[0].tensors
    assert torch.allclose(found.baseline_score, net(start)[:, 0].detach())
    assert found.convergence_delta.abs().max() < 1e-10


def test_several_inputs_take_a_tuple_or_one_number():
    x = (points(2, 3), points(2, 2, 2))
    assert [t.mean().item() for t in used(x, (1.0, torch.full((2, 2), 2.0)))] == [1, 2]
    assert [t.mean().item() for t in used(x, 3)] == [3, 3]
    assert [t.mean().item() for t in used(x, lambda a, b: (a * 0, b * 0 + 5))] == [0, 5]


def test_names_and_labels_are_recorded():
    found = wl.attribute(mlp(features=4), X, target=0, baseline=["mean", 0.5], n_steps=3)
    assert [b.label for b in found.baselines] == ["Mean", "0.5"]
    assert found.provenance["baseline"] == ["mean", "0.5"]

    def half_way(x):
        return x / 2

    assert wl.attribute(mlp(features=4), X, baseline=half_way, n_steps=2).baselines[0].label == "half way"


PICTURE = torch.rand(1, 3, 12, 10, generator=torch.Generator().manual_seed(0)).double()


@pytest.mark.parametrize(("name", "value"), [("black", 0.0), ("white", 1.0), ("zero", 0.0)])
def test_plain_pictures(name, value):
    assert (used(PICTURE, name)[0] == value).all()


def test_mean_colour_blur_and_noise_of_a_picture():
    (mean,), (blur,), (noise,) = (used(PICTURE, name) for name in ("mean", "blur", "noise"))
    assert torch.allclose(mean, PICTURE.mean((2, 3), keepdim=True).expand_as(PICTURE))
    assert blur.shape == PICTURE.shape
    assert blur.std() < PICTURE.std() / 2
    assert blur.amin() >= PICTURE.amin()
    assert blur.amax() <= PICTURE.amax()
    assert noise.amin() >= 0
    assert noise.amax() <= 1
    assert torch.equal(used(PICTURE, "noise")[0], noise)


def test_blur_keeps_a_plain_picture_and_the_mean_in_the_middle():
    (plain,) = baselines.blur((torch.full((1, 3, 9, 9), 0.7).double(),))
    assert torch.allclose(plain, torch.full_like(plain, 0.7))
    dot = torch.zeros(1, 1, 41, 41).double()
    dot[0, 0, 20, 20] = 1
    (spread,) = baselines.blur((dot,), share=0.05)
    assert spread.sum().item() == pytest.approx(1, abs=1e-12)
    assert torch.allclose(spread, spread.flip(2).flip(3))
    assert torch.allclose(spread, spread.transpose(2, 3))


def test_noise_draws_do_not_move_the_random_stream():
    state = torch.get_rng_state()
    baselines.noise((PICTURE,))
    assert torch.equal(torch.get_rng_state(), state)


def test_noise_does_not_depend_on_the_company():
    assert torch.equal(used(X, "noise")[0][:1], used(X[:1], "noise")[0])


@pytest.mark.parametrize("shape", [(5,), (2, 4), (3, 5), (1, 3, 4), (3, 4, 1)])
def test_a_wrong_shape_gives_both(shape):
    with pytest.raises(InvalidValueError) as info:
        used(X, torch.zeros(shape))
    assert str(shape) in str(info.value)
    assert "(3, 4)" in str(info.value)
    assert "(1, 4) or (4,)" in str(info.value)


def test_a_callable_of_a_wrong_shape_is_named_too():
    with pytest.raises(ValueError, match=r"shape \(7,\).*\(3, 4\)"):
        used(X, lambda x: torch.zeros(7))


def test_too_many_parts():
    with pytest.raises(InvalidValueError, match="takes 1 inputs, but the baseline has 2"):
        used(X, (0.0, 1.0))


@pytest.mark.parametrize("baseline", [{}, object(), True, {1}])
def test_things_that_are_no_baseline(baseline):
    with pytest.raises(InvalidTypeError, match=f"got {type(baseline).__name__}.*Names: zero, mean, noise"):
        used(X, baseline)


def test_a_misspelt_name_shows_the_near_miss():
    with pytest.raises(InvalidValueError, match=r"Unknown baseline 'zeros'\. Did you mean 'zero'"):
        used(X, "zeros")
    with pytest.raises(InvalidValueError, match="Did you mean 'black'"):
        used(PICTURE, "blakc")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_baselines_that_are_not_finite(value):
    with pytest.raises(InvalidValueError, match="NaN or infinity"):
        used(X, value)


def test_an_empty_list():
    with pytest.raises(InvalidValueError, match="empty list"):
        used(X, [])


@pytest.mark.parametrize("made", [None, "text", object()])
def test_a_callable_that_returns_no_tensor_is_named(made):
    with pytest.raises(wl.WhylightError, match="baseline"):
        used(X, lambda x: made)


@pytest.mark.parametrize("baseline", [np.float32(0.5), np.int64(1), np.zeros(4)])
def test_numbers_of_numpy_are_numbers(baseline):
    used(X, baseline)


def test_a_baseline_that_requires_grad():
    found = wl.attribute(mlp(features=4), X, target=0, baseline=torch.zeros(4, requires_grad=True), n_steps=3)
    assert not found.attributions.requires_grad


def test_gaussian_noise_stays_valid_and_is_the_same_every_time():
    (found,) = used(PICTURE, "gaussian_noise")
    assert found.amin() >= 0
    assert found.amax() <= 1
    assert torch.equal(used(PICTURE, "gaussian_noise")[0], found)
    (mild,) = baselines.gaussian_noise((PICTURE,), low=(PICTURE * 0,), high=(PICTURE * 0 + 1,), share=0.01)
    assert 0.005 < (mild - PICTURE).std() < 0.015


def test_maximum_distance_is_the_farther_end_of_every_value():
    (found,) = used(PICTURE, "max_distance")
    other = torch.where(found == 0, 1.0, 0.0)
    assert ((found == 0) | (found == 1)).all()
    assert ((found - PICTURE).abs() >= (other - PICTURE).abs()).all()
    assert (found - PICTURE).abs().min() >= 0.5


def test_a_random_baseline_named_several_times_is_drawn_several_times():
    found = wl.attribute(mlp(features=4), X, target=0, baseline=["noise"] * 3, n_steps=3)
    draws = [b.tensors[0] for b in found.baselines]
    assert not torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[1], draws[2])
    assert torch.equal(draws[0], used(X, "noise")[0])
    assert found.baseline_spread.any()
    assert [b.label for b in found.baselines] == ["Uniform noise", "Uniform noise 2", "Uniform noise 3"]
    parts = [wl.attribute(mlp(features=4), X, target=0, baseline=d, n_steps=3).attributions for d in draws]
    assert torch.allclose(found.attributions, torch.stack(parts).mean(0))


def test_samples_of_data_are_baselines_each():
    x, data = points(1, 4), points(5, 4, seed=3)
    found = wl.attribute(mlp(features=4), x, target=0, baseline=data, n_steps=3)
    assert torch.equal(torch.cat([b.tensors[0] for b in found.baselines]), data)
    assert [b.label for b in found.baselines] == [f"sample {i}" for i in range(1, 6)]
    assert found.provenance["baseline_label"] == "sample 1 and 4 more"


def test_a_dictionary_gives_baselines_their_labels():
    found = wl.attribute(
        mlp(features=4), X[:1], target=0, baseline={"healthy": X[1], "sick": X[1:], "none": "zero"}, n_steps=3
    )
    assert [b.label for b in found.baselines] == ["healthy", "sick 1", "sick 2", "none"]


def test_a_picture_as_baseline_goes_through_preprocess():
    x, other = (np.full((8, 8, 3), level, np.uint8) for level in (200, 100))

    def preprocess(picture):
        return torch.from_numpy(picture.copy()).permute(2, 0, 1).double() / 50 - 1

    found = wl.attribute(
        lambda t: t.flatten(1).sum(1), x, preprocess=preprocess, baseline={"another picture": other}, n_steps=2
    )
    assert (found.baselines[0].tensors[0] == 1).all()
    assert found.baselines[0].label == "another picture"


NEUTRAL = "The baseline is not neutral"


@pytest.mark.parametrize(("shift", "says"), [(0.0, False), (0.4, False), (20.0, True), (-9.0, True)])
def test_a_baseline_with_a_large_score_is_remarked_on(shift, says):
    found = wl.attribute(lambda x: x.sum(1) + shift, torch.full((1, 4), 2.0), n_steps=2)
    assert any(NEUTRAL in note for note in found.notes) is says


@pytest.mark.parametrize(
    ("unit", "base", "says"),
    [
        ("logit", -9.0, False),
        ("logit", 3.0, True),
        ("output", -3.0, True),
        ("probability", 0.9, False),
        ("probability", 2.5, True),
        ("log_probability", 3.9, True),
        ("log_probability", 3.0, False),
    ],
)
def test_what_is_small_depends_on_the_unit(unit, base, says):
    assert bool(neutrality_note(torch.tensor([1.0, 4.0]), torch.tensor([0.0, base]), unit)) is says
    assert neutrality_note(torch.tensor([4.0]), torch.tensor([float("nan")]), unit) is None


@pytest.mark.parametrize("output", ["logit", "probability", "log_probability"])
@pytest.mark.parametrize(("bias", "says"), [(0.0, False), (0.3, False), (3.0, True), (-3.0, True)])
def test_a_model_of_two_classes_should_be_undecided_at_the_baseline(output, bias, says):
    net = torch.nn.Linear(4, 2).double()
    with torch.no_grad():
        net.weight[0], net.weight[1] = 1.0, -1.0
        net.bias[0], net.bias[1] = bias, -bias
    found = wl.attribute(net, torch.full((1, 4), 2.0).double(), target=0, output=output, n_steps=3)
    notes = [note for note in found.notes if NEUTRAL in note]
    assert len(notes) == says
    if says:
        chance = torch.tensor([2 * bias]).sigmoid().item()
        assert percent(chance) in notes[0]
        assert not [
            n for n in wl.attribute(net, torch.ones(1, 4).double(), method="input_gradient").notes if NEUTRAL in n
        ]


def test_a_baseline_is_known_by_its_numbers_however_it_was_given():
    def key(*baseline) -> str:
        x = tuple(points(2, 2) for _ in baseline)
        return wl.attribute(lambda *x: sum(t.sum(1) for t in x), x, baseline=baseline, n_steps=2).baselines[0].key

    rising = torch.tensor([[1.0, 2.0], [1.0, 2.0]])
    assert key(torch.tensor(1.0)) == key(torch.ones(2, 2)) != key(torch.zeros(2, 2))
    assert key(torch.tensor([1.0, 2.0])) == key(rising) != key(rising.flip(1))
    # one number for the whole of one input is not the beginning of another
    assert key(torch.ones(2, 2), torch.tensor([[1.0, 2.0], [3.0, 3.0]])) != key(
        torch.tensor([[1.0, 1.0], [2.0, 3.0]]), torch.full((2, 2), 3.0)
    )
