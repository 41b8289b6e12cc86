import numpy as np
import pytest

from fill.strokes.graph import FREE
from fill.strokes.junctions import link_pieces
from fill.strokes.pieces import Pieces


def straight(*ends, node, width=2.0):
    """Pieces that lead straight to a node: (far end, near end) each."""
    points, spans = [], []
    for far, near in ends:
        count = 12
        spans.append((len(points), len(points) + count))
        points += list(np.linspace(far, near, count))
    count = len(ends)
    nodes = np.array([[FREE, 0]] * count)
    widths, lines = np.full(len(points), width), np.full(count, width)
    return Pieces(
        np.array(points, float),
        widths,
        np.array(spans),
        nodes,
        lines,
        1,
        node,
        np.array([3.0]),
        [],
    )


INK = np.ones((64, 64), np.float32)
NODE = np.array([[32.0, 32.0]])


def test_lines_in_one_direction_go_on_and_the_third_ends_on_them():
    pieces = straight(((10, 32), (28, 32)), ((54, 32), (36, 32)), ((33, 55), (33, 37)), node=NODE)
    links = link_pieces(pieces, INK, max_turn_deg=40)
    assert links.partner[1] == 3
    assert links.partner[3] == 1
    assert links.partner[5] == -1
    np.testing.assert_allclose(links.tails[5], [[33, 32]], atol=1e-6)
    np.testing.assert_allclose(links.bridges[1][:, 1], 32, atol=1e-6)


def test_three_lines_that_turn_meet_at_the_least_squares_point():
    directions = np.radians([90, 210, 330])
    meeting = np.array([31.5, 32.5])
    ends = [
        (meeting + 20 * np.array([np.cos(t), np.sin(t)]), meeting + 4 * np.array([np.cos(t), np.sin(t)]))
        for t in directions
    ]
    links = link_pieces(straight(*ends, node=NODE), INK, max_turn_deg=40)
    assert (links.partner == -1).all()
    np.testing.assert_allclose(links.junctions, [meeting], atol=0.02)


@pytest.mark.parametrize("limit", [20, 40])
def test_the_largest_turn_is_respected(limit):
    turn = np.radians(30)
    other = (32 + 20 * np.cos(turn), 32 + 20 * np.sin(turn)), (32 + 4 * np.cos(turn), 32 + 4 * np.sin(turn))
    pieces = straight(((12, 32), (28, 32)), other, ((32, 5), (32, 27)), node=NODE)
    links = link_pieces(pieces, INK, max_turn_deg=limit)
    assert (links.partner[1] == 3) == (limit > 30)


def test_two_lines_at_a_right_angle_have_a_corner():
    pieces = straight(((10, 30), (27, 30)), ((34, 55), (34, 36)), node=NODE)
    links = link_pieces(pieces, INK, max_turn_deg=40)
    assert links.partner[1] == 3
    assert links.corners[1] == 0
    np.testing.assert_allclose(links.bridges[1], [[34, 30]], atol=0.05)


def test_lines_end_half_a_width_before_their_ink():
    ink = np.zeros((64, 64), np.float32)
    ink[28:37, 5:50] = 1
    pieces = straight(((40, 32.5), (25, 32.5)), node=NODE, width=9.0)
    links = link_pieces(pieces, ink, max_turn_deg=40)
    np.testing.assert_allclose(links.tails[0], [[50 - 4.5, 32.5]], atol=0.3)
