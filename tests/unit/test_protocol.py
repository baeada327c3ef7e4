"""The declared messages: written into the browser's types, and kept by what is built, stored and sent."""

import importlib.util
import json
import math
import types
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np
import pandas as pd
import pytest
import torch
import traitlets

import whylight as wl
from tests.contract import make
from tests.unit.models import conv_net, mlp
from whylight.live.traits import Controls
from whylight.live.wire.arrays import Message
from whylight.live.wire.encoder import Input, encoder
from whylight.live.wire.frames import ComparedMessage, Meta
from whylight.live.wire.groups import GroupsMessage
from whylight.live.wire.path import PathMessage
from whylight.live.wire.protocol import FromPython, Traits

ROOT = Path(__file__).parents[2]
NUMBER = {int: (int,), float: (int, float)}


def kinds() -> list[Any]:
    """The messages of all kinds of input, as their encoders declare them."""
    encoders = [one for one in encoder.registry.values() if isinstance(one, type)]
    return [get_type_hints(one.input)["return"] for one in encoders]


def members(declared: Any) -> dict[str, Any]:
    """The members of a message, type variables replaced by what they stand for."""
    cls, given = get_origin(declared) or declared, {}
    for base in (declared, *getattr(cls, "__orig_bases__", ())):
        if get_origin(base) not in (None, Generic):
            given |= dict(zip(get_origin(base).__parameters__, get_args(base), strict=True))
    hints = get_type_hints(cls)
    return {name: given[kind] if isinstance(kind, TypeVar) else kind for name, kind in hints.items()}


def fault(value: Any, declared: Any, at: str = "") -> str:
    """Where a value is not what is declared, and how; empty where it is."""
    origin = get_origin(declared)
    if declared is Input:
        return fault(value, Union[tuple(kinds())], at)  # noqa: UP007  they are known at run time only
    if origin in (Union, types.UnionType):
        faults = [fault(value, one, at) for one in get_args(declared)]
        return "" if "" in faults else max(faults, key=len)
    if origin is Literal:
        return "" if value in get_args(declared) else f"{at} is {value!r}"
    if is_typeddict(origin or declared):
        return message_fault(value, declared, at)
    if origin in (list, dict):
        if type(value) is not origin:
            return f"{at} is {value!r}"
        items = value.items() if origin is dict else enumerate(value)
        return next(filter(None, (fault(item, get_args(declared)[-1], f"{at}[{key!r}]") for key, item in items)), "")
    fits = type(value) in NUMBER.get(declared, (declared,)) and not (declared is float and not math.isfinite(value))
    return "" if fits else f"{at} is {value!r}, which is not {declared}"


def message_fault(value: Any, declared: Any, at: str) -> str:
    if type(value) is not dict:
        return f"{at} is {value!r}"
    found, required = members(declared), (get_origin(declared) or declared).__required_keys__
    if wrong := (required - set(value)) | (set(value) - set(found)):
        return f"{at} has or lacks {sorted(wrong)}"
    return next(filter(None, (fault(item, found[name], f"{at}.{name}") for name, item in value.items())), "")


def with_bytes(stored: Any) -> Any:
    """A golden message as it is built: its arrays hold bytes."""
    if isinstance(stored, dict):
        return {k: v.encode() if k == "data" and "dtype" in stored else with_bytes(v) for k, v in stored.items()}
    return [with_bytes(item) for item in stored] if isinstance(stored, list) else stored


def frame_type(name: str) -> Any:
    if name == "beside":
        return ComparedMessage
    return {"path": PathMessage, "groups": GroupsMessage}.get(name.partition("_")[0], Message[Meta])


def test_the_browsers_types_are_up_to_date():
    spec = importlib.util.spec_from_file_location("make_protocol", ROOT / "scripts/make_protocol.py")
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert generator.TARGET.read_text("utf-8") == generator.typescript(), "run scripts/make_protocol.py"


@pytest.mark.parametrize("name", make.FILES)
def test_golden_files_hold_what_is_declared(name):
    stored = with_bytes(json.loads((make.HERE / f"{name}.json").read_text("utf-8")))
    assert fault(stored["frame"], frame_type(name)) == ""
    assert fault(stored.get("failed", stored["frame"]), frame_type(name)) == ""
    if "input" in stored:
        assert fault(stored["input"], Input) == ""


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"final": 1}, ".meta.final is 1, which is not <class 'bool'>"),
        ({"score": math.nan}, ".meta.score is nan"),
        ({"notes": ["A note.", None]}, ".meta.notes[1] is None"),
        ({"target": {"value": 1}}, ".meta.target has or lacks ['label']"),
        ({"undeclared": 1}, ".meta has or lacks ['undeclared']"),
    ],
)
def test_what_is_not_declared_is_found(changes, says):
    frame = with_bytes(make.golden("image")["frame"])
    assert fault({**frame, "meta": {**frame["meta"], **changes}}, Message[Meta]).startswith(says)


def test_declared_traits_are_those_of_the_widget():
    synced, declared = Controls.class_traits(sync=True), get_type_hints(Traits)
    assert set(declared) == set(synced)
    for name, trait in synced.items():
        parts = trait.trait_types if isinstance(trait, traitlets.Union) else [trait]
        values = {value for part in parts if isinstance(part, traitlets.Enum) for value in part.values}
        literals = {value for one in (declared[name], *get_args(declared[name])) for value in literal(one)}
        assert name in {"units", "view"} or values == literals  # kinds of inputs bring layouts of their own


def literal(declared: Any) -> tuple[Any, ...]:
    return get_args(declared) if get_origin(declared) is Literal else ()


def explained(kind: str) -> tuple[Any, Any, dict[str, Any]]:
    """A model, an input of a kind, and options."""
    if kind == "image":
        pixels = (np.arange(8 * 8 * 3) * 7 % 256).astype(np.uint8).reshape(8, 8, 3)
        return conv_net(dtype=torch.float32), pixels, {}
    if kind == "text":
        demo = wl.demo.sentiment()
        return demo.model, "a film that is not bad", demo.options
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(7, 5)), columns=list("abcde"))
    return mlp(dtype=torch.float32), rows if kind == "table" else rows.iloc[0], {}


@pytest.mark.parametrize("kind", ["image", "text", "features", "table"])
def test_a_run_sends_what_is_declared(kind):
    model, x, options = explained(kind)
    sent = []
    with wl.explain(model, x, n_steps=5, **options) as widget:
        widget.send = lambda content, buffers=None: sent.append(content)
        if kind != "table":
            widget._handle_custom_msg({"kind": "path", "open": True}, [])
            widget._handle_custom_msg({"kind": "groups", "open": True}, [])
            widget.selection = [0]
        widget.compare = ["input_gradient", {"target": 1}]
        widget.n_steps = 9
        widget.wait(60)
        traits = {name: getattr(widget, name) for name in Controls.class_traits(sync=True)}
    assert [fault(content, FromPython) for content in sent] == [""] * len(sent)
    assert fault(traits, Traits) == ""
    panels = set() if kind == "table" else {"groups"}
    assert {content["kind"] for content in sent} == {"frame", "status", "beside", *panels}
    assert ("maps" in traits["_path"].get("arrays", {})) == (kind != "table")
    assert traits["_input"]["kind"] == kind
