"""Enlarging gives the exact size, the same picture, and no seams."""

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from castlist import data
from castlist.vision import models, upscale
from castlist.vision.faces import Image


@pytest.fixture(scope="module")
def portrait() -> Image:
    return np.asarray(Pillow.open(data.path("samples/astronaut.png")).convert("RGB"))


@pytest.mark.parametrize("factor", [1, 1.3, 2, 4, 5])
def test_the_size_is_exact_and_the_picture_the_same(portrait: Image, factor: float) -> None:
    part = portrait[40:137, 150:241]
    large = upscale.enlarge(part, factor)
    assert large.shape == (round(97 * factor), round(91 * factor), 3)
    back = cv2.resize(large, (91, 97), interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(back - part).mean() < 4


def test_tiles_leave_no_seam(portrait: Image) -> None:
    part = portrait[0:230, 100:340]  # two tiles each way
    feed = part.transpose(2, 0, 1)[None].astype(np.float32) / 255
    whole = models.session("realesr_animevideov3_x4").run(None, {"image": feed})[0][0].transpose(1, 2, 0)
    plain = cv2.resize(part, (960, 920), interpolation=cv2.INTER_CUBIC).astype(float)
    wanted = 0.55 * np.clip(whole, 0, 1) * 255 + 0.45 * plain
    assert np.abs(upscale.enlarge(part, 4) - wanted).max() <= 1.5


def test_it_is_sharper_than_bicubic(portrait: Image) -> None:
    small = cv2.resize(portrait[40:200, 150:310], (80, 80), interpolation=cv2.INTER_AREA)
    plain = cv2.resize(small, (320, 320), interpolation=cv2.INTER_CUBIC)
    large = upscale.enlarge(np.asarray(small, np.uint8), 4)
    assert cv2.Laplacian(large, cv2.CV_64F).var() > 1.5 * cv2.Laplacian(plain, cv2.CV_64F).var()


def test_shrinking_is_refused(portrait: Image) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        upscale.enlarge(portrait, 0.5)
