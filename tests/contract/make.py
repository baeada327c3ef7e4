"""Writes the golden frames that pin both ends of the wire to one truth: `python -m tests.contract.make`.

Each file holds one message of docs/wire.md with its bytes in base64, and under "expected" what a reader must find.
"""

import base64
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.contract import numbers
from whylight.live.wire.frames import answer_message, compared_message
from whylight.live.wire.groups import groups_message
from whylight.live.wire.inputs import input_message
from whylight.live.wire.path import path_message
from whylight.problem.baseline_spec import Baseline
from whylight.results.attribution import Attribution
from whylight.results.group_scores import GroupScores
from whylight.results.hierarchy import Group
from whylight.results.level_changes import LevelChanges
from whylight.results.path_trace import PathTrace
from whylight.targets.target import Target
from whylight.views.channels import Axis, ChannelsView, PlaneView
from whylight.views.columns import Columns
from whylight.views.features import FeatureView
from whylight.views.image import ImageView
from whylight.views.row_groups import RowGrouping
from whylight.views.signal import SignalView
from whylight.views.table import TableView
from whylight.views.text import TextView, Token
from whylight.views.time_axis import TimeAxis
from whylight.views.units import Units, sequence, tiles
from whylight.views.volume import VideoView, VolumeView
from whylight.views.windows import windows

HERE = Path(__file__).parent


def attribution(view: Any, values: torch.Tensor, **changes: Any) -> Attribution:
    """A frame's worth of numbers, chosen to have exact and inexact float16, negative, tiny and huge entries."""
    fields: dict[str, Any] = {
        "attributions": values,
        "convergence_delta": torch.tensor([0.25], dtype=torch.float64),
        "error_estimate": values.abs() / 8,
        "score": torch.tensor([8.5], dtype=torch.float64),
        "baseline_score": torch.tensor([0.5], dtype=torch.float64),
        "target": "golden retriever",
        "n_evaluations": 33,
        "method": "integrated_gradients",
        "provenance": {
            "n_steps": 33,
            "target_value": 207,
            "baseline": ["black"],
            "baseline_label": "Black",
            "unit": "logit",
            "seconds": 0.25,
            "device": "cpu",
        },
        "view": view,
    }
    return Attribution(**{**fields, **changes})


def image() -> Attribution:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    values = torch.tensor([[1.0, -2.0, 0.5], [0.0, 1e-3, -1e-3]], dtype=torch.float64)
    return attribution(ImageView(pixels, lambda tensor: pixels), torch.stack([values, 2 * values, -values])[None])


def text() -> Attribution:
    tokens = (
        Token("[CLS]", 0, True, name="[CLS]"),
        Token("un", 1, False, name="un"),
        Token("happy", 1, False, name="##happy"),
        Token("😀", 2, False, unknown=True, name="[UNK]"),
    )
    units = (Token("[CLS]", 0, True), Token("unhappy", 1, False), Token("😀", 2, False, unknown=True))
    segments = (("un", 1), ("happy", 2), (" ", -1), ("😀", 3), (" <b>", -1))
    view = TextView("unhappy 😀 <b>", tokens, units, segments)
    return attribution(view, torch.tensor([[0.0, -1.5, 0.25, 1e-9]], dtype=torch.float64))


def pair() -> Attribution:
    """Two texts; the label of the last word is explained."""
    names = ["[CLS]", "<q>", "[SEP]", "bad", "[SEP]"]
    tokens = tuple(Token(name, i, name.startswith("["), name=name) for i, name in enumerate(names))
    units = tuple(Token(name, i, name.startswith("[")) for i, name in enumerate(names))
    view = TextView("<q>\nbad", tokens, units, (("<q>", 1), ("\n", -1), ("bad", 3)), (0, 2))
    origin = {"target_value": "token(3, 1)", "target_place": 3, "unit": "logit", "seconds": 0.25, "device": "cpu"}
    values = torch.tensor([[0.0, -1.5, 0.25, 2.0, 0.0]], dtype=torch.float64)
    return attribution(view, values, provenance=origin, target="bad: B-NEG")


def signal() -> Attribution:
    """Two channels of a model that takes time first, at uneven places."""
    axis = TimeAxis("date", 1.7e12, 1000.0, np.array([1.7e12, 1.7e12 + 0.25, 1.7e12 + 3000]))
    values = np.array([[1.0, -2.0, 0.5], [0.0, 1e-3, 4.0]], np.float32)
    maps = torch.tensor([[0.5, -1.25], [1e-3, 0.0], [-1e-9, 2.0]], dtype=torch.float64)
    return attribution(SignalView(values, ("chest", "<i>arm</i>"), axis, time_first=True), maps[None])


