"""Draws the coloured scenes of the shapes demo: a soft background, distractors, and one shape that decides the class.

Distractors (lines, waves, dots, arcs) are drawn without looking at the class and are never shapes of a class, so the
answer depends on the one object whose mask comes with the scene. Knows nothing about nets or explanations.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

__all__ = ["SHAPES", "shape_scenes"]

SHAPES = ("circle", "square", "triangle", "star", "cross", "ring")
SIZE = 64
FINE = 4  # drawn this many times larger, then averaged: smooth edges

# Two background colours, then inks that stand out on both.
PALETTES = (
    ("#16233f", "#34567f", "#f6c667", "#f28f6b", "#ece6d8", "#7fd1c7"),
    ("#fbe6d4", "#f2b9a4", "#2f4858", "#b8432f", "#3f7373", "#7a3e65"),
    ("#d6ecea", "#86bcc4", "#cf3f55", "#1d3557", "#f7f3e3", "#5b3a6b"),
    ("#1a352f", "#467560", "#f5ecd0", "#efad4a", "#ee8379", "#b5dfbd"),
    ("#ebe6f7", "#b7a6dc", "#3d2c6b", "#cf4371", "#1a6676", "#fff6dc"),
    ("#f6efdd", "#dbc49b", "#264653", "#1f8074", "#d9572f", "#8a3b4d"),
    ("#331c3b", "#75406b", "#ffd08a", "#ff9aac", "#94dbe6", "#f6edf3"),
    ("#e3e9ef", "#a9b9ca", "#14213d", "#c81f31", "#8c4a0b", "#1f615f"),
)


def shape_scenes(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random scenes, the true mask of the object that decides the class, and the classes.

    Parameters
    ----------
    n : int
        How many scenes.
    seed : int
        Non-negative. Scene `i` depends on `seed` and `i` only, not on `n`.

    Returns
    -------
    images : numpy.ndarray
        uint8 `(n, 64, 64, 3)`.
    masks : numpy.ndarray
        bool `(n, 64, 64)`: at least half of the pixel belongs to the object.
    labels : numpy.ndarray
        int64 `(n,)`, places in `SHAPES`.

    Examples
    --------
    >>> images, masks, labels = shape_scenes(2, seed=7)
    >>> images.shape, masks.dtype.name, SHAPES[labels[0]] in SHAPES
    ((2, 64, 64, 3), 'bool', True)
    """
    images = np.empty((n, SIZE, SIZE, 3), np.uint8)
    masks = np.empty((n, SIZE, SIZE), bool)
    labels = np.empty(n, np.int64)
    for i in range(n):
        images[i], masks[i], labels[i] = _scene(np.random.default_rng([seed, i]))
    return images, masks, labels


def _scene(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    """One scene: image, mask, label."""
    label = int(rng.integers(len(SHAPES)))
    palette = [_rgb(code) for code in PALETTES[rng.integers(len(PALETTES))]]
    inks = [palette[2 + i] for i in rng.permutation(len(palette) - 2)]
    picture = _background(rng, palette[0], palette[1])
    pen = ImageDraw.Draw(picture)
    for _ in range(rng.integers(3, 7)):
        draw = (_line, _wave, _dots, _arc)[rng.integers(4)]
        draw(pen, rng, inks[rng.integers(len(inks))])
    mask = _object(rng, SHAPES[label])
    picture.paste(_shaded(rng, inks[0]), mask=mask)
    image = np.asarray(picture.reduce(FINE)).astype(np.float64) + rng.normal(0, 1.5, (SIZE, SIZE, 1))
    return np.rint(image).clip(0, 255).astype(np.uint8), np.asarray(mask.reduce(FINE)) >= 128, label


def _rgb(code: str) -> np.ndarray:
    """The colour of a hexadecimal code, `(3,)` in 0..255."""
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], float)


def _ink(color: np.ndarray) -> tuple[int, ...]:
    """A colour as Pillow wants it."""
    return tuple(np.rint(color.clip(0, 255)).astype(int).tolist())


def _background(rng: np.random.Generator, first: np.ndarray, second: np.ndarray) -> Image.Image:
    """A gradient in a random direction with broad, soft clouds, at the fine size."""
    y, x = np.mgrid[0:SIZE, 0:SIZE] / (SIZE - 1) - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    ramp = 0.5 + 0.7 * (x * np.cos(angle) + y * np.sin(angle))
    clouds = Image.fromarray(rng.random((6, 6), dtype=np.float32)).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
    share = (ramp + 0.5 * (np.asarray(clouds) - 0.5)).clip(0, 1)[..., None]
    color = np.rint(first + share * (second - first)).clip(0, 255).astype(np.uint8)
    return Image.fromarray(color).resize((SIZE * FINE, SIZE * FINE), Image.Resampling.BILINEAR)


