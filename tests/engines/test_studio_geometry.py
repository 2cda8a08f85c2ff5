"""Framing hides every cut, turns have an inverse, and completed outlines stay where the picture was."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from castlist.domain.poses import POSES
from castlist.domain.sizes import ASPECT_RATIOS, size_px
from castlist.engines.studio import backdrop, compose, extend, fill, frame, place, reference, turn
from castlist.engines.studio.frame import Cuts, Extent
from castlist.engines.studio.plates import Place

BUST = Extent(
    width=800,
    inner=(0, 0, 800, 1000),
    box=(0, 150, 800, 1000),
    anchor=(400, 420),
    crown=150,
    head_px=400,
    cuts=Cuts(bottom=1000),
    figure=False,
)


@pytest.mark.parametrize("ratio", ASPECT_RATIOS)
@pytest.mark.parametrize(
    "cuts",
    [
        Cuts(bottom=1000),
        Cuts(bottom=1000, left=(700, 1000), right=(760, 1000)),
        Cuts(bottom=1000, right=(300, 900)),
        Cuts(bottom=1000, top=(300, 500)),
    ],
)
def test_no_pose_shows_what_the_reference_cuts_off(ratio: str, cuts: Cuts) -> None:
    width, height = size_px(ratio)
    extent = dataclasses.replace(BUST, cuts=cuts)
    for pose in POSES:
        found = frame.solve(extent, pose, (width, height), (1.0, 0.01, 0.0))
        seen = found.points(width, height, 16)[1:-1, 1:-1]
        assert seen[..., 1].max() <= 1000, pose.id
        if cuts.top:
            in_span = (seen[..., 0] >= 300) & (seen[..., 0] <= 500)
            assert not (in_span & (seen[..., 1] < 0)).any(), pose.id
        if cuts.right:
            in_span = (seen[..., 1] >= cuts.right[0]) & (seen[..., 1] <= cuts.right[1])
            assert not (in_span & (seen[..., 0] > 800)).any(), pose.id


def test_framings_differ_in_size() -> None:
    scales = {pose.framing: frame.solve(BUST, pose, (1024, 1024), (1.0, 0.0, 0.0)).scale for pose in reversed(POSES)}
    ordered = [scales[name] for name in ("close_up", "head_and_shoulders", "half_length", "wide")]
    assert ordered == sorted(ordered, reverse=True)
    assert len(set(ordered)) == 4


def test_a_person_cut_at_one_side_comes_closer_rather_than_beside_an_empty_half() -> None:
    aside = dataclasses.replace(BUST, box=(0, 100, 700, 1000), anchor=(220, 330), cuts=Cuts(1000, left=(300, 1000)))
    for pose in POSES:
        if pose.framing == "head_and_shoulders":
            found = frame.solve(aside, pose, (1024, 1024), (1, 0, 0))
            assert found.place[0] > 0.3 * 1024, pose.id


def test_a_turn_and_its_inverse_meet() -> None:
    alpha = np.zeros((300, 300), np.float32)
    y, x = np.mgrid[0:300, 0:300]
    alpha[np.hypot((x - 150) / 80, (y - 150) / 110) < 1] = 1
    depth = turn.figure_depth(alpha, (70, 40, 230, 260), 0.25)
    bend = turn.field(depth, 18, 5, 6)
    source = np.stack(np.meshgrid(np.arange(90, 210, 8.0), np.arange(80, 220, 8.0)), -1).astype(np.float32)
    back = bend.source_of(source + bend.at(source))
    assert np.abs(back - source).max() < 0.75


def test_a_shoulder_cut_at_the_side_is_completed_falling() -> None:
    alpha = np.zeros((400, 300), np.float32)
    rows, columns = np.mgrid[0:400, 0:300]
    alpha[rows > 260 + 0.3 * np.abs(columns - 150)] = 1
    alpha[np.hypot((columns - 150) / 60, (rows - 160) / 90) < 1] = 1
    colour = np.full((400, 300, 3), 120, np.uint8)
    wider, outline, pad = extend.complete(colour, alpha, head=(70, 180), chin=(150, 250))
    assert pad.left > 20
    assert pad.right > 20
    assert wider.shape[:2] == outline.shape == (400, 300 + pad.left + pad.right)
    assert np.array_equal(outline[:, pad.left : pad.left + 300], alpha)
    falling = (outline[:, : pad.left] > 0.5).sum(0)
    assert (np.diff(falling) >= 0).all()
    assert falling[0] < falling[-1]


def _shoulders() -> np.ndarray:
    alpha = np.zeros((400, 300), np.float32)
    rows, columns = np.mgrid[0:400, 0:300]
    alpha[rows > 260 + 0.3 * np.abs(columns - 150)] = 1
    alpha[np.hypot((columns - 150) / 60, (rows - 160) / 90) < 1] = 1
    return alpha


def test_folds_at_a_cut_sleeve_go_on_and_are_not_mirrored() -> None:
    """A mirrored sleeve folded into a kaleidoscope of chevrons."""
    alpha = _shoulders()
    rows, columns = np.mgrid[0:400, 0:300]
    folds = 120 + 25 * np.sin((rows + columns) / 9)
    colour = np.repeat(folds.astype(np.uint8)[..., None], 3, -1)
    wider, _, pad = extend.complete(colour, alpha, head=(70, 180), chin=(150, 250))
    sleeve = wider[330:, :40, 0].astype(float)
    mirror = wider[330:, 2 * pad.left - 40 : 2 * pad.left, 0][:, ::-1].astype(float)
    assert abs(np.corrcoef(sleeve.ravel(), mirror.ravel())[0, 1]) < 0.3
    seam = wider[340:, pad.left - 2 : pad.left + 2, 0].astype(float)
    assert np.abs(np.diff(seam, axis=1)).max() < 20


def test_a_strong_pattern_is_not_completed() -> None:
    rows, columns = np.mgrid[0:400, 0:300]
    checks = np.where((rows // 8 + columns // 8) % 2, 20, 235).astype(np.uint8)
    head, chin = (70.0, 180.0), (150.0, 250.0)
    checked = extend.complete(np.repeat(checks[..., None], 3, -1), _shoulders(), head=head, chin=chin)[2]
    assert checked == extend.Pad()


def test_a_sign_above_the_shoulder_does_not_become_a_sleeve() -> None:
    """Where a sign beyond the shoulder was taken for the person, it went on beyond the border as a square."""
    alpha = _shoulders()
    alpha[270:285, :30] = 1
    outline = extend.complete(np.full((400, 300, 3), 120, np.uint8), alpha, head=(70, 180), chin=(150, 250))[1]
    assert outline[:290, 0].max() == 0


def test_green_is_taken_from_soft_edges_only() -> None:
    colour = np.full((1, 2, 3), (40, 200, 60), np.float32)
    clean = compose.without_spill(colour, np.array([[0.3, 1.0]], np.float32))
    assert clean[0, 0, 1] <= 60
    assert clean[0, 1, 1] == 200


def test_a_plate_out_of_focus_stays_in_range() -> None:
    """Cubic interpolation overshoots; a negative value once blackened the whole character."""
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[::7, ::5] = 255
    view = place.Aim(0.0, 60.0, 120.0, 6.0)
    there = Place(Path("x"), "", {}, frozenset(), panorama=True)
    shown = place.photograph(pixels, there, view, (128, 128))
    assert shown.min() >= 0
    assert shown.max() <= 255


def test_what_the_border_just_touches_is_not_hidden_and_a_figure_keeps_its_head_and_hands() -> None:
    """A child's drawing whose hands reach both borders of the sheet was framed without its head."""
    extent = frame.Extent(
        508, (0, 0, 508, 602), (0.0, 4.0, 508.0, 594.0), (254.0, 299.0), 4.0, 590.0, frame.Cuts(), figure=True
    )
    for pose in POSES:
        found = frame.solve(extent, pose, (1024, 1024), (1.08, 0.04, -0.02))
        top = found.scale * (extent.crown - extent.anchor[1]) + found.place[1]
        assert top > 0, pose.id
        if pose.framing != "close_up":
            assert found.scale * 508 < 0.95 * 1024, pose.id


