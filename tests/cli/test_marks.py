"""What an installation makes, it recognises: pictures of `castlist generate`, read back by `castlist inspect`."""

from castlist import data


def test_own_pictures_are_vouched_for_and_changes_are_seen(castlist, tmp_path):
    photo = str(data.path("samples/drawn-robot.png"))
    assert castlist("generate", photo, "-n", "1", "--format", "jpg", "--out", str(tmp_path / "out")).code == 0
    (made,) = (tmp_path / "out").iterdir()
    found = castlist("inspect", str(made), "--json").json()
    assert found["machine_made"] is True
    assert found["credentials"]["state"] == "trusted"
    assert found["number"] == found["credentials"]["number"]

    bytes_of = bytearray(made.read_bytes())
    bytes_of[-2000] ^= 1
    changed = tmp_path / "changed.jpg"
    changed.write_bytes(bytes_of)
    assert castlist("inspect", str(changed), "--json").json()["credentials"]["state"] != "trusted"


def test_a_stranger_does_not_vouch(castlist, tmp_path):
    photo = str(data.path("samples/astronaut.png"))
    found = castlist("inspect", photo, "--json").json()
    assert found["machine_made"] is None  # nothing says so, which is no proof of the contrary
