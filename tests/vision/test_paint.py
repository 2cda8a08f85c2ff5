"""A drawing before a busy place is completed by what is evenly painted; nothing is added to photographs."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from castlist.vision import outline, paint
from tests.vision.test_matte_drawings import SIDE, bust


def _busy() -> np.ndarray:
    """Leaves and twigs, coarse and fine, light above."""
    chance = np.random.default_rng(3)
    coarse = np.kron(chance.uniform(40, 200, (SIDE // 8, SIDE // 8, 1)), np.ones((8, 8, 1))) * (0.7, 1.0, 0.6)
    fine = chance.normal(0, 12, (SIDE, SIDE, 3))
    return coarse + fine + np.linspace(40, 0, SIDE)[:, None, None]


def _drawn() -> tuple[np.ndarray, np.ndarray]:
    colour, truth = bust()
    mixed = colour * truth[..., None] + _busy() * (1 - truth[..., None])
    return np.clip(mixed, 0, 255).astype(np.uint8), truth


@pytest.mark.parametrize("quality", [None, 92])
def test_the_shirt_is_found_from_the_head(quality: int | None) -> None:
    """Finders of people and things often end at the collar of a drawing: the whole shirt was missing."""
    image, truth = _drawn()
    if quality:
        file = BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=quality)
        image = np.asarray(Image.open(file)).copy()
    head = (truth > 0.5) & (np.arange(SIDE)[:, None] < 262)
    whole = paint.figure(image, head)
    assert whole is not None
    both = (whole & (truth > 0.5)).sum() / (whole | (truth > 0.5)).sum()
    assert both > 0.96
    alpha, _ = outline.edge_alpha(image, paint.behind(image, whole))
    assert np.abs(alpha - truth).mean() < 0.015


def test_a_photograph_is_not_completed() -> None:
    image, truth = _drawn()
    image = np.clip(image + np.random.default_rng(4).normal(0, 9, image.shape), 0, 255).astype(np.uint8)
    assert paint.figure(image, (truth > 0.5) & (np.arange(SIDE)[:, None] < 262)) is None


def test_an_even_sky_is_not_part_of_the_drawing() -> None:
    image, truth = _drawn()
    sky = (np.arange(SIDE)[:, None] < 120) & (truth < 0.01)
    image[sky] = (150, 190, 230)
    whole = paint.figure(image, (truth > 0.5) & (np.arange(SIDE)[:, None] < 262))
    assert whole is not None
    assert (whole & sky).mean() < 0.002
