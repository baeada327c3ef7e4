"""Every attribution class of Captum (Kokhlikyan et al. 2020, arXiv 2009.07896) as a method of Whylight.

Captum computes; inputs, targets, baselines, labels and drawing are Whylight's. Captum is imported when used. Knows nothing of
what the class does beyond its signature.
"""

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from whylight.errors import InvalidTypeError, InvalidValueError, MissingPackageError, ModelError, unknown_name
from whylight.methods.method import Method
from whylight.methods.reporting import Tensors, attribution_of, over_baselines, shown
from whylight.model.user_model import UserModel
from whylight.problem.baseline_spec import Baseline
from whylight.problem.problem import Problem
from whylight.results.attribution import Attribution
from whylight.tensors import expand, wide

EXACT = frozenset(
    [
        *("Saliency", "InputXGradient", "Deconvolution", "GuidedBackprop", "GuidedGradCam", "LayerGradCam"),
        *(
            "LayerActivation",
            "LayerGradientXActivation",
            "DeepLift",
            "LayerDeepLift",
            "DeepLiftShap",
            "LayerDeepLiftShap",
        ),
        *("LRP", "LayerLRP", "FeatureAblation", "LayerFeatureAblation", "Occlusion", "ShapleyValues"),
    ]
)  # no draws, no sum in place of an integral: what they define is what they give
ENLARGED = {4: "bilinear", 5: "trilinear"}  # maps of a layer, by their axes: of pictures and of volumes
DISTRIBUTIONS = ("GradientShap", "DeepLiftShap")  # draw from many baselines by themselves
OURS = (
    "self",
    "model",
    "forward_func",
    "inputs",
    "baselines",
    "target",
    "additional_forward_args",
    "return_convergence_delta",
)


@dataclass(frozen=True, init=False)
class Captum(Method):
    """Any class of `captum.attr`: DeepLift, GradientShap, KernelShap, LRP, LayerGradCam ...

    Sign, unit and completeness are those of the class; `convergence_delta` is given where Captum gives it. The error of classes that
    draw at random or put a sum in place of an integral is not known (NaN), for Captum does not estimate it; that of the others is 0.

    Parameters
    ----------
    attribution
        The class, or its name.
    kwargs
        Arguments of its constructor or of its `attribute`, told apart by their names. `layer` may be the dotted name of a
        module of your model. What Whylight knows itself is left out: inputs, baselines, target.

    Raises
    ------
    MissingPackageError
        Captum is not installed.
    InvalidTypeError
        No such argument, or a class that wants more than a model and a layer.

    Notes
    -----
    Maps of a layer of pictures (Grad-CAM) are brought to the size of the picture by bilinear interpolation, and shared
    equally by its channels. Random methods draw from PyTorch's and NumPy's global generators, which are found as they were.

    Examples
    --------
    >>> import torch, whylight as wl
    >>> net = torch.nn.Linear(3, 2).double()
    >>> x = torch.ones(1, 3).double()
    >>> method = wl.methods.Captum("Saliency", abs=False)
    >>> bool((wl.attribute(net, x, target=0, method=method).attributions == net.weight[:1]).all())
    True
    """

    attribution: Any
    kwargs: Mapping[str, Any]

    name: ClassVar[str] = "captum"
    label: ClassVar[str] = "Captum"
    hint: ClassVar[str] = "Computed by Captum."

    def __init__(self, attribution: Any, **kwargs: Any) -> None:
        known = _captum()
        if isinstance(attribution, str) and not inspect.isclass(getattr(known, attribution, None)):
            raise unknown_name("class of captum.attr", attribution, [n for n in known.__all__ if n[0].isupper()])
        cls = getattr(known, attribution) if isinstance(attribution, str) else attribution
        if not inspect.isclass(cls) or not issubclass(cls, known.Attribution):
            raise InvalidTypeError(
                f"Captum wraps classes of captum.attr, or their names; got {attribution!r}. Give captum.attr.DeepLift, or 'DeepLift'."
            )
        own = getattr(known, cls.__name__, None) is cls
        object.__setattr__(self, "attribution", cls.__name__ if own else cls)
        object.__setattr__(self, "kwargs", kwargs)
        self._check(cls)

    def _check(self, cls: Any) -> None:
        """Raise for arguments the class does not have, or lacks."""
        found = {**_parameters(cls.__init__), **_parameters(cls.attribute)}
        known = [n for n, p in found.items() if n not in OURS and p.kind.name != "VAR_KEYWORD"]
        for given in self.kwargs:
            if given not in known:
                raise InvalidTypeError(str(unknown_name(f"argument of {cls.__name__}", given, known)))
        empty = inspect.Parameter.empty
        missing = [n for n in known if found[n].default is empty and n not in self.kwargs]
        if missing or "inputs" not in found:
            wants = ", ".join(missing) or "something else than inputs"
            raise InvalidTypeError(f"{cls.__name__} also needs {wants}. Pass it by name, or call Captum directly.")

    @property
    def _class(self) -> Any:
        return getattr(_captum(), self.attribution) if isinstance(self.attribution, str) else self.attribution

    @property
    def title(self) -> str:
        """The class's name."""
        return f"{self._class.__name__} (Captum)"

    @property
    def needs_baseline(self) -> bool:
        """Whether the class takes baselines."""
        return "baselines" in _parameters(self._class.attribute)

    def suits(self, model: Any, inputs: Tensors) -> bool:
        """Classes that put hooks on layers need a module."""
        return UserModel.of(model).module is not None or "forward_func" in _parameters(self._class.__init__)

    def code(self, prefix: str = "wl.methods.") -> str:
        """The call that makes it; modules and other objects appear under their argument's name."""
        plain = (bool, int, float, str, tuple, type(None))
        given = [
            f"{name}={value!r}" if isinstance(value, plain) else f"{name}={name}" for name, value in self.kwargs.items()
        ]
        cls = repr(self.attribution) if isinstance(self.attribution, str) else self.attribution.__name__
        return f"{prefix}Captum({', '.join([cls, *given])})"

    def __repr__(self) -> str:
        return self.code("")

    def refine(self, problem: Problem) -> Iterator[Attribution]:
        """Yield Captum's one answer, averaged over baselines if there are several."""
        if not problem.baselines or self._class.__name__ in DISTRIBUTIONS:
            yield self._answer(problem, problem.baselines)
            return
        yield from over_baselines(problem, lambda baseline: iter([self._answer(problem, (baseline,))]))

    def _answer(self, problem: Problem, baselines: tuple[Baseline, ...]) -> Attribution:
        score, starts, scored = problem.value(), [problem.value(b) for b in baselines], _Scored(problem)
        with _numpy_as_it_was(), problem.score.model.undisturbed():
            maps, delta = self._attribute(scored, problem, baselines)
        maps = tuple(_fitted(m, x, self.title) for m, x in zip(maps, problem.inputs, strict=True))
        return attribution_of(
            problem,
            shown(problem, maps),
            score=score,
            baseline_score=torch.stack(starts).mean(0) if starts else None,
            convergence_delta=None if delta is None else _wide(delta).reshape(problem.n_samples, -1).mean(1),
            n_evaluations=scored.points // problem.n_samples,
            exact=self.attribution in EXACT,
            method=self.name,
        )

    def _attribute(
        self, scored: "_Scored", problem: Problem, baselines: tuple[Baseline, ...]
    ) -> tuple[Tensors, Tensor | None]:
        """Captum's maps, one per input, and its gaps where it reports them."""
        built, called = _parameters(self._class.__init__), _parameters(self._class.attribute)
        model = problem.score.model
        given: dict[str, Any] = {k: model.own(v) if isinstance(v, nn.Module) else v for k, v in self.kwargs.items()}
        if isinstance(layer := given.get("layer"), str):
            given["layer"] = _layer(model, layer)
        if "model" in built and model.module is None:
            raise InvalidTypeError(
                f"{self._class.__name__} puts hooks on layers, so the model must be a torch.nn.Module; it is a {model.name}."
            )
        explainer = self._class(scored, **{k: v for k, v in given.items() if k in built})
        options = {k: v for k, v in given.items() if k not in built}
        if baselines:
            parts = zip(*(b.tensors for b in baselines), strict=True)
            options["baselines"] = _bare(tuple(torch.cat(part) for part in parts))
        if reports := "return_convergence_delta" in called and explainer.has_convergence_delta():
            options["return_convergence_delta"] = True
        inputs = tuple(x.clone().requires_grad_() for x in problem.inputs)
        owners = tuple(torch.as_tensor(o, device=problem.device) for o in problem.owners(np.arange(problem.n_samples)))
        found = explainer.attribute(_bare(inputs), additional_forward_args=owners, **options)
        maps, delta = found if reports else (found, None)
        maps = maps if isinstance(maps, tuple) else (maps,)
        if len(maps) != len(inputs):
            raise ModelError(f"{self.title} returned {len(maps)} maps for {len(inputs)} inputs; call Captum directly.")
        return tuple(_wide(m) for m in maps), delta


