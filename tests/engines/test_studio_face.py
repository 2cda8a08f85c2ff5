"""Eyes look elsewhere between lids that stay, a closed mouth smiles; what would look unnatural is left alone."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from castlist import data
from castlist.domain.poses import POSES, Pose
from castlist.domain.tasks import Made, Reference, Shot, Task
from castlist.engines.studio import StudioEngine, expression, features, gaze, meaning, notes, reference, shoot
from castlist.engines.studio.face import FaceShape, from_mesh
from castlist.engines.studio.layers import Layer
from castlist.engines.studio.ops import Pixels
from castlist.vision import faces, iris, mesh, picture

WIDE_PX = 640


@dataclass(frozen=True, slots=True)
class Looked:
    """A bundled portrait and what is known of its face."""

    pixels: Pixels
    found: faces.Face
    points: mesh.NDArray[np.float32]
    shape: FaceShape
    eyes: tuple[iris.Eye, iris.Eye]


def looked(name: str) -> Looked:
    pixels = picture.decode(data.path(f"samples/{name}").read_bytes()).pixels
    found = faces.detect(pixels)[0]
    points = mesh.landmarks(pixels, found)
    assert points is not None
    return Looked(pixels, found, points, from_mesh(points, found), iris.find(pixels, points))


@pytest.fixture(scope="module")
def smiling() -> Looked:
    """Clear eyes, an open smile."""
    return looked("astronaut.png")


@pytest.fixture(scope="module")
def earnest() -> Looked:
    """A closed mouth; eyes behind glasses that show no white."""
    return looked("officer.jpg")


def eyes_of(one: Looked) -> gaze.Eyes:
    found = gaze.of(one.pixels, one.eyes, one.shape, one.found.confidence)
    assert found is not None
    return found


def repainted(one: Looked, by: tuple[float, float]) -> Pixels:
    """Return the portrait with its irises moved by so many radii."""
    solid = np.full(one.pixels.shape[:2], 255, np.uint8)
    result = one.pixels.copy()
    for part in gaze.repainted(Layer(np.dstack([one.pixels, solid]), (0, 0), 1), eyes_of(one), by):
        x, y = (int(value) for value in part.origin)
        height, width = part.pixels.shape[:2]
        result[y : y + height, x : x + width] = part.pixels[..., :3]
    return result


@pytest.mark.parametrize("by", [(0.5, 0.0), (-0.5, 0.0), (0.3, -0.15)])
def test_the_iris_is_found_again_where_it_was_moved_to(smiling: Looked, by: tuple[float, float]) -> None:
    changed = repainted(smiling, by)
    for before, after in zip(smiling.eyes, iris.find(changed, smiling.points), strict=True):
        moved = (after.centre - before.centre) / before.radius_px
        assert moved[0] == pytest.approx(by[0], abs=0.22)
        assert moved[1] == pytest.approx(by[1], abs=0.22)
        assert np.abs(after.upper - before.upper).max() < 0.08 * before.width_px
        assert after.radius_px == pytest.approx(before.radius_px, rel=0.15)


def test_both_eyes_move_alike_and_nothing_outside_their_lids_changes(smiling: Looked) -> None:
    changed = np.abs(repainted(smiling, (0.5, 0.0)).astype(int) - smiling.pixels).max(-1) > 0
    rows, columns = np.indices(changed.shape)
    lids = np.zeros_like(changed)
    for eye in smiling.eyes:
        low, high = eye.upper.min(0) - 1, np.maximum(eye.lower.max(0), eye.upper.max(0)) + 1
        lids |= (columns >= low[0]) & (columns <= high[0]) & (rows >= low[1]) & (rows <= high[1])
    assert changed.sum() > 40
    assert not (changed & ~lids).any()


def test_eyes_that_do_not_move_are_not_painted(smiling: Looked) -> None:
    assert gaze.turned(POSES[3], (24.0, 0.0, 0.0)) == (0.0, 0.0)
    prepared = reference.prepare(Reference(smiling.pixels, "astronaut"))
    ahead = replace(POSES[3], gaze="ahead")
    still = shoot.take(prepared, Shot(0, ahead, 5), (256, 256))
    blind = replace(prepared, features=features.Features())
    assert np.array_equal(still.colour, shoot.take(blind, Shot(0, ahead, 5), (256, 256)).colour)


def test_a_gaze_into_the_camera_undoes_the_turn_and_one_aside_goes_beyond(smiling: Looked) -> None:
    eyes = eyes_of(smiling)
    camera, aside = Pose("a", ""), Pose("b", "", gaze="aside")
    for yaw in (-20.0, 20.0):
        back, _ = gaze.shift(eyes, *gaze.turned(camera, (yaw, 0.0, 0.0)))
        beyond, _ = gaze.shift(eyes, *gaze.turned(aside, (yaw, 0.0, 0.0)))
        assert back * yaw < 0 < beyond * yaw


def test_no_iris_leaves_its_eye_or_bares_white_above_it(smiling: Looked) -> None:
    eyes = eyes_of(smiling)
    for yaw, pitch in ((80.0, 0.0), (-80.0, 0.0), (0.0, 80.0), (0.0, -80.0)):
        right, down = gaze.shift(eyes, yaw, pitch)
        for eye in (eyes.left, eyes.right):
            assert abs(right) * eye.radius_px <= gaze.WIDEST * eye.width_px + 1e-3
        assert -gaze.RAISED <= down <= gaze.LOWERED


def closed(one: Looked) -> Looked:
    """Return the portrait with lids painted over its eyes, and lids that meet."""
    pixels = one.pixels.copy()
    shut: list[iris.Eye] = []
    for eye in one.eyes:
        x0, x1 = int(eye.upper[0, 0]), int(eye.upper[-1, 0]) + 1
        y0, y1 = int(eye.upper[:, 1].min()) - 1, int(eye.lower[:, 1].max()) + 2
        pixels[y0:y1, x0:x1] = pixels[y1 + 3, (x0 + x1) // 2]
        shut.append(replace(eye, upper=eye.lower - np.array([0, 0.3], np.float32)))
    return replace(one, pixels=pixels, eyes=(shut[0], shut[1]))


def test_closed_hidden_small_and_drawn_eyes_are_left_alone(smiling: Looked, earnest: Looked) -> None:
    def moves(one: Looked) -> bool:
        return gaze.of(one.pixels, one.eyes, one.shape, one.found.confidence) is not None

    assert moves(smiling)
    shut = closed(smiling)
    assert not moves(shut)
    assert not moves(replace(shut, eyes=smiling.eyes))  # lids painted over, though the model still sees eyes
    assert not moves(earnest)
    assert not moves(replace(smiling, shape=replace(smiling.shape, height_px=70.0)))
    assert not moves(replace(smiling, shape=replace(smiling.shape, yaw_deg=40.0)))
    assert not moves(replace(smiling, found=replace(smiling.found, confidence=0.8)))


def shot_of(one: Looked, name: str, *, smile: float) -> Pixels:
    """Take a frontal close picture of a portrait."""
    prepared = reference.prepare(Reference(one.pixels, name))
    pose = replace(POSES[0], smile=smile)
    return shoot.take(prepared, Shot(0, pose, 7), (WIDE_PX, WIDE_PX)).colour


def corners(pixels: Pixels) -> tuple[float, float]:
    """Return how high the corners of a mouth stand over its middle and how wide it is, over the eyes' distance."""
    points = mesh.landmarks(pixels, faces.detect(pixels)[0])
    assert points is not None
    scale = float(np.hypot(*(points[263, :2] - points[33, :2])))
    middle = points[[expression.UPPER, expression.LOWER], 1].mean()
    ends = points[list(expression.CORNERS), :2]
    return float(middle - ends[:, 1].mean()) / scale, float(np.hypot(*(ends[1] - ends[0]))) / scale


