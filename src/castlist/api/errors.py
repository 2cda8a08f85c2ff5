"""Turns every error into the one envelope, and documents it. The only place where an error becomes an HTTP answer."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from castlist.api.answers import ErrorAnswer, InsufficientCreditsAnswer
from castlist.api.context import request_id_of
from castlist.api.explain import problems_of
from castlist.domain.errors import (
    CastlistError,
    InputImageRejected,
    InsufficientCredits,
    InvalidApiKey,
    InvalidRequest,
    MethodNotAllowed,
    NoSubjectFound,
    NotFound,
    NotReady,
    PayloadTooLarge,
    RateLimitExceeded,
    ServerError,
    UnsafePicture,
    UnsupportedMediaType,
)

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
AWAY_SECONDS = 5
"""After which a caller may ask again when the database or the storage is away."""
BY_STATUS: Mapping[int, type[CastlistError]] = {
    404: NotFound,
    405: MethodNotAllowed,
    413: PayloadTooLarge,
    415: UnsupportedMediaType,
}


def _reason(error: InputImageRejected) -> str:
    if isinstance(error, UnsafePicture):
        return "unsafe"
    return "no_subject" if isinstance(error, NoSubjectFound) else "unusable"


def envelope(error: CastlistError, request_id: str) -> dict[str, Any]:
    """Return the body of an error's answer."""
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            "status": error.status,
            "details": [{"field": problem.field, "message": problem.message} for problem in error.details],
            "requestId": request_id,
        },
        **error.extra,
    }


def render(error: CastlistError, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error's answer."""
    headers = dict(headers or {})
    if isinstance(error, InvalidApiKey):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RateLimitExceeded):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, NotReady):
        headers["Retry-After"] = str(AWAY_SECONDS)
    return JSONResponse(envelope(error, request_id), status_code=error.status, headers=headers)


def install(app: FastAPI) -> None:
    """Make the app answer every expected error with the envelope; unexpected ones are caught by the edge."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, CastlistError)
        if isinstance(error, InputImageRejected):
            request.app.state.api.service.meter.count("inputs_refused_total", reason=_reason(error))
        return render(error, request_id_of(request))

    async def framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == MethodNotAllowed.status:
            return _wrong_method(request)
        kind = BY_STATUS.get(error.status_code, InvalidRequest if error.status_code < 500 else ServerError)
        return render(kind(), request_id_of(request))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return render(InvalidRequest(details=problems_of(error.errors())), request_id_of(request))

    app.add_exception_handler(CastlistError, ours)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(RequestValidationError, invalid)


def _wrong_method(request: Request) -> Response:
    """Say which methods an address takes: as an error, or as the answer to OPTIONS."""
    allowed = [method for method in METHODS if _takes(request, method)]
    allowed += [*(["HEAD"] if "GET" in allowed else []), "OPTIONS"]
    headers = {"Allow": ", ".join(allowed)}
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=headers)
    return render(MethodNotAllowed(), request_id_of(request), headers)


def _takes(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)


def documented(*kinds: type[CastlistError]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that can end in these errors, each with an example of its envelope."""
    found: dict[int | str, dict[str, Any]] = {}
    rated = (RateLimitExceeded,) if InvalidApiKey in kinds else ()  # who has a key has a rate
    away = (NotReady,) if ServerError in kinds else ()  # what can fail can fail because the database is away
    for kind in dict.fromkeys((*kinds, *rated, *away)):
        error = kind(credits_remaining=1) if kind is InsufficientCredits else kind()
        answer = found.setdefault(
            kind.status,
            {
                "model": InsufficientCreditsAnswer if kind is InsufficientCredits else ErrorAnswer,
                "description": "",
                "content": {"application/json": {"examples": {}}},
            },
        )
        answer["description"] = f"{answer['description']} {error.message}".strip()
        answer["content"]["application/json"]["examples"][kind.__name__] = {
            "summary": kind.code,
            "value": envelope(error, "req_4fZq0TtB8x1mJr6uYw2LkD"),
        }
    return found
