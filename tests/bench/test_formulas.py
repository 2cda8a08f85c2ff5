"""The formulas behind the published figures, on cases whose answer is known."""

import itertools

import numpy as np
import pytest

from bench import formulas
from bench.formulas import Seen


def seen(angles=(0.0, 0.0, 0.0), share=0.3, light=50.0):
    return Seen(angles, share, formulas.colours(np.full((100, 3), [light, 0.0, 0.0])))


def mesh(yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0):
    """A face of which only the points that are read stand where a face has them, turned about its middle."""
    points = np.zeros((468, 3))
    points[[formulas.FOREHEAD, formulas.CHIN]] = [0, -60, 0], [0, 60, 0]
    points[[formulas.EAR_LEFT, formulas.EAR_RIGHT]] = [-50, 0, 0], [50, 0, 0]
    points[list(formulas.EYES_LEFT)] = [[-30, -20, 0], [-14, -20, 0]]
    points[list(formulas.EYES_RIGHT)] = [[14, -20, 0], [30, -20, 0]]
    for degrees, (first, second) in ((pitch_deg, (1, 2)), (yaw_deg, (0, 2)), (roll_deg, (0, 1))):
        cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        a, b = points[:, first].copy(), points[:, second].copy()
        points[:, first], points[:, second] = cos * a - sin * b, sin * a + cos * b
    return points


@pytest.mark.parametrize("turn", [(20, 0, 0), (0, -12, 0), (0, 0, 9), (-25, 0, 0)])
def test_a_turn_is_read_from_the_mesh(turn):
    assert formulas.angles(mesh(*turn)) == pytest.approx(turn, abs=0.01)


def test_a_lowered_chin_makes_no_smaller_face():
    assert formulas.face_share(mesh(pitch_deg=20), 480) == pytest.approx(formulas.face_share(mesh(), 480))
    assert formulas.face_share(mesh(), 480) == pytest.approx(0.25)


def test_the_same_picture_does_not_differ():
    one = formulas.difference(seen(), seen())
    assert (one.pose, one.framing, one.backdrop, one.whole) == (0, 0, 0, 0)


def test_each_part_counts_by_its_own_scale():
    assert formulas.difference(seen((9, 12, 0)), seen()).pose == pytest.approx(15 / 30)
    assert formulas.difference(seen(share=0.4), seen(share=0.2)).framing == pytest.approx(1 / 2)
    assert formulas.difference(seen(light=60), seen(light=50)).backdrop == pytest.approx(10 / 50)


def test_each_part_ends_at_one_and_the_weights_add_up():
    apart = formulas.difference(seen((90, 0, 0), 0.9, 0), seen((-90, 0, 0), 0.01, 100))
    assert (apart.pose, apart.framing, apart.backdrop) == (1, 1, 1)
    assert apart.whole == pytest.approx(1)


def test_a_difference_has_no_direction():
    one, other = seen((5, 1, 2), 0.2, 40), seen((-8, 3, 0), 0.5, 70)
    assert formulas.difference(one, other).whole == pytest.approx(formulas.difference(other, one).whole)


def test_variety_is_the_mean_over_pairs():
    series = [seen((0, 0, 0)), seen((15, 0, 0)), seen((30, 0, 0))]
    pairs = [formulas.difference(a, b).pose for a, b in itertools.combinations(series, 2)]
    assert formulas.variety(series).pose == pytest.approx(sum(pairs) / 3) == pytest.approx(2 / 3)
    assert formulas.variety(series[:1]).whole == 0


def disc(radius_px, soft_px=1.0):
    y, x = np.mgrid[-64:64, -64:64] + 0.5
    return np.clip((radius_px - np.hypot(x, y)) / soft_px + 0.5, 0, 1).astype(np.float32)


def test_a_matte_agrees_with_itself():
    error = formulas.edge_error(disc(40), disc(40))
    assert (error.overlap, error.whole, error.band, error.gradient) == (1, 0, 0, 0)


def test_a_hole_in_the_middle_is_no_fault_of_the_edge():
    holed = disc(40)
    holed[60:68, 60:68] = 0
    error = formulas.edge_error(holed, disc(40))
    assert error.overlap < 1
    assert error.whole == pytest.approx(64 / 128**2)
    assert error.band == 0


def test_a_wrong_edge_is_seen_in_the_band_more_than_in_the_whole():
    error = formulas.edge_error(disc(42), disc(40))
    assert error.overlap == pytest.approx(40**2 / 42**2, abs=0.01)
    assert error.band > 3 * error.whole > 0
    assert error.gradient > 0


def test_nothing_found_is_wholly_wrong():
    assert formulas.edge_error(np.zeros((128, 128), np.float32), disc(40)).overlap == 0


@pytest.mark.parametrize("width_px", [4, 8])
def test_the_width_of_an_edge_is_measured(width_px):
    assert formulas.edge_width_px(disc(40, width_px)) == pytest.approx(0.9 * width_px, rel=0.05)
    assert formulas.edge_width_px(np.zeros((8, 8))) == 0
