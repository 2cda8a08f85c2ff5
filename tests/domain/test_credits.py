"""Money: amounts are exact, a settlement divides a hold and nothing else."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.domain.credits import EntryKind, balance_change_millis, settle, to_credits, to_millis

MILLIS = st.integers(0, 10**12)


@given(held=MILLIS, price=st.integers(0, 10**6), delivered=st.integers(0, 13))
def test_what_is_captured_and_released_was_held(held: int, price: int, delivered: int) -> None:
    parts = settle(held, price, delivered)
    assert parts.captured_millis + parts.released_millis == held
    assert 0 <= parts.captured_millis <= min(held, price * delivered)


@given(price=st.integers(0, 10**6), asked=st.integers(1, 13), data=st.data())
def test_delivered_images_are_paid_in_full_and_others_not_at_all(price: int, asked: int, data: st.DataObject) -> None:
    delivered = data.draw(st.integers(0, asked))
    parts = settle(price * asked, price, delivered)
    assert (parts.captured_millis, parts.released_millis) == (price * delivered, price * (asked - delivered))


@given(MILLIS)
def test_amounts_survive_being_shown_and_read(millis: int) -> None:
    assert to_millis(Decimal(str(to_credits(millis)))) == millis


@pytest.mark.parametrize(("millis", "shown"), [(4000, "4"), (500, "0.5"), (1, "0.001"), (0, "0"), (1500, "1.5")])
def test_whole_credits_are_shown_without_a_point(millis: int, shown: str) -> None:
    assert str(to_credits(millis)) == shown


@pytest.mark.parametrize("text", ["0.0001", "one", "", "NaN", "Infinity", "1e-9"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="credit"):
        to_millis(text)


def test_a_job_leaves_the_balance_as_if_only_what_was_captured_had_been_spent() -> None:
    for captured in (0, 1, 4000):
        amounts = {EntryKind.HOLD: 4000, EntryKind.CAPTURE: captured, EntryKind.RELEASE: 4000 - captured}
        assert sum(balance_change_millis(kind, amount) for kind, amount in amounts.items()) == -captured


@pytest.mark.parametrize("kind", EntryKind)
def test_only_an_adjustment_may_be_negative(kind: EntryKind) -> None:
    if kind is EntryKind.ADJUST:
        assert balance_change_millis(kind, -5) == -5
    else:
        with pytest.raises(ValueError, match="negative"):
            balance_change_millis(kind, -5)
