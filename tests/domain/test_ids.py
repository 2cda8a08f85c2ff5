"""Keys: a slip of the finger is noticed without a look-up."""

from hypothesis import given
from hypothesis import strategies as st

from castlist.domain.ids import ALPHABET, KEY_PREFIX, is_well_formed, new_id, new_key


def test_a_new_key_is_well_formed_and_its_own() -> None:
    keys = {new_key() for _ in range(200)}
    assert len(keys) == 200
    assert all(is_well_formed(key) and key.startswith(KEY_PREFIX) for key in keys)


@given(place=st.integers(0, 49), letter=st.sampled_from(ALPHABET + "_- é"))
def test_one_wrong_character_is_noticed(place: int, letter: str) -> None:
    key = new_key()
    changed = key[:place] + letter + key[place + 1 :]
    assert is_well_formed(changed) == (changed == key)


@given(place=st.integers(0, 48))
def test_two_swapped_characters_are_noticed(place: int) -> None:
    key = new_key()
    swapped = key[:place] + key[place + 1] + key[place] + key[place + 2 :]
    assert is_well_formed(swapped) == (swapped == key)


@given(st.text(max_size=60))
def test_no_text_is_too_strange_to_judge(text: str) -> None:
    assert not is_well_formed(text)
    assert not is_well_formed(KEY_PREFIX + text)


def test_an_id_says_what_it_is() -> None:
    assert new_id("job").startswith("job_")
    assert len({new_id("job") for _ in range(1000)}) == 1000
