"""Captum's own list of configurations (`captum.testing`), every algorithm in it: ours where there is one, else its adapter.

All runs in double precision. What explains layers rather than inputs is left out; a neuron is the output of a model that ends
there.
"""

import copy
import inspect
import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import whylight as wl
from tests.agreement.rows import LEFT_OUT, ROUNDING, Case, Maps, Row, dense, judged

M = wl.methods
DRAWS = 3  # times the error stated for ours is how far two maps of random draws may be apart
OPTIONS = ("inputs", "baselines", "target", "additional_forward_args")


class Ending(nn.Module):
    """A model that ends at one of its layers."""

    def __init__(self, model: nn.Module, layer: str) -> None:
        super().__init__()
        self.model, self.layer = model, layer
        self.forward = self._checked(inspect.signature(model.forward))

    def _checked(self, signature: inspect.Signature) -> Any:
        def forward(*args: Any, **kwargs: Any) -> Tensor:
            kept: list[Tensor] = []
            layer = self.model.get_submodule(self.layer)
            handle = layer.register_forward_hook(lambda module, given, out: kept.append(out))
            try:
                self.model(*args, **kwargs)
            finally:
                handle.remove()
            return kept[0]

        forward.__signature__ = signature  # type: ignore[attr-defined]
        return forward


def wide(value: Any) -> Any:
    """Real tensors in double precision."""
    if isinstance(value, Tensor):
        return value.detach().double() if value.is_floating_point() else value
    return type(value)(map(wide, value)) if isinstance(value, (tuple, list)) else value


def several(value: Any) -> Maps:
    return value if isinstance(value, tuple) else (value,)


class Example:
    """One configuration, as Captum and as we take it."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.name, self.config = config["name"], config
        self.model = copy.deepcopy(config["model"]).double().eval()
        self.arguments = {k: wide(v) for k, v in config["attribute_args"].items()}
        self.inputs = several(self.arguments["inputs"])
        self.tunnel = config.get("noise_tunnel", False)

    @property
    def options(self) -> dict[str, Any]:
        """What is said to the method itself."""
        return {k: v for k, v in self.arguments.items() if k not in OPTIONS}

    def theirs(self, algorithm: Any) -> Maps:
        """Captum's maps."""
        from captum.attr import NoiseTunnel

        built = inspect.signature(algorithm.__init__).parameters
        layer = {"layer": self.model.get_submodule(self.config["layer"])} if "layer" in built else {}
        method = algorithm(self.model, **layer)
        method = NoiseTunnel(method) if self.tunnel else method
        seed()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return tuple(m.detach().double() for m in several(method.attribute(**self.arguments)))

    def ours(self, method: Any, model: nn.Module | None = None) -> wl.Attribution:
        """Our answer, for a model that takes the same inputs."""
        names = list(inspect.signature(self.model.forward).parameters)[len(self.inputs) :]
        extra = self.arguments.get("additional_forward_args", ())
        kwargs = dict(zip(names, extra if isinstance(extra, tuple) else (extra,), strict=False))
        target = plain(self.arguments.get("neuron_selector", self.arguments.get("target")))
        x = self.inputs[0] if len(self.inputs) == 1 else self.inputs
        seed()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return wl.attribute(
                model or self.model, x, target=target, method=method, baseline=self.baseline, forward_kwargs=kwargs
            )

    @property
    def baseline(self) -> Any:
        """The same reference; rows of a distribution one by one."""
        given = self.arguments.get("baselines")
        if given is None:
            return 0.0
        if self.config.get("baseline_distr"):
            rows = list(zip(*several(given), strict=True))
            return [row[0] if len(row) == 1 else row for row in rows]
        return given


def plain(target: Any) -> Any:
    """A target of Captum's as ours."""
    if isinstance(target, Tensor):
        return target.tolist() if target.numel() > 1 else int(target)
    if isinstance(target, tuple) and any(isinstance(i, slice) for i in target):  # neurons side by side: their sum
        return lambda outputs: outputs[:, *target].flatten(1).sum(1)
    return target


def seed() -> None:
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002


def our_method(name: str, example: Example) -> Any:
    """Ours that should give the same numbers; None where there is none."""
    shapes, n = example.options.get("sliding_window_shapes"), example.options.get("n_samples", 5)
    if name == "Occlusion" and not isinstance(shapes[0], tuple):
        return M.Occlusion(shapes, (1,) * len(shapes))
    whole = (1,) * (example.inputs[0].ndim - 1)
    return {
        "IntegratedGradients": M.IntegratedGradients(n_steps=50, rule="gausslegendre"),
        "InputXGradient": M.InputXGradient(),
        "Saliency": M.InputGradient(),
        "Gradient": M.InputGradient(),
        "FeatureAblation": M.Occlusion(whole, whole),
        "GradientShap": M.ExpectedGradients(n_samples=n),
    }.get(name)


