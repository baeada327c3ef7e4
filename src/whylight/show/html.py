"""Answers as HTML without script, and figures as images. Knows nothing of engines, traits or messages."""

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CARD = "background:#fff;color:#111;padding:12px;border-radius:6px;font-family:system-ui,sans-serif;max-width:960px"

KEPT = 180_000  # bytes; a third more as text


def card(heading: str, body: str, *, facts: str = "", notes: Sequence[str] = (), gap: bool = False) -> str:
    """HTML on white: a heading, the body, facts and notes below it, of which only the body is markup; `gap` parts the heading from it."""
    margin = ";margin-bottom:8px" if gap else ""
    below = f'<div style="font-size:12px;color:#555">{escape(facts)}</div>' if facts else ""
    below += "".join(f'<div style="font-size:12px">{escape(note)}</div>' for note in notes)
    top = f'<div style="font-weight:600;font-size:13px{margin}">{escape(heading)}</div>'
    return f'<div style="{CARD}">{top}{body}{below}</div>'


def page(heading: str, body: str) -> str:
    """A whole page around fragments of HTML."""
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(heading)}</title>'
    return f"{head}{body}</html>\n"


def image_bytes(figure: "Figure", kind: str = "png", scale: float = 1.0) -> bytes:
    """A figure as the bytes of an image file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=110 * scale)
    return buffer.getvalue()


def kept_png(image: bytes) -> bytes:
    """A PNG as a notebook keeps it: of 256 colours, where it would take more than `KEPT` bytes with all of them."""
    if len(image) <= KEPT:
        return image
    from PIL.Image import Dither, Quantize
    from PIL.Image import open as read

    buffer = io.BytesIO()
    with read(io.BytesIO(image)) as whole:
        whole.convert("RGB").quantize(256, Quantize.FASTOCTREE, dither=Dither.NONE).save(buffer, "PNG", optimize=True)
    return min(buffer.getvalue(), image, key=len)


def image_html(image: bytes, words: str) -> str:
    """A PNG within a page; `words` say what it shows."""
    data = base64.b64encode(image).decode()
    return f'<img alt="{escape(words, quote=True)}" src="data:image/png;base64,{data}" style="max-width:100%">'
