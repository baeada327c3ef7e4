"""Measures the demo nets: `python -m whylight.demo [--data DIR]`. Knows nothing about training or explanations."""

from __future__ import annotations

import argparse
from pathlib import Path

from whylight.demo.measure import FRESH_SCENES, digits_accuracy, sentiment_accuracy, shapes_accuracy
from whylight.demo.pictures import digits, shapes
from whylight.demo.sentences import sentiment


def main() -> None:
    """Print the accuracy of each net on inputs it was not trained on."""
    parser = argparse.ArgumentParser(prog="python -m whylight.demo", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with sst2_dev.tsv and sst2_test.tsv")
    data = parser.parse_args().data
    for line in report(data):
        print(line)  # noqa: T201 (a command line)


def report(data: Path | None) -> list[str]:
    """One line per net.

    Parameters
    ----------
    data : Path or None
        Folder with `sst2_dev.tsv` and `sst2_test.tsv`; None leaves the sentiment net out.
    """
    try:
        first = f"{digits_accuracy(digits().model):.4f} on the 360 test digits"
    except ImportError:
        first = "not measured: needs scikit-learn"
    lines = [f"digits     {first}", f"shapes     {shapes_accuracy(shapes().model):.4f} on {FRESH_SCENES} fresh scenes"]
    if data is None:
        return [*lines, "sentiment  not measured: give --data DIR"]
    demo = sentiment()
    for part in ("dev", "test"):
        share = sentiment_accuracy(demo.model, demo.options["tokenizer"], data / f"sst2_{part}.tsv")
        lines.append(f"sentiment  {share:.4f} on SST-2 {part}")
    return lines


if __name__ == "__main__":
    main()