class _Scored(nn.Module):
    """The explained score as the model Captum wants: one number per point, the owners of the points as further inputs."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self._score, self.points, self.training = problem.score, 0, False
        if problem.score.model.module is not None:
            self.model = problem.score.model.module

    def forward(self, *args: Tensor) -> Tensor:
        """F at points, `(M,)`; the last two arguments say which inputs and which rows of targets they belong to."""
        *points, inputs, rows = args
        score = self._score
        self.points += len(rows)
        outputs = score.forward(*points, **expand(score.forward_kwargs, score.n_samples, inputs))
        assert score.target is not None
        return score.target.select(outputs, rows)


def _captum() -> Any:
    try:
        import captum.attr
    except ImportError:
        raise MissingPackageError(
            "This method needs Captum: pip install 'whylight[captum]' (or pip install captum)."
        ) from None
    return captum.attr


def _parameters(call: Any) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(call).parameters


def _layer(model: UserModel, name: str) -> nn.Module:
    modules = {} if model.module is None else model.named_modules
    if name not in modules:
        raise unknown_name("layer", name, [n for n in modules if n])
    return modules[name]


def _fitted(found: Tensor, x: Tensor, title: str) -> Tensor:
    """A map shaped like its input; that of a layer of pictures or volumes is enlarged."""
    if found.shape == x.shape:
        return found
    if found.ndim == x.ndim and x.ndim in ENLARGED:
        whole = found.sum(1, keepdim=True)
        large = nn.functional.interpolate(whole, size=x.shape[2:], mode=ENLARGED[x.ndim], align_corners=False)
        return (large / x.shape[1]).expand_as(x).clone()
    raise InvalidValueError(
        f"{title} returned attributions of shape {tuple(found.shape)}, which cannot be laid over the input {tuple(x.shape)}. "
        "Choose a layer of pictures (N, C, H, W) or volumes (N, C, D, H, W), or call Captum directly."
    )


def _wide(tensor: Tensor) -> Tensor:
    return tensor.detach().to(wide(tensor.device))


def _bare(tensors: Tensors) -> Any:
    """One tensor as itself, several as the tuple they are."""
    return tensors[0] if len(tensors) == 1 else tensors


@contextmanager
def _numpy_as_it_was() -> Iterator[None]:
    """Put NumPy's global generator back, which some of Captum's classes draw from."""
    state = np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
