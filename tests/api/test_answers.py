"""How times, money and optional fields are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.api.answers import Answer
from castlist.api.present import iso
from castlist.api.ranges import Part, Unsatisfiable, part_of


@pytest.mark.parametrize(
    ("time_ms", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_795_000_000_999, "2026-11-18T11:06:40Z"),
        (4_102_444_800_000, "2100-01-01T00:00:00Z"),
    ],
)
def test_times_are_utc_to_the_second(time_ms: int, text: str) -> None:
    assert iso(time_ms) == text


def test_a_field_without_a_value_is_described_as_absent() -> None:
    class Example(Answer):
        some_thing: int | None
        other_thing: int | str | None = None

    schema = Example.model_json_schema()
    assert schema["required"] == ["someThing"]
    assert {"type": "null"} in schema["properties"]["someThing"]["anyOf"]
    assert schema["properties"]["otherThing"]["anyOf"] == [{"type": "integer"}, {"type": "string"}]


@given(st.binary(max_size=50), st.integers(0, 60), st.integers(0, 60))
def test_a_part_is_the_slice_it_names(data: bytes, first: int, last: int) -> None:
    def wanted(header: str) -> bytes | None:
        try:
            part = part_of(header, len(data))
        except Unsatisfiable:
            return None
        return data if part is None else data[part.first : part.last + 1]

    assert wanted(f"bytes={first}-") == (data[first:] or None)
    assert wanted(f"bytes=-{first}") == ((data[-first:] if first else b"") or None)
    if first <= last:
        assert wanted(f"bytes={first}-{last}") == (data[first : last + 1] or None)


@given(st.text(max_size=40), st.integers(0, 1000))
def test_any_header_gives_a_part_within_the_file_or_none(header: str, size_bytes: int) -> None:
    for text in (header, f"bytes={header}"):
        try:
            part = part_of(text, size_bytes)
        except Unsatisfiable:
            continue
        assert part is None or (isinstance(part, Part) and 0 <= part.first <= part.last < size_bytes)
