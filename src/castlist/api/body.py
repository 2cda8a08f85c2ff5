"""Reads the body of a run or quote request. Own code instead of the framework's, so that authentication comes first, a
wrong media type is a 415 and every mistake gets a sentence that helps.
"""

from typing import Any

from fastapi import Request
from pydantic import ValidationError
from pydantic_core import from_json

from castlist.api.explain import EXAMPLE_TEXT, problems_of, summary
from castlist.domain.errors import FieldProblem, InvalidRequest, UnsupportedMediaType
from castlist.domain.requests import RunRequest


async def run_request(request: Request, model: type[RunRequest]) -> RunRequest:
    """Return the valid request in a body.

    Raises:
        UnsupportedMediaType: it is not declared as JSON.
        InvalidRequest: it is no JSON, no object, or has fields that are missing, unknown or wrong.
    """
    return parse(await _json_body(request), model)


async def json_object(request: Request, example: str) -> dict[str, Any]:
    """Return the JSON object in a body; raises as `run_request`, with an example of a correct body."""
    return _object(await _json_body(request), example)


async def _json_body(request: Request) -> bytes:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaType
    return await request.body()


def parse(body: bytes, model: type[RunRequest]) -> RunRequest:
    """Return the valid request in the bytes of a body; raises InvalidRequest."""
    values = _object(body)
    if values.get("input_image") is None and values.get("character_id") is None:
        missing = FieldProblem("input_image", "This field is required: a URL or data: URI of the character's picture.")
        others = _problems(values, model)
        raise InvalidRequest(
            f"input_image is missing. A correct body: {EXAMPLE_TEXT}",
            details=(missing, *(problem for problem in others if problem.field not in ("", "input_image"))),
        )
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = problems_of(error.errors(include_url=False, include_input=False), list(model.model_fields))
        raise InvalidRequest(summary(problems), details=problems) from None


def _problems(values: dict[str, Any], model: type[RunRequest]) -> tuple[FieldProblem, ...]:
    try:
        model.model_validate(values)
    except ValidationError as error:
        return problems_of(error.errors(include_url=False, include_input=False), list(model.model_fields))
    return ()


def _object(body: bytes, example: str = EXAMPLE_TEXT) -> dict[str, Any]:
    if not body.strip():
        raise InvalidRequest(f"The body is empty. A correct body: {example}")
    try:
        values = from_json(body, allow_inf_nan=False)
    except ValueError as problem:
        raise InvalidRequest(f"The body is not valid JSON: {problem}.") from None
    if not isinstance(values, dict):
        raise InvalidRequest(f"The body must be a JSON object. A correct body: {example}")
    return values