def features() -> Attribution:
    view = FeatureView(["age", "<i>income</i>"], np.array([41.0, np.nan]))
    values = torch.tensor([[3.5, -0.125]], dtype=torch.float64)
    changes = {"convergence_delta": None, "baseline_score": None, "method": "input_gradient", "n_evaluations": 1}
    origin = {"target_value": None, "unit": "output", "seconds": float("nan"), "device": "cuda:0"}
    return attribution(view, values, provenance=origin, target="output", **changes)


def channels() -> Attribution:
    values = torch.tensor([[1.0, -2.0, 0.5], [0.0, 1e-3, -1e-3]], dtype=torch.float64)
    x = torch.arange(24, dtype=torch.float32).reshape(1, 4, 2, 3) - 3
    maps = torch.stack([values, 2 * values, -values, 0 * values])[None]
    return attribution(ChannelsView.of(x, ("Blue", "<i>green</i>", "red", "near infrared")), maps)


def plane() -> Attribution:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    values = torch.tensor([[[1.0, -2.0, 0.5], [0.0, 1e-3, -1e-3]]], dtype=torch.float64)
    axes = (Axis("Row"), Axis("Time", 0.01, "s"))
    return attribution(PlaneView(pixels, lambda tensor: pixels, axes), values)


def voxels(channels: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A volume `(1, C, 4, 2, 3)` and a map over it, strongest and negative at plane 2, row 1, column 0."""
    x = torch.arange(channels * 24, dtype=torch.float32).reshape(1, channels, 4, 2, 3) / 24
    values = torch.linspace(-1, 1, 24 * channels, dtype=torch.float64).reshape(1, channels, 4, 2, 3)
    values[0, 0, 2, 1, 0] = -3.0
    return x, values


def volume() -> Attribution:
    x, values = voxels(1)
    return attribution(VolumeView.of(x, (2.5, 1.0, 1.0)), values)


def video() -> Attribution:
    x, values = voxels(3)
    return attribution(VideoView.of(x), values)


def path(view: Any, maps: np.ndarray) -> PathTrace:
    """A path whose score rises by 8 and is saturated early, with maps of exact and inexact, huge and zero values."""
    shape = {ImageView: (1, 3, 2, 3), SignalView: (1, 3, 2)}.get(type(view))
    x = torch.zeros(shape) if shape else torch.tensor([[-1.0, 0.25]])
    values = np.array([0.5, 7.0, 8.25, 8.5])
    return PathTrace(
        alphas=np.array([0.0, 0.25, 0.5, 1.0]),
        values=values,
        slopes=np.array([40.0, 12.0, 2.0, 0.0]),
        norms=np.array([20.0, 8.0, 4.0, 4.0]),
        gradient_norms=np.array([2.0, 1.0, 0.5, 1e-3]),
        score=values[-1],
        baseline_score=values[0],
        map_alphas=np.array([0.0, 0.25, 1.0]),
        maps=np.stack([maps, 1e-3 * maps, 0 * maps]).astype(np.float32),
        target="golden retriever",
        unit="logit",
        baseline=Baseline((x,), "Black", "black", "0"),
        view=view,
        notes=("A note.",),
        baselines=("Black", "<i>White</i>"),
    )


def path_image() -> PathTrace:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    return path(ImageView(pixels, lambda tensor: 2 * pixels), np.array([[1.0, -2.0, 0.5], [0.0, 1e-3, 2.0]]))


def path_text() -> PathTrace:
    return path(text().view, np.array([0.0, -1.5, 0.25, 1e-9]))


def path_signal() -> PathTrace:
    return path(signal().view, np.array([[1.0, -2.0, 0.5], [0.0, 1e-3, 2.0]]))


def path_features() -> PathTrace:
    return path(features().view, np.array([3.5, -0.125]))


GROUPS = [RowGrouping("Predicted class", ("no", "<i>yes</i>"), (0, 1, -1))]


def table() -> Attribution:
    levels = {1: ("x", "<y>")}
    columns = Columns(("age", "city"), ("number", "category"), np.array([2.5, np.nan]), levels=levels)
    view = TableView(
        columns.names, np.array([[41.0, 0], [np.nan, 1], [7.0, -1]]), ("a", "b", "<c>"), columns, {1: ["x", "<y>"]}
    )
    values = torch.tensor([[3.5, -0.125], [1e-3, 0.0], [torch.nan, 2.0]], dtype=torch.float64)
    origin = {
        "target_value": 1,
        "unit": "probability",
        "seconds": 0.5,
        "device": "cpu",
        "counted": "prediction",
        "per_unit": True,
    }
    changes = {"convergence_delta": None, "baseline_score": None, "method": "finite_differences", "n_evaluations": 6}
    score = torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)
    moved = torch.tensor([[0.0, 0.25, 0.5], [-0.125, 0.0, torch.nan], [-2.0, -1.5, 0.0]], dtype=torch.float64)
    switches = LevelChanges(np.array([1, 1, 1]), np.array([0, 1, -1]), ("city",) * 3, ("x", "<y>", "missing"), moved)
    more = {"examined": ~values.isnan(), "level_changes": switches}
    return attribution(view, values, provenance=origin, target="yes", score=score, **more, **changes)


GOLDEN = {
    "image": image,
    "signal": signal,
    "text": text,
    "text_pair": pair,
    "features": features,
    "table": table,
    "channels": channels,
    "plane": plane,
    "volume": volume,
    "video": video,
}
PATHS = {"path_image": path_image, "path_signal": path_signal, "path_text": path_text, "path_features": path_features}


def packed(message: Any) -> Any:
    """Bytes as base64 text, for JSON."""
    if isinstance(message, bytes):
        return base64.b64encode(message).decode()
    if isinstance(message, dict):
        return {key: packed(value) for key, value in message.items()}
    return [packed(item) for item in message] if isinstance(message, list) else message


def golden(name: str) -> dict[str, Any]:
    """One golden file: the input, a frame, and the arrays a reader must find in the frame (flat lists)."""
    made = (GOLDEN | PATHS)[name]()
    if isinstance(made, PathTrace):
        frame = path_message(made, seq=7)
    else:
        frame = answer_message(made, seq=7, requested=33, levels=[5, 9, 17, 33])
    expected = {}
    for key, array in frame["arrays"].items():
        stored = np.frombuffer(array["data"], dtype=np.dtype(array["dtype"]).newbyteorder("<"))
        expected[key] = [None if np.isnan(value) else value for value in stored.astype(np.float64).tolist()]
    groups = GROUPS if name == "table" else ()
    return {"input": packed(input_message(made.view, groups)), "frame": packed(frame), "expected": expected}


def beside() -> dict[str, Any]:
    """An answer to compare with frame 7, the values a reader must find in it (a flat list), and one that could not be had."""
    setting, correlations = (
        {"method": "input_gradient", "target": 3},
        [({}, -0.5, 0.25), ({"baseline": "white"}, None, None)],
    )
    message = compared_message(image(), seq=7, setting=setting, correlations=correlations)
    stored = np.frombuffer(message["arrays"]["values"]["data"], "<f2").astype(np.float64)
    lit = {name: np.frombuffer(message["arrays"][name]["data"], "u1").tolist() for name in ("light", "hue")}
    expected = {"values": (stored * message["meta"]["value_scale"]).tolist(), **lit}
    failed = compared_message(None, seq=7, setting={"method": "ggig"}, missing="ValueError: <b>no</b> such head")
    return {"frame": packed(message), "expected": expected, "failed": packed(failed)}


def group_scores(units: Units) -> GroupScores:
    """Four units in a growing hierarchy, with scores known and unknown, exact and inexact in float32."""
    alone = np.array([0.5, -1.25, 1e-3, np.nan])
    sentence = units.sort == "sequence"
    spans, pairs = np.full((2, 4, 4), np.nan)
    spans[0, 1], pairs[0, 1], pairs[0, 2] = 2.5, 2.5, 0.75
    singles = tuple(Group((i,), float(score)) for i, score in enumerate([0.5, -1.25, 1e-3, 0.25]))
    return GroupScores(
        units=units,
        target=Target(lambda outputs, samples: outputs, "positive − <b>", "1 − 0", (), "logit"),
        scorer="cd",
        label="Contextual decomposition",
        score=3.5,
        scores=alone,
        spans=spans if sentence else None,
        pairs=pairs if sentence else None,
        selected=(((0, 2), 0.75), ((0, 1, 3), -0.1)),
        levels=(singles, (Group((0, 1), 2.5), *singles[2:])),
        growing=True,
        grown=False,
        evaluated=9,
    )


def groups(units: Units) -> dict[str, Any]:
    """Scores of groups, and what a reader must find in the arrays (flat lists, null for NaN)."""
    message = groups_message(group_scores(units), seq=7)
    expected = {}
    for key, array in message["arrays"].items():
        stored = np.frombuffer(array["data"], dtype=np.dtype(array["dtype"]).newbyteorder("<")).astype(np.float64)
        expected[key] = [None if np.isnan(value) else value for value in stored.tolist()]
    return {"frame": packed(message), "expected": expected}


GROUPED = {
    "groups_text": partial(groups, sequence(range(4), ["not", "<i>bad</i>", "😀", "."])),
    "groups_image": partial(groups, tiles(4, 4, 2)),
    "groups_signal": partial(groups, windows(10, 3, TimeAxis())),
}
FILES = {**GROUPED, **{name: partial(golden, name) for name in GOLDEN | PATHS}, "beside": beside}


def write() -> None:
    for name, made in FILES.items():
        text = json.dumps(made(), indent=1, ensure_ascii=False, allow_nan=False)
        (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    numbers.write()


if __name__ == "__main__":
    write()
