"""What travels to the browser: attributions as numbered binary frames. The only Python file that knows bytes.

The format is described in docs/wire.md. Knows nothing of traits, comms or threads.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor

from whylight.attribution import Attribution
from whylight.inputs.views import FeatureView, ImageView, TextView, View
from whylight.methods import METHODS

VERSION = 1
MAX_CHANNELS = 2_000_000  # values; beyond this the per-channel maps stay in Python
THUMBNAIL = 48
COMPARED = 224  # pixels: compared maps are no larger

Message = dict[str, Any]


def array(values: Any, dtype: str = "float32") -> Message:
    """One array with its bytes, little-endian and C-contiguous."""
    packed = np.ascontiguousarray(values, dtype=np.dtype(dtype).newbyteorder("<"))
    return {"dtype": dtype, "shape": list(packed.shape), "data": packed.tobytes()}


def number(value: Any) -> float | None:
    """A plain float, or None where it is not finite."""
    value = float(value)
    return value if math.isfinite(value) else None


def view_input(view: View | None) -> Message:
    """What is being explained, sent once."""
    if isinstance(view, ImageView):
        return {"v": VERSION, "kind": "image", "arrays": {"pixels": array(view.pixels, "uint8")}}
    if isinstance(view, TextView):
        return {
            "v": VERSION,
            "kind": "text",
            "text": view.text,
            "tokens": [{"text": t.text, "unit": t.unit, "special": t.special} for t in view.tokens],
            "units": [{"text": u.text, "special": u.special} for u in view.units],
            "segments": [[text, token] for text, token in view.segments],
        }
    if isinstance(view, FeatureView):
        return {"v": VERSION, "kind": "features", "names": list(view.names), "values": [number(v) for v in view.values]}
    return {}


def frame(attribution: Attribution, *, seq: int, requested: int | None = None, levels: Iterable[int] = ()) -> Message:
    """One attribution as a frame, its bytes inside."""
    meta = _meta(attribution, requested, sorted(levels))
    arrays = _arrays(attribution, meta)
    return {"v": VERSION, "seq": seq, "meta": meta, "arrays": arrays}


def beside(attribution: Attribution, *, seq: int, setting: Mapping[str, Any], correlation: float | None) -> Message:
    """One attribution to compare with frame `seq`: a small frame with what it was asked for and how alike the maps are."""
    meta, view = _meta(attribution, None, []), attribution.view
    arrays = _arrays(replace(attribution, final=False), meta)
    if isinstance(view, ImageView):
        values = np.frombuffer(arrays["values"]["data"], "<f4").reshape(arrays["values"]["shape"])
        small = shrunk(values, COMPARED)
        meta["value_scale"] = number(np.nanmax(np.abs(small), initial=0.0) or 1.0)
        arrays["values"] = array(small / (meta["value_scale"] or 1.0), "float16")
    return {
        "v": VERSION,
        "seq": seq,
        "setting": dict(setting),
        "correlation": correlation,
        "meta": meta,
        "arrays": arrays,
    }


def shrunk(values: np.ndarray, side: int) -> np.ndarray:
    """Means over square blocks of a map `(H, W)`, so that no side is longer than `side`."""
    block = max(1, -(-max(values.shape) // side))
    for axis in (0, 1) if block > 1 else ():
        edges = np.arange(0, values.shape[axis], block)
        widths = np.diff([*edges, values.shape[axis]])
        values = np.add.reduceat(values, edges, axis=axis) / np.expand_dims(widths, 1 - axis)
    return values


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
    delta, gap, base = attribution.convergence_delta, attribution.relative_gap, attribution.baseline_score
    names = origin.get("baseline") or []
    return {
        "final": attribution.final,
        "method": attribution.method,
        "method_label": method.label if method else attribution.method,
        "n_steps": origin.get("n_steps"),
        "n_evaluations": attribution.n_evaluations,
        "requested": requested,
        "levels": levels,
        "target": {"value": origin.get("target_value"), "label": attribution.target},
        "baseline": {"value": " + ".join(names), "label": origin.get("baseline_label", "")} if names else None,
        "output": origin.get("unit", "output"),
        "score": number(attribution.score[0]),
        "baseline_score": None if base is None else number(base[0]),
        "sum": number(attribution.total[0]),
        "gap": None if delta is None else number(delta[0]),
        "relative_gap": None if gap is None else number(gap[0]),
        "map_error": number(attribution.map_error[0]),
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


def _thumbnail(pixels: np.ndarray) -> Message:
    """A small picture of a baseline, sides at most 48 pixels."""
    stride = max(1, -(-max(pixels.shape[:2]) // THUMBNAIL))
    return array(pixels[::stride, ::stride], "uint8")
