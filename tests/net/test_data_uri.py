"""`data:` URIs: both encodings, judged by size before they are decoded."""

import base64
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.domain.errors import InputImageRejected
from castlist.net.fetch import decode_data_uri

BODY = b"\x89PNG\r\n\x1a\n\x00\xff"
PLAIN = base64.b64encode(BODY).decode()


@pytest.mark.parametrize(
    "uri",
    [
        f"data:image/png;base64,{PLAIN}",
        f"DATA:Image/PNG;Base64,{PLAIN}",
        f"data:image/png;charset=utf-8;base64,{PLAIN}",
        f"data:image/png; base64,{PLAIN}",
        f"data:image/png;base64,{PLAIN.rstrip('=')}",
        f"data:image/png;base64,{PLAIN[:5]}\r\n {PLAIN[5:]}\n",
        f"data:image/png;base64,{PLAIN.replace('=', '%3D').replace('+', '%2B').replace('/', '%2f')}",
        f"data:image/png,{quote_from_bytes(BODY)}",
        "data:image/png," + "".join(f"%{byte:02x}" for byte in BODY),
    ],
)
def test_every_usual_spelling_is_read(uri: str) -> None:
    fetched = decode_data_uri(uri, 100)
    assert (fetched.data, fetched.content_type, fetched.final_url) == (BODY, "image/png", "data:")


@given(st.binary(min_size=1, max_size=300), st.booleans())
def test_what_goes_in_comes_out(body: bytes, as_base64: bool) -> None:
    payload = f";base64,{base64.b64encode(body).decode()}" if as_base64 else f",{quote_from_bytes(body, safe='')}"
    assert decode_data_uri(f"data:image/webp{payload}", 300).data == body


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("", "must be"),
        ("http://example.com/a.png", "must be"),
        ("data:", "malformed"),
        ("data:image/png", "malformed"),
        ("data:image/png;base64", "malformed"),
        ("data:" + "a" * 1000 + ",x", "malformed"),
        (f"data:;base64,{PLAIN}", "must say image/png"),
        (f"data:base64,{PLAIN}", "must say image/png"),
        (f"data:text/html;base64,{PLAIN}", "must say image/png"),
        ("data:image/svg+xml,<svg/>", "must say image/png"),
        ("data:image/png;base64,", "holds nothing"),
        ("data:image/png,", "holds nothing"),
        ("data:image/png;base64,%%%", "not valid base64"),
        ("data:image/png;base64,AAAAA", "not valid base64"),
        ("data:image/png;base64,AA=A", "not valid base64"),
        ("data:image/png;base64,AA_-", "not valid base64"),
        ("data:image/png;base64,ＡＡＡＡ", "not valid base64"),
        ("data:image/png,é", "outside ASCII"),
    ],
)
def test_a_malformed_one_is_refused_with_a_sentence_that_helps(uri: str, sentence: str) -> None:
    with pytest.raises(InputImageRejected, match=sentence):
        decode_data_uri(uri, 100)


@pytest.mark.parametrize("size", [1, 2, 3, 99, 100])
def test_the_cap_is_exact(size: int) -> None:
    for head, payload in ((";base64,", base64.b64encode(bytes(size)).decode()), (",", "%00" * size), (",", "a" * size)):
        assert len(decode_data_uri(f"data:image/png{head}{payload}", size).data) == size
        with pytest.raises(InputImageRejected, match="larger than"):
            decode_data_uri(f"data:image/png{head}{payload}", size - 1)


def test_a_huge_one_is_refused_by_its_length() -> None:
    for payload in (";base64," + "A" * 30_000_000, ",%41" + "a" * 30_000_000, ";base64," + "%41" * 30_000_000):
        with pytest.raises(InputImageRejected, match="larger than 20 MB"):
            decode_data_uri("data:image/png" + payload, 20_000_000)
