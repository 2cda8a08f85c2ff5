"""Drawings are lifted off plain and shaded backdrops, white shirts included, with clean anti-aliased edges."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from castlist.vision.matte import cut_out

Pixels = NDArray[np.uint8]
Float = NDArray[np.float64]

SIDE = 400
SKIN, SHIRT, LINE, HAIR = (240, 190, 150), (255, 255, 255), (20, 20, 30), (90, 50, 30)


def bust() -> tuple[Float, Float]:
    """Draw a figure in a white shirt that stands on the lower border; return its colours 0-255 and alpha 0-1."""
    big, scale = SIDE * 4, 4
    colour = np.zeros((big, big, 3), np.uint8)
    alpha = np.zeros((big, big), np.uint8)

    def shape(points: list[tuple[int, int]], fill: tuple[int, int, int]) -> None:
        corners = (np.array(points) * scale).astype(np.int32)
        cv2.fillPoly(colour, [corners], fill)
        cv2.polylines(colour, [corners], True, LINE, 5 * scale)
        cv2.fillPoly(alpha, [corners], 255)
        cv2.polylines(alpha, [corners], True, 255, 5 * scale)

    shape([(60, 420), (90, 290), (160, 260), (240, 260), (310, 290), (340, 420)], SHIRT)
    turns = np.linspace(0, 2 * np.pi, 40)
    shape([(int(200 + 80 * np.cos(t)), int(160 + 100 * np.sin(t))) for t in turns], SKIN)
    shape([(118, 150), (125, 70), (200, 40), (275, 70), (282, 150), (200, 95)], HAIR)
    cv2.circle(colour, (170 * scale, 160 * scale), 12 * scale, SHIRT, -1)
    weight = alpha.astype(np.float64) / 255
    mass = cv2.resize(weight, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    sums = cv2.resize(colour * weight[..., None], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return sums / np.maximum(mass, 1e-6)[..., None], mass


def backdrop(kind: str) -> Float:
    down, across = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    if kind == "white":
        return np.full((SIDE, SIDE, 3), 255.0)
    if kind == "blue":
        return np.full((SIDE, SIDE, 3), (90.0, 160.0, 220.0))
    if kind == "shaded":
        return (1 - down)[..., None] * np.array((230, 240, 250)) + down[..., None] * np.array((150, 170, 200))
    return np.array((235, 235, 240)) * (1 - 0.3 * np.hypot(across - 0.5, down - 0.5))[..., None]


def on(kind: str) -> Pixels:
    colour, alpha = bust()
    return np.rint(colour * alpha[..., None] + backdrop(kind) * (1 - alpha[..., None])).astype(np.uint8)


@pytest.mark.parametrize("kind", ["white", "blue", "shaded", "vignette"])
def test_a_drawing_comes_off_its_backdrop_with_its_white_shirt(kind: str) -> None:
    colour, truth = bust()
    result = cut_out(on(kind))
    assert result.method == "flat"
    assert np.minimum(result.alpha, truth).sum() / np.maximum(result.alpha, truth).sum() > 0.985
    assert result.alpha[300:390, 120:280].min() == 1, "the shirt has no holes"
    assert result.alpha[truth == 0].max() < 0.02, "no specks are left"
    rim = (truth > 0.3) & (truth < 0.95)
    assert np.abs(result.colour[rim] - colour[rim]).mean() < 25, "the rim is of the outline's colour"


def test_lossy_compression_leaves_no_ring_of_specks() -> None:
    _, truth = bust()
    _, packed = cv2.imencode(".jpg", on("blue")[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    picture = np.ascontiguousarray(cv2.imdecode(packed, cv2.IMREAD_COLOR)[:, :, ::-1])
    alpha = cut_out(picture).alpha
    assert np.minimum(alpha, truth).sum() / np.maximum(alpha, truth).sum() > 0.975
    away = cv2.dilate((truth > 0).astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    assert (alpha[away] > 0.05).mean() < 0.001


def test_a_hole_shows_a_coloured_backdrop_but_white_inside_white_is_paint() -> None:
    def ring(kind: str) -> Pixels:
        picture = np.rint(backdrop(kind)).astype(np.uint8)
        cv2.circle(picture, (200, 200), 100, (200, 40, 40), 30, cv2.LINE_AA)
        return picture

    assert cut_out(ring("blue")).alpha[190:210, 190:210].max() == 0
    assert cut_out(ring("white")).alpha[190:210, 190:210].min() == 1


def test_an_outline_open_at_the_foot_keeps_its_inside() -> None:
    picture = np.full((SIDE, SIDE, 3), 255, np.uint8)
    cv2.ellipse(picture, (200, 150), (90, 100), 0, 120, 420, LINE, 6, cv2.LINE_AA)
    cv2.line(picture, (155, 236), (150, 330), LINE, 6, cv2.LINE_AA)
    cv2.line(picture, (245, 236), (250, 330), LINE, 6, cv2.LINE_AA)
    alpha = cut_out(picture).alpha
    assert alpha[100:300, 170:230].min() == 1
    assert alpha[:, :80].max() == 0


def _standing(foot: int) -> Pixels:
    """Draw a figure of outlines whose legs, each `foot` px wide below, end at the sheet's lower border."""
    picture = np.full((SIDE, SIDE, 3), 235, np.uint8)
    cv2.circle(picture, (200, 90), 55, LINE, 5, cv2.LINE_AA)
    cv2.rectangle(picture, (140, 148), (260, 280), LINE, 5)
    for inner, outer in ((175, 175 - foot), (225, 225 + foot)):
        cv2.line(picture, (inner, 282), (inner, SIDE), LINE, 5)
        cv2.fillPoly(picture, [np.array([(inner, 370), (outer, 385), (outer, SIDE), (inner, SIDE)])], LINE)
    return picture


def test_paper_between_legs_that_end_at_the_border_is_no_part_of_the_figure() -> None:
    alpha = cut_out(_standing(30)).alpha
    assert alpha[310:395, 185:215].max() < 0.05
    assert alpha[160:270, 150:250].min() == 1, "the body keeps its paper"


def test_paper_inside_a_neck_that_ends_at_the_border_stays() -> None:
    alpha = cut_out(_standing(2)).alpha
    assert alpha[310:395, 185:215].min() == 1


def test_the_soft_rim_of_a_photographed_stroke_keeps_no_paper() -> None:
    """Strokes out of focus were cut with a rim of white dots."""
    drawn = cv2.GaussianBlur(_standing(30), (0, 0), 1.6).astype(np.float64)
    chance = np.random.default_rng(5)
    picture = np.clip(drawn + cv2.GaussianBlur(chance.normal(0, 14, drawn.shape), (0, 0), 1.2), 0, 255).astype(np.uint8)
    cut = cut_out(picture)
    assert cut.method == "flat"
    beside = cut.alpha[100:260, 128:137].max(), cut.colour[(cut.alpha > 0.4) & (np.arange(SIDE)[None] < 139)]
    assert beside[0] < 0.5
    assert (beside[1][:, 0] > 150).mean() < 0.02, "the rim is of ink"
