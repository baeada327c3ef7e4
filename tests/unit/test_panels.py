"""Panels bisected all at once, and rows taken together: the same as one after the other."""

import numpy as np
import pytest
import torch

from whylight.quadrature.estimate import taken
from whylight.quadrature.known_nodes import KnownNodes
from whylight.quadrature.panels import CHANGE, TRAPEZOID, Panels
from whylight.tensors import rows_of


def test_halves_cover_a_panel_and_its_nodes():
    panels = Panels(np.array([[0.5, 0.0]]), np.array([[0.25, 0.5]]), np.array([[[4, 5, 6], [0, 2, 4]]]))
    found = panels.halves(9)
    assert found.start.tolist() == [[0.5, 0.625, 0.0, 0.25]]
    assert found.width.tolist() == [[0.125, 0.125, 0.25, 0.25]]
    assert found.nodes.tolist() == [[[4, 9, 5], [5, 10, 6], [0, 11, 2], [2, 12, 4]]]


def test_what_remains_at_the_start_is_halved_in_turn():
    """Of two paths the second picks its first panel second, and goes one level deeper."""
    none = [-1, -1, -1]
    start, width = (
        np.array([[0.0, 0.5, 0.0, 0.0], [0.5, 0.0, 0.0, 0.0]]),
        np.array([[0.5, 0.5, 0.25, 0], [0.5, 0.5, 0.25, 0.125]]),
    )
    nodes = np.array([[[0, 1, 2], [2, 3, 4], none, none], [[2, 3, 4], [0, 1, 2], none, none]])
    found = Panels(start, width, nodes).halves(5)
    assert found.nodes[0, 4:6].tolist() == [[0, 9, 5], [5, 10, 1]]  # within [0, 5, 1], the lower half of [0, 1, 2]
    assert found.nodes[1, 4:].tolist() == [[0, 9, 7], [7, 10, 1], [0, 11, 9], [9, 12, 7]]
    assert (found.nodes >= 0).all()


@pytest.mark.parametrize("shares", [TRAPEZOID, CHANGE])
def test_weights_added_up_are_the_sum_of_those_of_every_panel(shares: tuple[float, ...]):
    rng = np.random.default_rng(0)
    panels = Panels(
        rng.random((3, 4)), rng.random((3, 4)), rng.permuted(np.tile(np.arange(6), (3, 4, 1)), axis=2)[..., :3]
    )
    whole = panels.weights(shares, 6).sum(1, keepdims=True)
    np.testing.assert_allclose(panels.summed(shares, 6), whole, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("more", [(), (3,)])
def test_taken_is_what_numpy_takes_along_the_second_axis(more: tuple[int, ...]):
    rng = np.random.default_rng(0)
    values, places = rng.random((4, 5, *more)), rng.integers(5, size=(4, 7))
    along = places.reshape(4, 7, *[1] * len(more))
    np.testing.assert_array_equal(taken(values, places), np.take_along_axis(values, along, 1))


@pytest.mark.parametrize("places", [[[1, 2], [1, 2]], [[1, 2], [2, 3]], [[3, 1], [3, 1]], [[2], [2]]])
def test_rows_at_nodes_of_every_path(places: list[list[int]]):
    known = filled(2, 4)
    found = known.taken(np.array(places))
    assert found.tolist() == [[known.rows[n, k].tolist() for k in row] for n, row in enumerate(places)]


def test_paths_that_rest_leave_the_others_and_their_parts_as_they_are():
    known = filled(4, 3)
    rows, odd = known.rows.clone(), np.array([False, True, False, True])
    part = known.of_paths(odd)
    known.keep(~odd)
    assert torch.equal(part.rows, rows[[1, 3]])
    assert torch.equal(known.rows, rows[[0, 2]])
    part.rows.zero_()
    assert torch.equal(known.rows, rows[[0, 2]])


def filled(paths: int, nodes: int) -> KnownNodes:
    known = KnownNodes(torch.empty(paths, 5, dtype=torch.float64), np.ones(paths), 1e-7, most=nodes)
    known.expect(np.tile(np.linspace(0, 1, nodes), (paths, 1)), np.full(paths, nodes), np.full(paths, nodes))
    owners, places = np.repeat(np.arange(paths), nodes), np.tile(np.arange(nodes), paths)
    rows = torch.arange(paths * nodes * 5, dtype=torch.float64).reshape(-1, 5)
    known.put(owners, places, rows, np.zeros(len(rows)), np.zeros(len(rows)))
    known.settle()
    return known


@pytest.mark.parametrize("samples", [[1], [2, 2], [0, 2, 1, 1]])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_rows_of_samples_keep_their_layout(samples: list[int], layout: torch.memory_format):
    x = torch.rand(3, 2, 4, 5).contiguous(memory_format=layout)
    found = rows_of(x, np.array(samples))
    assert found.is_contiguous(memory_format=layout)
    assert torch.equal(found.expand(len(samples), -1, -1, -1), x[samples])
