"""The OpenAPI 3.1 document: what the framework derives from the routes, put right and completed from the cards."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from castlist import __version__
from castlist.api import catalogue
from castlist.flow.service import Service

TITLE = "castlist"
SUMMARY = "Different pictures of the same character, measured and accounted for."


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
        routes=app.routes,
        servers=[{"url": public_url or "/"}],
    )
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            _drop_framework_errors(operation)
    schemas["RunRequest"] = catalogue.request_schema(service.request_model)
    return document


def _drop_framework_errors(operation: dict[str, Any]) -> None:
    """Remove the 422 that the framework adds: here a wrong parameter is a 400, as documented by the route."""
    answer = operation["responses"].get("422", {})
    if "HTTPValidationError" in str(answer):
        del operation["responses"]["422"]
