"""How far the maps of every method lie on the object that decides the answer: `python scripts/mask_agreement.py --write`.

Trains ten shapes nets from ten seeds (short runs of `train_demo_shapes`, kept in the temporary folder), explains six fresh
scenes, one of every class, with every registered method, and compares the maps with the true masks. Under ten minutes on
one core; the nets are trained once. `--write` puts the table into docs/methods.md. `--photos FOLDER` does the same for
photographs: `FOLDER/models.py` with `load(name) -> net, preprocess`, and `FOLDER/masks/*.jpg` with `*_mask.png`.

Metrics after Rahman, Lewis, Plis 2022 (their code): the channels of a map are summed, its magnitude is divided by the value that
the largest 98 % of the total reach, clipped to 1 and divided by its maximum. Knows nothing about how maps are made.

    python scripts/mask_agreement.py [--seeds 10] [--write] [--photos FOLDER [--net squeezenet1_1]]
"""

from __future__ import annotations

import argparse
import importlib.util
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

import whylight as wl
from whylight.demo.picture_nets import ShapesNet
from whylight.demo.scenes import SHAPES, shape_scenes
from whylight.results.comparison import ranks

ROOT = Path(__file__).parents[1]
CACHE = Path(tempfile.gettempdir()) / "whylight-shapes-nets"
SCENES, EPOCHS = 3000, 3
TEST_SEED = 2_000_003
METRICS = ("Pearson", "Spearman", "weighted Jaccard", "relevance share", "SSIM", "1 − MSE")
LIGHTER = {
    "ggig": wl.methods.GGIG(n_steps=20, n_iter=25, step_size=0.01),
    "guided_ig": wl.methods.GuidedIG(n_steps=100),
    "geg": wl.methods.GEG(n_models=50),
}
START, END = "<!-- mask agreement: scripts/mask_agreement.py writes this -->", "<!-- end of mask agreement -->"


def displayed(attributions: Tensor) -> np.ndarray:
    """A map `(C, H, W)` as the metrics see it: `(H, W)` in 0..1."""
    g = attributions.detach().double().cpu().sum(0).abs().numpy()
    ordered = np.sort(g.ravel())
    total = np.cumsum(ordered)
    limit = ordered[min(int(np.searchsorted(total, 0.98 * total[-1])), ordered.size - 1)]
    clipped = np.minimum(g / limit, 1) if limit else g
    return clipped / clipped.max() if clipped.max() else clipped


def agreement(g: np.ndarray, b: np.ndarray) -> list[float]:
    """All `METRICS` of a map and a mask, both `(H, W)` in 0..1."""
    g, b = g.astype(float), b.astype(float)
    return [
        pearson(g, b),
        pearson(ranks(g), ranks(b)),
        float(np.minimum(g, b).sum() / np.maximum(g, b).sum()),
        float((g * b).sum() / g.sum()) if g.any() else 0.0,
        ssim(g, b),
        1 - float(((g - b) ** 2).mean()),
    ]


