"""Signed links: good until they expire, worthless when touched."""

from urllib.parse import parse_qs, urlsplit

from hypothesis import assume, given
from hypothesis import strategies as st

from castlist.domain.links import FILES_PATH, LinkState, check, file_of, signed_url

SECRET = b"secret"
FILE = "ab12.png"
EXPIRES_MS = 1_795_000_000_000


def parts(url: str) -> tuple[str, str, str]:
    split = urlsplit(url)
    query = parse_qs(split.query)
    return split.path.removeprefix(FILES_PATH), query["expires"][0], query["signature"][0]


def test_a_link_is_good_until_it_expires() -> None:
    file, expires, signature = parts(signed_url("https://images.test/", FILE, EXPIRES_MS, SECRET))
    assert file == FILE
    assert check(file, expires, signature, secret=SECRET, now_ms=EXPIRES_MS - 1) is LinkState.GOOD
    assert check(file, expires, signature, secret=SECRET, now_ms=EXPIRES_MS) is LinkState.EXPIRED
    assert check(file, expires, signature, secret=b"another", now_ms=0) is LinkState.FORGED


@given(file=st.text(max_size=20), expires=st.text(max_size=14), signature=st.text(max_size=50))
def test_nothing_else_passes(file: str, expires: str, signature: str) -> None:
    good = parts(signed_url("https://images.test", FILE, EXPIRES_MS, SECRET))
    assume((file, expires, signature) != good)
    for attempt in ((file, expires, signature), (file, *good[1:]), (good[0], expires, good[2]), (*good[:2], signature)):
        if attempt != good:
            assert check(*attempt, secret=SECRET, now_ms=0) is LinkState.FORGED


def test_our_own_links_are_recognised_wherever_they_are_served() -> None:
    for base in ("https://images.test", "http://127.0.0.1:8000"):
        url = signed_url(base, FILE, EXPIRES_MS, SECRET)
        assert file_of(url, secret=SECRET, now_ms=0) == (FILE, LinkState.GOOD)
        assert file_of(url, secret=SECRET, now_ms=EXPIRES_MS) == (FILE, LinkState.EXPIRED)
        assert file_of(url, secret=b"another", now_ms=0) is None


@given(st.text(max_size=60))
def test_other_urls_are_not_ours(url: str) -> None:
    assert file_of(url, secret=SECRET, now_ms=0) is None
    assert file_of(f"https://images.test{FILES_PATH}{url}", secret=SECRET, now_ms=0) is None
