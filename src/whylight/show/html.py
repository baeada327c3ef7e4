"""Answers as HTML without script. Knows nothing of engines, traits or messages."""

from html import escape

from whylight.results.attribution import Attribution
from whylight.show.readout import title


def page(attribution: Attribution, body: str) -> str:
    """A whole page around fragments of HTML."""
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title(attribution))}</title>'
    return f"{head}{body}</html>\n"
