"""Which first look at a map lies on the object: `python -m tests.benchmarks.first_look [points]`.

Twelve photographs with masks, SqueezeNet and MobileNet, and scenes of the shapes demo whose object is known. Every candidate is
made from the same gradients (points of the midpoint rule on the line from each baseline, in all as many for two baselines as for
one). Printed: correlation with the mask, the share of what is positive that lies on the object, and the score that is left when the
places are blurred away from the strongest on (deletion: less is better), or that comes back as they return (insertion), both as
areas under the curve between the blurred picture (0) and the picture (1). Skips what is not at hand, and says so.
"""

import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

import whylight as wl
from tests.benchmarks.nets import DATA, _shared
from whylight.demo.scenes import shape_scenes
from whylight.views.image import NEAR
from whylight.views.spotlight import density, spotlight

SIDE, SHAPES, STEPS, CURVE = 224, 12, 32, 10
Map = NDArray[Any]


@dataclass(frozen=True)
class Scene:
    """A picture that a net answers, between the net's black (0) and white (1), and where its object is; NaN where nobody knows."""

    score: Callable[[Tensor], Tensor]
    x: Tensor
    black: Tensor
    white: Tensor
    mask: Map

    @property
    def unit(self) -> Map:
        """The picture from black to white, `(C, H, W)`."""
        return ((self.x - self.black) / (self.white - self.black))[0].numpy()


def scene(net: Any, preprocess: Callable[[Any], Tensor], pixels: NDArray[np.uint8], mask: Map) -> Scene:
    """With the class that the net says."""
    x, black, white = (
        preprocess(np.full_like(pixels, level)) if level is not None else preprocess(pixels) for level in (None, 0, 255)
    )
    with torch.no_grad():
        target = int(net(x).argmax())
    return Scene(lambda points: net(points)[:, target], x, black, white, mask)


def photographs(name: str) -> Iterator[Scene]:
    """Those of the shared data folder with masks."""
    net, preprocess = _shared(name)
    for row in csv.DictReader((DATA / "masks/index.csv").open()):
        picture = Image.open(DATA / f"masks/{row['name']}.jpg").convert("RGB")
        mask = np.asarray(_cropped(Image.open(DATA / f"masks/{row['name']}_mask.png"), Image.Resampling.NEAREST))
        pixels = np.asarray(_cropped(picture, Image.Resampling.BILINEAR))
        yield scene(net, preprocess, pixels, np.where(mask == 255, np.nan, (mask == 1).astype(float)))


def _cropped(picture: Image.Image, how: Image.Resampling) -> Image.Image:
    scale = SIDE / min(picture.size)
    picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), how)
    left, top = (picture.width - SIDE) // 2, (picture.height - SIDE) // 2
    return picture.crop((left, top, left + SIDE, top + SIDE))


def shapes() -> Iterator[Scene]:
    """Scenes of the demo."""
    net = wl.demo.shapes().model
    preprocess = lambda pixels: torch.from_numpy(pixels / 255).float().permute(2, 0, 1)[None]
    images, masks, _ = shape_scenes(SHAPES, seed=5)
    for pixels, mask in zip(images, masks, strict=True):
        yield scene(net, preprocess, pixels, mask.astype(float))


def on_line(seen: Scene, start: Tensor, points: int) -> tuple[Map, Map]:
    """Integrated gradients and IDGI `(C, H, W)` from the same gradients."""
    alphas = ((torch.arange(points) + 0.5) / points)[:, None, None, None]
    gradients, values = [], []
    for part in alphas.split(8):
        at = (start + part * (seen.x - start)).requires_grad_()
        value = seen.score(at)
        gradients.append(torch.autograd.grad(value.sum(), at)[0])
        values.append(value.detach())
    gradient, value = torch.cat(gradients), torch.cat(values)
    with torch.no_grad():
        ends = [seen.score(start), (value[1:] + value[:-1]) / 2, seen.score(seen.x)]
    rises = torch.cat(ends).diff() / gradient.flatten(1).square().sum(1)
    important = (gradient.square() * rises[:, None, None, None]).sum(0)
    return (gradient.mean(0) * (seen.x - start)[0]).numpy(), important.numpy()


