"""Train the demo digits net on scikit-learn's 8x8 digits; write its weights and two test digits of each class.

The digits are part of scikit-learn: nothing is downloaded. Training uses the 80 % and measures on the 20 % of
``demo_accuracy.digits_split``. The same seed, thread count and torch version give the same weights. Knows
nothing about explanations.

    python scripts/train_demo_digits.py [--seed 0] [--out src/whylight/demo/weights/digits.npz]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from demo_accuracy import digits_accuracy, digits_split
from torch import nn

from whylight.demo.picture_nets import DigitsNet
from whylight.demo.weights import WEIGHTS, rounded, save_net


def shifted(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Pictures moved by at most one pixel down and to the right or back, each on its own."""
    padded = nn.functional.pad(x, (1, 1, 1, 1))
    rows, columns = torch.randint(3, (2, len(x)), generator=generator)
    every = torch.arange(8)
    n = torch.arange(len(x))[:, None, None]
    return padded[n, 0, (rows[:, None] + every)[:, :, None], (columns[:, None] + every)[:, None]][:, None]


def train(net: nn.Module, x: torch.Tensor, y: torch.Tensor, args: argparse.Namespace) -> None:
    """Fit `net` in place; `x` is float N1HW in 0..1."""
    generator = torch.Generator().manual_seed(args.seed)
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=1e-2)
    steps = args.epochs * -(-len(x) // args.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.lr, total_steps=steps)
    for _ in range(args.epochs):
        for batch in torch.randperm(len(x), generator=generator).split(args.batch_size):
            loss = nn.functional.cross_entropy(net(shifted(x[batch], generator)), y[batch], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def examples(net: nn.Module, pictures: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Zero to nine twice: the first two pictures of each class, in test order, that the net names right."""
    with torch.no_grad():
        right = net(torch.from_numpy(pictures)[:, None].float() / 255).argmax(1).numpy() == labels
    places = np.stack([np.flatnonzero(right & (labels == digit))[:2] for digit in range(10)]).T.ravel()
    return pictures[places], labels[places].astype(np.uint8)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=WEIGHTS / "digits.npz")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=5e-3)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    """Train, measure the rounded weights, write them with the examples."""
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    pictures, test, labels, test_labels = digits_split()
    net = DigitsNet()
    train(net, torch.from_numpy(pictures)[:, None].float() / 255, torch.from_numpy(labels), args)
    rounded(net).eval()
    print(f"accuracy on {len(test)} test digits: {digits_accuracy(net):.4f}")
    inputs, targets = examples(net, test, test_labels)
    save_net(args.out, net, inputs=inputs, targets=targets)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.3f} MB")


if __name__ == "__main__":
    main()
