"""The client of hosted services on real loopback sockets, with answers no well-behaved service sends."""

import asyncio
import gzip
import zlib

import pytest

from castlist.domain.wire import Auth, Reply, Request
from castlist.net import client as module
from castlist.net.client import Client, SendFailed
from castlist.net.guard import endpoint
from castlist.net.reach import Reach
from castlist.net.redact import redact
from castlist.testing.stub_service import Answer, Call, Dialect, Stub, serve

AUTH = Auth("Authorization", "KEY", "Bearer")


class Raw(Dialect):
    """Answers every request with the same thing, whatever the key."""

    def __init__(self, answer: Answer) -> None:
        self.said = answer

    def key_of(self, call: Call) -> str | None:
        from castlist.testing.stub_service import KEY

        return KEY

    def answer(self, call: Call, stub: Stub) -> Answer:
        return self.said


def send(url: str, *, key: str = "k", base: str | None = None, timeout_s: float = 5.0, method: str = "GET") -> Reply:
    async def once() -> Reply:
        async with Client.opened() as client:
            request = Request(method, url, auth=AUTH)
            return await client.send(request, {"KEY": key}, Reach(base or url), timeout_s=timeout_s)

    return asyncio.run(once())


def answered(answer: Answer) -> tuple[Reply, Stub]:
    with serve(Raw(answer), b"") as stub:
        return send(f"{stub.url}/x"), stub


def test_the_key_is_filled_in_on_the_way_out() -> None:
    reply, stub = answered(Answer(200, {"a": 1}))
    assert reply.json() == {"a": 1}
    assert stub.calls[0].headers["authorization"] == "Bearer k"
    assert "cookie" not in stub.calls[0].headers


def test_redirects_are_answers_and_never_followed() -> None:
    with serve(Raw(Answer(200, {})), b"") as trap:
        reply, _ = answered(Answer(302, b"", {"Location": trap.url}))
        assert reply.status == 302
        assert not trap.calls


def test_packed_answers_are_unpacked_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    reply, _ = answered(Answer(200, gzip.compress(b'{"a": 1}'), {"Content-Encoding": "gzip"}))
    assert reply.json() == {"a": 1}
    monkeypatch.setattr(module, "MAX_REPLY_BYTES", 100_000)
    for packed in (gzip.compress(b"0" * 10_000_000), zlib.compress(b"0" * 10_000_000)):
        with pytest.raises(SendFailed, match="larger"):
            answered(Answer(200, packed, {"Content-Encoding": "gzip"}))
    with pytest.raises(SendFailed, match="larger"):
        answered(Answer(200, b"0" * 200_000))
    with pytest.raises(SendFailed, match="compressed"):
        answered(Answer(200, b"?", {"Content-Encoding": "br"}))


@pytest.mark.parametrize("key", ["canary\nX-Injected: 1", "canary-é-ü", "canary\x00"])
def test_a_key_that_no_header_can_hold_is_not_shown(key: str) -> None:
    with serve(Raw(Answer(200, {})), b"") as stub, pytest.raises(SendFailed) as failure:
        send(f"{stub.url}/x", key=key)
    assert "canary" not in repr(failure.value)
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__
    assert not stub.calls


def test_nobody_there_means_that_nothing_was_sent() -> None:
    with serve(Raw(Answer(200, {})), b"") as stub:
        pass
    with pytest.raises(SendFailed) as failure:
        send(f"{stub.url}/x", method="POST")
    assert not failure.value.sent


def test_a_connection_that_breaks_off_may_have_carried_the_request() -> None:
    async def scenario(reply: bytes) -> None:
        async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(reply)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(rude, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
        async with server, Client.opened() as client:
            with pytest.raises(SendFailed) as failure:
                await client.send(Request("POST", url), {}, Reach(url), timeout_s=5)
        assert failure.value.sent

    for reply in (b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"):
        asyncio.run(scenario(reply))


def test_a_silent_service_is_given_up() -> None:
    async def scenario() -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
        async with server, Client.opened() as client:
            with pytest.raises(SendFailed, match="no answer") as failure:
                await client.send(Request("POST", url), {}, Reach(url), timeout_s=0.2)
        assert failure.value.sent

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("url", "covered"),
    [
        ("https://api.service.test/v1/jobs/1?x=y", True),
        ("https://API.service.test:443/", True),
        ("https://eu.friend.test/1", True),
        ("https://friend.test/1", True),
        ("http://api.service.test/", False),
        ("https://api.service.test:8443/", False),
        ("http://eu.friend.test/1", False),
        ("https://eu.friend.test:8443/1", False),
        ("https://notfriend.test/", False),
        ("https://friend.test.evil.test/", False),
        ("https://user@api.service.test/", False),
        ("https://evil.test/api.service.test", False),
        ("https://evil.test\\@api.service.test/", False),
        ("https://api.service.test /", False),
        ("//api.service.test/", False),
        ("https:///x", False),
        ("https://[", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_requests_stay_within_reach(url: str, covered: bool) -> None:
    assert Reach("https://api.service.test/v1", ("friend.test",)).covers(url) is covered


def test_nothing_out_of_reach_is_asked() -> None:
    with serve(Raw(Answer(200, {})), b"") as stub, pytest.raises(SendFailed) as failure:
        send(f"{stub.url}/x", base="https://elsewhere.test")
    assert not failure.value.sent
    assert not stub.calls


def test_redact_finds_a_secret_in_every_common_spelling() -> None:
    secret = "ab/cd+ef=gh-0123456789"
    text = f"plain {secret} quoted ab%2Fcd%2Bef%3Dgh-0123456789 base64 YWIvY2QrZWY9Z2gtMDEyMzQ1Njc4OQ=="
    assert redact(text, [secret, ""]) == "plain [secret] quoted [secret] base64 [secret]=="
    assert redact("a\tb\r\n\u2028c", []) == "a b c"
    assert redact("x" * 50, [], 10) == "xxxxxxxxx…"


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("http://127.0.0.1:8000/v1", ("127.0.0.1:8000",)),
        ("https://API.service.test", ("api.service.test:443",)),
        ("https://user@service.test", ()),
        ("service.test", ()),
    ],
)
def test_the_files_of_a_service_may_lie_at_its_own_host_and_port(url: str, entry: tuple[str, ...]) -> None:
    assert endpoint(url) == entry
