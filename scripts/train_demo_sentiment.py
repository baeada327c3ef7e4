"""Train the demo sentiment net and write its weights and vocabulary.

Reads three tab-separated files with a header and the columns label, text: ``sst2_train_phrases.tsv`` (training),
``sst2_dev.tsv`` (chooses the epoch) and ``sst2_test.tsv`` (only measured, at the end). The texts are the Stanford
Sentiment Treebank, binary labels; none of them is written anywhere. The same seed, thread count and torch version give
the same weights. Knows nothing about explanations.

    python scripts/train_demo_sentiment.py --data DIR [--seed 0] [--out src/whylight/demo/weights/sentiment.npz]
"""

from __future__ import annotations

import argparse
import copy
import time
from collections import Counter
from pathlib import Path

import torch
from demo_accuracy import accuracy, read_labelled
from torch import nn

from whylight.demo.sentiment_net import SentimentNet
from whylight.demo.tokenizer import WordTokenizer, normal_form, word_spans
from whylight.demo.weights import WEIGHTS, rounded, save_net


def vocabulary(texts: list[str], size: int) -> list[str]:
    """The most frequent words, ties in alphabetical order; place 0 is padding, place 1 the unknown word."""
    counts = Counter(normal_form(text[a:b]) for text in texts for a, b in word_spans(text))
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return ["<pad>", "<unk>", *ranked[: size - 2]]


def batches(ids: list[torch.Tensor], size: int, generator: torch.Generator) -> list[torch.Tensor]:
    """Shuffled batches of phrases of like length: index tensors."""
    lengths = torch.tensor([len(row) for row in ids], dtype=torch.float32)
    order = (lengths + 4 * torch.rand(len(ids), generator=generator)).argsort()
    parts = order.split(size)
    return [parts[i] for i in torch.randperm(len(parts), generator=generator)]


def train(net: SentimentNet, data: dict[str, tuple], args: argparse.Namespace) -> None:
    """Fit `net` in place and keep the weights of the epoch with the best dev accuracy."""
    generator = torch.Generator().manual_seed(args.seed)
    ids, labels = data["train"]
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=args.weight_decay)
    n_steps = args.epochs * -(-len(ids) // args.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.lr, total_steps=n_steps, pct_start=0.1)
    best, kept = 0.0, None
    for epoch in range(args.epochs):
        net.train()
        start, total = time.time(), 0.0
        for batch in batches(ids, args.batch_size, generator):
            x = nn.utils.rnn.pad_sequence([ids[i] for i in batch.tolist()], batch_first=True)
            hidden = (torch.rand(x.shape, generator=generator) < args.word_dropout) & (x != 0)
            loss = nn.functional.cross_entropy(
                net(x.masked_fill(hidden, 1)), labels[batch], label_smoothing=args.smoothing
            )
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        score = accuracy(net.eval(), *data["dev"])
        print(f"epoch {epoch}  loss {total / len(ids):.4f}  dev {score:.4f}  {time.time() - start:.0f} s", flush=True)
        if score > best:
            best, kept = score, copy.deepcopy(net.state_dict())
    net.load_state_dict(kept)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the three .tsv files")
    parser.add_argument("--out", type=Path, default=WEIGHTS / "sentiment.npz")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--words", type=int, default=10_000)
    parser.add_argument("--embedding-dim", type=int, default=48)
    parser.add_argument("--hidden-size", type=int, default=96)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--dropout", type=float, default=0.5)
    parser.add_argument("--word-dropout", type=float, default=0.05)
    parser.add_argument("--smoothing", type=float, default=0.0)
    parser.add_argument("--weight-decay", type=float, default=1e-2)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    """Train, measure the rounded weights, write them."""
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    texts, labels = read_labelled(args.data / "sst2_train_phrases.tsv")
    tokenizer = WordTokenizer(vocabulary(texts, args.words))
    data = {"train": ([tokenizer(text)["input_ids"][0] for text in texts], torch.tensor(labels))}
    for part in ("dev", "test"):
        rows, part_labels = read_labelled(args.data / f"sst2_{part}.tsv")
        data[part] = ([tokenizer(text)["input_ids"][0] for text in rows], torch.tensor(part_labels))
    net = SentimentNet(len(tokenizer), args.embedding_dim, args.hidden_size, args.dropout)
    train(net, data, args)
    rounded(net).eval()
    print(f"dev {accuracy(net, *data['dev']):.4f}  test {accuracy(net, *data['test']):.4f}")
    save_net(args.out, net, words=tokenizer.words)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