def candidates(seen: Scene, points: int) -> dict[str, Map]:
    """First looks `(H, W)`, not negative but for the signed ones."""
    (black, important), (white, _) = (on_line(seen, end, points) for end in (seen.black, seen.white))
    few_black, few_white = (on_line(seen, end, points // 2)[0] for end in (seen.black, seen.white))
    both, unit, side = (few_black + few_white) / 2, seen.unit, seen.mask.shape[0]
    smooth = lambda values, width: density(values, width * side / SIDE)
    sizes = lambda values: np.abs(values).sum(0)
    slopes = np.abs(black) / np.maximum(unit, NEAR)
    found = {"pixels, signed": black.sum(0), "pixels, magnitude": np.abs(black.sum(0))}
    found["signed, smoothed 12"] = smooth(black.sum(0), 12)
    for width in (6, 8, 10, 12, 16):
        found[f"density {width}, black"] = smooth(sizes(black), width)
        found[f"density {width}, black and white averaged, half the points each"] = smooth(sizes(both), width)
    light = found["density 12, black and white averaged, half the points each"]
    found["density 12, white"] = smooth(sizes(white), 12)
    found["density 12, black and white, root mean square"] = smooth(np.hypot(few_black, few_white).sum(0), 12)
    found["the same averaged, square"], found["the same averaged, power 1.5"] = light**2, light**1.5
    found["the same averaged, times smoothed positive part"] = light * np.maximum(smooth(both.sum(0), 12), 0)
    found["the same averaged, less its 20th percentile"] = np.maximum(light - np.percentile(light, 20), 0)
    found["IDGI, density 12"] = smooth(sizes(important), 12)
    for width in (6, 8, 10, 12, 16):
        found[f"density {width} of the slopes |a| / |x - x'|, black"] = smooth(slopes.sum(0), width)
    seen_by = spotlight(black.sum(0), slopes.sum(0))
    rows, columns = (np.arange(n) // b for n, b in zip(seen.mask.shape, seen_by.blocks, strict=True))
    found["spotlight: slopes, black, less the 20th, full at the 95th percentile"] = (
        seen_by.light[np.ix_(rows, columns)] / 255.0
    )
    return found


def judged(seen: Scene, found: Map) -> list[float]:
    """Correlation, share, deletion, insertion."""
    known = np.isfinite(seen.mask)
    mask, positive = seen.mask[known], np.maximum(found, 0)[known]
    return [
        np.corrcoef(found[known], mask)[0, 1],
        positive[mask > 0].sum() / max(positive.sum(), 1e-12),
        *_curves(seen, found),
    ]


def _curves(seen: Scene, found: Map) -> tuple[float, float]:
    """Mean scores as tenths of the places are blurred away, strongest first, and as they come back; from 0 to 1."""
    blurred = _blurred(seen.x)
    order = torch.from_numpy(np.argsort(np.argsort(-found, axis=None)).reshape(found.shape) / found.size)
    gone = torch.stack([order < step / CURVE for step in range(CURVE + 1)])[:, None]
    with torch.no_grad():
        deleted = seen.score(torch.where(gone, blurred, seen.x)).numpy()
        inserted = seen.score(torch.where(gone, seen.x, blurred)).numpy()
    low, high = deleted[-1], deleted[0]
    return tuple(float(np.mean((curve - low) / (high - low))) for curve in (deleted, inserted))  # type: ignore[return-value]


def _blurred(x: Tensor) -> Tensor:
    side = x.shape[-1]
    return torch.from_numpy(np.stack([density(channel, side / 12) for channel in x[0].numpy()]))[None].to(x)


def main(points: int = STEPS) -> None:
    sources = {"demo shapes": shapes()}
    if (DATA / "masks/index.csv").exists():
        sources |= {name: photographs(name) for name in ("squeezenet1_1", "mobilenet_v2")}
    else:
        print(f"Photographs skipped: there is no {DATA / 'masks'}.")
    for name, scenes in sources.items():
        rows: dict[str, list[list[float]]] = {}
        for seen in scenes:
            for key, found in candidates(seen, points).items():
                rows.setdefault(key, []).append(judged(seen, found))
        print(f"\n| {name} | correlation | share | deletion | insertion |\n|---|---|---|---|---|")
        for key, values in rows.items():
            print(f"| {key} | {' | '.join(f'{v:.3f}' for v in np.nanmean(values, axis=0))} |", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
