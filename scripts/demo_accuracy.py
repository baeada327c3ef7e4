"""Counts how often the demo nets are right: on fresh scenes, on scikit-learn's held-out digits, on labelled texts.

    python scripts/demo_accuracy.py [--data DIR]

No text ships with the package; DIR holds sst2_dev.tsv and sst2_test.tsv. The training scripts and the tests count by the same
functions. Knows nothing about training or explanations.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from whylight.demo import digits, sentiment, shapes
from whylight.demo.scenes import shape_scenes
from whylight.demo.tokenizer import WordTokenizer

FRESH_SCENES = 2000
FRESH_SEED = 1_000_003  # no training run uses it
SPLIT_SEED = 0


def shapes_accuracy(net: nn.Module, n: int = FRESH_SCENES) -> float:
    """Share of `n` scenes, drawn from a seed that no training uses, whose shape the net names right."""
    images, _, labels = shape_scenes(n, seed=FRESH_SEED)
    return _right(net, torch.from_numpy(images).permute(0, 3, 1, 2), labels)


def digits_split() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """scikit-learn's 8x8 digits as uint8 pictures: training pictures, test pictures, training labels, test labels.

    A stratified 80/20 split from a fixed seed; needs scikit-learn, which brings the digits along.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits: Any = load_digits()
    pictures = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    parts: Any = train_test_split(
        pictures, digits.target, test_size=0.2, stratify=digits.target, random_state=SPLIT_SEED
    )
    train, test, train_labels, test_labels = parts
    return train, test, train_labels, test_labels


def digits_accuracy(net: nn.Module) -> float:
    """Share of the 360 test digits of `digits_split` that the net names right."""
    _, test, _, labels = digits_split()
    return _right(net, torch.from_numpy(test)[:, None], labels)


def sentiment_accuracy(net: nn.Module, tokenizer: WordTokenizer, path: Path | str) -> float:
    """Share of the texts of a file that the net judges right.

    Parameters
    ----------
    net : nn.Module
        The sentiment net.
    tokenizer : WordTokenizer
        Its tokenizer.
    path : path-like
        A tab-separated file with a header line and the columns label, text.
    """
    texts, labels = read_labelled(path)
    return accuracy(net, [tokenizer(text)["input_ids"][0] for text in texts], torch.tensor(labels))


def _right(net: nn.Module, pictures: torch.Tensor, labels: np.ndarray) -> float:
    """Share of uint8 pictures NCHW whose largest logit is that of the label."""
    with torch.no_grad():
        answers = torch.cat([net(part.float() / 255).argmax(1) for part in pictures.split(250)])
    return float((answers.numpy() == labels).mean())


def read_labelled(path: Path | str) -> tuple[list[str], list[int]]:
    r"""Texts and labels of a tab-separated file with a header line and the columns label, text.

    Parameters
    ----------
    path : path-like
        The file, UTF-8.

    Returns
    -------
    texts : list of str
    labels : list of int

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "x.tsv"
    >>> _ = path.write_text("label\tsentence\n1\tFine .\n", encoding="utf-8")
    >>> read_labelled(path)
    (['Fine .'], [1])
    """
    lines = Path(path).read_text(encoding="utf-8").split("\n")[1:]
    rows = [line.split("\t", 1) for line in lines if line.strip()]
    return [text for _, text in rows], [int(label) for label, _ in rows]


def accuracy(net: nn.Module, ids: Sequence[torch.Tensor], labels: torch.Tensor) -> float:
    """Share of texts whose largest logit is that of the label.

    Parameters
    ----------
    net : nn.Module
        Takes ids `(N, T)`, padded with 0 at the end, and answers logits `(N, classes)`.
    ids : sequence of torch.Tensor
        One long `(T,)` per text.
    labels : torch.Tensor
        Long, one per text.

    Returns
    -------
    float
        Between 0 and 1.
    """
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    right = 0
    with torch.no_grad():
        for start in range(0, len(order), 256):
            rows = order[start : start + 256]
            x = nn.utils.rnn.pad_sequence([ids[i] for i in rows], batch_first=True)
            right += int((net(x).argmax(1) == labels[rows]).sum())
    return right / len(ids)


def main() -> None:
    """Print the accuracy of each net on inputs it was not trained on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with sst2_dev.tsv and sst2_test.tsv")
    data = parser.parse_args().data
    for line in report(data):
        print(line)


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