def pearson(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation; 0 where one of them is constant."""
    a, b = a.ravel() - a.mean(), b.ravel() - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size else 0.0


def ssim(a: np.ndarray, b: np.ndarray, window: int = 7) -> float:
    """Structural similarity with uniform windows and a data range of 1 (Wang, Bovik, Sheikh, Simoncelli 2004)."""
    mean = lambda x: nn.functional.avg_pool2d(torch.from_numpy(x)[None, None], window, 1).numpy()
    c1, c2, unbiased = 0.01**2, 0.03**2, window**2 / (window**2 - 1)
    ma, mb = mean(a), mean(b)
    va, vb, both = (unbiased * (mean(x) - m) for x, m in ((a * a, ma * ma), (b * b, mb * mb), (a * b, ma * mb)))
    found = (2 * ma * mb + c1) * (2 * both + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2))
    return float(found.mean())


def edges(pixels: np.ndarray) -> Tensor:
    """The Sobel edge map `(1, H, W)` of a picture `(H, W, 3)`: a 3 x 3 Gaussian, then 5 x 5 Sobel."""
    gray = torch.from_numpy(pixels.astype(float).mean(2))[None, None]
    smooth, slope, wide = (torch.tensor(k).double() for k in ([1, 2, 1], [-1, -2, 0, 2, 1], [1, 4, 6, 4, 1]))
    filtered = lambda x, down, right: nn.functional.conv2d(
        nn.functional.pad(x, [len(right) // 2] * 2 + [len(down) // 2] * 2, mode="replicate"),
        torch.outer(down, right)[None, None],
    )
    blurred = filtered(gray, smooth, smooth)
    return (filtered(blurred, wide, slope).square() + filtered(blurred, slope, wide).square()).sqrt()[0]


def rivals() -> dict[str, Callable[..., Tensor]]:
    """What any method has to beat: names and functions of (picture, generator)."""
    noise = lambda pixels, generator: torch.rand((1, *pixels.shape[:2]), generator=generator)
    return {"random map": noise, "Sobel edges": lambda pixels, generator: edges(pixels)}


def measured(
    net: nn.Module, pictures: list[tuple[Any, np.ndarray]], seed: int, **options: Any
) -> dict[str, np.ndarray]:
    """Every method's metrics `(6,)`, averaged over pictures and their masks."""
    generator, found = torch.Generator().manual_seed(seed), {}
    for name, rival in rivals().items():
        each = [agreement(displayed(rival(np.asarray(p), generator)), mask) for p, mask in pictures]
        found[name] = np.mean(each, axis=0)
    for name in wl.methods.METHODS:
        if name == "finite_differences":  # the input gradient, at two predictions per pixel
            continue
        method = LIGHTER.get(name, name)
        baseline = ["black", "white", "blur", "noise"] if name == "expected_gradients" else None
        maps = (wl.attribute(net, p, method=method, baseline=baseline, **options).attributions for p, _ in pictures)
        each = [agreement(displayed(m[0]), mask) for m, (_, mask) in zip(maps, pictures, strict=True)]
        found[wl.methods.make(method).title] = np.mean(each, axis=0)
    return found


def trained(seed: int) -> nn.Module:
    """A shapes net of this seed, from the cache or freshly trained."""
    from train_demo_shapes import train, with_norms, without_norms

    path, net = CACHE / f"{seed}-{SCENES}-{EPOCHS}.pt", ShapesNet()
    if not path.exists():
        torch.manual_seed(seed)
        images, _, labels = shape_scenes(SCENES, seed=1 + seed)
        grown = with_norms(ShapesNet())
        args = argparse.Namespace(seed=seed, lr=4e-3, epochs=EPOCHS, batch_size=64, smoothing=0.02)
        train(grown, torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels), args)
        CACHE.mkdir(exist_ok=True)
        torch.save(without_norms(grown).state_dict(), path)
    net.load_state_dict(torch.load(path))
    return net.eval()


def scenes() -> list[tuple[np.ndarray, np.ndarray]]:
    """Fresh scenes with their masks, the first of every class."""
    images, masks, labels = shape_scenes(60, seed=TEST_SEED)
    first = [int(np.flatnonzero(labels == c)[0]) for c in range(len(SHAPES))]
    return [(images[i], masks[i]) for i in first]


def photos(folder: Path, name: str) -> tuple[nn.Module, Any, list[tuple[Image.Image, np.ndarray]]]:
    """A net, its preprocessing, and photographs with masks at the net's size."""
    spec = importlib.util.spec_from_file_location("photo_models", folder / "models.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    net, preprocess = module.load(name)
    found = []
    for path in sorted((folder / "masks").glob("*.jpg")):
        picture = Image.open(path).convert("RGB")
        size = tuple(preprocess(picture).shape[-2:])
        mask = Image.open(path.with_name(f"{path.stem}_mask.png")).resize(size[::-1], Image.Resampling.NEAREST)
        found.append((picture.resize(size[::-1]), np.asarray(mask) == 1))
    return net, preprocess, found


def rows(found: list[dict[str, np.ndarray]]) -> Iterator[str]:
    """A Markdown table: mean and standard deviation over nets."""
    yield f"| method | {' | '.join(METRICS)} |"
    yield f"|---|{'---|' * len(METRICS)}"
    for name in found[0]:
        values = np.stack([f[name] for f in found])
        spread = values.std(0, ddof=1) if len(values) > 1 else np.zeros(len(METRICS))
        cells = [
            f"{m:.2f} ± {s:.2f}" if len(values) > 1 else f"{m:.2f}"
            for m, s in zip(values.mean(0).round(2) + 0.0, spread, strict=True)
        ]
        yield f"| {name} | {' | '.join(cells)} |"


def write(table: str) -> None:
    """Put the table between its markers in docs/methods.md."""
    path = ROOT / "docs/methods.md"
    text = path.read_text("utf-8")
    head, rest = text.split(START)
    path.write_text(f"{head}{START}\n\n{table}\n\n{END}{rest.split(END)[1]}", "utf-8")


def main() -> None:
    """Measure, print, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--net", default="squeezenet1_1")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.photos:
        net, preprocess, pictures = photos(args.photos, args.net)
        print("\n".join(rows([measured(net, pictures, 0, preprocess=preprocess)])))
        return
    pictures = scenes()
    found = []
    for seed in range(args.seeds):
        found.append(measured(trained(seed), pictures, seed))
        print(f"net {seed + 1} of {args.seeds} measured", flush=True)
    table = "\n".join(rows(found))
    print(table)
    if args.write:
        write(table)


if __name__ == "__main__":
    main()
