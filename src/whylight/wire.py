"""What travels to the browser: attributions as numbered binary frames. The only Python file that knows bytes.

The format is described in docs/wire.md. Knows nothing of traits, comms or threads.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from torch import Tensor

from whylight.attribution import Attribution
from whylight.columns import Columns, Grouping
from whylight.decomposition.scored import GroupScores
from whylight.inputs.views import FeatureView, ImageView, TableView, TextView, View
from whylight.methods import METHODS
from whylight.news import GroupsFrame
from whylight.trace import PathTrace

VERSION = 1
MAX_CHANNELS = 2_000_000  # values; beyond this the per-channel maps stay in Python
THUMBNAIL = 48
COMPARED = 224  # pixels: compared maps are no larger
PATH_SIDE = 112  # the maps of a path are no larger
PATH_MAPS = (17, 33)  # how many there are, by their size
PATH_VALUES = 250_000  # in all of them together
SMALL_PATH = 64_000  # bytes of maps up to which the path travels unasked
SATURATION = (0.9, 0.99)

Message = dict[str, Any]


def array(values: Any, dtype: str = "float32") -> Message:
    """One array with its bytes, little-endian and C-contiguous."""
    packed = np.ascontiguousarray(values, dtype=np.dtype(dtype).newbyteorder("<"))
    return {"dtype": dtype, "shape": list(packed.shape), "data": packed.tobytes()}


def number(value: Any) -> float | None:
    """A plain float, or None where it is not finite."""
    value = float(value)
    return value if math.isfinite(value) else None


def view_input(view: View | None, groups: Sequence[Grouping] = ()) -> Message:
    """What is being explained, sent once; `groups` are ways to group the rows of a table."""
    if isinstance(view, ImageView):
        return {"v": VERSION, "kind": "image", "arrays": {"pixels": array(view.pixels, "uint8")}}
    if isinstance(view, TextView):
        return {
            "v": VERSION,
            "kind": "text",
            "text": view.text,
            "tokens": [asdict(token) for token in view.tokens],
            "units": [asdict(unit) for unit in view.units],
            "segments": [[text, token] for text, token in view.segments],
        }
    if isinstance(view, FeatureView):
        values = view.shown or [number(v) for v in view.values]
        return {
            "v": VERSION,
            "kind": "features",
            "names": list(view.names),
            "values": list(values),
            **_columns(view.columns),
        }
    if isinstance(view, TableView):
        return {
            "v": VERSION,
            "kind": "table",
            "names": list(view.names),
            "rows": list(view.rows),
            "levels": {str(i): [str(level) for level in levels] for i, levels in view.levels.items()},
            "groups": [{"name": g.name, "labels": list(g.labels), "of": list(g.of)} for g in groups],
            "arrays": {"values": array(view.values)},
            **_columns(view.columns),
        }
    return {}


def _columns(columns: Columns | None) -> Message:
    """What is known of a table's columns: their kinds and standard deviations."""
    if columns is None:
        return {}
    scales = None if columns.scales is None else [number(scale) for scale in columns.scales]
    return {"kinds": list(columns.kinds), "scales": scales}


def frame(attribution: Attribution, *, seq: int, requested: int | None = None, levels: Iterable[int] = ()) -> Message:
    """One attribution as a frame, its bytes inside."""
    meta = _meta(attribution, requested, sorted(levels))
    arrays = _arrays(attribution, meta)
    return {"v": VERSION, "seq": seq, "meta": meta, "arrays": arrays}


def beside(
    attribution: Attribution | None,
    *,
    seq: int,
    setting: Mapping[str, Any],
    correlations: Iterable[tuple[Mapping[str, Any], float | None]] = (),
    missing: str = "",
) -> Message:
    """One attribution to compare with frame `seq`, or why there is none; the main map goes by the empty setting."""
    alike = [{"with": dict(other), "value": value} for other, value in correlations]
    head = {"v": VERSION, "seq": seq, "setting": dict(setting), "correlations": alike}
    if attribution is None:
        return {**head, "meta": {"missing": missing, "notes": []}, "arrays": {}}
    meta, view = _meta(attribution, None, []), attribution.view
    arrays = _arrays(replace(attribution, final=False), meta)
    if isinstance(view, ImageView):
        values = np.frombuffer(arrays["values"]["data"], "<f4").reshape(arrays["values"]["shape"])
        (small,) = _shrunk(values[None], COMPARED)
        meta["value_scale"] = number(np.nanmax(np.abs(small), initial=0.0) or 1.0)
        arrays["values"] = array(small / (meta["value_scale"] or 1.0), "float16")
    return {**head, "meta": {**meta, "missing": ""}, "arrays": arrays}


