"""A corpus of URLs made to reach what they must not. Each is refused, and none makes us open a single connection."""

# ruff: noqa: E501

import asyncio
import socket

import pytest

from castlist.domain.errors import InputImageRejected
from castlist.net.backend import GuardedBackend
from castlist.net.fetch import fetch
from castlist.net.guard import FetchPolicy

HOSTS = {
    "loopback": ["127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.255", "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]"],
    "unspecified": ["0.0.0.0", "0.1.2.3", "[::]", "[0:0:0:0:0:0:0:0]"],
    "private": ["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"],
    "private IPv6": ["[fc00::1]", "[fd00::1]", "[fd12:3456:789a:1::1]", "[fec0::1]"],
    "metadata": [
        "169.254.169.254", "169.254.170.2", "169.254.169.123", "100.100.100.200", "192.0.0.192", "168.63.129.16",
        "[fd00:ec2::254]", "[fd20:ce::254]", "[fe80::a9fe:a9fe]", "metadata.google.internal", "metadata",
        "instance-data.ec2.internal", "metadata.tencentyun.internal",
    ],
    "link-local, shared, special": [
        "169.254.0.1", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.0.8", "192.88.99.1", "198.18.0.1",
        "198.19.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.31.196.1", "192.52.193.1", "192.175.48.1",
        "[fe80::1]", "[100::1]", "[2001:db8::1]", "[3fff::1]", "[5f00::1]", "[2001:2::1]", "[2001:10::1]",
    ],
    "multicast, reserved": [
        "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "[ff02::1]", "[ff0e::1]", "[4000::1]",
    ],
    "decimal, hex, octal": [
        "2130706433", "0x7f000001", "0X7F000001", "017700000001", "0x7f.0.0.1", "0x7f.0x0.0x0.0x1", "0177.0.0.1",
        "0177.0000.0000.0001", "00000177.0.0.1", "127.0x1", "0x7f.1", "0177.1", "127.1", "127.0.1", "127.65535", "0",
        "00", "0x0", "0x", "0.0", "0x.0x.0x.0x", "4294967295", "4294967296", "6442450945", "2852039166", "0xa9fea9fe",
        "0xa9.0xfe.0xa9.0xfe", "0251.0376.0251.0376", "169.16689662", "3232235521", "0xc0a80001", "0300.0250.0.1",
        "167772161", "0x0a000001", "012.0.0.1", "010.0.0.1", "127.0.0.0x1", "127.0.0.01", "127.00.0.1", "1.1.1",
        "8.8.8.8.8", "256.256.256.256", "127.0.0.1.", "2130706433.", "0x7f000001.", "127.0.0.1..", "127..0.0.1",
        ".127.0.0.1", "-127.0.0.1", "+127.0.0.1", "127.0.0.1e0", "1e9", "0b1111111", "0o177.0.0.1", "０x7f.1",
    ],
    "IPv4 inside IPv6": [
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::FFFF:A9FE:A9FE]", "[::127.0.0.1]",
        "[::7f00:1]", "[::ffff:0:127.0.0.1]", "[::ffff:0:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::10.0.0.1]", "[64:ff9b:1:fffe::a00:1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2002:c0a8:1::1]",
        "[2001:0:7f00:1::1]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[2001::1]", "[2a00:1450::5efe:127.0.0.1]",
        "[2a00:1450::200:5efe:a00:1]", "[fe80::5efe:192.168.0.1]", "[::ffff:8.8.8.8]", "[64:ff9b::8.8.8.8]",
    ],
    "broken IPv6": [
        "[::1%25eth0]", "[fe80::1%eth0]", "[::1", "::1]", "::1", "[::1]x", "x[::1]", "[[::1]]", "[]", "[:]", "[::g]",
        "[127.0.0.1]", "[v1.fe80::1]", "[::ffff:127.0.0.1.]", "[::ffff:0177.0.0.1]", "[::ffff:2130706433]",
        "[::ffff:127.1]", "[1::2::3]", "[12345::]", "[::１]",
    ],
    "other scripts": [
        "１２７.０.０.１", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "①②⑦.⓪.⓪.①", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "𝟙𝟚𝟟.𝟘.𝟘.𝟙", "²130706433",
        "0ｘ7f000001", "ｌｏｃａｌｈｏｓｔ", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ℓocalhost", "loc\u00adalhost", "loc\u200balhost", "١٢٧.٠.٠.١",
        "127\u2024" "0\u20240\u20241", "localho\u017ft", "ⅼocalhost", "127.0.0.①", "xn--0.0.0.0", "169。254。169。254",
        "１６９.２５４.１６９.２５４", "［::1］", "127.0.0.1／", "example.com＠127.0.0.1", "ｅxample.com：80＠127.0.0.1",
    ],
    "percent-encoded": [
        "127%2e0%2e0%2e1", "%31%32%37.0.0.1", "%6cocalhost", "%6c%6f%63%61%6c%68%6f%73%74", "127.0.0.1%00",
        "127.0.0.1%2f", "example.com%40127.0.0.1", "127.0.0.1%23.example.com", "%5b::1%5d", "127%E3%80%820.0.1",
        "localhost%00.example.com", "%2531%2532%2537.0.0.1", "example.com%00@127.0.0.1",
    ],
    "local names": [
        "localhost", "LOCALHOST", "localhost.", "localhost..", "foo.localhost", "localhost.localdomain", "ip6-localhost",
        "ip6-loopback", "broadcasthost", "intranet", "router", "printer.local", "nas.lan", "wiki.corp", "db.internal",
        "kubernetes.default.svc", "api.default.svc.cluster.local", "host.docker.internal", "consul.service.consul",
        "router.home", "fritz.box.home.arpa", "x.private", "hidden.onion", "1.0.0.127.in-addr.arpa", "a.test", "b.invalid",
    ],
    "names that resolve to us": [
        "rebind.example.com", "127.0.0.1.nip.example.com", "mixed.example.com", "mixed6.example.com", "mapped.example.com",
        "nat64.example.com", "metadata.example.com", "zero.example.com", "scoped.example.com", "odd.example.com",
        "short.example.com", "nothing.example.com", "last.example.com", "xn--mgbh0fb.example.com", "rebind.example.com.",
    ],
    "no names": [
        "", ".", "..", "a..b", "-a.example.com", "a-.example.com", "exa mple.com", "example.com.-", "*", "*.example.com",
        "a" * 64 + ".example.com", ".".join(["a" * 60] * 5), "exam,ple.com", "example.com;127.0.0.1", "a\\b.example.com",
        "example.com'", "exa\"mple.com", "<example.com>", "example.com|127.0.0.1", "$(id).example.com", "~", "!example.com",
        "xn--.example.com", "\u202eexample.com", "exam\u0000ple.com", "example.com,127.0.0.1", "a=b",
    ],
}  # fmt: skip

