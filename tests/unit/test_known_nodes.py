"""Sums over known nodes: of squares, made of some features at a time, they are those of the sums made whole."""

import numpy as np
import pytest
import torch

from whylight.quadrature import known_nodes
from whylight.quadrature.known_nodes import KnownNodes


@pytest.mark.parametrize("paths", [1, 3])
@pytest.mark.parametrize("in_cache", [1, 40, 2**16])
def test_squares_are_those_of_the_sums_whatever_is_made_at_once(monkeypatch, paths, in_cache):
    monkeypatch.setattr(known_nodes, "IN_CACHE", in_cache)
    rng, nodes, features = np.random.default_rng(0), 5, 23
    known = KnownNodes(torch.empty(paths, features, dtype=torch.float64), np.ones(paths), 1e-7, most=nodes)
    known.expect(np.tile(np.linspace(0, 1, nodes), (paths, 1)), np.full(paths, nodes), np.full(paths, nodes))
    rows = torch.from_numpy(rng.normal(size=(paths * nodes, features)))
    owners, places = np.repeat(np.arange(paths), nodes), np.tile(np.arange(nodes), paths)
    known.put(owners, places, rows, np.zeros(paths * nodes), np.zeros(paths * nodes))
    known.settle()
    weights = rng.normal(size=(paths, 4, nodes))
    expected = np.square(np.einsum("nrk,nkd->nrd", weights, rows.view(paths, nodes, features).numpy())).sum(1)
    np.testing.assert_allclose(known.squares(weights).numpy(), expected, rtol=1e-12)