def test_a_smile_lifts_and_widens_the_mouth_as_the_mesh_sees_it(earnest: Looked) -> None:
    plain, smile = (corners(shot_of(earnest, "officer", smile=strength)) for strength in (0.0, 1.0))
    assert smile[0] > plain[0] + 0.025
    assert smile[1] > plain[1] + 0.02


def test_a_smile_leaves_the_rest_of_the_face_in_place(earnest: Looked) -> None:
    mouth = expression.of(earnest.pixels, earnest.points, earnest.shape, earnest.found.confidence)
    assert mouth is not None
    moved = np.hypot(*mouth.shift(earnest.points[:, :2], 1.0).T) / earnest.shape.height_px
    still = [10, 152, 168, 1, 70, 300, 234, 454, 159, 386]  # forehead, chin, nose, brows, ears, upper lids
    assert moved[still].max() < 0.006
    assert moved[list(expression.CORNERS)].min() > 0.02
    assert mouth.source_of(earnest.points[:, :2] + mouth.shift(earnest.points[:, :2], 1.0), 1.0) == pytest.approx(
        earnest.points[:, :2], abs=0.1
    )


def test_open_mouths_beards_small_and_drawn_faces_do_not_smile(smiling: Looked, earnest: Looked) -> None:
    def smiles(one: Looked) -> bool:
        return expression.of(one.pixels, one.points, one.shape, one.found.confidence) is not None

    assert smiles(earnest)
    assert not smiles(smiling)
    assert expression.smiles(smiling.points, smiling.shape)
    assert not expression.smiles(earnest.points, earnest.shape)
    below = slice(int(earnest.shape.centre[1]), None)
    hair = np.random.default_rng(1).integers(-90, 90, earnest.pixels.shape[:2])[below, :, None]
    bearded = earnest.pixels.copy()
    bearded[below] = np.clip(bearded[below].astype(int) + hair, 0, 255).astype(np.uint8)
    assert not smiles(replace(earnest, pixels=bearded))
    assert not smiles(replace(earnest, shape=replace(earnest.shape, height_px=70.0)))
    assert not smiles(replace(earnest, found=replace(earnest.found, confidence=0.8)))


