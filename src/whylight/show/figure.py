"""A matplotlib figure that shows itself in a notebook without pyplot. Knows nothing of attributions."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from matplotlib.figure import Figure


@contextmanager
def without_glyph_warnings() -> Iterator[None]:
    """Say nothing about signs that no installed font has."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        yield


class NotebookFigure(Figure):
    """A figure that any notebook can show: no inline backend needed, safe on any thread."""

    def draw(self, renderer: Any) -> None:
        """Draw; a sign that no installed font has is drawn as a box, without a warning for every one."""
        with without_glyph_warnings():
            super().draw(renderer)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()