def compared(config: dict[str, Any], algorithm: Any) -> Row:
    """One algorithm at one configuration."""
    example, of_neuron = Example(config), algorithm.__name__.startswith("Neuron")
    name = algorithm.__name__.removeprefix("Neuron")
    own, layer = our_method(name, example), {} if of_neuron else layer_of(example, algorithm)
    options = {k: v for k, v in example.options.items() if not example.tunnel and k != "neuron_selector"}
    method = own or M.Captum(name, **options, **layer)
    if example.tunnel:
        method = M.SmoothGrad(method, n_samples=20, noise_level=0.0)
    where = ("Captum", algorithm.__name__ + " in NoiseTunnel" * example.tunnel, method.title, example.name)
    model = Ending(example.model, config["layer"]) if of_neuron else None
    answer, theirs = example.ours(method, model), example.theirs(algorithm)
    found, bound = several(answer.attributions), ROUNDING
    if name == "Saliency":
        found = tuple(f.abs() for f in found)  # theirs is without the sign
    if name == "Occlusion" and own is not None and example.inputs[0].ndim == 4:
        found = tuple(f * own.window[0] for f in found)  # theirs gives every channel of a window all of its worth
    if name == "GradientShap":  # equal if random draws differ by no more than the error stated for ours allows
        errors = max(float(e.max()) for e in several(answer.error_estimate))
        bound = DRAWS * errors / max(float(t.abs().max()) for t in theirs)
    return judged(where, theirs, found, bound=bound)


def layer_of(example: Example, algorithm: Any) -> dict[str, str]:
    """The layer an algorithm of inputs wants named."""
    return {"layer": example.config["layer"]} if "layer" in inspect.signature(algorithm.__init__).parameters else {}


def trapezoid(rule: str, n: int, model: Any, x: Tensor) -> Row:
    """Captum's Riemann sums beside the integral itself; ours with as many points."""
    from captum.attr import IntegratedGradients

    def gradient(z: Maps) -> Maps:
        leaf = z[0].detach().requires_grad_()
        return torch.autograd.grad(model(leaf).sum(), (leaf,))

    theirs = (IntegratedGradients(model).attribute(x, n_steps=n, method=rule).detach(),)
    ours = (wl.attribute(model, x, n_steps=n, rule=rule).attributions,)
    why = "Weights of a trapezoid rule that add up to 1 − 1/n." if rule == "riemann_trapezoid" else ""
    where = ("Captum", f"IntegratedGradients(method={rule!r})", f"Integrated gradients (rule={rule!r})", f"n={n}")
    return judged(where, theirs, ours, truth=partial(dense, gradient, (torch.zeros_like(x),), (x,)), design=why)


def cases() -> Iterator[tuple[str, Case]]:
    """All of the list, by a name each; then every rule of integrated gradients."""
    from captum.testing.attr.helpers.test_config import config

    for one in config:
        for algorithm in one["algorithms"]:
            name = algorithm.__name__
            label, left_out = f"{one['name']}/{name}", None
            if name.startswith("Layer") or name == "InternalInfluence":
                left_out = "Layer…, InternalInfluence", "They explain a layer's output; Whylight explains inputs."
            elif name == "NeuronConductance":
                left_out = name, "A neuron's share in a class; Whylight explains the neuron or the class."
            if left_out is None:
                yield label, partial(compared, one, algorithm)
            else:
                yield label, partial(Row, "Captum", left_out[0], "", label, LEFT_OUT, why=left_out[1])
    linear = lambda z: z @ torch.tensor([1.0, -2.0, 3.0]).double()
    smooth = lambda z: (z * z[:, [1, 2, 0]]).sin().sum(1)
    x = torch.tensor([[0.5, 1.0, -0.7]]).double()
    for rule in ("riemann_left", "riemann_right", "riemann_middle", "riemann_trapezoid", "gausslegendre"):
        for n in (2, 10, 50):
            yield f"{rule}/linear/{n}", partial(trapezoid, rule, n, linear, x)
            yield f"{rule}/smooth/{n}", partial(trapezoid, rule, n, smooth, x)