def _shaded(rng: np.random.Generator, color: np.ndarray) -> Image.Image:
    """A sheet of one ink, slightly jittered, a little lighter at the top, at the fine size."""
    color = color + rng.normal(0, 6, 3)
    light = np.linspace(14, -14, SIZE * FINE)[:, None, None]
    sheet = np.broadcast_to(color + light, (SIZE * FINE, SIZE * FINE, 3))
    return Image.fromarray(np.rint(sheet).clip(0, 255).astype(np.uint8))


def _line(pen: ImageDraw.ImageDraw, rng: np.random.Generator, color: np.ndarray) -> None:
    """A straight stroke with round ends."""
    start, angle = rng.uniform(0, SIZE, 2), rng.uniform(0, 2 * np.pi)
    end = start + rng.uniform(12, 34) * np.array([np.cos(angle), np.sin(angle)])
    _stroke(pen, np.stack([start, end]), rng.uniform(1.2, 2.6), color)


def _wave(pen: ImageDraw.ImageDraw, rng: np.random.Generator, color: np.ndarray) -> None:
    """A wavy stroke."""
    t = np.linspace(0, 1, 40)
    length, height, periods = rng.uniform(18, 34), rng.uniform(1.5, 3.5), rng.uniform(1.5, 3)
    along, across = (t - 0.5) * length, height * np.sin(2 * np.pi * periods * t)
    points = _turned(np.stack([along, across], 1), rng.uniform(0, 2 * np.pi)) + rng.uniform(4, SIZE - 4, 2)
    _stroke(pen, points, rng.uniform(1.2, 2.0), color)


def _dots(pen: ImageDraw.ImageDraw, rng: np.random.Generator, color: np.ndarray) -> None:
    """A handful of small dots, each much smaller than any object."""
    centre = rng.uniform(6, SIZE - 6, 2)
    for _ in range(rng.integers(3, 7)):
        _dot(pen, centre + rng.normal(0, 6, 2), rng.uniform(0.9, 2.0), color)


def _arc(pen: ImageDraw.ImageDraw, rng: np.random.Generator, color: np.ndarray) -> None:
    """Part of a circle, at most 150 degrees of it, so that it is no ring."""
    start, sweep = rng.uniform(0, 2 * np.pi), np.deg2rad(rng.uniform(60, 150))
    t = np.linspace(start, start + sweep, 40)
    points = rng.uniform(7, 15) * np.stack([np.cos(t), np.sin(t)], 1) + rng.uniform(4, SIZE - 4, 2)
    _stroke(pen, points, rng.uniform(1.2, 2.2), color)


def _stroke(pen: ImageDraw.ImageDraw, points: np.ndarray, width: float, color: np.ndarray) -> None:
    """A polyline `(k, 2)` with round joints and ends; lengths in pixels of the scene."""
    fine = [tuple(point) for point in points * FINE]
    pen.line(fine, fill=_ink(color), width=max(1, round(width * FINE)), joint="curve")
    for end in (points[0], points[-1]):
        _dot(pen, end, width / 2, color)


def _dot(pen: ImageDraw.ImageDraw, centre: np.ndarray, radius: float, color: np.ndarray) -> None:
    """A filled disc; lengths in pixels of the scene."""
    x, y = centre * FINE
    r = radius * FINE
    pen.ellipse((x - r, y - r, x + r, y + r), fill=_ink(color))


def _turned(points: np.ndarray, angle: float) -> np.ndarray:
    """Points `(k, 2)` rotated about the origin."""
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, sin], [-sin, cos]])


def _object(rng: np.random.Generator, shape: str) -> Image.Image:
    """The mask of an object of random size, rotation and place, at the fine size: 0 or 255."""
    mask = Image.new("L", (SIZE * FINE, SIZE * FINE))
    pen = ImageDraw.Draw(mask)
    radius = rng.uniform(9, 15)
    centre = rng.uniform(radius + 2, SIZE - radius - 2, 2)
    angle = rng.uniform(0, 2 * np.pi)
    hole = rng.uniform(0.5, 0.68)
    if shape in ("circle", "ring"):
        for r, value in ((radius, 255), (radius * hole, 0 if shape == "ring" else 255)):
            corners = np.concatenate([centre - r, centre + r]) * FINE
            pen.ellipse(tuple(corners), fill=value)
    else:
        outline = _turned(_outline(shape), angle) * radius + centre
        pen.polygon([tuple(point) for point in outline * FINE], fill=255)
    return mask


def _outline(shape: str) -> np.ndarray:
    """Corners `(k, 2)` of a polygon of circumradius 1."""
    if shape == "cross":
        a, b = 0.32, 0.95
        quarter = np.array([(a, -b), (a, -a), (b, -a)])
        return np.concatenate([_turned(quarter, k * np.pi / 2) for k in range(4)])
    corners = {"triangle": 3, "square": 4, "star": 10}[shape]
    t = 2 * np.pi * np.arange(corners) / corners
    radius = np.where(np.arange(corners) % 2, 0.42, 1.0) if shape == "star" else np.ones(corners)
    return radius[:, None] * np.stack([np.sin(t), -np.cos(t)], 1)