URLS = {
    "credentials": [
        "http://user@{host}/", "http://user:pass@{host}/", "http://:@{host}/", "http://@{host}/",
        "http://example.com@{host}/", "http://example.com:80@{host}/", "http://{host}@example.com/",
        "http://example.com%2f@{host}/", "http://a@b@{host}/", "http://example.com&@{host}#@example.com/",
        "http://{host}:x@example.com/", "http://1.1.1.1 &@{host}# @3.3.3.3/",
    ],
    "backslashes, blanks and controls": [
        "http://example.com\\@{host}/", "http:\\\\{host}\\", "http://{host}\\.example.com/", "http:/\\{host}/",
        "http://example.com\t@{host}/", "http://{host}\r\nHost: example.com\r\n\r\n", "http://{host}/\r\nX: y", " http://{host}/",
        "http://{host}/ ", "\thttp://{host}/", "http://{host}/\u0000", "ht\ntp://{host}/", "http://exam\nple.com/",
        "http://{host}/a b", "http://example.com/a b", "http://example.com/a\\b", "http://example.com/\u00a0", "http://example.com/\u200b", "http://example.com/\u2028x",
        "http://example.com/\ud800", "http://example.com/\u001b[0m", "http://example.com/\u007f",
    ],
    "other schemes": [
        "file:///etc/passwd", "file://{host}/etc/passwd", "FILE:///etc/passwd", "ftp://{host}/a.png", "gopher://{host}:80/_x",
        "dict://{host}:11211/stats", "ldap://{host}/", "tftp://{host}/a", "sftp://{host}/a", "ws://{host}/", "wss://{host}/",
        "jar:http://{host}!/", "netdoc:///etc/passwd", "php://filter/resource=x", "javascript:alert(1)", "about:blank",
        "view-source:http://{host}/", "blob:http://{host}/x", "urn:isbn:1", "s3://bucket/a.png", "unix:///var/run/x.sock",
        "http+unix://%2Fvar%2Frun%2Fx.sock/", "url:http://{host}/", "feed:http://{host}/", "mailto:a@example.com",
        "data:image/png;base64,AAAA", "httpx://example.com/", "http2://example.com/", "hțtp://example.com/",
    ],
    "not a URL": [
        "", "/", "//{host}/", "///{host}/", "{host}", "{host}/a.png", "http:", "http:/", "http://", "http:///",
        "http:{host}", "http:/{host}/", "http:///{host}/", "http:////{host}/", "https:", "://{host}/", "?http://{host}/",
        "#", "http//{host}/", "http://?{host}", "http://#{host}", "http://:80/", "http://{host}:/", "../../etc/passwd",
    ],
    "ports": [
        "http://example.com:22/", "http://example.com:0/", "http://example.com:6379/", "http://example.com:65536/",
        "http://example.com:99999/", "http://example.com:-80/", "http://example.com:+80/", "http://example.com:8 0/",
        "http://example.com:80x/", "http://example.com:0x50/", "http://example.com:80:80/", "http://example.com:８０/",
        "http://example.com:000080/", "http://example.com:8080/", "http://example.com:/",
    ],
}  # fmt: skip

