"""`castlist score` with pictures good and bad, as a table and as JSON."""

from pathlib import Path

import pytest

from castlist import data
from castlist.testing.onnx_files import FLOAT, model
from castlist.testing.pictures import figure_file
from castlist.vision import picture

from .conftest import Castlist

ASTRONAUT, ROBOT = data.path("samples/astronaut.png"), data.path("samples/drawn-robot.png")


@pytest.fixture
def mirrored(tmp_path: Path) -> Path:
    pixels = picture.decode(ASTRONAUT.read_bytes()).pixels[:, ::-1].copy()
    file = tmp_path / "mirrored.jpg"
    file.write_bytes(picture.encode(pixels, "jpg"))
    return file


def test_every_picture_gets_its_line_and_a_bad_file_a_sentence(
    castlist: Castlist, mirrored: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no picture")
    said = castlist("score", str(ASTRONAUT), str(mirrored), "text.png", "missing.png", str(ROBOT), "--json").json()
    copy, text, missing, robot = said["images"]
    assert said["references"] == [str(ASTRONAUT)]
    assert (copy["verdict"], copy["copy"], copy["error"]) == ("same", True, None)
    assert copy["score"] > 0.9
    assert text["score"] is None
    assert text["error"]
    assert "No such file" in missing["error"]
    assert (robot["verdict"], robot["copy"], robot["score"]) == ("not_comparable", False, None)
    assert robot["reason"]


def test_the_table_says_the_same(castlist: Castlist, mirrored: Path) -> None:
    said = castlist("score", str(ASTRONAUT), str(mirrored), "missing.png")
    assert said.code == 0
    assert "same" in said.out
    assert "No such file" in said.out


def test_of_several_references_the_best_counts(castlist: Castlist, mirrored: Path) -> None:
    said = castlist("score", str(ROBOT), str(mirrored), "--reference", str(ASTRONAUT), "--json").json()
    assert said["images"][0]["reference"] == str(ASTRONAUT)
    assert said["images"][0]["verdict"] == "same"


def test_two_references_give_the_copy_paste_ratio(castlist: Castlist, mirrored: Path) -> None:
    files = (str(ASTRONAUT), str(mirrored), str(ROBOT))
    said = castlist("score", str(ASTRONAUT), *files, "--reference", str(mirrored), "--json").json()
    assert [row["copyPaste"] for row in said["images"]] == [pytest.approx(1), pytest.approx(-1), None]


def test_a_bad_reference_is_one_sentence(castlist: Castlist, tmp_path: Path) -> None:
    said = castlist("score", "missing.png", str(ROBOT))
    assert said.code == 1
    assert said.err.count("\n") == 1
    (tmp_path / "figure.png").write_bytes(figure_file())
    assert castlist("score", "figure.png", "figure.png", "--json").json()["images"][0]["error"] is None


def test_a_model_of_ones_own_adds_a_column(castlist: Castlist, mirrored: Path, tmp_path: Path) -> None:
    colour = tmp_path / "colour.onnx"
    nodes = [("GlobalAveragePool", ["x"], "y", None)]
    colour.write_bytes(model(nodes, [("x", FLOAT, [0, 3, 224, 224])], [("y", FLOAT, [0, 3, 1, 1])]))
    said = castlist("score", str(ASTRONAUT), str(mirrored), "--model", f"picture={colour}", "--json").json()
    assert said["images"][0]["models"]["colour"] > 0.99
    assert "colour" in castlist("score", str(ASTRONAUT), str(mirrored), "--model", f"picture={colour}").out
    assert castlist("score", str(ASTRONAUT), str(mirrored), "--model", "dream=x").code == 1
    assert castlist("score", str(ASTRONAUT), str(mirrored), "--prompt", "at sea").code == 1
