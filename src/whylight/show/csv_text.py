"""Answers as comma-separated values: one place of the input a line, with its attribution. Knows nothing of figures."""

import csv
import io
from typing import Any

from whylight.errors import InvalidTypeError
from whylight.results.attribution import Attribution
from whylight.results.comparison import Comparison
from whylight.tensors import doubles


def csv_text(result: Any) -> str:
    """The words, features, pixels or samples of one input with their attributions; of a comparison a column for each map."""
    main = result.main if isinstance(result, Comparison) else result
    if not isinstance(main, Attribution) or main.view is None:
        raise InvalidTypeError(
            "csv holds the attributions of one input that can be drawn; save json or npz, which hold everything."
        )
    beside = [one.attribution for one in result.beside] if isinstance(result, Comparison) else []
    answers = [main, *(one for one in beside if one is not None and one is not main)]
    header, rows = main.view.listed(doubles(main.attributions))
    others = [[row[-1] for row in main.view.listed(doubles(one.attributions))[1]] for one in answers[1:]]
    names = ["attribution"] if not others else [f"{one.method_label} for {one.target}" for one in answers]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*header, *names])
    for i, row in enumerate(rows):
        values = [row[-1], *(values[i] for values in others)]
        writer.writerow([*row[:-1], *(f"{value:.9g}" for value in values)])
    return text.getvalue()
