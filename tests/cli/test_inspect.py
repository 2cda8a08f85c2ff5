"""`castlist inspect` on files with marks, without, and on what is no picture."""

from pathlib import Path

from castlist import data

from .conftest import Castlist

ASTRONAUT = data.path("samples/astronaut.png")


def test_a_picture_without_marks(castlist: Castlist) -> None:
    found = castlist("inspect", str(ASTRONAUT), "--json").json()
    assert found["machine_made"] is None
    assert found["number"] is None
    assert found["credentials"]["state"] == "absent"
    said = castlist("inspect", str(ASTRONAUT))
    assert found["conclusion"] in " ".join(said.out.split())
    assert all(finding in said.out for finding in found["findings"])


def test_what_is_no_picture_is_one_sentence(castlist: Castlist, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    for name in ("text.png", "missing.png"):
        said = castlist("inspect", name)
        assert said.code == 1
        assert said.err.count("\n") == 1
