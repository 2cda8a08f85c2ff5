"""The fetcher connects to what was checked, follows little, reads no more than allowed and tells no secrets."""

import asyncio
import gzip
import zlib

import httpcore2
import pytest

from castlist.domain.errors import InputImageRejected
from castlist.net.backend import MAX_TRIES, GuardedBackend, SystemResolver
from castlist.net.fetch import fetch
from castlist.net.guard import FetchPolicy

OK = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 4\r\n\r\n\x89PNG"
NAME = "pictures.example.com"
PUBLIC, OTHER = "93.184.216.34", "1.1.1.1"


def redirect(to: str, status: int = 302, extra: str = "") -> bytes:
    return f"HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n{extra}\r\n".encode()


# What arrives


def test_the_bytes_arrive_with_the_senders_type_and_the_final_address(fetch_from) -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Type: Image/PNG; charset=x\r\nContent-Length: 4\r\n\r\n\x89PNG"
    fetched, server = fetch_from(reply)
    assert (fetched.data, fetched.content_type) == (b"\x89PNG", "image/png")
    assert fetched.final_url == f"http://127.0.0.1:{server.port}/picture"


def test_a_body_without_length_or_in_chunks_arrives_whole(fetch_from) -> None:
    assert fetch_from(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000)[0].data == b"x" * 100_000
    assert (
        fetch_from(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")[0].data
        == b"abcde"
    )
    assert fetch_from(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")[0].content_type is None


def test_the_request_carries_nothing_about_us(fetch_from) -> None:
    _, server = fetch_from(OK, url="http://127.0.0.1:{port}/käse?x=1#secret")
    lines = server.requests[0].decode().split("\r\n")
    assert lines[0] == "GET /k%C3%A4se?x=1 HTTP/1.1"
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    assert set(headers) == {"host", "user-agent", "accept", "accept-encoding", "connection"}
    assert headers["host"] == f"127.0.0.1:{server.port}"
    assert headers["accept-encoding"] == "identity"


def test_proxies_in_the_environment_are_ignored(fetch_from, monkeypatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch_from(OK)[0].data == b"\x89PNG"


# Names and addresses


def test_the_connection_goes_to_the_checked_address_while_tls_and_host_keep_the_name(wire) -> None:
    wire.names[NAME] = [PUBLIC]
    wire.fetch(f"https://{NAME}/a.png")
    assert wire.connects == [(PUBLIC, 443)]
    assert wire.tls_names == [NAME]
    assert f"Host: {NAME}\r\n".encode() in b"".join(wire.sent)


def test_a_name_that_changes_its_mind_between_two_requests_is_refused_at_the_second(wire) -> None:
    wire.names[NAME] = [[PUBLIC], ["127.0.0.1"]]
    wire.replies = [redirect("/again")]
    with pytest.raises(InputImageRejected, match="not public"):
        wire.fetch(f"http://{NAME}/a.png")
    assert wire.connects == [(PUBLIC, 80)]


def test_a_name_is_asked_for_once_per_connection_and_the_checked_answer_is_used(wire) -> None:
    wire.names[NAME] = [[PUBLIC], ["127.0.0.1"]]
    assert wire.fetch(f"http://{NAME}/a.png").data == b"ok"
    assert wire.resolver.asked == [NAME]
    assert wire.connects == [(PUBLIC, 80)]


@pytest.mark.parametrize(
    "answers", [[PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC], [PUBLIC, "::1"], [PUBLIC, "fe80::1%2"]]
)
def test_one_forbidden_answer_condemns_the_name(wire, answers: list[str]) -> None:
    wire.names[NAME] = answers
    with pytest.raises(InputImageRejected, match="not public") as refusal:
        wire.fetch(f"http://{NAME}/a.png")
    assert wire.connects == []
    assert "10.0" not in refusal.value.message


def test_a_dead_address_leaves_the_next_one_its_chance_but_not_without_end(wire) -> None:
    answers = [f"93.184.216.{n}" for n in range(30)]
    wire.names[NAME] = answers
    wire.dead = set(answers[:2])
    assert wire.fetch(f"http://{NAME}/").data == b"ok"
    assert wire.connects == [(address, 80) for address in answers[:3]]
    wire.dead = set(answers)
    with pytest.raises(InputImageRejected, match="could not be reached"):
        wire.fetch(f"http://{NAME}/")
    assert len(wire.connects) == 3 + MAX_TRIES


def test_a_name_nobody_knows_and_a_port_nobody_listens_on_are_told_apart(wire, fetch_from, loopback) -> None:
    with pytest.raises(InputImageRejected, match="could not be found"):
        wire.fetch("http://unknown.example.com/")
    wire.names["empty.example.com"] = []
    with pytest.raises(InputImageRejected, match="could not be found"):
        wire.fetch("http://empty.example.com/")

    async def closed_port() -> int:
        async with loopback() as server:
            return server.port

    port = asyncio.run(closed_port())
    with pytest.raises(InputImageRejected, match="could not be reached"):
        asyncio.run(fetch(f"http://127.0.0.1:{port}/", FetchPolicy(allow_networks=("127.0.0.1",), allow_ports=(port,))))


def test_a_listed_host_may_resolve_to_a_private_address_but_not_to_the_metadata_service(wire) -> None:
    policy = FetchPolicy(allow_hosts=("nas.lan",))
    wire.names["nas.lan"] = [["192.168.1.7"], ["169.254.169.254"]]
    assert wire.fetch("http://nas.lan/a.png", policy).data == b"ok"
    with pytest.raises(InputImageRejected, match="not public"):
        wire.fetch("http://nas.lan/a.png", policy)
    assert wire.connects == [("192.168.1.7", 80)]


def test_the_systems_resolver_reads_local_names_and_they_are_refused(wire) -> None:
    assert set(asyncio.run(SystemResolver().resolve("localhost", 80))) <= {"127.0.0.1", "::1"}
    policy = FetchPolicy()
    with pytest.raises(InputImageRejected, match="not public"):
        asyncio.run(GuardedBackend(policy, inner=wire).connect_tcp("localhost", 80))
    with pytest.raises(InputImageRejected):
        asyncio.run(GuardedBackend(policy, inner=wire).connect_unix_socket("/var/run/x.sock"))
    assert wire.connects == []


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_three_redirects_are_followed(wire, status: int) -> None:
    wire.names |= {NAME: [PUBLIC], "cdn.example.net": [OTHER]}
    wire.replies = [redirect("/b?c=d", status), redirect("//cdn.example.net/e", status), redirect("f", status), OK]
    fetched = wire.fetch(f"http://{NAME}/a")
    assert (fetched.data, fetched.final_url) == (b"\x89PNG", "http://cdn.example.net/f")
    assert wire.connects == [(PUBLIC, 80), (PUBLIC, 80), (OTHER, 80), (OTHER, 80)]
    assert b"GET /b?c=d " in wire.sent[1]
    assert b"Host: cdn.example.net\r\n" in wire.sent[2]


def test_a_fourth_redirect_is_not_followed(fetch_from, wire) -> None:
    with pytest.raises(InputImageRejected, match="more than 3 times"):
        fetch_from(redirect("/round"))
    wire.names[NAME] = [PUBLIC]
    wire.replies = [redirect("/on")] * 4
    with pytest.raises(InputImageRejected, match="more than 3 times"):
        wire.fetch(f"http://{NAME}/")
    assert len(wire.connects) == 4


def test_no_cookie_comes_back(fetch_from) -> None:
    _, server = fetch_from(redirect("/b", extra="Set-Cookie: a=b\r\n"), OK)
    assert len(server.requests) == 2
    assert b"cookie" not in server.requests[1].lower()


FORBIDDEN_HOPS = [
    "http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://0x7f.1/", "http://localhost/",
    "//127.0.0.1/", "//2130706433/", "http://inner.example.com/", "https://inner.example.com/", "http://user:pw@example.com/",
    "file:///etc/passwd", "gopher://example.com/", "data:image/png;base64,AAAA", "ftp://example.com/a", "javascript:1",
    "http://example.com:22/", "http://exa mple.com/", "http://example.com\\@127.0.0.1/", "\\\\127.0.0.1\\a", "/a\tb",
    "http://[::1", "http://[fe80::1%25x]/", "http://1２7.0.0.1/", "https://", "http:///", "/\\127.0.0.1/", "/\x7f", "http://%6c/",
]  # fmt: skip


@pytest.mark.parametrize("location", FORBIDDEN_HOPS)
def test_a_redirect_is_checked_as_strictly_as_the_first_url(wire, location: str) -> None:
    wire.names |= {NAME: [PUBLIC], "inner.example.com": ["10.1.2.3"], "*": [OTHER]}
    wire.replies = [redirect(location)]
    with pytest.raises(InputImageRejected):
        wire.fetch(f"http://{NAME}/")
    assert wire.connects == [(PUBLIC, 80)]


def test_a_redirect_from_https_to_http_is_refused_and_the_other_way_is_fine(wire) -> None:
    wire.names["*"] = [PUBLIC]
    wire.replies = [redirect(f"http://{NAME}/b")]
    with pytest.raises(InputImageRejected, match="from https to http"):
        wire.fetch(f"https://{NAME}/a")
    assert wire.connects == [(PUBLIC, 443)]
    wire.replies = [redirect(f"https://{NAME}/b"), OK]
    assert wire.fetch(f"http://{NAME}/a").final_url == f"https://{NAME}/b"


def test_an_opened_host_may_not_lead_into_the_network_behind_it(wire, loopback) -> None:
    """Real sockets: the first hop is opened by name, the second listens beside it and is not."""

    async def scenario() -> None:
        async with loopback(OK) as inner, loopback(redirect(f"http://127.0.0.1:{inner.port}/")) as outer:
            wire.names["pictures.lan"] = ["127.0.0.1"]
            policy = FetchPolicy(allow_hosts=(f"pictures.lan:{outer.port}",), allow_ports=(80, 443, inner.port))
            with pytest.raises(InputImageRejected, match="not public"):
                await fetch(f"http://pictures.lan:{outer.port}/", policy, backend=GuardedBackend(policy, wire.resolver))
            assert (outer.accepted, inner.accepted) == (1, 0)

    asyncio.run(scenario())


@pytest.mark.parametrize("reply", [b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", redirect("")])
def test_a_redirect_to_nowhere_is_refused(wire, reply: bytes) -> None:
    wire.names["*"] = [PUBLIC]
    wire.replies = [reply] * 5
    with pytest.raises(InputImageRejected):
        wire.fetch(f"http://{NAME}/")


# Size and time


def test_a_body_larger_than_the_cap_is_refused_by_its_announcement(fetch_from) -> None:
    with pytest.raises(InputImageRejected, match=r"larger than 0\.001 MB"):
        fetch_from(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", max_bytes=1000)
    assert (
        len(fetch_from(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000, max_bytes=1000)[0].data)
        == 1000
    )


def test_a_body_without_announcement_is_cut_at_the_cap(fetch_from) -> None:
    sent = 0

    async def endless(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            sent += 65536
            await writer.drain()

    with pytest.raises(InputImageRejected, match="larger than 1 MB"):
        fetch_from(endless, max_bytes=1_000_000)
    assert sent < 30_000_000  # what the sockets' buffers hold, not what the sender would have sent


def test_a_slow_drip_ends_at_the_deadline(fetch_from) -> None:
    async def drip(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    with pytest.raises(InputImageRejected, match=r"within 0\.2 seconds"):
        fetch_from(drip, timeout_s=0.2)


def test_slow_headers_and_endless_interim_answers_end_at_the_deadline(fetch_from) -> None:
    async def interim(request: bytes, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    async def silent(request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3600)

    for reply in (interim, silent):
        with pytest.raises(InputImageRejected, match="within"):
            fetch_from(reply, timeout_s=0.2)


def test_redirects_share_one_deadline(fetch_from) -> None:
    async def late(request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)
        writer.write(redirect("/again"))

    with pytest.raises(InputImageRejected, match="within"):
        fetch_from(late, timeout_s=0.3, max_redirects=100)


def test_a_name_server_or_address_that_never_answers_ends_at_the_deadline(wire) -> None:
    class Silent:
        async def resolve(self, host: str, port: int) -> list[str]:
            await asyncio.sleep(3600)
            return []

    policy = FetchPolicy(timeout_s=0.1)
    with pytest.raises(InputImageRejected, match="within"):
        asyncio.run(fetch(f"http://{NAME}/", policy, backend=GuardedBackend(policy, Silent(), wire)))
    wire.names[NAME] = [PUBLIC]
    wire.silent = {PUBLIC}
    with pytest.raises(InputImageRejected, match="within"):
        wire.fetch(f"http://{NAME}/", policy)


def test_cancelling_the_caller_is_not_mistaken_for_the_deadline(wire) -> None:
    wire.names[NAME] = [PUBLIC]
    wire.silent = {PUBLIC}

    async def scenario() -> None:
        policy = FetchPolicy()
        task = asyncio.create_task(
            fetch(f"http://{NAME}/", policy, backend=GuardedBackend(policy, wire.resolver, wire))
        )
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scenario())


# Wrong answers


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "x-gzip", "identity, gzip", "GZIP"])
def test_a_compressed_body_is_refused_unread(fetch_from, coding: str) -> None:
    body = gzip.compress(bytes(50_000_000)) if "gzip" in coding.lower() else zlib.compress(bytes(1000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with pytest.raises(InputImageRejected, match="compressed"):
        fetch_from(head + body)


def test_two_headers_cannot_hide_a_compressed_body(fetch_from) -> None:
    with pytest.raises(InputImageRejected, match="compressed"):
        fetch_from(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"
        )
    assert fetch_from(b"HTTP/1.1 200 OK\r\nContent-Encoding: Identity\r\nContent-Length: 1\r\n\r\nx")[0].data == b"x"


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 400, 401, 403, 404, 410, 429, 500, 503])
def test_any_other_status_is_named(fetch_from, status: int) -> None:
    with pytest.raises(InputImageRejected, match=f"status {status}"):
        fetch_from(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())


def test_an_empty_body_is_refused(fetch_from) -> None:
    with pytest.raises(InputImageRejected, match="nothing"):
        fetch_from(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000,
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
    ],
)
def test_a_broken_answer_is_refused_in_one_sentence(fetch_from, reply: bytes) -> None:
    with pytest.raises(InputImageRejected) as refusal:
        fetch_from(reply)
    message = refusal.value.message
    assert message.startswith("The ")
    assert "127.0.0.1" not in message
    assert refusal.value.__cause__ is None


def test_a_server_that_answers_tls_in_plain_text_is_refused(wire, loopback) -> None:
    async def scenario() -> None:
        async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(OK)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(plain, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            policy = FetchPolicy(allow_networks=("127.0.0.1",), allow_ports=(port,))
            await fetch(f"https://127.0.0.1:{port}/", policy)

    with pytest.raises(InputImageRejected, match="could not be reached over TLS"):
        asyncio.run(scenario())


def test_a_connection_that_breaks_is_no_fault_of_the_server(wire) -> None:
    class Broken(httpcore2.AsyncNetworkBackend):
        async def connect_tcp(self, *args, **kwargs) -> httpcore2.AsyncNetworkStream:
            raise httpcore2.ReadError("reset by 10.0.0.1")

    policy = FetchPolicy()
    wire.names[NAME] = [PUBLIC]
    with pytest.raises(InputImageRejected, match="broke off"):
        asyncio.run(fetch(f"http://{NAME}/", policy, backend=GuardedBackend(policy, wire.resolver, Broken())))
