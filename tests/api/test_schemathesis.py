"""Every operation of the OpenAPI document against a real server, with generated requests, right and wrong.

A sample in every test run, always the same; `make fuzz` sets CASTLIST_FUZZ_CASES, how many requests about, and then
others are generated each time.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import hypothesis
import pytest
import requests
import schemathesis
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from castlist.api.app import create_app
from castlist.domain.links import signed_url
from castlist.flow.plan import plan
from castlist.flow.service import Service
from castlist.flow.submit import Caller, submit
from castlist.testing.live import a_server
from castlist.testing.pictures import figure_uri
from castlist.testing.queues import run_all
from castlist.testing.service import Customer, a_customer, build_service

CASES = int(os.environ.get("CASTLIST_FUZZ_CASES", "0"))
CONFIG: dict[str, Any] = {
    "request-timeout": 60,  # on a busy machine, 10 s pass without anything being wrong
    "generation": {"max-examples": 12, "allow-x00": True},
    "phases": {"stateful": {"enabled": False}},
    "checks": {
        # What a picture shows, and whether it can be fetched, is no matter of the schema.
        "positive_data_acceptance": {"expected-statuses": ["2xx", "304", "403", "404", "422"]},
    },
}


class Seeds:
    """What the server is filled with."""

    customer: Customer
    job_ids: list[str]
    file: str
    query: dict[str, str]
    sent = 0

    async def sow(self, service: Service) -> None:
        """Make a customer with credits, a finished job and one that waits."""
        self.customer = await a_customer(service, credits="1000000")
        self.job_ids = []
        for _ in range(2):
            request = service.request_model(input_image=figure_uri(), num_images=2)
            planned = await plan(service, request)
            async with service.database.write() as tx:
                caller = Caller(self.customer.account_id, self.customer.key_id)
                self.job_ids.append((await submit(tx, service, caller, planned)).job.id)
            if len(self.job_ids) == 1:
                await run_all(service)
                self.file = planned.references[0].file
        url = httpx2.URL(signed_url("http://images.test", self.file, service.clock() + 3_600_000, service.secret))
        self.query = dict(url.params)


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return Seeds()


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory, seeds: Seeds) -> Iterator[str]:
    with a_server(tmp_path_factory.mktemp("live"), seeds.sow) as url:
        yield url
    print(f"\n{seeds.sent:,} generated requests")


def document() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return create_app(build_service(Path(folder))).openapi()


def make_right(case: Case, seeds: Seeds) -> None:
    """Put into a request that is right by its schema what the schema cannot say."""
    if case.path_parameters and "jobId" in case.path_parameters:
        case.path_parameters["jobId"] = seeds.job_ids[0]
    if case.path_parameters and "name" in case.path_parameters:
        case.path_parameters["name"] = seeds.file
        case.query = seeds.query
    for name in ("cursor", "from"):  # one is opaque, the other must lie near `to`
        if case.query and name in case.query:
            del case.query[name]
    if case.path_parameters and "apiId" in case.path_parameters and isinstance(case.body, dict):
        case.body = {
            **{name: value for name, value in case.body.items() if name not in ("character_id", "webhook_url")},
            "input_image": figure_uri(),
            "reference_images": [],
        }
        if case.body.get("background") == "transparent":
            case.body |= {"output_format": "png", "prompt": None}


def on_the_wire(case: Case, base_url: str) -> set[str]:
    """Return the names of the parameters that are sent: an empty list, or a list of nothing, leaves none."""
    kwargs = case.as_transport_kwargs(base_url=base_url)
    prepared = requests.Request("GET", kwargs["url"], params=kwargs["params"]).prepare()
    return set(parse_qs(urlsplit(prepared.url or "").query, keep_blank_values=True))


def a_schema() -> Any:
    """Return the schema, each operation of which gets its share of the cases."""
    described = document()
    if CASES:
        operations = sum(len(item) for item in described["paths"].values())
        CONFIG["generation"]["max-examples"] = -(-CASES // operations)
    return schemathesis.openapi.from_dict(described, config=SchemathesisConfig.from_dict(CONFIG))


schema = a_schema()


@schema.parametrize()
@hypothesis.settings(deadline=None, derandomize=not CASES, suppress_health_check=list(hypothesis.HealthCheck))
def test_the_contract_holds(case: Case, seeds: Seeds, base_url: str) -> None:
    if case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE:
        make_right(case, seeds)
    declared = {parameter.name for parameter in case.operation.query}
    query = case.query or {}
    # Unknown parameters are ignored, and a list of nothing is not on the wire at all.
    is_plain = set(query) <= declared and set(query) == on_the_wire(case, base_url)
    unchecked = [] if is_plain else [negative_data_rejection]
    if case.path.endswith(("/cancel", "/webhook/replay")):  # whether the job's state allows it, no schema can say
        unchecked.append(positive_data_acceptance)
    for name in [name for name in case.headers or {} if name.lower() == "content-length"]:
        del case.headers[name]  # the HTTP server itself refuses one that is no number, before the API is asked
    seeds.sent += 1
    case.call_and_validate(headers=seeds.customer.headers, base_url=base_url, excluded_checks=unchecked)
