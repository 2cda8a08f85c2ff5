"""Pictures as files: named by their content, out of nobody's reach."""

import hashlib
from pathlib import Path

import pytest

from castlist.store.files import Files, content_type, is_name


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files.in_folder(tmp_path / "files")


async def test_the_name_is_the_hash(files: Files) -> None:
    name = await files.put(b"picture", "png")
    assert name == f"{hashlib.sha256(b'picture').hexdigest()}.png"
    assert await files.put(b"picture", "png") == name
    assert await files.get(name) == b"picture"
    assert content_type(name) == "image/png"


async def test_what_is_gone_is_none(files: Files) -> None:
    name = await files.put(b"picture", "jpg")
    for _ in range(2):
        await files.delete(name)
    assert await files.get(name) is None
    assert await files.put(b"picture", "jpg") == name
    assert await files.get(name) == b"picture"


@pytest.mark.parametrize(
    "name",
    ["", "../../etc/passwd", f"{'0' * 64}.exe", f"{'0' * 63}.png", f"{'A' * 64}.png", f"{'0' * 64}.png\n", "0/../1"],
)
async def test_no_other_name_reaches_the_store(files: Files, name: str) -> None:
    assert not is_name(name)
    with pytest.raises(ValueError, match="name of a stored file"):
        await files.get(name)
