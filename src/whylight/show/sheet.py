"""A batch, or several inputs, on paper: one drawing after the other, each under its number.

Knows how answers about one input are drawn (`attribution`), and nothing of kinds of inputs.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from whylight.errors import InvalidTypeError
from whylight.results.attribution import Attribution
from whylight.show.attribution import told_figure, told_html
from whylight.show.html import image_bytes
from whylight.show.readout import readout, title
from whylight.tensors import as_tuple

FEW, SOME = 3, 12  # drawings up to which there are one, two columns; else four
POINTS = 72  # per inch


@dataclass(frozen=True)
class Drawing:
    """The map of one sample of one input, and the words above and below it."""

    attribution: Attribution
    heading: str
    facts: str


def is_sheet(result: Any) -> bool:
    """Whether a result is about several things that are drawn one after the other."""
    return isinstance(result, Attribution) and result.view is None


def drawings(attribution: Attribution) -> Iterator[Drawing]:
    """The samples that can be drawn, each with all of its inputs; raises where none can."""
    maps, errors = as_tuple(attribution.attributions), as_tuple(attribution.error_estimate)
    n, drawn = len(attribution.score), False
    for i, views in enumerate(attribution.samples):
        one = _sample(attribution, i)
        for k, view in enumerate(views):
            if view is None:
                continue
            seen = None if one.examined is None else as_tuple(one.examined)[k]
            part = replace(
                one, attributions=maps[k][i : i + 1], error_estimate=errors[k][i : i + 1], examined=seen, view=view
            )
            which = [f"sample {i + 1} of {n}"] * (n > 1) + [f"input {k + 1} of {len(maps)}"] * (len(maps) > 1)
            drawn = True
            yield Drawing(part, " · ".join([*which, title(one)]), readout(one))
    if not drawn:
        shapes = ", ".join(str(tuple(m.shape)) for m in maps)
        raise InvalidTypeError(f"There is no way to draw answers of shape {shapes}: save them as npz or json.")


def _sample(attribution: Attribution, i: int) -> Attribution:
    """The answer about one sample."""
    row = lambda value: None if value is None else value[i : i + 1]
    rows = lambda maps: tuple(map(row, maps)) if isinstance(maps, tuple) else row(maps)
    return replace(
        attribution,
        attributions=rows(attribution.attributions),
        error_estimate=rows(attribution.error_estimate),
        baseline_spread=rows(attribution.baseline_spread),
        score=row(attribution.score),
        baseline_score=row(attribution.baseline_score),
        convergence_delta=row(attribution.convergence_delta),
        examined=rows(attribution.examined),
        level_changes=None if attribution.level_changes is None else attribution.level_changes.rows(slice(i, i + 1)),
        samples=(),
    )


def html(attribution: Attribution) -> str:
    """A fragment of HTML without script: a card for each; notes are under the first."""
    cards = []
    for one in drawings(attribution):
        notes = () if cards else attribution.notes
        cards.append(told_html(one.attribution, one.heading, one.facts, notes))
    return "\n".join(cards)


def picture(attribution: Attribution, kind: str, scale: float = 1.0, **options: Any) -> bytes:
    """All of them in one file: columns of a png or svg, pages of a pdf."""
    figures = (told_figure(one.attribution, one.heading, one.facts, **options) for one in drawings(attribution))
    return {"png": partial(_png, scale=scale), "svg": _svg, "pdf": _pdf}[kind](figures)


def _places(sizes: list[tuple[float, float]]) -> tuple[list[tuple[float, float]], tuple[float, float]]:
    """The corner of every drawing, row by row, and the size of the whole."""
    columns = 1 if len(sizes) <= FEW else 2 if len(sizes) <= SOME else 4
    width, corners, top = max(w for w, _ in sizes), [], 0.0
    for start in range(0, len(sizes), columns):
        row = sizes[start : start + columns]
        corners += [(k * width, top) for k in range(len(row))]
        top += max(h for _, h in row)
    return corners, (width * min(columns, len(sizes)), top)


def _png(figures: Iterator[Any], scale: float) -> bytes:
    from PIL.Image import new
    from PIL.Image import open as read

    images = [read(io.BytesIO(image_bytes(fig, scale=scale))).convert("RGB") for fig in figures]
    corners, (width, height) = _places([image.size for image in images])
    whole = new("RGB", (int(width), int(height)), "white")
    for image, (x, y) in zip(images, corners, strict=True):
        whole.paste(image, (int(x), int(y)))
    buffer = io.BytesIO()
    whole.save(buffer, "PNG")
    return buffer.getvalue()


def _svg(figures: Iterator[Any]) -> bytes:
    """One within the other: every figure is an svg of its own, without its header."""
    drawn = [(image_bytes(fig, "svg").decode("utf-8"), *(POINTS * fig.get_size_inches())) for fig in figures]
    corners, (width, height) = _places([(w, h) for _, w, h in drawn])
    inner = []
    for (text, w, h), (x, y) in zip(drawn, corners, strict=True):
        place = f'<svg x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" viewBox="0 0 {w:g} {h:g}" xmlns:xlink="http://www.w3.org/1999/xlink">'
        inner.append(re.sub(r"^.*?<svg\b[^>]*>", lambda _, place=place: place, text, count=1, flags=re.DOTALL))
    size = f'width="{width:g}pt" height="{height:g}pt" viewBox="0 0 {width:g} {height:g}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n{"".join(inner)}</svg>\n'.encode()


def _pdf(figures: Iterator[Any]) -> bytes:
    from matplotlib.backends.backend_pdf import PdfPages

    buffer = io.BytesIO()
    with PdfPages(buffer) as pages:
        for fig in figures:
            pages.savefig(fig)
    return buffer.getvalue()
