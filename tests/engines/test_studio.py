"""The studio engine through its public face: one outcome a shot, same in same out, exact backdrops, real alpha."""

import hashlib
from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from castlist import data
from castlist.domain.errors import JobCanceled, NoSubjectFound
from castlist.domain.poses import POSES, Pose
from castlist.domain.tasks import Made, Reference, Shot, Task
from castlist.engines.studio import StudioEngine
from castlist.vision import picture

SIDE_PX = 256


class Quiet:
    """A watch that stops at the nth check, if told to."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.checks = 0
        self.fractions: list[float] = []
        self.stop_at = stop_at

    def progress(self, index: int, fraction: float) -> None:
        self.fractions.append(fraction)

    def check(self) -> None:
        self.checks += 1
        if self.checks == self.stop_at:
            raise JobCanceled


@pytest.fixture(scope="module")
def engine() -> StudioEngine:
    return StudioEngine()


@pytest.fixture(scope="module")
def portrait() -> Reference:
    raw = data.path("samples/astronaut.png").read_bytes()
    return Reference(picture.decode(raw).pixels, hashlib.sha256(raw).hexdigest())


@pytest.fixture(scope="module")
def drawing() -> Reference:
    """A bust drawn with a few shapes on plain paper, cut straight at the lower edge."""
    paper = np.full((420, 400, 3), (250, 248, 240), np.uint8)
    cv2.ellipse(paper, (200, 420), (140, 130), 0, 0, 360, (200, 60, 80), -1)
    cv2.ellipse(paper, (200, 190), (90, 110), 0, 0, 360, (240, 200, 170), -1)
    cv2.ellipse(paper, (200, 120), (100, 60), 0, 180, 360, (60, 40, 30), -1)
    for x in (165, 235):
        cv2.circle(paper, (x, 185), 10, (30, 30, 60), -1)
    cv2.ellipse(paper, (200, 240), (35, 18), 0, 0, 180, (170, 40, 50), 5)
    return Reference(paper, "drawing")


def task(
    reference: Reference,
    *,
    poses: Sequence[Pose] = POSES[:1],
    background: str = "neutral",
    size: tuple[int, int] = (SIDE_PX, SIDE_PX),
    seed: int = 1,
    prompt: str | None = None,
) -> Task:
    shots = tuple(Shot(index, pose, seed * 100 + index) for index, pose in enumerate(poses))
    return Task((reference,), shots, background, *size, job_seed=seed, prompt=prompt)


def made(engine: StudioEngine, wanted: Task) -> list[Made]:
    outcomes = list(engine.generate(wanted, Quiet()))
    assert all(isinstance(outcome, Made) for outcome in outcomes)
    return [outcome for outcome in outcomes if isinstance(outcome, Made)]


def corners(pixels: np.ndarray) -> np.ndarray:
    return pixels[[0, 0], [0, -1]]


def difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - other.astype(float)).mean())


def test_every_pose_gives_one_picture_of_the_size_asked_for(engine: StudioEngine, portrait: Reference) -> None:
    watch = Quiet()
    outcomes = list(engine.generate(task(portrait, poses=POSES), watch))
    assert sorted(outcome.index for outcome in outcomes) == list(range(13))
    assert all(isinstance(one, Made) and one.pixels.shape == (SIDE_PX, SIDE_PX, 3) for one in outcomes)
    assert watch.fractions.count(1.0) == 13


def test_the_poses_are_different_pictures(engine: StudioEngine, portrait: Reference) -> None:
    pictures = [one.pixels for one in made(engine, task(portrait, poses=POSES, background="white"))]
    closest = min(difference(a, b) for i, a in enumerate(pictures) for b in pictures[:i])
    assert closest > 4


def test_the_same_task_gives_the_same_bytes_from_a_fresh_engine(portrait: Reference) -> None:
    wanted = task(portrait, poses=POSES[:2], prompt="on a sunny mountain trail")
    first, again = (made(StudioEngine(), wanted) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.pixels, other.pixels)


def test_a_shot_alone_equals_the_shot_in_its_series(engine: StudioEngine, portrait: Reference) -> None:
    series = task(portrait, poses=POSES[:4])
    alone = Task(series.references, series.shots[2:3], series.background, SIDE_PX, SIDE_PX, job_seed=series.job_seed)
    (single,) = made(StudioEngine(), alone)
    assert np.array_equal(single.pixels, made(engine, series)[2].pixels)


def test_another_seed_gives_another_picture(engine: StudioEngine, portrait: Reference) -> None:
    one, other = (made(engine, task(portrait, seed=seed))[0].pixels for seed in (1, 2))
    assert difference(one, other) > 2


@pytest.mark.parametrize(
    ("background", "colour"),
    [("white", (255, 255, 255)), ("black", (0, 0, 0)), ("gray", (128, 128, 128)), ("green screen", (0, 177, 64))],
)
def test_a_flat_background_is_exact_where_the_character_is_not(
    engine: StudioEngine, portrait: Reference, background: str, colour: tuple[int, int, int]
) -> None:
    (one,) = made(engine, task(portrait, background=background))
    assert (corners(one.pixels) == colour).all()
    assert (one.pixels == colour).all(-1).mean() > 0.2


def test_nothing_of_the_character_is_greener_than_the_screen_leaves_it(
    engine: StudioEngine, portrait: Reference
) -> None:
    """Keyed by colour distance, the green screen's matte agrees with the true alpha of the same shot."""
    (keyed,) = made(engine, task(portrait, background="green screen"))
    (true,) = made(engine, task(portrait, background="transparent"))
    away = np.abs(keyed.pixels.astype(int) - (0, 177, 64)).max(-1)
    alpha = true.pixels[..., 3]
    assert (away[alpha == 0] <= 1).all()
    assert (away[alpha > 250] > 30).mean() > 0.995


