"""A shadow of a model answers as the model does, through modules nobody else holds; training beside it is as training alone."""

import copy
import functools
import threading
import types

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, weight_norm

import whylight as wl
from tests.unit.models import Bag, WordTokenizer, conv_net, mlp, points
from tests.unit.test_modules import wrapped_in_every_way
from whylight.model.modules import modules_behind, walked
from whylight.model.shadow import Shadow
from whylight.model.user_model import UserModel

here = mlp()


class Recurrent(nn.Module):
    """Keeps its weights in a list of its own as well."""

    def __init__(self) -> None:
        super().__init__()
        self.net, self.out = nn.GRU(5, 4, batch_first=True, dtype=torch.float64), nn.Linear(4, 2, dtype=torch.float64)

    def forward(self, x):
        return self.out(self.net(x[:, None])[0][:, -1])


class Held(nn.Module):
    """Leads to its parts by other ways than attributes: bound methods, lists, closures, partials, slots."""

    __slots__ = ("aside",)

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = mlp(), nn.Dropout(0.5)
        self.steps = [self.first, self.half]
        self.last = functools.partial(self.run, self.second)
        self.aside = {"again": lambda x: self.second(x) * 1}

    def half(self, x):
        return self.second(x) / 2

    def run(self, module, x):
        return module(x)

    def forward(self, x):
        for step in self.steps:
            x = step(x)
        return self.last(x) + self.aside["again"](x)


def patched() -> nn.Module:
    """Its forward was replaced by a partial that names it, as libraries do that move weights about."""
    net = nn.Sequential(mlp(), nn.Dropout(0.5))
    written = net.forward

    def forward(module, x):
        assert isinstance(module, nn.Sequential)
        return written(x) * 2

    net.forward = functools.partial(forward, net)
    return net


def tied() -> nn.Module:
    net = nn.Sequential(nn.Linear(5, 5, dtype=torch.float64), nn.Tanh(), nn.Linear(5, 5, dtype=torch.float64))
    net[2].weight = net[0].weight
    return net


def normed() -> nn.Module:
    with pytest.warns(FutureWarning, match="weight_norm"):
        return weight_norm(nn.Linear(5, 3, dtype=torch.float64))


def parametrized() -> nn.Module:
    return nn.Sequential(parametrizations.weight_norm(nn.Linear(5, 3, dtype=torch.float64)), nn.Dropout(0.3))


