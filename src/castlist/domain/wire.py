"""What passes between a hosted engine and the HTTP driver, as data. Engines build and parse it, `net.driver` sends it.

No value here ever holds a secret: a request names the secret it needs and the driver fills it in on the way out. So
everything here may be logged, compared in tests and kept with a job.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Fault = Literal["", "passing", "key", "quota", "setup"]
"""Whose fault it is that nothing came: nobody's and over soon; the operator's key, account, or settings; or unknown."""


@dataclass(frozen=True, slots=True)
class Auth:
    """Which secret goes into which header: `header: scheme <secret>`. `secret` is a name from the engine's card."""

    header: str
    secret: str
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart/form-data body; a file when it has a `filename`."""

    name: str
    data: bytes
    filename: str | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request to a hosted engine, as data."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Any = None
    """JSON body, or None."""
    parts: tuple[Part, ...] = ()
    """Multipart body, instead of `body`."""
    auth: Auth | None = None

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does no more than sending it once, so that nothing is paid for twice."""
        return self.method in ("GET", "HEAD", "PUT", "DELETE")


@dataclass(frozen=True, slots=True)
class Pending:
    """The service is at work: ask again with `poll`. It is saved before waiting, so nobody pays twice."""

    remote_id: str
    poll: Request
    cancel: Request | None = None
    fraction: float = 0.0
    at_once: bool = False
    """Ask without waiting: the work is done and `poll` only fetches it."""
    then: Request | None = None
    """For the engine: what it will poll next, once `poll` says that the work is done."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Header names are lower case. `awaited` is what was asked for again; None for the first answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    awaited: Pending | None = None

    def json(self) -> Any:
        """Return the body as JSON; ValueError when it is none."""
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("too deeply nested") from None


@dataclass(frozen=True, slots=True)
class Finished:
    """Done: the pictures, as URLs (http, https, data:) or as encoded bytes, one for the shot asked for.

    `model` and `seed` are what the service says it used, if it says so.
    """

    pictures: tuple[str | bytes, ...]
    model: str = ""
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The service declined, for the customer's eyes: the reason as given by the service."""

    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """It did not work. `operator`: what went wrong, for the log only, e.g. a bad key; no customer ever reads it."""

    operator: str
    retry: bool = False
    """The very same request may work later."""
    gone: bool = False
    """The service has lost or spoilt the work it had accepted: only asking anew can help."""
    wait_s: float = 0.0
    """How long the service wants to be left alone, where it says so in its answer and not in Retry-After."""
    fault: Fault = ""
    taken: bool = False
    """For the driver to say: the service may have done paid work for this, or may still, so nobody else is asked."""

    @property
    def elsewhere(self) -> bool:
        """Whether another engine may be asked for the same picture."""
        return not self.taken and self.blame != ""

    @property
    def blame(self) -> Fault:
        """Whose fault it is; what may work later, or was lost, is passing."""
        return self.fault or ("passing" if self.retry or self.gone else "")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for work was about to be sent, and nobody noted an answer: whether it arrived is not known."""


Parsed = Pending | Finished | Refused | Broken


@dataclass(frozen=True, slots=True)
class Saved:
    """What is on file of one picture: with which engine, and how far it came."""

    engine: str
    work: Pending | Asked


def to_text(saved: Saved) -> str:
    """Write down what a later process needs to go on. Holds no secret."""
    work = asdict(saved.work) if isinstance(saved.work, Pending) else None
    return json.dumps({"engine": saved.engine, "work": work}, separators=(",", ":"))


def from_text(text: str) -> Saved | None:
    """Read what `to_text` wrote; None when it is unreadable, e.g. from another release."""
    try:
        found = json.loads(text)
        work = found["work"]
        return Saved(str(found["engine"]), Asked() if work is None else _pending(work))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _pending(found: Mapping[str, Any]) -> Pending:
    return Pending(
        str(found["remote_id"]),
        _request(found["poll"]),
        None if found["cancel"] is None else _request(found["cancel"]),
        float(found["fraction"]),
        bool(found["at_once"]),
        None if found["then"] is None else _request(found["then"]),
    )


def _request(found: Mapping[str, Any]) -> Request:
    auth = found["auth"]
    return Request(
        str(found["method"]),
        str(found["url"]),
        {str(name): str(value) for name, value in found["headers"].items()},
        found["body"],
        auth=None if auth is None else Auth(**auth),
    )
