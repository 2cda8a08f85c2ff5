"""What hosted engines share: pictures to send, shapes and sizes, and sense from answers nobody can be sure of.

Not an engine; the catalogue passes over it. Third parties' engines may use it as ours do.
"""

import base64
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from castlist.domain.sizes import ASPECT_RATIOS
from castlist.domain.tasks import Reference, Task
from castlist.domain.wire import Broken, Fault, Reply
from castlist.vision import picture
from castlist.vision.fit import flatten

JPEG_QUALITY = 95
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
"""Statuses after which the same request may work."""
FAULTS: dict[int, Fault] = {401: "key", 402: "quota", 403: "key", 404: "setup", 405: "setup", 410: "setup"}
"""Statuses that are the operator's business. 400 and 422 are not among them: they may be a refusal we do not know."""


def jpeg(reference: Reference) -> bytes:
    """Return a reference as a JPEG without alpha: a tenth of a PNG, and every service takes it."""
    return _jpeg(_ByContent(reference))


class _ByContent:
    """A reference as a cache key: the same bytes in, the same picture out."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self._key = (reference.sha256, reference.pixels.shape)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByContent) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=32)  # the shots of a job send the same references
def _jpeg(of: _ByContent) -> bytes:
    pixels = flatten(of.reference.pixels, of.reference.alpha)
    return picture.encode(pixels, "jpg", quality=JPEG_QUALITY)


def as_base64(reference: Reference) -> str:
    """Return a reference as a JPEG in base64."""
    return base64.b64encode(jpeg(reference)).decode()


def as_data_uri(reference: Reference) -> str:
    """Return a reference as a data: URI."""
    return f"data:image/jpeg;base64,{as_base64(reference)}"


def nearest_ratio(task: Task, ratios: Sequence[str] = ASPECT_RATIOS) -> str:
    """Return the one of `ratios` ("16:9") that is nearest to the task's shape."""
    wanted = task.width_px / task.height_px

    def distance(ratio: str) -> float:
        width, height = (int(side) for side in ratio.split(":"))
        given = width / height
        return max(given / wanted, wanted / given)

    return min(ratios, key=distance)


def versioned(base_url: str, *versions: str) -> str:
    """Return the base with the first of `versions` ("/v1") behind it, unless the operator wrote one of them already."""
    return base_url if base_url.endswith(versions) else f"{base_url}{versions[0]}"


def json_of(reply: Reply) -> Any:
    """Return an answer's JSON; None when it is none."""
    try:
        return reply.json()
    except ValueError:
        return None


def trouble(reply: Reply) -> Broken:
    """Return what an answer that makes no sense, or reports an error, means for going on.

    A 404 or 410 about work that was accepted means the service has lost it.
    """
    text = reply.body[:400].decode("utf-8", "replace")
    lost = reply.awaited is not None and reply.status in (404, 410)
    fault = "" if lost else FAULTS.get(reply.status, "")
    return Broken(f"status {reply.status}: {text}", retry=reply.status in PASSING, gone=lost, fault=fault)


def whole(value: object) -> int | None:
    """Return a whole number as a service may send it, None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def said(*values: object) -> str:
    """Return the first of `values` that is a text with something in it."""
    return next((value for value in values if isinstance(value, str) and value.strip()), "")
