"""The bodies of all answers, as types: names and which fields may be absent. Filled in by `present` and the routes.

A field with the default None is left out of an answer when there is nothing to say; it is never null. A field without a
default is always there.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="ISO 8601, UTC.")]
Url = Annotated[str, Field(json_schema_extra={"format": "uri"})]
Credits = Annotated[int | float, WithJsonSchema({"type": "number"})]
Status = Literal["pending", "processing", "completed", "failed"]


def _absent_not_null(schema: dict[str, Any]) -> None:
    """Describe optional fields as they are sent: absent or a value, never null."""
    for name, field in schema.get("properties", {}).items():
        if "default" in field and field["default"] is None:
            del field["default"]
            kinds = [kind for kind in field.pop("anyOf", []) if kind != {"type": "null"}]
            schema["properties"][name] = {**field, **kinds[0]} if len(kinds) == 1 else {**field, "anyOf": kinds}


class Answer(BaseModel):
    """Base of all answers: camelCase on the wire."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, json_schema_extra=_absent_not_null)


class FieldAnswer(Answer):
    """One field and what is wrong with it."""

    field: str
    message: str


class ErrorBody(Answer):
    """What went wrong. `code` is stable, `message` is for people."""

    code: str
    message: str
    status: int
    details: list[FieldAnswer]
    request_id: str


class ErrorAnswer(Answer):
    """The one envelope of every error."""

    error: ErrorBody


class InsufficientCreditsAnswer(ErrorAnswer):
    """The envelope of a 402, with the balance beside it."""

    credits_remaining: Credits = Field(alias="credits_remaining")


class RunAnswer(Answer):
    """A job was accepted and its price is held."""

    job_id: str
    status: Status
    status_url: Url
    credit_cost: Credits
    credits_remaining: Credits
    expires_at: Time


class Progress(Answer):
    """How far a running job is."""

    completed: int
    total: int
    fraction: float = Field(ge=0, le=1)


class Output(Answer):
    """The pictures: signed URLs that need no key and expire."""

    images: list[Url]


class IdentityAnswer(Answer):
    """How alike image and reference are. `score` is 0–1, higher is more alike, or null when it cannot be told."""

    score: float | None
    verdict: str
    method: str
    reason: str


class Asset(Answer):
    """One delivered image and how it was made."""

    url: Url
    content_type: str
    width: int
    height: int
    bytes: int
    sha256: str
    seed: int
    pose: str
    engine: str
    model: str
    identity: IdentityAnswer
    attempts: int
    seconds: float
    notes: list[str]


class Failure(Answer):
    """One image that could not be made. It is not charged."""

    index: int
    pose: str
    code: str
    message: str


class JobError(Answer):
    """Why a job failed."""

    code: str
    message: str


class JobAnswer(Answer):
    """A job, in any state."""

    job_id: str
    status: Status
    status_url: Url
    credit_cost: Credits
    expires_at: Time
    created_at: Time
    model_type: str
    engine: str = Field(description="The engine asked first; each asset names the one that made it.")
    substituted: bool = Field(description="true when the engine stands in for another model type.")
    progress: Progress | None = Field(default=None, description="While it runs.")
    output: Output | None = Field(default=None, description="When completed.")
    assets: list[Asset] | None = Field(
        default=None, description="When completed: one per image, in order of output.images."
    )
    failures: list[Failure] | None = Field(default=None, description="Images that could not be made.")
    error: JobError | None = Field(default=None, description="When failed.")
    credits_refunded: Credits | None = Field(default=None, description="What came back, once it has ended.")


class ReplayAnswer(Answer):
    """A finished job will be sent to its webhook again, under this `webhook-id`."""

    job_id: str
    webhook_id: str


class JobsAnswer(Answer):
    """A page of jobs, newest first."""

    jobs: list[JobAnswer]
    next_cursor: str | None


class QuoteAnswer(Answer):
    """What a request would cost at most, and who would make it."""

    credit_cost: Credits
    price_per_image: Credits
    num_images: int
    model_type: str
    engine: str
    substituted: bool


class UploadAnswer(Answer):
    """A picture that was taken in. Use `assetUrl` as `input_image` until `expiresAt`."""

    asset_url: Url
    expires_at: Time
    width: int
    height: int
    bytes: int


class CreditsAnswer(Answer):
    """What can be spent, and what running jobs hold."""

    credits_remaining: Credits
    credits_held: Credits


class ConsentAnswer(Answer):
    """What an account states about the people in its pictures, and whether it has. `recorded…` are of its last word."""

    statement: str
    version: str
    stated: bool
    required: bool
    recorded_at: Time | None = None
    recorded_version: str | None = None
    key_id: str | None = None


class UsageRow(Answer):
    """One day, key and model type. `credits` is what was charged."""

    day: Annotated[str, Field(json_schema_extra={"format": "date"})]
    key_id: str | None
    key_name: str | None
    model_type: str
    requests: int
    images: int
    credits: Credits


class UsageTotal(Answer):
    """All rows together."""

    requests: int
    images: int
    credits: Credits


class UsageAnswer(Answer):
    """Usage by day (UTC), key and model type, newest day first."""

    usage: list[UsageRow]
    total: UsageTotal


class CreditCost(Answer):
    """Price of one image: `default` is that of the default model type."""

    default: Credits
    type: Literal["per_image"]
    amount: Credits


class Parameter(Answer):
    """One parameter of the request body."""

    name: str
    type: str
    required: bool
    description: str
    default: Any
    values: list[str] | None = None
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    max_items: int | None = None


class ModelTypeAnswer(Answer):
    """A value of `model_type`: its price, and who answers for it now."""

    id: str
    title: str
    default: bool
    price_per_image: Credits
    available: bool
    engine: str | None
    substituted: bool
    reason: str | None


class EngineAnswer(Answer):
    """An engine of this installation."""

    id: str
    title: str
    summary: str
    kind: Literal["local", "hosted"]
    model_types: list[str]
    ready: bool
    reason: str | None
    min_references: int
    max_references: int
    backgrounds: list[str]
    seed: Literal["exact", "best_effort", "none"]
    cannot: list[str]
    licence: str


class Capabilities(Answer):
    """What can be asked for, over all engines."""

    max_images: int
    max_references: int
    backgrounds: list[str]
    aspect_ratios: list[str]
    output_formats: list[str]
    poses: list[str]


class ModelAnswer(Answer):
    """A model: what it does, what it costs and, in detail, everything it takes."""

    api_id: str
    name: str
    description: str
    modality: Literal["image"]
    credit_cost: CreditCost
    capabilities: Capabilities | None = None
    parameters: list[Parameter] | None = None
    model_types: list[ModelTypeAnswer] | None = None
    engines: list[EngineAnswer] | None = None
    request_schema: dict[str, Any] | None = None


class ModelsAnswer(Answer):
    """The catalogue."""

    models: list[ModelAnswer]
    total: int
    image_count: int
    video_count: int


class SchemaAnswer(Answer):
    """The JSON Schema of a request body."""

    schema_: dict[str, Any] = Field(alias="schema")


class CheckAnswer(Answer):
    """One thing that is well, and what was seen."""

    name: str
    detail: str


class ReadyAnswer(Answer):
    """It can serve."""

    status: Literal["ok"]
    checks: list[CheckAnswer]


class HealthAnswer(Answer):
    """It lives."""

    status: Literal["ok"]