NAMES: dict[str, list[str] | list[list[str]]] = {
    "rebind.example.com": ["127.0.0.1"],
    "127.0.0.1.nip.example.com": ["127.0.0.1"],
    "mixed.example.com": ["93.184.216.34", "10.0.0.1"],
    "mixed6.example.com": ["2606:4700:4700::1111", "93.184.216.34", "::1"],
    "mapped.example.com": ["::ffff:127.0.0.1"],
    "nat64.example.com": ["64:ff9b::7f00:1"],
    "metadata.example.com": ["169.254.169.254"],
    "zero.example.com": ["0.0.0.0"],
    "scoped.example.com": ["fe80::1%eth0"],
    "odd.example.com": ["0x7f.0.0.1"],
    "short.example.com": ["127.1"],
    "xn--mgbh0fb.example.com": ["192.168.1.1"],
    "nothing.example.com": [],
    "last.example.com": [f"93.184.216.{n}" for n in range(40)] + ["127.0.0.1"],
    "*": ["93.184.216.34"],  # whatever is taken for an ordinary name does get a connection
}

BY_HOST = [(kind, f"http://{host}/a.png") for kind, hosts in HOSTS.items() for host in hosts]
BY_HOST += [(kind, f"https://{host}/") for kind, hosts in HOSTS.items() for host in hosts[:3]]
BY_SHAPE = [(kind, url.replace("{host}", "127.0.0.1")) for kind, urls in URLS.items() for url in urls]
CORPUS = BY_HOST + BY_SHAPE


def test_the_corpus_is_large_and_says_nothing_twice() -> None:
    urls = [url for _, url in CORPUS]
    assert len(urls) == len(set(urls)) >= 300


@pytest.mark.parametrize(("kind", "url"), CORPUS)
def test_every_hostile_url_is_refused_without_a_connection(kind: str, url: str, wire) -> None:
    wire.names.update(NAMES)
    with pytest.raises(InputImageRejected) as refusal:
        wire.fetch(url)
    assert wire.connects == [], kind
    message = refusal.value.message
    assert message.endswith(".")
    assert not any(address in message for answers in NAMES.values() for address in answers)


def test_the_corpus_is_refused_for_its_hosts_not_for_the_harness(wire) -> None:
    wire.names.update(NAMES)
    assert wire.fetch("http://example.com/a.png").data == b"ok"
    assert wire.connects == [("93.184.216.34", 80)]


def test_not_one_packet_reaches_a_listener_on_loopback(loopback, wire) -> None:
    """The same corpus with real sockets, aimed at the port of a real listener that every rule on ports lets through."""
    wire.names.update(NAMES | {"*": ["127.0.0.1"]})

    async def scenario() -> None:
        async with loopback(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as server:
            port = server.port
            policy = FetchPolicy(allow_ports=(80, 443, port), timeout_s=2)
            backend = GuardedBackend(policy, wire.resolver)
            aimed = [f"http://{host}:{port}/" for hosts in HOSTS.values() for host in hosts]
            aimed += [url.replace("127.0.0.1", f"127.0.0.1:{port}") for _, url in BY_SHAPE if "127.0.0.1" in url]
            for url in aimed:
                with pytest.raises(InputImageRejected):
                    await fetch(url, policy, backend=backend)
            assert server.accepted == 0
            opened = FetchPolicy(allow_ports=(port,), allow_networks=("127.0.0.0/8",))
            assert (await fetch(f"http://127.0.0.1:{port}/", opened)).data == b"ok"
            assert server.accepted == 1

    asyncio.run(scenario())


def test_the_operating_system_would_have_connected_for_some_of_them() -> None:
    """The odd spellings are no straw men: the C library takes them for loopback."""
    for host in ("2130706433", "0x7f000001", "017700000001", "127.1", "0x7f.1", "0177.0.0.1", "127.65535"):
        assert socket.inet_aton(host)[0] == 127
