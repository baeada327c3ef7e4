"""Settings that a browser can hold: plain names and numbers, with the Python objects behind them.

A target may be a callable, a baseline a tensor, a method an instance; the browser sees their names. This file checks what
is set, and remembers what a name stands for. Knows nothing of traits or bytes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from whylight import methods
from whylight.errors import InvalidValueError, unknown_name
from whylight.explainer.explainer import Explainer
from whylight.explainer.request import Request
from whylight.problem import baseline_spec
from whylight.targets.dense import Offer
from whylight.targets.target import Contrast, contrast
from whylight.views.view import View

KINDS = ("method", "target", "baseline")  # of settings that can be compared


class Settings:
    """The method, target and baseline of an explainer under plain names."""

    def __init__(self, explainer: Explainer, groups: Any = None) -> None:
        self.explainer, self.own_groups = explainer, groups
        self.editable: list[str] = []  # what a person can change by hand of every input
        self._behind: dict[tuple[str, Any], Any] = {}
        self._labels: dict[tuple[str, Any], str] = {}
        self._suggested: set[str] = set()

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
        spec = self.explainer.at_input.usual() if spec is None else spec
        made = self.explainer.target(spec)
        if made.parts:
            raise InvalidValueError(
                f"explain shows one target at a time, and target is a list of {len(made.parts)}: give one of them (the others "
                "are a choice away), or use attribute, which explains all of them from the same forward passes."
            )
        self.explainer.value(made)  # what fails should fail here, not later on the worker
        return self._keep("target", made.value, made.value if isinstance(made.value, int) else spec, made.label)

    def suggested(self, asked: Any) -> list[Offer]:
        """The targets that dense outputs suggest, of the kind of the one asked for; from now on their names stand for them."""
        found = self.explainer.at_input.offers(self.behind("target", asked))
        for offer in found:
            self._keep("target", offer.value, offer.spec, offer.label)
            self._suggested.add(offer.value)
        return found

    def baseline(self, spec: Any) -> str:
        """The plain name of a baseline; raises for one that does not fit."""
        if isinstance(spec, str) and ("baseline", spec) in self._behind:
            return spec
        made = self.explainer.prepared.references(spec)
        name = " + ".join(baseline_spec.names_of(made))
        return self._keep("baseline", name, name if spec is None else spec, baseline_spec.title(made))

    def first(self, kind: str) -> Any:
        """The plain name of the method, target or baseline that the explainer came with."""
        return getattr(self, kind)(getattr(self.explainer.request, kind))

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

    def against(self, spec: Any) -> int | str | None:
        """The plain value of a target to subtract."""
        if isinstance(self.behind("target", spec), Contrast):
            raise InvalidValueError(
                "against is a contrast already; give one class, or target=wl.contrast(a, b) and against=None."
            )
        return None if spec is None else self.target(spec)

    def request(self, method: str, target: Any, baseline: str, n_steps: int | None, against: Any = None) -> Request:
        """What to ask of the explainer for these plain names."""
        first = self.explainer.request
        return Request(
            method=self.behind("method", method),
            target=self.contrast(target, against),
            baseline=self.behind("baseline", baseline),
            n_steps=n_steps,
            tol=first.tol if n_steps is None else None,
            rule=first.rule,
        )

    def contrast(self, target: Any, against: Any) -> Any:
        """What is behind a target, less what is behind the other, if that is another one."""
        a, b = (self.behind("target", name) for name in (target, against))
        if against is None or against == target:
            return a
        if isinstance(a, Contrast):
            raise InvalidValueError("target is a contrast already: set against=None, or one class as the target.")
        return contrast(a, b)

    def offered_baselines(self) -> dict[str, Any]:
        """What stands behind the baselines on offer, by their names."""
        own = {name: self.behind("baseline", name) for name, _ in self.own("baseline")}
        return {**{name: name for name in self.explainer.prepared.baselines}, **own}

    def reference(self, name: str) -> tuple[View | None, Tensor | None]:
        """How the reference input behind an offered baseline is drawn, and that input; None where it is not just one."""
        prepared = self.explainer.prepared
        made = prepared.references(self.behind("baseline", name))
        return prepared.view, made[0].tensors[0] if len(made) == 1 else None

    def behind(self, kind: str, name: Any) -> Any:
        """What stands behind a name: an object of a person's own, or the name itself."""
        return self._behind.get((kind, name), name)

    def _keep(self, kind: str, name: Any, spec: Any, label: str) -> Any:
        """Remember what a name stands for, where it is more than the name."""
        if isinstance(spec, (str, int)) and spec == name:
            self._behind.pop((kind, name), None)
        else:
            self._behind[kind, name], self._labels[kind, name] = spec, label
        return name

    def own(self, kind: str) -> list[tuple[Any, str]]:
        """Names and labels of objects of a person's own."""
        return [
            (name, label)
            for (k, name), label in self._labels.items()
            if k == kind and (k, name) in self._behind and name not in self._suggested
        ]


def beside(main: Mapping[str, Any], setting: Mapping[str, Any]) -> dict[str, Any]:
    """The main settings with one compared with them in their place; another target stands without the contrast."""
    return {**main, **({"against": None} if "target" in setting else {}), **setting}
