"""Pictures from the command line, in this process."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from castlist import data

PHOTO = str(data.path("samples/astronaut.png"))


def test_pictures_are_made_measured_and_kept(castlist):
    made = castlist("generate", PHOTO, "-n", "2", "--seed", "7", "--format", "webp", "--out", "here", "--json").json()
    assert made["seed"] == 7
    files = [Path(image["file"]) for image in made["images"]]
    assert sorted(Path("here").iterdir()) == sorted(files)
    one, other = (Image.open(file) for file in files)
    assert one.format == "WEBP"
    assert one.size == other.size == (1024, 1024)
    assert np.abs(np.asarray(one, float) - np.asarray(other, float)).mean() > 4
    for image in made["images"]:
        assert image["identity"]["score"] > 0.5
        assert image["seconds"] > 0


def test_the_poses_in_order_and_a_wide_shape(castlist):
    arguments = ("generate", PHOTO, "-n", "1", "--in-order", "--aspect-ratio", "16:9", "--background", "white")
    said = castlist(*arguments)
    assert said.code == 0
    assert "front" in said.out
    picture = Image.open("out/01-front.png")
    assert picture.width / picture.height == pytest.approx(16 / 9, abs=0.03)
    assert picture.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere.png",), "nowhere.png cannot be read: No such file or directory."),
        ((__file__,), "castlist: "),
        ((PHOTO, "-n", "14"), "num_images"),
        ((PHOTO, "--background", "lava"), "background"),
        ((PHOTO, "--format", "bmp"), "output_format"),
        ((PHOTO, "--seed", "-1"), "seed"),
        ((PHOTO, "--engine", "nobody"), "There is no engine nobody"),
        ((PHOTO, "--model-type", "nothing"), "model_type"),
    ],
)
def test_what_cannot_be_made_is_said_in_one_sentence(castlist, arguments, sentence):
    said = castlist("generate", *arguments)
    assert said.code == 1
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert not list(Path().rglob("*.png"))