def test_a_framing_closer_than_the_pose_asks_is_said() -> None:
    cut_tight = frame.Extent(
        300,
        (0, 0, 300, 300),
        (20.0, 0.0, 280.0, 300.0),
        (150.0, 120.0),
        0.0,
        280.0,
        frame.Cuts(300.0, (60.0, 240.0)),
        False,
    )
    roomy = frame.Extent(
        900, (0, 0, 900, 900), (300.0, 90.0, 600.0, 900.0), (450.0, 200.0), 90.0, 220.0, frame.Cuts(900.0), False
    )
    wide = next(pose for pose in POSES if pose.id == "wide")
    assert frame.solve(cut_tight, wide, (1024, 1024), (1, 0, 0)).tight
    assert not frame.solve(roomy, wide, (1024, 1024), (1, 0, 0)).tight


def test_another_seed_is_another_paper_and_one_job_keeps_its_own() -> None:
    nobody = np.zeros((64, 64), np.float32)

    def tint(job_seed: int, seed: int) -> np.ndarray:
        mean = backdrop.wall(nobody, job_seed, seed, False).mean((0, 1))
        return mean / mean.sum()

    jobs = [backdrop.wall(nobody, seed, 1, False).mean() for seed in range(24)]
    assert np.ptp(jobs) > 60
    assert len({round(float(value)) for value in jobs}) >= 8
    assert all(np.abs(tint(5, seed) - tint(5, 0)).max() < 0.004 for seed in range(6))


def test_a_figure_that_overfills_the_reference_is_centred_on_what_it_shows_of_a_face() -> None:
    """The cat's eyes were cut off because the middle of its fur was taken for the middle of the cat."""
    colour = np.full((300, 450, 3), (180, 140, 100), np.uint8)
    for x in (300, 380):
        colour[110:140, x - 15 : x + 15] = (20, 30, 10)
    x, y = reference._interest(colour, np.ones((300, 450), np.float32))
    assert 300 < x < 380
    assert 100 < y < 150


def test_the_hole_behind_a_character_shows_the_texture_around_it() -> None:
    """A smooth smear beside a head that had moved looked like a halo."""
    rows, columns = np.mgrid[0:300, 0:300]
    stripes = np.where((rows // 10) % 2, 60, 200).astype(np.uint8)
    picture = np.repeat(stripes[..., None], 3, -1)
    alpha = (np.hypot(columns - 150, rows - 150) < 60).astype(np.float32)
    picture[alpha > 0] = (255, 0, 0)
    filled = fill.behind(picture, alpha).astype(float)
    beside = filled[130:170, 94:104]  # inside the hole, near its border
    assert beside[..., 0].std() > 40, "stripes go on"
    assert np.abs(beside[..., 0] - beside[..., 1]).max() < 12, "nothing of the character is left"
