"""Pictures as files: named by their content, out of nobody's reach."""

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from castlist.store.files import Bucket, Files, content_type, is_name
from castlist.store.passing import is_passing
from castlist.testing.buckets import Door, a_store


@pytest.fixture(scope="module")
def store() -> Iterator[tuple[Bucket, Door]]:
    """A real S3-compatible store, one for all tests here."""
    with TemporaryDirectory() as folder, a_store(Path(folder) / "store") as made:
        yield made


@pytest.fixture(params=["folder", "bucket"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    """The store of pictures: every test here holds for each kind."""
    if request.param == "folder":
        return Files.in_folder(tmp_path / "files")
    bucket, _ = request.getfixturevalue("store")
    return Files.in_bucket(dataclasses.replace(bucket, folder=tmp_path.name))


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


async def test_a_store_has_one_name(files: Files) -> None:
    assert await files.mark("first") == "first"
    assert await files.mark("second") == "first"
    await files.unmark()
    assert await files.mark("third") == "third"


async def test_a_large_picture_comes_back_whole(files: Files) -> None:
    data = bytes(range(256)) * 24_000
    assert await files.get(await files.put(data, "webp")) == data


async def test_a_store_that_says_503_is_asked_again_and_then_told(store: tuple[Bucket, Door]) -> None:
    bucket, door = store
    files = Files.in_bucket(bucket)
    name = await files.put(b"before", "png")
    door.unavailable = True
    try:
        for act in (files.put(b"meanwhile", "png"), files.get(name), files.delete(name)):
            with pytest.raises(Exception, match=r"503|SlowDown|retries") as told:
                await act
            assert is_passing(told.value)
    finally:
        door.unavailable = False
    assert await files.get(name) == b"before"


async def test_a_slow_store_is_waited_for(store: tuple[Bucket, Door]) -> None:
    bucket, door = store
    files = Files.in_bucket(bucket)
    door.slow_seconds = 1.0
    try:
        name = await files.put(b"slow", "png")
        assert await files.get(name) == b"slow"
    finally:
        door.slow_seconds = 0.0


async def test_a_key_that_is_wrong_is_no_missing_picture(store: tuple[Bucket, Door]) -> None:
    files = Files.in_bucket(dataclasses.replace(store[0], secret_key="wrong-wrong-wrong"))
    with pytest.raises(Exception, match=r"403|denied|Forbidden|AccessDenied|SignatureDoesNotMatch") as told:
        await files.put(b"picture", "png")
    assert is_passing(told.value)
