"""Settings that a browser can hold: plain names and numbers, with the Python objects behind them.

A target may be a callable, a baseline a tensor, a method an instance; the browser sees their names. This file checks what
is set, remembers what a name stands for, and lists what the controls offer. Knows nothing of traits or bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from whylight import methods
from whylight.errors import InvalidValueError, WhylightError, unknown_name
from whylight.explainer.explainer import Explainer
from whylight.explainer.request import Request
from whylight.groups.scorers import SCORERS
from whylight.model.outputs import convert
from whylight.problem import baseline_spec
from whylight.problem.targets import Contrast, contrast
from whylight.quadrature.rules import MAX_LEVEL
from whylight.views.image import ImageView
from whylight.views.row_groups import RowGrouping, groupings
from whylight.views.units import tile_side
from whylight.views.view import View

MOST_LIKELY = 10
MAX_LABELS = 5000
MIN_GROUPED = 6  # rows
KINDS = ("method", "target", "baseline")  # of settings that can be compared

Choice = dict[str, Any]


class Settings:
    """The method, target and baseline of a task under plain names."""

    def __init__(self, task: Explainer, groups: Any = None) -> None:
        self.task, self.own_groups = task, groups
        self._behind: dict[tuple[str, Any], Any] = {}
        self._labels: dict[tuple[str, Any], str] = {}

    def method(self, spec: Any) -> str:
        """The registry name of a method, or its parameters written out; raises for an unknown one."""
        if isinstance(spec, str) and ("method", spec) in self._behind:
            return spec
        made = methods.make(spec)
        if made.name in methods.METHODS and made == methods.METHODS[made.name]():
            return self._keep("method", made.name, made.name, made.title)
        return self._keep("method", made.code(""), made, f"{made.title} (own)")

    def target(self, spec: Any) -> int | str | None:
        """The plain value of a target; raises for one that does not exist."""
        if (spec is None or isinstance(spec, str)) and ("target", spec) in self._behind:
            return spec
        made = self.task.target(spec)
        if made.parts:
            raise InvalidValueError(
                f"explain shows one target at a time, and target is a list of {len(made.parts)}: give one of them (the others "
                "are a choice away), or use attribute, which explains all of them from the same forward passes."
            )
        self.task.value(made)  # what fails should fail here, not later on the worker
        return self._keep("target", made.value, made.value if isinstance(made.value, int) else spec, made.label)

    def baseline(self, spec: Any) -> str:
        """The plain name of a baseline; raises for one that does not fit."""
        if isinstance(spec, str) and ("baseline", spec) in self._behind:
            return spec
        made = self.task.prepared.references(spec)
        name = " + ".join(b.name for b in made)
        return self._keep("baseline", name, name if spec is None else spec, baseline_spec.title(made))

    def compare(self, specs: Sequence[Any]) -> list[dict[str, Any]]:
        """Plain settings to compare with the main ones, each once; a method may stand for itself."""
        made: list[dict[str, Any]] = []
        for spec in specs:
            setting = self._setting(spec)
            made.extend([] if setting in made else [setting])
        return made

    def _setting(self, spec: Any) -> dict[str, Any]:
        given = spec if isinstance(spec, Mapping) else {"method": spec}
        for kind in given:
            if kind not in KINDS:
                raise unknown_name("setting to compare", str(kind), KINDS)
        if not given:
            raise InvalidValueError(f"A setting to compare is empty; give at least one of {', '.join(KINDS)}.")
        return {kind: getattr(self, kind)(value) for kind, value in given.items()}

    def code(self, **names: Any) -> str:
        """Keyword arguments, as Python, that ask for the same again; your own objects appear under their option's name."""
        first = self.task.request
        plain = {"tol": first.tol if names.get("n_steps") is None else None, "rule": first.rule}
        plain["output"] = self.task.output if self.task.output != "logit" else None
        plain["compile"] = self.task.compile or None
        specs = {kind: self._behind.get((kind, name), name) for kind, name in {**names, **plain}.items()}
        specs["target"] = self._contrast(names.get("target"), specs.pop("against", None))
        written = {kind: _written(kind, spec) for kind, spec in specs.items() if spec is not None}
        own = [] if self.own_groups is None else ["groups"]
        given = {name: name for name in (*self.task.given, *own) if name not in written}
        return ", ".join(f"{name}={value}" for name, value in {**written, **given}.items())

    def against(self, spec: Any) -> int | str | None:
        """The plain value of a target to subtract."""
        if isinstance(self._behind.get(("target", spec), spec), Contrast):
            raise InvalidValueError(
                "against is a contrast already; give one class, or target=wl.contrast(a, b) and against=None."
            )
        return None if spec is None else self.target(spec)

    def request(self, method: str, target: Any, baseline: str, n_steps: int | None, against: Any = None) -> Request:
        """What to ask of the task for these plain names."""
        first = self.task.request
        return Request(
            method=self._behind.get(("method", method), method),
            target=self._contrast(target, against),
            baseline=self._behind.get(("baseline", baseline), baseline),
            n_steps=n_steps,
            tol=first.tol if n_steps is None else None,
            rule=first.rule,
        )

    def _contrast(self, target: Any, against: Any) -> Any:
        """What is behind a target, less what is behind the other, if that is another one."""
        a, b = (self._behind.get(("target", name), name) for name in (target, against))
        if against is None or against == target:
            return a
        if isinstance(a, Contrast):
            raise InvalidValueError("target is a contrast already: set against=None, or one class as the target.")
        return contrast(a, b)

    def offer(self, target: Any) -> Choice:
        """What the controls offer: the `_choices` message of docs/wire.md."""
        scores = self._scores()
        return {
            "v": 1,
            "live": True,
            "methods": [
                *(_method(m.name, m.title, m.hint, m) for m in self._suitable()),
                *(_method(v, label, v, self._behind["method", v]) for v, label in self._own("method")),
            ],
            "baselines": [
                *(_baseline(name, b.label, b.hint, b.text) for name, b in self.task.prepared.baselines.items()),
                *(_baseline(name, label) for name, label in self._own("baseline")),
            ],
            "targets": self._targets(scores, target),
            "labels": self._class_names(scores),
            "scorers": [{"value": name, "label": label, "hint": hint} for name, (label, hint) in self._ways()],
            "units": _units(self.task.prepared.view),
            "n_steps": {"min": 2, "max": 2**MAX_LEVEL + 1},
        }

    def groups(self) -> list[RowGrouping]:
        """Ways to group the rows of a table: by the predicted class or by thirds of the score, and those asked for."""
        outputs = self.task.outputs().detach().cpu()
        own = None if self.own_groups == "predicted" else self.own_groups
        asked = [] if own is None else groupings(own, len(outputs), self.task.labels)
        return [*self._found_groups(outputs), *asked]

    def _found_groups(self, outputs: Tensor) -> list[RowGrouping]:
        if len(outputs) < MIN_GROUPED:
            return []
        if outputs.ndim == 2 and outputs.shape[1] > 1:
            names = self._class_names(outputs[0]) or [f"class {i}" for i in range(outputs.shape[1])]
            return [RowGrouping("Predicted class", tuple(names), tuple(outputs.argmax(1).tolist()))]
        scores = outputs.reshape(len(outputs), -1)[:, 0].double()
        edges = torch.quantile(scores, torch.tensor([1 / 3, 2 / 3], dtype=torch.float64))
        return [
            RowGrouping(
                "Score",
                ("lowest third", "middle third", "highest third"),
                tuple(torch.bucketize(scores, edges).tolist()),
            )
        ]

    def offered_baselines(self) -> dict[str, Any]:
        """What stands behind the baselines on offer, by their names."""
        own = {name: self._behind["baseline", name] for name, _ in self._own("baseline")}
        return {**{name: name for name in self.task.prepared.baselines}, **own}

    def reference(self, name: str) -> tuple[View | None, Tensor | None]:
        """How the reference input behind an offered baseline is drawn, and that input; None where it is not just one."""
        prepared = self.task.prepared
        made = prepared.references(self._behind.get(("baseline", name), name))
        return prepared.view, made[0].tensors[0] if len(made) == 1 else None

    def _ways(self) -> list[tuple[str, tuple[str, str]]]:
        """How groups can be scored for this model."""
        if not self.task.prepared.differentiable:
            return [(name, words) for name, words in SCORERS.items() if name != "cd"]
        summed = ("integrated_gradients", ("Integrated gradients, summed", "The sum of the map over the group"))
        return [*SCORERS.items(), summed]

    def _suitable(self) -> list[methods.Method]:
        """The registered methods that can answer for this model and input, as they come."""
        prepared = self.task.prepared
        made = (cls() for cls in methods.METHODS.values())
        able = (m for m in made if prepared.differentiable or not m.needs_gradients)
        return [m for m in able if m.suits(self.task.model, prepared.inputs)]

    def _keep(self, kind: str, name: Any, spec: Any, label: str) -> Any:
        """Remember what a name stands for, where it is more than the name."""
        if isinstance(spec, (str, int)) and spec == name:
            self._behind.pop((kind, name), None)
        else:
            self._behind[kind, name], self._labels[kind, name] = spec, label
        return name

    def _own(self, kind: str) -> list[tuple[Any, str]]:
        return [(name, label) for (k, name), label in self._labels.items() if k == kind and (k, name) in self._behind]

    def _scores(self) -> Tensor | None:
        """The scores of all classes at the input `(N, C)`, or None where the model has no classes."""
        try:
            scores = self.task.outputs()
        except WhylightError:
            return None
        return scores.detach().double() if scores.ndim == 2 and scores.shape[1] > 1 else None

    def _targets(self, scores: Tensor | None, target: Any) -> list[Choice]:
        own = [{"value": v, "label": label, "score": None, "probability": None} for v, label in self._own("target")]
        if scores is None:
            return own or [{"value": target, "label": "output", "score": None, "probability": None}]
        probabilities = convert(scores, "probability", self.task.prepared.output_kind).mean(0)
        scores = scores.mean(0)
        best = torch.nan_to_num(scores, nan=-torch.inf).topk(min(MOST_LIKELY, len(scores))).indices.tolist()
        labels = self._class_names(scores) or []
        listed = [
            {
                "value": i,
                "label": labels[i] if i < len(labels) else f"class {i}",
                "score": _finite(scores[i]),
                "probability": _finite(probabilities[i]),
            }
            for i in best
        ]
        return [*own, *listed]

    def _class_names(self, scores: Tensor | None) -> list[str] | None:
        if scores is None or scores.shape[-1] > MAX_LABELS:
            return None
        names = self.task.labels or ()
        return [names[i] if i < len(names) else f"class {i}" for i in range(scores.shape[-1])]


