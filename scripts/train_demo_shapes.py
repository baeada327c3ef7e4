"""Train the demo shapes net on scenes that our own code draws, and write its weights.

Training scenes come from seed 1 + SEED, the measured ones from a seed of their own (see ``demo_accuracy``). Each
batch is turned and mirrored anew: no class changes by that. Batch norms ease the training and are folded into the
convolutions at the end: the net that ships is convolution, ReLU, max-pool and linear only. The same seed, thread count
and torch version give the same weights. Knows nothing about explanations.

    python scripts/train_demo_shapes.py [--seed 0] [--out src/whylight/demo/weights/shapes.npz]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from demo_accuracy import FRESH_SCENES, shapes_accuracy
from torch import nn

from whylight.demo.picture_nets import ShapesNet
from whylight.demo.scenes import shape_scenes
from whylight.demo.weights import WEIGHTS, rounded, save_net


def turned(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """A batch of square pictures, all turned and mirrored alike."""
    quarters, mirror = torch.randint(4, (), generator=generator), torch.randint(2, (), generator=generator)
    x = x.rot90(int(quarters), (2, 3))
    return x.flip(3) if mirror else x


def train(net: nn.Module, x: torch.Tensor, y: torch.Tensor, args: argparse.Namespace) -> None:
    """Fit `net` in place; `x` is uint8 NCHW."""
    generator = torch.Generator().manual_seed(args.seed)
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=1e-3)
    steps = args.epochs * (len(x) // args.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.lr, total_steps=steps, pct_start=0.2)
    for epoch in range(args.epochs):
        start, total = time.time(), 0.0
        order = torch.randperm(len(x), generator=generator)
        for batch in order[: len(x) // args.batch_size * args.batch_size].split(args.batch_size):
            picture = turned(x[batch], generator).float() / 255
            loss = nn.functional.cross_entropy(net(picture), y[batch], label_smoothing=args.smoothing)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        print(f"epoch {epoch}  loss {total / len(x):.4f}  {time.time() - start:.0f} s", flush=True)


def with_norms(net: nn.Sequential) -> nn.Sequential:
    """The same layers, with a batch norm behind every convolution."""
    layers = []
    for layer in net:
        layers.append(layer)
        if isinstance(layer, nn.Conv2d):
            layers.append(nn.BatchNorm2d(layer.out_channels))
    return nn.Sequential(*layers)


def without_norms(net: nn.Sequential) -> nn.Sequential:
    """The same function in eval mode, every batch norm folded into the convolution before it."""
    layers = []
    for layer in net.eval():
        if isinstance(layer, nn.BatchNorm2d):
            layers[-1] = nn.utils.fusion.fuse_conv_bn_eval(layers[-1], layer)
        else:
            layers.append(layer)
    return nn.Sequential(*layers)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=WEIGHTS / "shapes.npz")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scenes", type=int, default=12_000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=4e-3)
    parser.add_argument("--smoothing", type=float, default=0.02)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    """Draw, train, measure the rounded weights, write them."""
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    images, _, labels = shape_scenes(args.scenes, seed=1 + args.seed)
    trained = with_norms(ShapesNet())
    train(trained, torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels), args)
    net = ShapesNet()
    net.load_state_dict(without_norms(trained).state_dict())
    rounded(net).eval()
    print(f"accuracy on {FRESH_SCENES} fresh scenes: {shapes_accuracy(net):.4f}")
    save_net(args.out, net)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
