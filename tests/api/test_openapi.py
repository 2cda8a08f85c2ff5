"""The OpenAPI document is complete, and what it shows works. The page for people stands on its own."""

import base64
import hashlib
import re
from typing import Any

import httpx2
import pytest

from castlist.api.app import create_app
from castlist.domain.errors import (
    CastlistError,
    Conflict,
    IdempotencyMismatch,
    MethodNotAllowed,
    NotFound,
    RateLimitExceeded,
    tree,
)
from castlist.flow.service import Service
from castlist.testing.http import QUOTE, RUN
from castlist.testing.queues import run_all
from castlist.testing.service import build_service

ADDRESSES = {
    "POST /api/v1/models/{apiId}/run",
    "POST /api/v1/models/{apiId}/quote",
    "GET /api/v1/models",
    "GET /api/v1/models/{apiId}",
    "GET /api/v1/models/{apiId}/schema",
    "GET /api/v1/jobs",
    "GET /api/v1/jobs/{jobId}",
    "GET /api/v1/jobs/{jobId}/events",
    "GET /api/v1/jobs/{jobId}/report",
    "POST /api/v1/jobs/{jobId}/cancel",
    "POST /api/v1/jobs/{jobId}/webhook/replay",
    "POST /api/v1/uploads",
    "GET /api/v1/credits",
    "GET /api/v1/usage",
    "GET /api/v1/consent",
    "PUT /api/v1/consent",
    "GET /api/v1/files/{name}",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return create_app(build_service(tmp_path_factory.mktemp("document"))).openapi()


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


async def test_it_is_served(document: dict[str, Any], anyone: httpx2.AsyncClient) -> None:
    assert (await anyone.get("/api/openapi")).json() == document


def test_every_route_is_there(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    found = operations(document)
    assert set(found) >= ADDRESSES
    assert len({operation["operationId"] for operation in found.values()}) == len(found)
    assert all(operation["summary"] and operation["description"] for operation in found.values())


def test_every_guarded_route_says_so(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert schemes["apiKey"]["scheme"] == "bearer"
    for name, operation in operations(document).items():
        if name == "GET /metrics":
            continue  # open, or closed by a token of the operator's, which is no key
        guarded = name.startswith("POST") or name.split("/")[-1] in (
            "jobs",
            "{jobId}",
            "events",
            "report",
            "credits",
            "usage",
            "consent",
        )
        assert ("401" in operation["responses"]) == ("security" in operation) == guarded, name


def test_every_error_of_a_route_is_documented_with_the_envelope(document: dict[str, Any]) -> None:
    documented: set[str] = set()
    for name, operation in operations(document).items():
        assert "500" in operation["responses"], name
        for status, answer in operation["responses"].items():
            assert "X-Request-Id" in answer["headers"]
            if int(status) < 400:
                continue
            content = answer["content"]["application/json"]
            expected = "InsufficientCreditsAnswer" if status == "402" else "ErrorAnswer"
            assert content["schema"] == {"$ref": f"#/components/schemas/{expected}"}
            for example in content["examples"].values():
                assert example["value"]["error"]["status"] == int(status)
                documented.add(example["value"]["error"]["code"])
    ends_of_jobs = {"canceled", "refused", "drifted", "engine_failed", "worker_lost"}
    outside_routes = {kind.code for kind in (NotFound, MethodNotAllowed)}
    later = {kind.code for kind in (Conflict, IdempotencyMismatch, RateLimitExceeded)}
    every = {kind.code for kind in tree(CastlistError)}
    assert every - documented <= ends_of_jobs | outside_routes | later


def test_optional_fields_are_absent_and_never_null(document: dict[str, Any]) -> None:
    job = document["components"]["schemas"]["JobAnswer"]
    assert "progress" not in job["required"]
    assert job["properties"]["progress"]["$ref"].endswith("/Progress")
    assert "default" not in str(job)
    assert "HTTPValidationError" not in str(document)
    assert "Successful Response" not in str(document)


async def test_the_examples_run(document: dict[str, Any], client: httpx2.AsyncClient, service: Service) -> None:
    for name in ("run", "quote"):
        body = operations(document)[f"POST /api/v1/models/{{apiId}}/{name}"]["requestBody"]
        examples = body["content"]["application/json"]["examples"]
        assert set(examples) == {"plain", "scene"}
        for example in examples.values():
            answer = await client.post(RUN if name == "run" else QUOTE, json=example["value"])
            assert answer.status_code in (200, 202), answer.text
    assert await run_all(service) == 2
    jobs = (await client.get("/api/v1/jobs")).json()["jobs"]
    assert {job["status"] for job in jobs} == {"completed"}


async def test_the_page_stands_on_its_own(anyone: httpx2.AsyncClient, document: dict[str, Any]) -> None:
    answer = await anyone.get("/docs")
    page = answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert not re.search(r"<(script|link|img|iframe)|@import|url\(", page)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]
    for operation in operations(document).values():
        assert f'id="{operation["operationId"]}"' in page
    assert "https://images.test/api/v1/models/consistent-characters/run" in page
