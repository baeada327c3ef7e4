"""The sentiment net of the demo: a word embedding, one LSTM, one linear layer.

Knows tensors only: nothing about text, vocabularies, files or explanations.
"""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["SentimentNet"]


class SentimentNet(nn.Module):
    """Reads word ids from left to right and answers from the state after the last word.

    Parameters
    ----------
    n_words : int
        Size of the vocabulary; id 0 is padding, which stands only at the end of a row.
    embedding_dim, hidden_size : int
        Widths of the embedding and of the LSTM.
    dropout : float
        Used in training only, on the embedded words and on the last state.

    Examples
    --------
    >>> import torch
    >>> net = SentimentNet(n_words=10).eval()
    >>> net(torch.tensor([[2, 3, 4], [5, 0, 0]])).shape
    torch.Size([2, 2])
    """

    def __init__(self, n_words: int, embedding_dim: int = 48, hidden_size: int = 96, dropout: float = 0.5) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_words, embedding_dim, padding_idx=0)
        self.lstm = nn.LSTM(embedding_dim, hidden_size, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(hidden_size, 2)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits of (negative, positive).

        Parameters
        ----------
        ids : torch.Tensor
            Long `(N, T)` with `T` at least 1, padded at the end with 0. The lengths come from `ids`, so the
            embedded words may be replaced by any tensor of their shape (a forward hook on `embedding`).

        Returns
        -------
        torch.Tensor
            `(N, 2)`.
        """
        last = (ids != 0).sum(1).clamp(min=1) - 1
        states, _ = self.lstm(self.dropout(self.embedding(ids)))
        index = last.view(-1, 1, 1).expand(-1, 1, states.shape[2])
        return self.classifier(self.dropout(states.gather(1, index).squeeze(1)))
