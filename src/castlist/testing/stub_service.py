"""A loopback HTTP server that behaves like a hosted service, for tests of hosted engines.

What the service says in its own shapes is a `Dialect`, written beside the engine's test; what can go wrong (a bad key,
no credit, too many requests, an outage, broken answers, a cut or expired picture, lost work) is here, once.
"""

import email.parser
import email.policy
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "stub-key-7Qm2canaryV9x"
"""The one key a stub takes; looked for in logs and messages, where it must never be."""
RETRY_AFTER_S = 7


@dataclass(frozen=True, slots=True)
class Call:
    """One request that arrived. `fields` are those of a multipart form, each with all its values."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON, None when it is empty."""
        return json.loads(self.body) if self.body else None

    @property
    def fields(self) -> dict[str, list[bytes]]:
        """Return a multipart form's values by name."""
        head = f"Content-Type: {self.headers.get('content-type', '')}\r\n\r\n".encode()
        found: dict[str, list[bytes]] = {}
        for part in email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + self.body).iter_parts():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            if isinstance(name, str) and isinstance(content, bytes):
                found.setdefault(name, []).append(content)
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a JSON value, or bytes as they are."""

    status: int
    content: Any
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class Work:
    """One picture a service has accepted."""

    id: str
    body: Any
    looks: int = 0
    canceled: bool = False


@dataclass(slots=True)
class Mood:
    """How the service behaves. Plain settings, changed by a test before or between requests."""

    looks: int = 1
    """How often work is still under way when asked about."""
    refuse: str = ""
    """`before`: declines the request; `after`: takes it and declines the picture."""
    status: int = 0
    """Answers requests with this status instead of doing anything …"""
    times: int = 10**9
    """… this many times."""
    garbage: bool = False
    """Answers 200 with something that is no JSON."""
    pictures: str = "good"
    """`good`, `cut` (half the bytes), `cut once`, `gone` (404)."""
    spoilt: bool = False
    """The work fails at the service."""
    elsewhere: str = ""
    """Base of the addresses it tells callers to poll; its own by default."""


class Dialect(ABC):
    """One service's shapes, as documented. Subclass it beside your engine's test."""

    reason = "The picture was declined by the content policy."
    """What a refusal says; the customer must read it."""

    @abstractmethod
    def key_of(self, call: Call) -> str | None:
        """Return the key a request carries, without its scheme."""

    @abstractmethod
    def answer(self, call: Call, stub: "Stub") -> Answer:
        """Answer a request that carries the right key; obey `stub.mood` in what it says about refusals and looks."""

    def problem(self, status: int, message: str) -> Answer:
        """Return an error in the service's shape."""
        return Answer(status, {"error": {"message": message}})


class Stub:
    """A running stub: what it was asked, what it was given to do, and its mood."""

    def __init__(self, dialect: Dialect, picture: bytes) -> None:
        self.dialect, self.picture = dialect, picture
        self.mood = Mood()
        self.calls: list[Call] = []
        self.answers: list[tuple[Call, Answer]] = []
        self.work: dict[str, Work] = {}
        self.downloads = 0
        self.url = ""
        self._accepted = 0
        self._keys: dict[str, str] = {}
        self._lock = threading.Lock()

    @property
    def elsewhere(self) -> str:
        """Base of the addresses it gives out for polling."""
        return self.mood.elsewhere or self.url

    def accept(self, call: Call, key: str | None = None) -> Work:
        """Take on work and give it an id; the same for the same `key`, of a service that has such keys."""
        if key is not None and key in self._keys:
            return self.work[self._keys[key]]
        self._accepted += 1
        work = Work(f"work-{self._accepted:04d}", call.json() if call.body[:1] == b"{" else None)
        self.work[work.id] = work
        if key is not None:
            self._keys[key] = work.id
        return work

    def look(self, id: str) -> Work | None:
        """Count one look at a piece of work; None when there is none of this id."""
        work = self.work.get(id)
        if work is not None:
            work.looks += 1
        return work

    def done(self, work: Work) -> bool:
        """Say whether a piece of work is finished by now."""
        return work.looks > self.mood.looks

    def file_url(self, work: Work | None = None) -> str:
        """Return the address of a finished picture."""
        return f"{self.url}/files/{work.id if work else 'one'}.png?signature=abc"

    def file(self) -> bytes:
        """Return the bytes of a finished picture."""
        if self.mood.pictures == "cut" or (self.mood.pictures == "cut once" and self.downloads < 2):
            return self.picture[: len(self.picture) // 2]
        return self.picture

    def respond(self, call: Call) -> Answer:
        """Answer one request."""
        with self._lock:
            if call.path.startswith("/files/"):
                self.downloads += 1
                if self.mood.pictures == "gone":
                    return Answer(404, b"gone")
                return Answer(200, self.file(), {"Content-Type": "image/png"})
            self.calls.append(call)
            answer = self._api(call)
            self.answers.append((call, answer))
            return answer

    def _api(self, call: Call) -> Answer:
        mood, key = self.mood, self.dialect.key_of(call)
        if key != KEY:
            return self.dialect.problem(401, f"The key {key} is not valid.")
        if mood.status and mood.times > 0:
            mood.times -= 1
            answer = self.dialect.problem(mood.status, f"Status {mood.status} for key {key}.")
            waits = {"Retry-After": str(RETRY_AFTER_S)} if mood.status == 429 else {}
            return Answer(answer.status, answer.content, {**answer.headers, **waits})
        if mood.garbage:
            return Answer(200, b'{"id": "wor', {"Content-Type": "application/json"})
        return self.dialect.answer(call, self)


@contextmanager
def serve(dialect: Dialect, picture: bytes) -> Generator[Stub]:
    """Serve a dialect on a free loopback port for the length of a `with` block.

    Args:
        picture: the file that every finished piece of work has.
    """
    stub = Stub(dialect, picture)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            path, _, query = self.path.partition("?")
            answer = stub.respond(Call(self.command, path, query, headers, self.rfile.read(size)))
            raw = answer.content
            content = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
            kind = {} if isinstance(raw, bytes) else {"Content-Type": "application/json"}
            self.send_response(answer.status)
            for name, value in {**kind, **answer.headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _handle

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