MODELS = {
    "recurrent": Recurrent,
    "held": Held,
    "patched": patched,
    "tied": tied,
    "weight norm": normed,
    "parametrized": parametrized,
    "parallel": lambda: nn.DataParallel(nn.Sequential(mlp(), nn.Dropout(0.5))),
    "compiled": lambda: torch.compile(nn.Sequential(mlp(), nn.Dropout(0.5)), backend="eager"),
    "script within": lambda: nn.Sequential(torch.jit.script(nn.Sequential(mlp(), nn.Dropout(0.5))), nn.Dropout(0.5)),
    "script": lambda: torch.jit.script(nn.Sequential(mlp(), nn.Dropout(0.5))),
    "global": lambda: lambda x: nn.functional.relu(here(x)),
}
MODELS |= {
    how: lambda how=how: wrapped_in_every_way(nn.Sequential(mlp(), nn.Dropout(0.5)))[how]
    for how in wrapped_in_every_way(here)
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", list(MODELS))
def test_it_answers_as_the_model_through_modules_of_its_own(name):
    model, x = MODELS[name](), points(3, 5)
    theirs = walked(modules_behind(model))
    for module in theirs:
        module.training = False
    want = model(x)
    for module in theirs:
        module.training = True
    shadow = Shadow(model)
    ours = walked(modules_behind(shadow.model))
    assert ours
    assert not {*map(id, ours)} & {*map(id, theirs)}
    assert not any(p.requires_grad for m in ours for p in m.parameters())
    torch.testing.assert_close(shadow.model(x), want)
    assert all(m.training for m in theirs)
    assert all(p.requires_grad for m in theirs for p in m.parameters())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", [*MODELS])
def test_it_follows_what_is_written(name):
    model, x = MODELS[name](), points(3, 5)
    theirs = walked(modules_behind(model))
    shadow = Shadow(model)
    before = shadow.model(x)
    with torch.no_grad():
        for parameter in {p for m in theirs for p in m.parameters()}:
            parameter.mul_(1.5)
    shadow.refresh()
    for module in theirs:
        module.training = False
    torch.testing.assert_close(shadow.model(x), model(x))
    assert not torch.allclose(before, model(x))
    for module in theirs:
        module.training = True


def test_the_shadows_of_modules_and_weights_stay_the_same_objects():
    net = nn.Sequential(mlp(), nn.Tanh())
    shadow = Shadow(net)
    first, weight = shadow.own(net[0]), shadow.own(net[0])[0].weight
    net[1] = nn.ReLU()
    net.append(nn.Softmax(1))
    shadow.refresh()
    assert shadow.own(net[0]) is first
    assert first[0].weight is weight
    assert [type(m) for m in shadow.model] == [type(net[0]), nn.ReLU, nn.Softmax]
    assert shadow.own(other := nn.Tanh()) is other
    net[0][0].weight.data = net[0][0].weight.data * 2
    shadow.refresh()
    assert torch.equal(shadow.own(net[0])[0].weight, net[0][0].weight)


def test_hooks_and_state_of_one_are_not_the_others():
    net, seen = mlp(), []
    net.register_forward_hook(lambda module, *_: seen.append(module))
    shadow = Shadow(net)
    shadow.model(points(1, 5))
    assert seen == [shadow.model]
    shadow.model.register_forward_hook(lambda *_: None)
    shadow.model.kept = 1
    assert len(net._forward_hooks) == 1
    assert not hasattr(net, "kept")


def test_what_cannot_be_copied_is_itself():
    net = mlp()

    @functools.cache
    def held(x):
        return net(x)

    assert Shadow(held).model is held
    assert Shadow(torch.sin).model is torch.sin


CHANGES = {
    "a part": lambda net: net.__setitem__(1, nn.ReLU()),
    "a part more": lambda net: net.append(nn.Tanh()),
    "a part less": lambda net: net.__delitem__(1),
    "a hook": lambda net: net[1].register_forward_hook(lambda module, args, output: output * 2),
    "a hook before": lambda net: net[1].register_forward_pre_hook(lambda module, args: (args[0] * 2,)),
    "a setting": lambda net: setattr(net[3], "scale", 3.0),
    "a function": lambda net: setattr(net[3], "act", torch.sin),
    "a buffer": lambda net: net[3].shift.add_(1),
    "a weight": lambda net: net[0].weight.data.mul_(2),
    "weights loaded": lambda net: net.load_state_dict({k: 2 * v for k, v in net.state_dict().items()}, assign=True),
    "forward": lambda net: setattr(net[3], "forward", lambda x: x * 5),
    "a method": lambda net: setattr(net[3], "forward", types.MethodType(lambda self, x: self.act(x) * 7, net[3])),
    "code": lambda net: setattr(type(net[3]), "forward", lambda self, x: x * 9),
    "a removed hook": lambda net: net[2]._forward_hooks.clear(),
}


def changeable() -> nn.Sequential:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale, self.act = 1.0, torch.tanh
            self.register_buffer("shift", torch.ones(3))

        def forward(self, x):
            return self.act(x) * self.scale + x * self.shift

    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3), Scaled())
    net[2].register_forward_hook(lambda module, args, output: output + 1)
    return net


@pytest.mark.parametrize("how", ["net", "function"])
@pytest.mark.parametrize("change", list(CHANGES))
def test_whatever_changes_is_seen_while_a_widget_lives(change, how):
    net, x = changeable(), points(1, 5).float()
    model = net if how == "net" else lambda z: net(z) * 1
    with wl.explain(model, x, target=0, n_steps=9) as made:
        made.wait(300)
        before = made.attribution.attributions
        CHANGES[change](net)
        made.n_steps = 17
        found = made.wait(300)
    want = wl.attribute(model, x, target=0, n_steps=17)
    torch.testing.assert_close(found.attributions, want.attributions)
    torch.testing.assert_close(found.score, want.score)
    assert not torch.allclose(found.attributions, before)
    assert not any("was changed" in note for note in found.notes)


