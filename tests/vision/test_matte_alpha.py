"""The solver finds soft edges between what is certain, and the colours under them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from castlist.vision import alpha as refine

Float = NDArray[np.float32]


def scene() -> tuple[Float, Float, Float]:
    """Return a picture of a soft fur-like disc, its alpha and its colours, all 0-1, 200 x 200 px."""
    rng = np.random.default_rng(3)
    down, across = np.mgrid[0:200, 0:200].astype(np.float32)
    angle = np.arctan2(down - 100, across - 100)
    radius = np.hypot(down - 100, across - 100) + 5 * np.sin(24 * angle)
    alpha = np.clip((64 - radius) / 6 + 0.5, 0, 1).astype(np.float32)
    grain = cv2.GaussianBlur(rng.random((200, 200, 1)).astype(np.float32), (0, 0), 3)[..., None]
    subject = np.array((0.55, 0.3, 0.12), np.float32) * (0.6 + 0.8 * grain)
    backdrop = np.array((0.3, 0.55, 0.85), np.float32) * (0.8 + 0.2 * across[..., None] / 200)
    picture = subject * alpha[..., None] + backdrop * (1 - alpha[..., None])
    return picture.astype(np.float32), alpha, subject.astype(np.float32)


def trimap(alpha: Float, width_px: int) -> Float:
    window = np.ones((2 * width_px + 1, 2 * width_px + 1), np.uint8)
    inside = cv2.erode((alpha > 0.99).astype(np.uint8), window) > 0
    outside = cv2.erode((alpha < 0.01).astype(np.uint8), window) > 0
    return np.where(inside, 1, np.where(outside, 0, 0.5)).astype(np.float32)


def test_soft_edges_are_found_in_an_unknown_band() -> None:
    picture, truth, _ = scene()
    known = trimap(truth, 4)
    found = refine.solve(picture, known, known, np.zeros_like(known))
    unknown = (known > 0) & (known < 1)
    assert unknown.mean() > 0.15
    assert np.abs(found - truth)[unknown].mean() < 0.04
    assert np.array_equal(found[~unknown], truth[~unknown] > 0.5)


def test_a_trusted_prior_wins_against_the_edges() -> None:
    picture, truth, _ = scene()
    known = np.full_like(truth, 0.5)
    prior = np.full_like(truth, 0.25)
    found = refine.solve(picture, known, prior, np.full_like(truth, 50.0))
    assert np.abs(found - 0.25).max() < 0.02


def test_everything_known_comes_back_as_it_was() -> None:
    picture, truth, _ = scene()
    known = (truth > 0.5).astype(np.float32)
    assert np.array_equal(refine.solve(picture, known, known, np.zeros_like(known)), known)


def test_the_colours_under_the_edge_are_the_subjects() -> None:
    picture, alpha, subject = scene()
    edge = (alpha > 0.1) & (alpha < 0.9)
    found = refine.foreground(picture, alpha)
    assert np.abs(found - subject)[edge].mean() < 0.35 * np.abs(picture - subject)[edge].mean()
    assert np.allclose(found[alpha == 1], picture[alpha == 1], atol=1e-5)
    beyond = cv2.dilate(alpha, np.ones((9, 9), np.uint8)) > 0
    assert (found[beyond][:, 0] > found[beyond][:, 2]).mean() > 0.97, "continued outside in the subject's colours"


def test_an_enlarged_alpha_follows_the_edges_of_the_large_picture() -> None:
    picture, truth, _ = scene()
    small = cv2.resize(picture, (50, 50), interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(truth, (50, 50), interpolation=cv2.INTER_AREA)
    found = refine.enlarge(coarse, small, picture)
    plain = cv2.resize(coarse, (200, 200), interpolation=cv2.INTER_LINEAR)
    assert found.shape == truth.shape
    assert np.abs(found - truth).mean() < 0.8 * np.abs(plain - truth).mean()
