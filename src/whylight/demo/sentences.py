"""The sentiment demo: a trained LSTM, its tokenizer, and sentences written for it.

Knows nothing about training or explanations.
"""

from __future__ import annotations

from whylight.demo.demo import Demo
from whylight.demo.sentiment_net import SentimentNet
from whylight.demo.tokenizer import WordTokenizer
from whylight.demo.weights import WEIGHTS, load_arrays, load_net, load_words

__all__ = ["sentiment"]

LABELS = ("negative", "positive")
SENTENCES = (
    ("A warm, funny and beautifully acted film.", 1),
    ("The plot isn't good, but the acting is wonderful.", 1),
    ("It's not good, and it never gets better.", 0),
    ("The jokes are stale and the story goes nowhere.", 0),
    ("I can’t recommend this dull and lifeless sequel.", 0),
    ("Not a bad film at all: it is clever, tense and moving 🎬", 1),
    ("There is nothing fresh, funny or moving in it…", 0),
    ("The first half drags, yet the ending is thrilling and touching.", 1),
)


def sentiment() -> Demo:
    """An LSTM that judges sentences about films, with sentences to try it on.

    Returns
    -------
    Demo
        Inputs: str; classes: negative, positive.

    Examples
    --------
    >>> import whylight as wl
    >>> demo = wl.demo.sentiment()
    >>> wl.attribute(demo.model, "The plot is not good.", **demo.options).target
    'negative'
    """
    arrays = load_arrays(WEIGHTS / "sentiment.npz")
    tokenizer = WordTokenizer(load_words(arrays))
    n_words, width = arrays["embedding.weight"].shape
    hidden = arrays["classifier.weight"].shape[1]
    model = load_net(SentimentNet(n_words, width, hidden), arrays)
    return Demo(
        model=model,
        inputs=[text for text, _ in SENTENCES],
        targets=[label for _, label in SENTENCES],
        labels=LABELS,
        options={"tokenizer": tokenizer, "embedding": model.embedding, "labels": LABELS},
    )
