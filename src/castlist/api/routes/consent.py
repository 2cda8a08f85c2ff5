"""What an account states about the people in its pictures: read, made, withdrawn."""

from fastapi import APIRouter, Request

from castlist.api.answers import ConsentAnswer
from castlist.api.auth import MayRead, MayRun
from castlist.api.body import json_object
from castlist.api.context import ApiOf
from castlist.api.errors import documented
from castlist.api.present import iso
from castlist.domain.consent import STATEMENT, VERSION
from castlist.domain.errors import (
    FieldProblem,
    Forbidden,
    InvalidApiKey,
    InvalidRequest,
    PayloadTooLarge,
    ServerError,
    UnsupportedMediaType,
)
from castlist.flow import consent
from castlist.flow.service import Service
from castlist.store import consents
from castlist.store.consents import Consent

router = APIRouter(tags=["account"])
EXAMPLE = '{"stated": true}'
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["stated"],
                    "additionalProperties": False,
                    "properties": {
                        "stated": {"type": "boolean", "description": "true makes the statement, false withdraws it."},
                        "version": {
                            "enum": [VERSION],
                            "description": "The version that was read; refused when its words have changed since.",
                        },
                    },
                },
                "example": {"stated": True, "version": VERSION},
            }
        },
    }
}


@router.get(
    "/consent",
    operation_id="getConsent",
    summary="The statement about the people in pictures",
    response_model_exclude_unset=True,
    responses=documented(InvalidApiKey, Forbidden, ServerError),
)
async def get_consent(caller: MayRead, api: ApiOf) -> ConsentAnswer:
    """Show its words, whether the account has made it, and whether jobs need it."""
    async with api.service.database.read() as tx:
        found = await consents.latest(tx, caller.account_id)
    return _answer(api.service, found)


@router.put(
    "/consent",
    operation_id="putConsent",
    summary="Make or withdraw the statement",
    response_model_exclude_unset=True,
    responses=documented(InvalidRequest, InvalidApiKey, Forbidden, PayloadTooLarge, UnsupportedMediaType, ServerError),
    openapi_extra=BODY,
)
async def put_consent(request: Request, caller: MayRun, api: ApiOf) -> ConsentAnswer:
    """Record it with its version, the time, the key and the request. Earlier records stay."""
    stated = _stated(await json_object(request, EXAMPLE))
    async with api.service.database.write() as tx:
        found = await consent.state(
            tx, api.service, caller.account_id, stated=stated, key_id=caller.key_id, request_id=caller.request_id
        )
    return _answer(api.service, found)


def _stated(values: dict[str, object]) -> bool:
    unknown = [name for name in values if name not in ("stated", "version")]
    problems = [FieldProblem(name[:80], "There is no such field.") for name in unknown]
    stated, version = values.get("stated"), values.get("version", VERSION)
    if not isinstance(stated, bool):
        problems.append(FieldProblem("stated", "This field is required: true or false."))
    if version != VERSION:
        problems.append(FieldProblem("version", f"The words are those of {VERSION}: read them at GET /api/v1/consent."))
    if problems:
        raise InvalidRequest(f"The statement is not valid. A correct body: {EXAMPLE}", details=tuple(problems))
    return stated is True


def _answer(service: Service, found: Consent | None) -> ConsentAnswer:
    answer = ConsentAnswer(
        statement=STATEMENT, version=VERSION, stated=consent.counts(found), required=service.terms.consent_required
    )
    if found is not None:
        answer.recorded_at = iso(found.created_ms)
        answer.recorded_version = found.version
        if found.key_id:
            answer.key_id = found.key_id
    return answer
