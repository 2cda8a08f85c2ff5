"""Every error a caller can meet, as one tree. Raised anywhere, turned into an envelope only in `api/`.

    CastlistError
    ├── InvalidRequest 400 ── RangeNotSatisfiable 416
    ├── InvalidApiKey 401
    ├── InsufficientCredits 402
    ├── Forbidden 403
    ├── NotFound 404 ── ModelNotFound · JobNotFound
    ├── MethodNotAllowed 405
    ├── Conflict 409
    ├── OutputExpired 410
    ├── PayloadTooLarge 413
    ├── UnsupportedMediaType 415
    ├── InputImageRejected 422 ── NoSubjectFound · UnsafePicture
    ├── IdempotencyMismatch 422
    ├── RateLimitExceeded 429
    ├── ServerError 500 ── NotReady 503
    ├── ModelUnavailable 503
    └── ends of a job (never an HTTP answer of their own): JobCanceled · ImageRefused · EngineFailed · WorkerLost

A class's docstring is its default message. `code` is stable API, `status` its HTTP status, `retry` says whether the
same call may succeed later, `charge` whether the customer pays for an image that ended so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field of a request and what is wrong with it, in words a caller can act on."""

    field: str
    message: str


class CastlistError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "server_error"
    status: ClassVar[int] = 500
    retry: ClassVar[bool] = False
    charge: ClassVar[bool] = False

    def __init__(self, message: str | None = None, *, details: tuple[FieldProblem, ...] = (), **extra: Any) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.details = details
        self.extra = extra  # stands beside `error` in the envelope, e.g. credits_remaining
        super().__init__(self.message)


class InvalidRequest(CastlistError):
    """The request is not valid."""

    code, status = "invalid_request", 400


class RangeNotSatisfiable(InvalidRequest):
    """The file has no bytes in that range."""

    status = 416


class InvalidApiKey(CastlistError):
    """The API key is missing, malformed, expired or revoked. Send it as: Authorization: Bearer cl_live_…"""

    code, status = "invalid_api_key", 401


class InsufficientCredits(CastlistError):
    """There are not enough credits for this job."""

    code, status = "insufficient_credits", 402


class Forbidden(CastlistError):
    """This key may not do that."""

    code, status = "forbidden", 403


class NotFound(CastlistError):
    """There is nothing at this address."""

    code, status = "not_found", 404


class ModelNotFound(NotFound):
    """There is no model of this name. GET /api/v1/models lists them."""

    code = "model_not_found"


class JobNotFound(NotFound):
    """There is no job of this id."""

    code = "job_not_found"


class MethodNotAllowed(CastlistError):
    """This address does not take that method."""

    code, status = "method_not_allowed", 405


class Conflict(CastlistError):
    """The job's state does not allow that."""

    code, status = "conflict", 409


class OutputExpired(CastlistError):
    """This file has expired and is gone. The job's record stays."""

    code, status = "output_expired", 410


class PayloadTooLarge(CastlistError):
    """The request body is too large."""

    code, status = "payload_too_large", 413


class UnsupportedMediaType(CastlistError):
    """Send the body as application/json."""

    code, status = "unsupported_media_type", 415


class InputImageRejected(CastlistError):
    """The picture could not be used."""

    code, status = "input_image_rejected", 422


class NoSubjectFound(InputImageRejected):
    """No person, character or object stands out in this picture. Try one with a clear subject."""


class UnsafePicture(InputImageRejected):
    """The safety check refused this picture."""


class IdempotencyMismatch(CastlistError):
    """This Idempotency-Key was used before with another body."""

    code, status = "idempotency_mismatch", 422


class RateLimitExceeded(CastlistError):
    """Too many requests. Wait as long as Retry-After says."""

    code, status, retry = "rate_limit_exceeded", 429, True

    def __init__(self, message: str | None = None, *, retry_after_seconds: int = 60) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class ServerError(CastlistError):
    """Something went wrong on our side. The request id finds it in the logs."""

    code, status, retry = "server_error", 500, True


class NotReady(ServerError):
    """The service cannot answer right now. Try again shortly."""

    status = 503


class ModelUnavailable(CastlistError):
    """No engine is ready for this model type."""

    code, status, retry = "model_unavailable", 503, True


class JobCanceled(CastlistError):
    """The job was canceled."""

    code, status = "canceled", 409


class ImageRefused(CastlistError):
    """The engine refused to make this image."""

    code, status = "refused", 422


class EngineFailed(CastlistError):
    """The engine could not make this image."""

    code, status, retry = "engine_failed", 500, True


class ImageDrifted(CastlistError):
    """No take of this image showed the character well enough."""

    code, status = "drifted", 422


class WorkerLost(CastlistError):
    """The job was given up after its worker was lost too many times."""

    code, status = "worker_lost", 500


def tree(root: type[CastlistError] = CastlistError) -> Iterator[type[CastlistError]]:
    """Yield every class of the tree below `root`, parents first: the API's map and the docs page are made from it."""
    for child in root.__subclasses__():
        yield child
        yield from tree(child)