def test_the_path_of_an_answer_of_another_model_is_refused():
    net, x = mlp(), points(1, 5)
    with wl.explain(net, x, target=0, n_steps=9) as made:
        made.wait(300)
        assert made.path.alphas is not None
        net[1] = nn.Tanh()
        with pytest.raises(wl.WhylightError, match="changed since this answer"):
            _ = made.path


def test_weights_made_under_inference_mode_say_so_in_a_widget_too():
    with torch.inference_mode():
        net = mlp()
    with wl.explain(net, points(1, 5), target=0) as made, pytest.raises(wl.WhylightError, match="inference_mode"):
        made.wait(300)


class Uncopied:
    """An object that cannot be copied, around a net."""

    def __init__(self) -> None:
        self.net, self.lock = nn.Sequential(mlp(), nn.Dropout(0.5)), threading.Lock()

    def __copy__(self):
        raise TypeError("cannot be copied")

    def __call__(self, x):
        with self.lock:
            return self.net(x)


def test_what_cannot_be_copied_is_explained_all_the_same():
    model, x = Uncopied(), points(1, 5)
    assert Shadow(model).model is model
    with wl.explain(model, x, target=0, n_steps=9) as made:
        found = made.wait(300)
    assert torch.equal(found.attributions, wl.attribute(model, x, target=0, n_steps=9).attributions)
    assert model.net.training
    assert all(p.requires_grad for p in model.net.parameters())


def test_a_number_a_function_knows_is_seen_too():
    scale, weight, x = 1.0, torch.ones(5), points(1, 5).float()
    model = lambda z: (z * weight).tanh().sum(1) * scale
    with wl.explain(model, x, n_steps=9) as made:
        first = made.wait(300).attributions
        scale = 2.0
        made.n_steps = 17
        assert torch.allclose(made.wait(300).attributions, 2 * first, rtol=0.2)
        weight.zero_()
        made.n_steps = 9
        assert not made.wait(300).attributions.any()


def test_passes_change_no_version():
    net, x = changeable().train(), points(1, 5).float()
    model = UserModel(net)
    before = model.version()
    wl.attribute(net, x, target=0, n_steps=9)
    assert model.version() == before


# ---------------------------------------------------------------- training beside a widget


