"""What is out of focus beside a face is told from what is merely plain."""

import cv2
import numpy as np

from castlist.vision import faces, focus, people

FACE = faces.Face((40.0, 60.0, 100.0, 120.0), np.zeros((5, 2), np.float32), 0.9)


def _scene() -> np.ndarray:
    """Texture everywhere, blurred from column 300 on, and a plain wall from column 500 on."""
    rough = np.random.default_rng(3).integers(0, 256, (400, 640, 3), np.uint8)
    sharp = cv2.GaussianBlur(rough, (0, 0), 0.8)
    soft = cv2.GaussianBlur(rough, (0, 0), 3.0).astype(np.float32)
    soft = np.clip((soft - soft.mean()) * 6 + 128, 0, 255).astype(np.uint8)
    sharp[:, 300:] = soft[:, 300:]
    sharp[:, 500:] = 90
    return sharp


def test_blurred_structures_are_found_and_plain_walls_are_not() -> None:
    blurred = focus.out_of_focus(_scene(), FACE)
    assert blurred[50:350, 350:450].mean() > 0.9
    assert blurred[:, :270].mean() < 0.02
    assert blurred[50:350, 540:].mean() < 0.02


def test_a_face_too_small_to_compare_says_nothing() -> None:
    tiny = faces.Face((40.0, 60.0, 12.0, 14.0), np.zeros((5, 2), np.float32), 0.9)
    assert not focus.out_of_focus(_scene(), tiny).any()


def test_what_is_out_of_focus_is_parted_from_the_person_although_both_look_like_people() -> None:
    image, likely = _scene(), np.ones((400, 640), np.float32)
    likely[:, 500:] = 0
    mine = people.belongs(image, likely, FACE, [], focus.out_of_focus(image, FACE))
    assert mine[80:300, 60:130].all()
    assert mine[50:350, 380:480].mean() < 0.1


def test_a_soft_fold_of_the_clothes_takes_no_bite_out_of_them() -> None:
    """A smooth patch at the side of a shirt was taken for a bystander, and the shirt went with it."""
    likely = np.zeros((400, 300), np.float32)
    likely[40:, 60:240] = 1
    image = np.full((400, 300, 3), 120, np.uint8)
    image[likely > 0] = (200, 30, 40)
    blurred = np.zeros((400, 300), bool)
    blurred[220:280, 205:235] = True
    face = faces.Face((120.0, 60.0, 60.0, 70.0), np.zeros((5, 2), np.float32), 0.9)
    assert people.belongs(image, likely, face, [], blurred)[50:390, 70:230].all()
