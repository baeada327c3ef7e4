"""What the controls offer: methods, baselines, targets, scorers, units, groups of rows. Knows nothing of traits or bytes."""

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, NotRequired, TypedDict

import torch
from torch import Tensor

from whylight.errors import WhylightError
from whylight.explainer.explainer import Explainer
from whylight.groups.scorers import SCORERS
from whylight.live.settings import Settings
from whylight.live.wire.arrays import VERSION, PackedArray, array, number
from whylight.live.wire.protocol import Choice, ChoicesMessage, RowAnswers, TargetChoice
from whylight.methods.method import METHODS, Method, make
from whylight.model.outputs import convert
from whylight.problem.baselines import Named
from whylight.quadrature.rules import MAX_LEVEL
from whylight.targets.dense import Offer
from whylight.views.row_groups import RowGrouping, groupings
from whylight.views.view import View

MOST_LIKELY = 10
COUNTED = (33, 65)  # path points between which the cost of one more is told
MAX_LABELS = 5000
MIN_GROUPED = 6  # rows
MOST_ANSWERS = 400_000  # numbers that a model says of all rows together


class _Classes(TypedDict):
    probabilities: NotRequired[PackedArray]
    rows: NotRequired[RowAnswers]


def choices(settings: Settings, target: Any) -> ChoicesMessage:
    """The `_choices` message of docs/wire.md."""
    explainer = settings.explainer
    scores = _scores(explainer)
    return {
        "v": VERSION,
        "live": True,
        "methods": [
            *(method_choice(m.name, m.title, m.hint, m, explainer) for m in suitable(explainer)),
            *(
                method_choice(v, label, v, settings.behind("method", v), explainer)
                for v, label in settings.own("method")
            ),
        ],
        "baselines": [
            *(_named(explainer, name, b) for name, b in explainer.prepared.baselines.items()),
            *(_baseline(name, label) for name, label in settings.own("baseline")),
        ],
        "targets": _targets(settings, scores, target),
        "labels": _class_names(explainer, scores),
        "scorers": [{"value": name, "label": label, "hint": hint} for name, (label, hint) in _scorers(explainer)],
        "units": _units(explainer.prepared.view),
        "editable": settings.editable,
        "n_steps": {"min": 2, "max": 2**MAX_LEVEL + 1},
        **_classes(explainer, scores),
    }


def _classes(explainer: Explainer, scores: Tensor | None) -> _Classes:
    """The probability of every class; of a table also what every row has for it, so that the targets follow the row on show."""
    if scores is None or scores.shape[-1] > MAX_LABELS:
        return {}
    view = explainer.prepared.view
    probabilities = convert(scores, "probability", explainer.prepared.output_kind).cpu()
    told: _Classes = {"probabilities": array(probabilities.mean(0))}
    if view is None or view.one_input or scores.numel() > MOST_ANSWERS:
        return told
    return {**told, "rows": {"scores": array(scores.cpu()), "probabilities": array(probabilities)}}


def suitable(explainer: Explainer) -> list[Method]:
    """The registered methods that can answer for this model and input, as they come."""
    prepared = explainer.prepared
    able = (m for m in (cls() for cls in METHODS.values()) if prepared.differentiable or not m.needs_gradients)
    return [m for m in able if m.suits(explainer.model.given, prepared.inputs)]


def row_groups(explainer: Explainer, own: Any = None) -> list[RowGrouping]:
    """Ways to group the rows of a table: by the predicted class or by thirds of the score, and those asked for; none of one input."""
    if explainer.prepared.drawn().one_input:
        return []
    outputs = explainer.outputs().detach().cpu()
    asked = [] if own is None or own == "predicted" else groupings(own, len(outputs), explainer.labels)
    return [*_found_groups(explainer, outputs), *asked]


def _found_groups(explainer: Explainer, outputs: Tensor) -> list[RowGrouping]:
    if len(outputs) < MIN_GROUPED:
        return []
    if outputs.ndim == 2 and outputs.shape[1] > 1:
        names = _class_names(explainer, outputs[0]) or [f"class {i}" for i in range(outputs.shape[1])]
        return [RowGrouping("Predicted class", tuple(names), tuple(outputs.argmax(1).tolist()))]
    scores = outputs.reshape(len(outputs), -1)[:, 0].double()
    edges = torch.quantile(scores, torch.tensor([1 / 3, 2 / 3], dtype=torch.float64))
    thirds = ("lowest third", "middle third", "highest third")
    return [RowGrouping("Score", thirds, tuple(torch.bucketize(scores, edges).tolist()))]


