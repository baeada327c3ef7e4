"""A matplotlib figure that shows itself in a notebook without pyplot. Knows nothing of attributions."""

import io
import warnings
from typing import Any

from matplotlib.figure import Figure


class Drawing(Figure):
    """A figure that any notebook can show: no inline backend needed, safe on any thread."""

    def draw(self, renderer: Any) -> None:
        """Draw; a sign that no installed font has is drawn as a box, without a warning for every one."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
            super().draw(renderer)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()
