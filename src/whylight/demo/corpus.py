"""Reads labelled texts from a file and counts right answers on them.

Used by the training script and by `python -m whylight.demo --data DIR`; no text ships with the package. Knows nothing
about training or explanations.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

__all__ = ["accuracy", "read_labelled"]


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