def _scorers(explainer: Explainer) -> Sequence[tuple[str, tuple[str, str]]]:
    """How groups can be scored for this model."""
    if not explainer.prepared.differentiable:
        return [(name, words) for name, words in SCORERS.items() if name != "cd"]
    summed = ("integrated_gradients", ("Integrated gradients, summed", "The sum of the map over the group"))
    return [*SCORERS.items(), summed]


def _scores(explainer: Explainer) -> Tensor | None:
    """The scores of all classes at the input `(N, C)`, or None where the model has no classes."""
    try:
        scores = explainer.outputs()
    except WhylightError:
        return None
    return scores.detach().double() if scores.ndim == 2 and scores.shape[1] > 1 else None


def _targets(settings: Settings, scores: Tensor | None, target: Any) -> list[TargetChoice]:
    dense = [_suggested(offer) for offer in settings.suggested(target)]
    own = [_target(value, label) for value, label in settings.own("target")]
    if dense:
        return [*own, *dense]
    if scores is None:
        return own or [_target(target, "output")]
    explainer = settings.explainer
    probabilities = convert(scores, "probability", explainer.prepared.output_kind).mean(0)
    scores = scores.mean(0)
    best = torch.nan_to_num(scores, nan=-torch.inf).topk(min(MOST_LIKELY, len(scores))).indices.tolist()
    labels = _class_names(explainer, scores) or []
    name = lambda i: labels[i] if i < len(labels) else f"class {i}"
    return [*own, *(_target(i, name(i), _finite(scores[i]), _finite(probabilities[i])) for i in best)]


def _target(value: Any, label: str, score: float | None = None, probability: float | None = None) -> TargetChoice:
    return {"value": value, "label": label, "score": score, "probability": probability}


def _suggested(offer: Offer) -> TargetChoice:
    score, share = (None if value is None else number(value) for value in (offer.score, offer.share))
    return {**_target(offer.value, offer.label, score, share), "group": offer.spec.group}


def _class_names(explainer: Explainer, scores: Tensor | None) -> list[str] | None:
    if scores is None or scores.shape[-1] > MAX_LABELS:
        return None
    names = explainer.labels or ()
    return [names[i] if i < len(names) else f"class {i}" for i in range(scores.shape[-1])]


def _named(explainer: Explainer, name: str, baseline: Named) -> Choice:
    made = _baseline(name, baseline.label, baseline.hint, baseline.text)
    return {**made, "references": len(baseline.make(explainer.prepared.inputs)[0])} if baseline.rows else made


def _baseline(value: str, label: str, hint: str = "", text: str = "") -> Choice:
    return {"value": value, "label": label, "hint": hint, "text": text}


def method_choice(value: str, label: str, hint: str, method: Method, explainer: Explainer) -> Choice:
    """A method as the controls offer it: what it asks, what it takes, what it costs."""
    steps = any(f.name == "n_steps" for f in fields(method))  # type: ignore[arg-type]
    plan = explainer.planned(method, explainer.request.baseline)
    few, many = (make(method, n_steps=n).n_gradients if steps else None for n in COUNTED)
    return {
        "value": value,
        "label": label,
        "hint": hint,
        "steps": steps,
        "baseline": method.needs_baseline,
        "question": method.question,
        "gradients": None if plan is None else plan.passes,
        "at_most": plan is not None and plan.at_most,
        "per_step": 0.0 if few is None or many is None else (many - few) / (COUNTED[1] - COUNTED[0]),
        "counted": method.counted,
    }


def _units(view: View | None) -> list[Choice]:
    """What groups can be made of; the value is JSON."""
    made = () if view is None else view.unit_choices()
    return [{"value": json.dumps(one.spec), "label": one.label, "hint": one.hint} for one in made]


def _finite(value: Tensor) -> float | None:
    return float(value) if bool(value.isfinite()) else None
