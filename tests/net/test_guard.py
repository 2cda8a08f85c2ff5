"""Good URLs pass in one spelling; what the operator opened, and only that, opens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.domain.errors import InputImageRejected
from castlist.net.guard import FetchPolicy, check_url

GOOD = {
    "https://example.com": "https://example.com/",
    "HTTPS://Example.COM/A.png": "https://example.com/A.png",
    "http://example.com:80/a": "http://example.com/a",
    "http://example.com:443/a": "http://example.com:443/a",
    "https://example.com:443/a?b=c&d=%20e#part": "https://example.com/a?b=c&d=%20e",
    "https://example.com?x=1": "https://example.com/?x=1",
    "https://example.com./a.png": "https://example.com/a.png",
    "https://bücher.example.com/käse.jpg": "https://xn--bcher-kva.example.com/k%C3%A4se.jpg",
    "https://ＥＸＡＭＰＬＥ.com/": "https://example.com/",
    "https://a-b.c_d.example.co.uk/x": "https://a-b.c_d.example.co.uk/x",
    "https://8.8.8.8/a.png": "https://8.8.8.8/a.png",
    "https://[2606:4700:4700:0::1111]/a": "https://[2606:4700:4700::1111]/a",
    'https://example.com/a{b}|c^`"<>': "https://example.com/a%7Bb%7D%7Cc%5E%60%22%3C%3E",
    "https://example.com/@user:pass/../x": "https://example.com/@user:pass/../x",
    "https://example.com//double//slash": "https://example.com//double//slash",
    "https://1password.com/": "https://1password.com/",
    "https://0x7f.example.com/": "https://0x7f.example.com/",
    "https://127.0.0.1.example.com/": "https://127.0.0.1.example.com/",
}


@pytest.mark.parametrize(("url", "canonical"), GOOD.items())
def test_good_urls_pass_in_one_spelling(url: str, canonical: str) -> None:
    target = check_url(url, FetchPolicy())
    assert target.url == canonical
    assert check_url(canonical, FetchPolicy()) == target


@given(st.text(max_size=60))
def test_the_path_is_always_plain_ascii_on_the_host_that_was_asked_for(tail: str) -> None:
    try:
        target = check_url(f"https://example.com/{tail}", FetchPolicy())
    except InputImageRejected:
        return
    assert target.host == "example.com"
    assert target.path.isascii()
    assert target.path.isprintable()
    assert " " not in target.path


def test_a_url_may_be_long_but_not_endless() -> None:
    assert len(check_url("https://example.com/" + "a" * 8172, FetchPolicy()).url) == 8192
    with pytest.raises(InputImageRejected, match="8,192"):
        check_url("https://example.com/" + "a" * 8173, FetchPolicy())


def test_an_opened_port_is_open_on_every_host() -> None:
    policy = FetchPolicy(allow_ports=(80, 443, 8080))
    assert check_url("http://example.com:8080/", policy).port == 8080
    with pytest.raises(InputImageRejected, match="port 8081; allowed are 80 and 443 and 8080"):
        check_url("http://example.com:8081/", policy)


def test_a_listed_host_may_be_local_and_its_port_is_its_own() -> None:
    policy = FetchPolicy(allow_hosts=("NAS", "pictures.lan:8080", "assets.local."))
    assert check_url("http://nas/a.png", policy).host == "nas"
    assert check_url("http://pictures.lan:8080/a.png", policy).port == 8080
    assert check_url("http://ASSETS.local/a.png", policy).host == "assets.local"
    for url in (
        "http://nas:8080/",
        "http://pictures.lan/",
        "http://pictures.lan:80/",
        "http://nas2/",
        "http://x.local/",
    ):
        with pytest.raises(InputImageRejected):
            check_url(url, policy)


def test_an_opened_network_opens_its_literal_addresses() -> None:
    policy = FetchPolicy(allow_networks=("192.168.0.0/16", "::1"))
    assert check_url("http://192.168.1.5/a.png", policy).host == "192.168.1.5"
    assert check_url("http://[0::1]/a.png", policy).authority == "[::1]"
    for url in ("http://10.0.0.1/", "http://0300.0250.1.5/", "http://[::ffff:192.168.1.5]/", "http://[::2]/"):
        with pytest.raises(InputImageRejected):
            check_url(url, policy)


def test_an_ipv6_address_is_opened_by_its_network_and_never_as_a_host() -> None:
    for entry in ("fd00::1", "fd00::1:80", "[fd00::1]"):
        with pytest.raises(InputImageRejected, match="not public"):
            check_url("http://[fd00::1]/", FetchPolicy(allow_hosts=(entry,)))


def test_credentials_are_named_as_the_reason() -> None:
    with pytest.raises(InputImageRejected, match="user name or password"):
        check_url("https://user:secret@example.com/", FetchPolicy())


def test_a_network_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"192\.168\.0\.0/33"):
        FetchPolicy(allow_networks=("192.168.0.0/33",))
