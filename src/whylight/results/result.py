"""What every result can do: be written to a file. Knows nothing of files."""

from pathlib import Path
from typing import Any

from whylight.results import drawing


class Result:
    """A frozen answer."""

    def save(self, path: str | Path, **options: Any) -> Path:
        """Write the result to `path`; the ending chooses the format.

        `scale=2` makes a png of twice as many pixels each way. csv holds the attributions of one input, a word, feature or pixel a line.
        npz and json hold the numbers, and `whylight.load` brings them back. png, svg, pdf and html hold what is drawn, where that can
        be: of a batch or of several inputs one drawing after the other, for the first 64 samples.
        """
        return drawing.save(self, Path(path), **options)
