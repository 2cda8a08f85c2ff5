"""The OpenAPI 3.1 document: what the framework derives from the routes, put right and completed from the cards."""

import base64
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from castlist import __version__, data
from castlist.api import catalogue
from castlist.flow.service import Service
from castlist.vision import picture

TITLE = "castlist"
SUMMARY = "Different pictures of the same character, measured and accounted for."
DESCRIPTION = (
    "Submit a job, then poll its `statusUrl` until `status` is `completed` or `failed`. The URLs in `output.images` "
    "are signed: they need no key and expire. Every error has the same envelope. Every answer carries `X-Request-Id`, "
    "and every answer to a key how often it may still ask: `X-RateLimit-Limit`, `-Remaining` and `-Reset`."
)
SAMPLE = "samples/astronaut.png"
SAMPLE_SIDE_PX = 256
REQUEST_ID: dict[str, Any] = {
    "X-Request-Id": {
        "description": "Names this request in the logs: yours if you sent one, else made here.",
        "schema": {"type": "string"},
    }
}
RATE: dict[str, Any] = {
    "X-RateLimit-Limit": {"description": "Requests a minute of this key.", "schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"description": "Requests that may follow at once.", "schema": {"type": "integer"}},
    "X-RateLimit-Reset": {
        "description": "Unix seconds at which the whole minute is there again.",
        "schema": {"type": "integer"},
    },
}


def install(app: FastAPI, service: Service, public_url: str | None) -> None:
    """Make `app.openapi()` return the document, made on first use."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, service, public_url)
        return app.openapi_schema

    app.openapi = document


def _document(app: FastAPI, service: Service, public_url: str | None) -> dict[str, Any]:
    document = get_openapi(
        title=TITLE,
        version=__version__,
        openapi_version="3.1.0",
        summary=SUMMARY,
        description=DESCRIPTION,
        routes=app.routes,
        servers=[{"url": public_url or "/"}],
    )
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["RunRequest"] = catalogue.request_schema(service.request_model)
    examples = run_examples()
    for path in document["paths"].values():
        for operation in path.values():
            _put_right(operation, schemas)
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if body:
                body["examples"] = examples
    return _without_titles(document)


def run_examples() -> dict[str, Any]:
    """Return run requests that work on any installation as they are, with a small picture inside."""
    pixels = picture.decode(data.path(SAMPLE).read_bytes(), max_side=SAMPLE_SIDE_PX).pixels
    encoded = base64.b64encode(picture.encode(pixels, "jpg", quality=80)).decode()
    image = {"input_image": f"data:image/jpeg;base64,{encoded}"}
    scene = {**image, "num_images": 2, "prompt": "the same person hiking on a sunny mountain trail"}
    return {
        "plain": {"summary": "Four pictures, everything else at its default", "value": image},
        "scene": {"summary": "Two pictures in a scene", "value": scene},
    }


def _put_right(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Remove the 422 that the framework adds: here a wrong parameter is a 400. Name answers and their headers."""
    answers = operation["responses"] = dict(sorted(operation["responses"].items()))
    if "HTTPValidationError" in str(answers.get("422", "")):
        del answers["422"]
    for answer in answers.values():
        answer["headers"] = {**REQUEST_ID, **(RATE if "security" in operation else {})}
        content = answer.get("content", {}).get("application/json", {})
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        if answer["description"] == "Successful Response" and name in schemas:
            answer["description"] = schemas[name]["description"]


def _without_titles(node: Any) -> Any:
    """Drop the titles that are only field names written differently. A property that is called title stays."""
    if isinstance(node, dict):
        return {
            key: _without_titles(value)
            for key, value in node.items()
            if not (key == "title" and isinstance(value, str) and ("type" in node or "anyOf" in node or "$ref" in node))
        }
    return [_without_titles(item) for item in node] if isinstance(node, list) else node
