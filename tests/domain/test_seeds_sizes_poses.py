"""Seeds are fixed for ever, sizes are about a megapixel, there are thirteen poses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.domain.poses import BY_ID, POSES
from castlist.domain.seeds import SEED_LIMIT, draw, image_seed
from castlist.domain.sizes import AREA_PX, ASPECT_RATIOS, LIMIT, MATCH_INPUT, STEP_PX, size_px

SEEDS = st.integers(0, SEED_LIMIT - 1)


@pytest.mark.parametrize(
    ("job_seed", "index", "attempt", "seed"),
    [(0, 0, 0, 140482462), (7, 3, 0, 2290833476), (7, 3, 1, 3015106135), (2**32 - 1, 12, 2, 2695179587)],
)
def test_a_seed_never_changes_its_meaning(job_seed: int, index: int, attempt: int, seed: int) -> None:
    assert image_seed(job_seed, index, attempt) == seed


@given(SEEDS)
def test_images_of_a_job_have_seeds_of_their_own(job_seed: int) -> None:
    seeds = [image_seed(job_seed, index, attempt) for index in range(13) for attempt in range(3)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < SEED_LIMIT for seed in seeds)


@given(SEEDS, st.integers(1, 13))
def test_poses_are_drawn_without_repeats_and_the_same_again(seed: int, count: int) -> None:
    drawn = draw(POSES, count, seed)
    assert len({pose.id for pose in drawn}) == count
    assert drawn == draw(POSES, count, seed)


def test_what_is_drawn_never_changes() -> None:
    assert [pose.id for pose in draw(POSES, 4, 7)] == ["tilted", "close-up", "half-length", "front"]


@pytest.mark.parametrize("aspect_ratio", ASPECT_RATIOS)
def test_a_size_is_about_a_megapixel_of_the_right_shape(aspect_ratio: str) -> None:
    width_px, height_px = size_px(aspect_ratio)
    across, down = map(int, aspect_ratio.split(":"))
    assert width_px % STEP_PX == height_px % STEP_PX == 0
    assert abs(width_px * height_px / AREA_PX - 1) < 0.03
    assert abs(width_px / height_px / (across / down) - 1) < 0.02


@given(st.integers(32, 20_000), st.integers(32, 20_000))
def test_matching_the_input_keeps_its_shape_within_limits(width_px: int, height_px: int) -> None:
    width, height = size_px(MATCH_INPUT, (width_px, height_px))
    wanted = min(LIMIT, max(1 / LIMIT, width_px / height_px))
    assert abs(width / height / wanted - 1) < 0.03
    assert abs(width * height / AREA_PX - 1) < 0.03


def test_there_are_thirteen_poses() -> None:
    assert len(POSES) == len(BY_ID) == 13
    assert len({(pose.framing, pose.yaw_deg, pose.pitch_deg, pose.roll_deg, pose.camera) for pose in POSES}) == 13
    assert all(pose.words for pose in POSES)