def streamed(message: Message, kind: str = "frame") -> tuple[Message, list[bytes]]:
    """A frame as a custom message: the bytes move to separate buffers, each array says which is its own."""
    arrays = {
        name: {k: v for k, v in a.items() if k != "data"} | {"buffer": i}
        for i, (name, a) in enumerate(message["arrays"].items())
    }
    return {**message, "kind": kind, "arrays": arrays}, [a["data"] for a in message["arrays"].values()]


def _meta(attribution: Attribution, requested: int | None, levels: list[int]) -> Message:
    origin = attribution.provenance
    method = METHODS.get(attribution.method)
    delta, gap, base = attribution.convergence_delta, attribution.overall_gap, attribution.baseline_score
    mean = lambda values: None if values is None else number(values.mean())
    names = origin.get("baseline") or []
    return {
        "final": attribution.final,
        "method": attribution.method,
        "method_label": origin.get("method_label") or (method.label if method else attribution.method),
        "n_steps": origin.get("n_steps"),
        "n_evaluations": attribution.n_evaluations,
        "requested": requested,
        "levels": levels,
        "target": {"value": origin.get("target_value"), "label": attribution.target},
        "baseline": {"value": " + ".join(names), "label": origin.get("baseline_label", "")} if names else None,
        "output": origin.get("unit", "output"),
        "counted": attribution.counted,
        "per_unit": bool(origin.get("per_unit", False)),
        "rows": len(attribution.score),
        "score": mean(attribution.score),
        "baseline_score": mean(base),
        "sum": None if origin.get("per_unit") else mean(attribution.total),
        "gap": mean(delta),
        "relative_gap": None if gap is None else number(gap),
        "map_error": mean(attribution.map_error),
        "seconds": number(origin.get("seconds", math.nan)),
        "device": origin.get("device", ""),
        "notes": list(attribution.notes),
    }


def _arrays(attribution: Attribution, meta: Message) -> Message:
    view = attribution.view
    maps, errors = attribution.attributions, attribution.error_estimate
    if view is None or not isinstance(maps, Tensor) or not isinstance(errors, Tensor):
        return {}
    found = view.arrays(*(m.detach().cpu().double().numpy() for m in (maps, errors)))
    arrays = {name: array(found[name]) for name in ("values", "units", "unit_error") if name in found}
    if isinstance(view, TableView):
        return {**arrays, "scores": array(attribution.score.detach().cpu().numpy())}
    if not isinstance(view, ImageView):
        return {**arrays, "error": array(found["error"])}
    if attribution.baselines:
        arrays["baseline_picture"] = _thumbnail(view.show(attribution.baselines[0].tensors[0]))
    if attribution.final:
        for name in ("error", "channels"):
            if name in found and found[name].size <= MAX_CHANNELS:
                scale = float(np.nanmax(np.abs(found[name]), initial=0.0))
                meta["error_scale" if name == "error" else "channel_scale"] = number(scale or 1.0)
                arrays[name] = array(found[name] / (scale or 1.0), "float16")
    return arrays


def picture(view: View | None, tensor: Tensor | None) -> Message | None:
    """A small picture of a reference input; None for what is no picture."""
    return _thumbnail(view.show(tensor)) if isinstance(view, ImageView) and tensor is not None else None


