"""What hosted engines share: their options, and what they read and send."""

import base64

import numpy as np
import pydantic
import pytest

from castlist.domain.tasks import Reference
from castlist.domain.wire import Reply
from castlist.engines import parts
from castlist.engines.base import HostedOptions
from castlist.testing.engine_kit import a_reference, a_task
from castlist.vision import picture


@pytest.mark.parametrize(
    ("base", "versions", "url"),
    [
        ("https://a.test", ("/v1",), "https://a.test/v1"),
        ("https://a.test/v1", ("/v1",), "https://a.test/v1"),
        ("https://a.test/v1", ("/v1beta", "/v1"), "https://a.test/v1"),
        ("https://gateway.test/a", ("/api/v1",), "https://gateway.test/a/api/v1"),
    ],
)
def test_a_version_is_added_where_there_is_none(base: str, versions: tuple[str, ...], url: str) -> None:
    assert parts.versioned(base, *versions) == url


@pytest.mark.parametrize(("size", "ratio"), [((1360, 768), "16:9"), ((768, 1360), "9:16"), ((900, 1000), "1:1")])
def test_the_nearest_shape(size: tuple[int, int], ratio: str) -> None:
    task = a_task("toy")
    wide = type(task)(task.references, task.shots, "white", *size, job_seed=1)
    assert parts.nearest_ratio(wide) == ratio


def test_references_go_out_opaque_and_are_encoded_once() -> None:
    reference = a_reference()
    clear = Reference(reference.pixels, "f" * 64, np.zeros(reference.pixels.shape[:2], np.float32))
    sent = picture.decode(base64.b64decode(parts.as_base64(clear)))
    assert sent.format == "JPEG"
    assert sent.pixels.min() > 250
    assert parts.jpeg(a_reference(3)) is parts.jpeg(a_reference(3))
    assert parts.jpeg(a_reference(3)) != parts.jpeg(a_reference(4))


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_what_passes(status: int) -> None:
    assert parts.trouble(Reply(status, {}, b"")).retry


@pytest.mark.parametrize("status", [200, 302, 400, 401, 402, 403, 404, 422, 501])
def test_what_does_not(status: int) -> None:
    assert not parts.trouble(Reply(status, {}, b"")).retry


@pytest.mark.parametrize("url", ["ftp://a.test", "a.test", "https://", "https://user@a.test", "https://a.test/?x", ""])
def test_a_base_url_is_checked_at_start_up(url: str) -> None:
    with pytest.raises(pydantic.ValidationError):
        HostedOptions(base_url=url)


@pytest.mark.parametrize("option", [{"concurrency": 0}, {"tries": 0}, {"total_seconds": 0}, {"unknown": 1}])
def test_options_are_checked_at_start_up(option: dict[str, int]) -> None:
    with pytest.raises(pydantic.ValidationError):
        HostedOptions(base_url="https://a.test", **option)  # type: ignore[arg-type]
