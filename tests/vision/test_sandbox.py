"""Decoding in a child process: the same pictures, and nothing a broken or hostile file could reach."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from castlist.domain.errors import InputImageRejected
from castlist.vision import picture
from castlist.vision.sandbox import Sandbox

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limits are looked up in /proc")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


def photo(width: int, height: int, *, channels: int = 3) -> Image.Image:
    """Noise that is smooth enough to be worth compressing."""
    coarse = np.random.default_rng(3).integers(0, 255, (height // 20, width // 20, channels), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def file(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def child_of(sandbox: Sandbox) -> int:
    """Return the process id of the one child that is idle."""
    (pid,) = sandbox.pids()
    return pid


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("max_side", [None, 100])
def test_gives_what_decoding_here_gives(sandbox: Sandbox, kind: str, max_side: int | None) -> None:
    data = file(photo(300, 200), kind)
    there, here = sandbox.decode(data, max_side=max_side), picture.decode(data, max_side=max_side)
    assert np.array_equal(there.pixels, here.pixels)
    assert (there.format, there.sha256, there.width, there.height) == (kind, here.sha256, 300, 200)
    assert there.alpha is None


def test_keeps_alpha(sandbox: Sandbox) -> None:
    data = file(photo(120, 80, channels=4), "PNG")
    there, here = sandbox.decode(data), picture.decode(data)
    assert there.alpha is not None
    assert here.alpha is not None
    assert np.array_equal(there.alpha, here.alpha)
    there.pixels[0] = 0  # as writable as any other


@pytest.mark.parametrize("data", [b"", b"no picture", file(photo(100, 100), "PNG")[:-900]])
def test_refuses_in_the_same_words(sandbox: Sandbox, data: bytes) -> None:
    with pytest.raises(InputImageRejected) as here:
        picture.decode(data)
    with pytest.raises(InputImageRejected) as there:
        sandbox.decode(data)
    assert str(there.value) == str(here.value)


def test_goes_on_after_a_child_was_killed_in_the_middle() -> None:
    sandbox = Sandbox(children=1, seconds=0.0)  # ended at once, as the kernel would end it
    with pytest.raises(InputImageRejected, match="could not be decoded"):
        sandbox.decode(file(photo(3000, 3000), "PNG"))
    sandbox._seconds = 20.0
    assert sandbox.decode(file(photo(40, 40), "PNG")).pixels.shape == (40, 40, 3)
    os.kill(child_of(sandbox), 9)
    assert sandbox.decode(file(photo(40, 40), "PNG")).pixels.shape == (40, 40, 3)
    sandbox.close()


@LINUX
def test_memory_ends_at_the_limit_and_the_child_survives() -> None:
    sandbox = Sandbox(children=1, memory_bytes=128 << 20)
    sandbox.decode(file(photo(40, 40), "PNG"))
    child = child_of(sandbox)
    with pytest.raises(InputImageRejected, match="needs more memory"):
        sandbox.decode(file(photo(6000, 6000), "PNG"), max_side=2048)
    assert child_of(sandbox) == child
    peak_kb = next(
        int(line.split()[1]) for line in Path(f"/proc/{child}/status").read_text().splitlines() if "VmHWM" in line
    )
    assert peak_kb < 128 << 10
    sandbox.close()


@LINUX
@pytest.mark.parametrize(
    ("kind", "width", "height", "options"),
    [
        ("JPEG", 6320, 6320, {}),
        ("JPEG", 4000, 4000, {"progressive": True, "subsampling": 0}),
        ("PNG", 6000, 4000, {}),
        ("GIF", 6320, 6320, {}),
        ("WEBP", 3500, 3500, {}),
    ],
)
def test_honest_large_pictures_fit(
    sandbox: Sandbox, kind: str, width: int, height: int, options: dict[str, object]
) -> None:
    found = sandbox.decode(file(photo(width, height), kind, **options), max_side=2048)
    assert max(found.pixels.shape) == 2048
    assert (found.width, found.height) == (width, height)


@LINUX
def test_the_child_holds_no_secret_of_the_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASTLIST_CANARY", "canary-4711")
    own = Sandbox(children=1)
    own.decode(file(photo(40, 40), "PNG"))
    assert b"canary-4711" not in Path(f"/proc/{child_of(own)}/environ").read_bytes()
    own.close()


ATTEMPTS = """
import socket, subprocess, sys
from castlist.vision import sandboxed
sandboxed._warm_up()
sandboxed._give_up_rights(268435456)
for attempt in (lambda: open("/etc/hostname"), lambda: open("/tmp/x", "w"), lambda: socket.socket(),
                lambda: subprocess.run(["true"])):
    try:
        attempt()
    except OSError:
        print("refused")
    else:
        print("allowed")
"""


@LINUX
def test_the_child_opens_no_file_no_socket_and_no_process() -> None:
    done = subprocess.run([sys.executable, "-c", ATTEMPTS], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused"] * 4


def test_many_threads_share_few_children() -> None:
    sandbox = Sandbox(children=2)
    data = [file(photo(100 + 20 * i, 60), "PNG") for i in range(12)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(sandbox.decode, data))
    assert [one.width for one in found] == [100 + 20 * i for i in range(12)]
    sandbox.close()


def test_closing_while_a_picture_is_decoded_ends_the_child_after_it() -> None:
    sandbox = Sandbox(children=1)
    data = file(photo(3000, 3000), "PNG")
    results: list[int] = []
    busy = threading.Thread(target=lambda: results.append(sandbox.decode(data).width))
    busy.start()
    while not sandbox._idle.empty():
        pass
    sandbox.close()
    busy.join()
    assert results == [3000]
    assert sandbox.pids() == []