def path_maps(view: View) -> tuple[int, bool]:
    """Maps that a path of this view is sent with, and whether they are so small that it travels unasked."""
    shape = view.pixels.shape[:2] if isinstance(view, ImageView) else (len(_names(view)),)
    cells = math.prod(-(-n // _block(shape)) for n in shape) if isinstance(view, ImageView) else shape[0]
    fewest, most = PATH_MAPS
    maps = max(fewest, min(most, PATH_VALUES // max(1, cells)))
    return maps, maps * cells * (1 if isinstance(view, ImageView) else 2) <= SMALL_PATH


def path(seen: PathTrace | None, *, seq: int, missing: str = "") -> Message:
    """The path that frame `seq` rests on; or, without one, the sentence why."""
    if seen is None:
        return {"v": VERSION, "seq": seq, "meta": {"missing": missing, "notes": []}, "arrays": {}}
    curves = ("alphas", "values", "slopes", "norms", "gradient_norms", "shares", "map_alphas")
    arrays = {name: array(getattr(seen, name)) for name in curves}
    arrays["maps"], scales = _packed(seen)
    start = seen.baseline.tensors[0]
    if isinstance(seen.view, ImageView):
        pixels = seen.view.show(start).astype(np.float32)
        arrays["baseline_picture"] = array(np.moveaxis(_shrunk(np.moveaxis(pixels, 2, 0)), 0, 2).round(), "uint8")
    elif isinstance(seen.view, FeatureView):
        arrays["baseline_values"] = array(start.detach().float().cpu().numpy().reshape(-1))
    return {"v": VERSION, "seq": seq, "meta": _path_meta(seen, scales), "arrays": arrays}


def _path_meta(seen: PathTrace, scales: np.ndarray) -> Message:
    reached = [seen.saturation(share) for share in SATURATION]
    return {
        "missing": "",
        "target": seen.target,
        "baseline": seen.baseline.label,
        "baselines": list(seen.baselines),
        "which": seen.which,
        "output": seen.unit,
        "score": number(seen.score),
        "baseline_score": number(seen.baseline_score),
        "saturation": [{"share": s, "alpha": a} for s, a in zip(SATURATION, reached, strict=True) if a is not None],
        "norm_after": None if reached[0] is None else number(seen.norm_after(reached[0])),
        "multiplied": seen.multiplied,
        "block": _block(seen.maps.shape[1:]) if isinstance(seen.view, ImageView) else 1,
        "map_scales": [number(s) for s in scales],
        "notes": list(seen.notes),
    }


def groups(news: GroupsFrame) -> Message:
    """What is known of groups for the target of a frame; or, without it, the sentence why."""
    seen = news.seen
    if seen is None:
        meta = {"missing": news.missing, "notes": [], "levels": [], "known": [], "count": 0}
        return {"v": VERSION, "seq": news.seq, "meta": meta, "arrays": {}}
    tables = {"scores": seen.scores, "spans": seen.spans, "pairs": seen.pairs}
    arrays = {name: array(table) for name, table in tables.items() if table is not None}
    if seen.units.labels.ndim == 2:
        arrays["labels"] = array(seen.units.labels, "uint8" if len(seen.units) <= 256 else "int32")
    return {"v": VERSION, "seq": news.seq, "meta": _groups_meta(seen), "arrays": arrays}


def _groups_meta(seen: GroupScores) -> Message:
    plain = lambda members, score: {"units": list(members), "score": number(score)}
    return {
        "missing": "",
        "target": {"value": seen.target.value, "label": seen.target.label},
        "output": seen.target.unit,
        "scorer": seen.scorer,
        "scorer_label": seen.label,
        "score": number(seen.score),
        "exact": seen.exact,
        "count": len(seen.units),
        "levels": [[plain(group.units, group.score) for group in level] for level in seen.levels],
        "growing": seen.growing,
        "grown": seen.grown,
        "evaluated": seen.evaluated,
        "known": [plain(members, score) for members, score in seen.selected],
        "notes": list(seen.notes),
    }


def _packed(seen: PathTrace) -> tuple[Message, np.ndarray]:
    """The maps, each divided by its largest |value|: pictures as bytes around 128, others as float16."""
    picture = isinstance(seen.view, ImageView)
    maps = _shrunk(seen.maps) if picture else seen.maps
    scales = np.abs(maps).reshape(len(maps), -1).max(1)
    unit = maps / np.where(scales == 0, 1, scales).reshape(-1, *[1] * (maps.ndim - 1))
    return (array((128 + 127 * unit).round(), "uint8") if picture else array(unit, "float16")), scales


def _block(shape: tuple[int, ...], side: int = PATH_SIDE) -> int:
    """Pixels per cell, along each side, of a map that is no longer than `side`."""
    return max(1, -(-max(shape) // side))


def _shrunk(maps: np.ndarray, side: int = PATH_SIDE) -> np.ndarray:
    """Means over blocks of pixels `(M, H, W)`, so that no side is longer than `side`."""
    block = _block(maps.shape[1:], side)
    if block == 1:
        return maps
    for axis in (1, 2):
        edges = np.arange(0, maps.shape[axis], block)
        widths = np.diff([*edges, maps.shape[axis]]).reshape(-1, *[1] * (2 - axis))
        maps = np.add.reduceat(maps, edges, axis=axis) / widths
    return maps


def _names(view: View) -> Any:
    return view.tokens if isinstance(view, TextView) else view.names if isinstance(view, FeatureView) else ()


def _thumbnail(pixels: np.ndarray) -> Message:
    """A small picture of a baseline, sides at most 48 pixels."""
    stride = max(1, -(-max(pixels.shape[:2]) // THUMBNAIL))
    return array(pixels[::stride, ::stride], "uint8")
