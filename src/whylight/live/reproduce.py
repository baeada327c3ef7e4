"""Python that reproduces the picture on screen. Knows nothing of traits or bytes."""

from collections.abc import Callable
from typing import Any

from whylight.live.settings import Settings
from whylight.methods.method import Method
from whylight.targets.dense import DenseTarget
from whylight.targets.target import Contrast

REPRODUCED = {
    "preprocess",
    "labels",
    "tokenizer",
    "embedding",
    "feature_names",
    "background",
    "channel_names",
    "sample_rate",
    "times",
    "spacing",
    "forward_kwargs",
    "dtype",
}


def code(settings: Settings, own_name: Callable[[str], str] = str, **names: Any) -> str:
    """Keyword arguments, as Python, that ask for the same again; your own objects appear under their option's name.

    `own_name` says what of such an object belongs to the sample on show.
    """
    explainer, at_input = settings.explainer, settings.explainer.at_input
    first = explainer.request
    plain = {"tol": first.tol if names.get("n_steps") is None else None, "rule": first.rule}
    plain["output"] = at_input.output if at_input.output != "logit" else None
    plain["kind"] = explainer.options.get("kind")
    plain["compile"] = at_input.passes.compile or None
    specs = {kind: settings.behind(kind, name) for kind, name in {**names, **plain}.items()}
    specs["target"] = settings.contrast(names.get("target"), specs.pop("against", None))
    written = {kind: _written(kind, spec) for kind, spec in specs.items() if spec is not None}
    own = [] if settings.own_groups is None else ["groups"]
    given = {name: name for name in (*sorted(REPRODUCED & explainer.options.keys()), *own) if name not in written}
    whole = {**written, **given}
    return ", ".join(f"{name}={own_name(name) if value == name else value}" for name, value in whole.items())


def _written(kind: str, spec: Any) -> str:
    """A setting as Python, or the name of its option for an object of one's own."""
    if isinstance(spec, Method):
        return spec.code()
    if isinstance(spec, Contrast) and all(isinstance(s, (int, str, tuple, DenseTarget)) for s in (spec.a, spec.b)):
        return f"wl.contrast({spec.a!r}, {spec.b!r})"
    literal = isinstance(spec, (int, float, str, DenseTarget)) or (
        isinstance(spec, (list, tuple, dict)) and all(isinstance(s, (int, float, str, DenseTarget)) for s in spec)
    )
    return repr(spec) if literal else kind