class Gate(nn.Module):
    """Holds a thread other than the main one in the middle of a pass."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.open = threading.Event(), threading.Event()

    def forward(self, x):
        if threading.current_thread() is not threading.main_thread():
            self.inside.set()
            assert self.open.wait(300)
        return x

    def __deepcopy__(self, memo):
        return Gate()


def trainable(*middle: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), *middle, Gate(), nn.Linear(8, 3)
    )


class LastOfGru(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.GRU(8, 8, batch_first=True)

    def forward(self, x):
        return self.net(x[:, None])[0][:, -1]


def trained(net: nn.Module, steps: int = 5) -> list[torch.Tensor]:
    """Weights and buffers after some steps with this seed, and what the random stream gives next."""
    torch.manual_seed(1)
    learner = torch.optim.Adam(net.parameters(), 0.01)
    for _ in range(steps):
        learner.zero_grad()
        net(torch.randn(16, 5)).square().sum().backward()
        assert all(p.grad is not None for p in net.parameters())
        learner.step()
    assert net.training
    return [*(t.detach().clone() for t in net.state_dict().values()), torch.rand(4)]


NETS = {
    "batch norm and dropout": trainable,
    "recurrent": lambda: trainable(LastOfGru()),
    "weight norm": lambda: trainable(parametrizations.weight_norm(nn.Linear(8, 8))),
    "spectral norm": lambda: trainable(parametrizations.spectral_norm(nn.Linear(8, 8))),
}


@pytest.mark.parametrize("how", ["net", "lambda", "method"])
@pytest.mark.parametrize("name", list(NETS))
def test_training_in_the_middle_of_a_pass_is_as_training_alone(name, how):
    net = NETS[name]().train()
    want = trained(copy.deepcopy(net))
    model = {"net": net, "lambda": lambda x: net(x) * 1, "method": net.forward}[how]
    with wl.explain(model, points(1, 5).float(), target=0, n_steps=33, method="integrated_gradients") as made:
        assert net[-2].inside.wait(300)
        got = trained(net)
        net[-2].open.set()
        found = made.wait(300)
        assert any("was changed while this was computed" in note for note in found.notes)
        made.n_steps = 17
        found = made.wait(300)
        assert not any("was changed" in note for note in found.notes)
    assert all(map(torch.equal, got, want))
    torch.testing.assert_close(
        found.attributions, wl.attribute(model, points(1, 5).float(), target=0, n_steps=17).attributions
    )


def test_training_a_text_model_in_the_middle_of_a_pass():
    net = Bag().train()
    net.net.append(Gate())
    ids = torch.tensor([[2, 20, 30, 3]])
    with wl.explain(net, "one two", tokenizer=WordTokenizer(), target=0, embedding=net.words) as made:
        assert net.net[-1].inside.wait(300)
        assert not net.words._forward_hooks
        net(ids).sum().backward()
        assert all(p.grad is not None for p in net.parameters())
        net.net[-1].open.set()
        made.wait(300)
    assert net.training


def test_switching_to_eval_mode_in_the_middle_of_a_pass_lasts():
    net = trainable().train()
    with wl.explain(net, points(1, 5).float(), target=0) as made:
        assert net[-2].inside.wait(300)
        net.eval()
        net.requires_grad_(False)
        net[-2].open.set()
        made.wait(300)
    assert not any(m.training for m in net.modules())
    assert not any(p.requires_grad for p in net.parameters())


def test_training_beside_an_attribution_of_a_thread_of_ones_own():
    net, x, found = trainable().train(), points(1, 5).float(), []
    want = trained(copy.deepcopy(net))
    thread = threading.Thread(target=lambda: found.append(wl.attribute(net, x, target=0, n_steps=9)))
    thread.start()
    assert net[-2].inside.wait(300)
    got = trained(net)
    net[-2].open.set()
    thread.join()
    assert all(map(torch.equal, got, want))
    assert any("was changed while this was computed" in note for note in found[0].notes)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_widget_about_a_script_leaves_it_as_it_is():
    net = torch.jit.script(nn.Sequential(mlp(), nn.Dropout(0.5))).train()
    with wl.explain(net, points(1, 5), target=0, n_steps=9) as made:
        found = made.wait(300)
    assert all(m.training for m in net.modules())
    torch.testing.assert_close(found.attributions, wl.attribute(net, points(1, 5), target=0, n_steps=9).attributions)


@pytest.mark.parametrize("method", ["geg", "guided_ig", "smoothgrad", "contextual_decomposition", "occlusion"])
def test_every_method_works_through_the_shadow(method):
    net, x = conv_net(dtype=torch.float64).train(), points(1, 3, 8, 8)
    with wl.explain(net, x, target=1, method=method) as made:
        found = made.wait(300)
    want = wl.attribute(net, x, target=1, method=method)
    torch.testing.assert_close(found.attributions, want.attributions)
    assert net.training


def test_a_parametrization_taken_off_is_seen():
    net, x = nn.Sequential(parametrizations.weight_norm(nn.Linear(5, 3))), points(1, 5).float()
    with wl.explain(net, x, target=0, n_steps=9) as made:
        made.wait(300)
        parametrize.remove_parametrizations(net[0], "weight")
        with torch.no_grad():
            net[0].weight.mul_(2)
        made.n_steps = 17
        want = wl.attribute(net, x, target=0, n_steps=17)
        torch.testing.assert_close(made.wait(300).attributions, want.attributions)
