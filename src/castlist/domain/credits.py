"""Money: amounts in whole thousandths of a credit, and the rules of the ledger. No floats anywhere.

Used by `store.ledger` (which keeps the entries) and by `flow` (which decides them).
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

MILLIS_PER_CREDIT = 1000


class EntryKind(StrEnum):
    """What an entry is about. `hold`, `capture` and `release` belong to a job, at most one of each."""

    GRANT = "grant"
    PURCHASE = "purchase"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    ADJUST = "adjust"


def balance_change_millis(kind: EntryKind, amount_millis: int) -> int:
    """Return by how much an entry changes the spendable balance, in thousandths of a credit.

    A hold takes its amount away; a capture turns held credits into spent ones, so it changes nothing more; a release
    gives its amount back. So for a finished job captured + released = held. Only `adjust` may carry a negative amount.
    """
    if kind is not EntryKind.ADJUST and amount_millis < 0:
        raise ValueError(f"a {kind} entry has no negative amount, got {amount_millis}")
    match kind:
        case EntryKind.GRANT | EntryKind.PURCHASE | EntryKind.RELEASE | EntryKind.ADJUST:
            return amount_millis
        case EntryKind.HOLD:
            return -amount_millis
        case EntryKind.CAPTURE:
            return 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """How the hold of an ended job is divided, in thousandths of a credit; captured + released = held."""

    captured_millis: int
    released_millis: int


def settle(held_millis: int, price_millis: int, delivered: int) -> Settlement:
    """Divide a hold after `delivered` images at `price_millis` each; never captures more than was held."""
    captured = min(held_millis, price_millis * delivered)
    return Settlement(captured, held_millis - captured)


def to_millis(credits: str | int | Decimal) -> int:
    """Turn credits, such as "0.5", into thousandths; ValueError when finer than a thousandth or no number."""
    try:
        millis = Decimal(credits) * MILLIS_PER_CREDIT
    except InvalidOperation:
        raise ValueError(f"{credits!r} is not a number of credits") from None
    if not millis.is_finite() or millis != millis.to_integral_value():
        raise ValueError(f"{credits} credits is finer than a thousandth of a credit")
    return int(millis)


def to_credits(millis: int) -> int | float:
    """Show thousandths as a JSON number of credits: 4000 is 4, 500 is 0.5. For display only, never for sums."""
    whole, rest = divmod(millis, MILLIS_PER_CREDIT)
    return whole if rest == 0 else millis / MILLIS_PER_CREDIT
