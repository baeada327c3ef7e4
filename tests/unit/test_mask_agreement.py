"""The metrics of scripts/mask_agreement.py against closed forms and scipy."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from whylight.methods import METHODS

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("mask_agreement", ROOT / "scripts/mask_agreement.py")
script = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(script)


def row(*values):
    return np.array([values], float)


def test_weighted_jaccard_and_relevance_share():
    mask, g = np.tile(row(0, 1, 1, 0), (8, 2)), np.tile(row(0, 0.5, 1, 0), (8, 2))
    found = dict(zip(script.METRICS, script.agreement(g, mask), strict=True))
    assert found["weighted Jaccard"] == pytest.approx(0.75)
    assert found["relevance share"] == pytest.approx(1)
    assert found["1 − MSE"] == pytest.approx(1 - 0.25 / 4)


def test_a_map_agrees_with_itself():
    b = np.random.default_rng(0).random((16, 16)) > 0.5
    assert script.agreement(b.astype(float), b)[:3] == pytest.approx([1, 1, 1])
    assert script.agreement(b.astype(float), b)[4:] == pytest.approx([1, 1])


def test_correlations_are_scipys():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(1)
    g, b = rng.random((16, 16)).round(1), (rng.random((16, 16)) > 0.3).astype(float)
    found = script.agreement(g, b)
    assert found[0] == pytest.approx(stats.pearsonr(g.ravel(), b.ravel()).statistic)
    assert found[1] == pytest.approx(stats.spearmanr(g.ravel(), b.ravel()).statistic)


def test_ssim_window_by_window():
    rng = np.random.default_rng(2)
    a, b = rng.random((10, 9)), rng.random((10, 9))
    each = []
    for i in range(4):
        for j in range(3):
            x, y = a[i : i + 7, j : j + 7].ravel(), b[i : i + 7, j : j + 7].ravel()
            v = np.cov(x, y)
            top = (2 * x.mean() * y.mean() + 1e-4) * (2 * v[0, 1] + 9e-4)
            each.append(top / ((x.mean() ** 2 + y.mean() ** 2 + 1e-4) * (v[0, 0] + v[1, 1] + 9e-4)))
    assert script.ssim(a, b) == pytest.approx(np.mean(each))


def test_a_map_is_clipped_where_98_percent_are_reached():
    g = script.displayed(torch.tensor([[[1.0] * 50 + [0.5, -100.0]]]))
    assert g.max() == 1
    assert g[0, 0] == pytest.approx(1 / 100)
    many = script.displayed(torch.cat([torch.full((1, 1, 990), 1.0), torch.full((1, 1, 10), 1.5)], 2))
    assert (many[0, :990] < 1).all() or (many == 1).all()
    assert not script.displayed(torch.zeros(1, 2, 2)).any()


def test_an_edge_is_an_edge():
    pixels = np.zeros((12, 12, 3))
    pixels[:, 6:] = 255
    found = script.edges(pixels)[0]
    assert found[:, 4:8].min() > 0
    assert not found[:, :2].any()
    assert not found[:, 10:].any()


def test_the_page_names_every_method():
    page = (ROOT / "docs/methods.md").read_text("utf-8")
    assert all(f"`{name}`" in page for name in METHODS)