def beside(main: Mapping[str, Any], setting: Mapping[str, Any]) -> dict[str, Any]:
    """The main settings with one compared with them in their place; another target stands without the contrast."""
    return {**main, **({"against": None} if "target" in setting else {}), **setting}


def _baseline(value: str, label: str, hint: str = "", text: str = "") -> Choice:
    return {"value": value, "label": label, "hint": hint, "text": text}


def _method(value: str, label: str, hint: str, method: methods.Method) -> Choice:
    steps = any(f.name == "n_steps" for f in fields(method))  # type: ignore[arg-type]
    return {"value": value, "label": label, "hint": hint, "steps": steps, "baseline": method.needs_baseline}


def _written(kind: str, spec: Any) -> str:
    """A setting as Python, or the name of its option for an object of one's own."""
    if isinstance(spec, methods.Method):
        return spec.code()
    if isinstance(spec, Contrast) and all(isinstance(s, (int, str, tuple)) for s in (spec.a, spec.b)):
        return f"wl.contrast({spec.a!r}, {spec.b!r})"
    literal = isinstance(spec, (int, float, str, tuple)) or (
        isinstance(spec, list) and all(isinstance(s, (int, float, str)) for s in spec)
    )
    return repr(spec) if literal else kind


def _units(view: View | None) -> list[Choice]:
    """What groups of a picture can be made of; the value is JSON."""
    if not isinstance(view, ImageView):
        return []
    longest, usual = max(view.pixels.shape[:2]), tile_side(*view.pixels.shape[:2])
    sides = [side for side in (usual * 2, usual // 2) if 0 < side < longest]
    made = [("null", _tiles(usual), "Square tiles")]
    made += [(str(side), _tiles(side), "Square tiles") for side in sides]
    if find_spec("skimage"):
        made.append(('"slic"', "Superpixels", "Areas of similar colour (SLIC)"))
    return [{"value": value, "label": label, "hint": hint} for value, label, hint in made]


def _tiles(side: int) -> str:
    return f"Tiles of {side} pixels" if side > 1 else "Single pixels"


def _finite(value: Tensor) -> float | None:
    return float(value) if bool(value.isfinite()) else None
