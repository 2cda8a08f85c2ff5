"""The list of plates is complete and its light is physically sensible."""

import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from castlist import data

LISTING = data.path("plates/plates.json")
PLATES: list[dict[str, Any]] = json.loads(LISTING.read_text("utf-8"))["plates"]
LUMA = (0.2126, 0.7152, 0.0722)


def _light(plate: dict[str, Any], normals: np.ndarray) -> np.ndarray:
    x, y, z = normals.T
    basis = np.stack([np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], 1)
    return basis @ np.asarray(plate["light"]["sh"])


def test_there_is_a_choice() -> None:
    assert len(PLATES) >= 20
    assert len({plate["id"] for plate in PLATES}) == len(PLATES)
    assert {plate["setting"] for plate in PLATES} == {"indoor", "outdoor"}
    assert {"day", "night", "golden_hour", "morning", "evening"} <= {plate["time"] for plate in PLATES}


@pytest.mark.parametrize("plate", PLATES, ids=lambda plate: plate["id"])
def test_a_plate_is_as_listed(plate: dict[str, Any]) -> None:
    with Image.open(LISTING.parent / plate["file"]) as picture:
        assert picture.size == (plate["width_px"], plate["height_px"])
        assert min(picture.size) >= 1024
    assert (plate["width_px"] == 2 * plate["height_px"]) or not plate["panorama"]
    with Image.open(LISTING.parent / plate["painted"]) as painted:
        assert painted.width / painted.height == pytest.approx(plate["width_px"] / plate["height_px"], rel=0.01)
    assert len(plate["words"]) >= 10
    assert plate["caption"]
    assert plate["views"]
    assert all(-180 <= view["yaw"] <= 180 and view["caption"] for view in plate["views"])
    assert (plate["credit"] is not None) == (plate["licence"].startswith("CC-BY") or plate["rendered"])


@pytest.mark.parametrize("plate", PLATES, ids=lambda plate: plate["id"])
def test_light_falls_from_where_it_is_said_to(plate: dict[str, Any]) -> None:
    noise = np.random.default_rng(0).normal(size=(2000, 3))
    normals = noise / np.linalg.norm(noise, axis=1, keepdims=True)
    received = _light(plate, normals) @ np.asarray(LUMA)
    assert received.mean() == pytest.approx(1, abs=0.05)
    assert received.min() > -0.2
    lit, turned = (_light(plate, np.asarray([sign * np.asarray(plate["light"]["direction"])])) for sign in (1, -1))
    assert (lit @ np.asarray(LUMA))[0] >= (turned @ np.asarray(LUMA))[0]


def test_the_sun_of_the_sea_plate_stands_where_it_is_seen() -> None:
    [sea] = [plate for plate in PLATES if plate["id"] == "b_sunset"]
    with Image.open(LISTING.parent / sea["file"]) as picture:
        grey = np.asarray(picture.convert("L").resize((360, 180)), float)
    row, column = np.unravel_index(np.argmax(grey[60:95]), (35, 360))
    assert abs((column - 180) - sea["light"]["sun"]["yaw"]) < 12
    assert abs((90 - 60 - row) - sea["light"]["sun"]["elevation"]) < 12