def test_transparent_gives_true_alpha(engine: StudioEngine, portrait: Reference) -> None:
    (one,) = made(engine, task(portrait, background="transparent"))
    alpha = one.pixels[..., 3]
    assert one.pixels.shape == (SIDE_PX, SIDE_PX, 4)
    assert (corners(alpha) == 0).all()
    assert 0.15 < (alpha > 200).mean() < 0.9
    assert 0.002 < ((alpha > 10) & (alpha < 245)).mean() < 0.15


def test_the_original_background_shows_the_original_colours(engine: StudioEngine, portrait: Reference) -> None:
    (one,) = made(engine, task(portrait, background="original"))
    wall = np.median(portrait.pixels[:60, 300:380].reshape(-1, 3), 0)
    assert np.abs(np.median(one.pixels[: SIDE_PX // 8].reshape(-1, 3), 0) - wall).max() < 50


@pytest.mark.parametrize("size", [(336, 192), (192, 336), (288, 208)])
@pytest.mark.parametrize("background", ["neutral", "original"])
def test_other_aspect_ratios(engine: StudioEngine, portrait: Reference, size: tuple[int, int], background: str) -> None:
    for one in made(engine, task(portrait, poses=POSES[:5], size=size, background=background)):
        assert one.pixels.shape == (size[1], size[0], 3)


def test_a_bust_never_floats(engine: StudioEngine, portrait: Reference, drawing: Reference) -> None:
    """What the reference cuts off at its lower edge stays on the picture's lower edge in every pose."""
    for reference in (portrait, drawing):
        for one in made(engine, task(reference, poses=POSES, background="transparent")):
            assert (one.pixels[-1, :, 3] > 128).mean() > 0.08, POSES[one.index].id


def test_a_crown_that_is_cut_off_stays_cut_off(engine: StudioEngine, portrait: Reference) -> None:
    """A head that nods must not bring the reference's upper border down into the picture."""
    cropped = np.ascontiguousarray(portrait.pixels[portrait.pixels.shape[0] // 9 :])
    poses = [pose for pose in POSES if pose.id in ("chin-down", "high-camera", "tilted")]
    for seed in range(3):
        for one in made(engine, task(Reference(cropped, "cropped"), poses=poses, seed=seed, background="transparent")):
            alpha = one.pixels[..., 3] > 230
            assert alpha[0, alpha.sum(0).argmax()], (seed, one.index)  # in the column through the head


def test_a_drawing_without_a_face_is_a_normal_case(engine: StudioEngine, drawing: Reference) -> None:
    pictures = [one.pixels for one in made(engine, task(drawing, poses=POSES[:4], background="white"))]
    assert all((corners(pixels) == 255).all() for pixels in pictures)
    assert min(difference(a, b) for i, a in enumerate(pictures) for b in pictures[:i]) > 3


def test_nothing_in_the_picture_is_said_so() -> None:
    empty = Reference(np.full((200, 200, 3), 190, np.uint8), "empty")
    with pytest.raises(NoSubjectFound):
        next(StudioEngine().generate(task(empty), Quiet()))


def test_cancel_stops_within_the_picture(engine: StudioEngine, portrait: Reference) -> None:
    watch = Quiet(stop_at=4)
    with pytest.raises(JobCanceled):
        list(engine.generate(task(portrait, poses=POSES), watch))
    assert watch.fractions.count(1.0) < 3


@pytest.mark.parametrize(
    "prompt",
    [
        "hiking on a sunny mountain trail",
        "in a modern office, business suit",
        "on the beach at sunset",
        "at night under the stars",
        "in front of a castle, oil painting",
    ],
)
def test_a_prompt_sets_a_lit_scene(engine: StudioEngine, portrait: Reference, prompt: str) -> None:
    """The face stays visible in every light, and the surroundings are a picture, not a plain wall."""
    for one in made(engine, task(portrait, poses=POSES[:5], prompt=prompt)):
        middle = one.pixels[SIDE_PX // 4 : SIDE_PX // 2, SIDE_PX // 3 : -SIDE_PX // 3]
        assert middle.max() > 90
        assert one.pixels[: SIDE_PX // 2].std() > 12
        assert one.notes


def test_what_cannot_be_done_is_said(engine: StudioEngine, portrait: Reference) -> None:
    (one,) = made(engine, task(portrait, prompt="hiking on a mountain in a red dress, holding a sword, laughing"))
    said = " ".join(one.notes)
    for word in ("dress", "hiking", "sword", "laughing"):
        assert word in said
    (plain,) = made(engine, task(portrait))
    assert plain.notes == ()


def test_a_place_by_day_is_graded_to_the_hour_asked_for(engine: StudioEngine, portrait: Reference) -> None:
    day, night = (
        made(engine, task(portrait, poses=POSES[4:5], prompt=f"in a busy city street {hour}"))[0].pixels[:40].mean()
        for hour in ("by day", "at night")
    )
    assert night < 0.6 * day


def test_a_style_leaves_a_flat_background_exact(engine: StudioEngine, portrait: Reference) -> None:
    plain, drawn = (
        made(engine, task(portrait, background="white", prompt=prompt))[0].pixels for prompt in (None, "pencil sketch")
    )
    assert (corners(drawn) == 255).all()
    assert difference(plain, drawn) > 5
    inner = drawn[SIDE_PX // 4 : SIDE_PX // 2, SIDE_PX // 3 : -SIDE_PX // 3].astype(int)
    assert np.abs(inner[..., 0] - inner[..., 1]).max() < 12
