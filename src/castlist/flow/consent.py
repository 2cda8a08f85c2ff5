"""What an account states about the people in its pictures: recorded, withdrawn, and asked for before a job if wanted.

Called by the API and the command line, in their transactions.
"""

from castlist.domain.consent import VERSION
from castlist.domain.errors import Forbidden
from castlist.flow.service import Service
from castlist.store import consents
from castlist.store.consents import Consent
from castlist.store.database import Tx


def counts(consent: Consent | None) -> bool:
    """Tell whether a statement is one, in the words of today."""
    return consent is not None and consent.stated and consent.version == VERSION


async def state(
    tx: Tx, service: Service, account_id: str, *, stated: bool, key_id: str | None = None, request_id: str | None = None
) -> Consent:
    """Record that an account makes the statement in today's words, or withdraws it; saying it twice records once."""
    before = await consents.latest(tx, account_id)
    if before is not None and (counts(before) if stated else not before.stated):
        return before
    consent = Consent(
        account_id=account_id,
        version=VERSION,
        stated=stated,
        key_id=key_id,
        request_id=request_id,
        # Later than the one before, even in the same millisecond: the latest counts.
        created_ms=max(service.clock(), before.created_ms + 1 if before is not None else 0),
    )
    await consents.add(tx, consent)
    return consent


async def demand(tx: Tx, service: Service, account_id: str) -> None:
    """Ask for the statement before a job, where the operator wants that.

    Raises:
        Forbidden: the account has not made it, or withdrew it, or its words have changed since.
    """
    if service.terms.consent_required and not counts(await consents.latest(tx, account_id)):
        raise Forbidden(
            "This account has not stated that it may use the likeness of the people in its pictures. Read the "
            "statement at GET /api/v1/consent and make it with PUT /api/v1/consent."
        )
