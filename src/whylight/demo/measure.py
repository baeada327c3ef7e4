"""Counts how often the demo nets are right: on fresh scenes, on scikit-learn's held-out digits, on labelled texts.

Used by the training scripts, the tests and `python -m whylight.demo`. Knows nothing about training or explanations.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from whylight.demo.corpus import accuracy, read_labelled
from whylight.demo.scenes import shape_scenes
from whylight.demo.tokenizer import WordTokenizer

__all__ = ["FRESH_SCENES", "FRESH_SEED", "digits_accuracy", "digits_split", "sentiment_accuracy", "shapes_accuracy"]

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