def test_the_prompt_asks_of_the_face_by_meaning() -> None:
    assert meaning.faces("a friendly portrait, she smiles into the camera") == {"smile", "eye contact"}
    assert meaning.faces("gazing into the distance on a ship") == {"sideways"}
    assert meaning.faces("not smiling, in an office") == {"serious"}
    assert meaning.faces("holding a camera in a library") == frozenset()


def test_what_a_face_cannot_show_is_said_and_what_it_shows_is_not() -> None:
    def said(prompt: str, *able: str) -> str:
        return " ".join(notes.of(prompt, None, 1, able=frozenset(able)))

    assert "smile" in said("smiling at the camera")
    assert "eyes" in said("smiling at the camera")
    assert "smile" not in said("smiling at the camera", "smile", "eye contact")
    assert "eyes" not in said("smiling at the camera", "smile", "eye contact")
    assert "angry" in said("an angry look", "smile")
    assert "serious" in said("a serious look", "smile")
    assert "serious" not in said("a serious look", "serious")
    assert "looking" not in said("looking at the camera in a park", "eye contact")
    assert "looking" in said("looking at a map in a park", "eye contact")


def test_a_smile_asked_for_is_in_the_picture_and_is_the_same_twice(earnest: Looked) -> None:
    given = Reference(earnest.pixels, "officer")

    def made(prompt: str | None) -> Made:
        shots = (Shot(0, POSES[0], 7),)
        task = Task((given,), shots, "white", WIDE_PX, WIDE_PX, job_seed=1, prompt=prompt)
        (one,) = StudioEngine().generate(task, Silent())
        assert isinstance(one, Made)
        return one

    plain, asked, again = made("against a wall"), made("smiling, against a wall"), made("smiling, against a wall")
    assert corners(asked.pixels)[0] > corners(plain.pixels)[0] + 0.025
    assert np.array_equal(asked.pixels, again.pixels)
    assert not any("smile" in note for note in asked.notes)


class Silent:
    """A watch that nobody reads."""

    def progress(self, index: int, fraction: float) -> None: ...

    def check(self) -> None: ...
