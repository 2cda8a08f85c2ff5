"""One request is followed from the API through queue and worker to its webhook: by ids in the logs, by one trace."""

import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from castlist.api.present import webhook_body
from castlist.domain.errors import ImageRefused
from castlist.flow.deliver import deliver_due
from castlist.flow.service import Service
from castlist.flow.tracing import OpenTelemetry
from castlist.net.guard import FetchPolicy
from castlist.testing.engines import ToyEngine
from castlist.testing.http import RUN, client_of
from castlist.testing.pictures import figure_uri
from castlist.testing.queues import run_all
from castlist.testing.receivers import Receiver, receiving
from castlist.testing.service import a_customer, a_service

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE_ID = int("0af7651916cd43dd8448eb211c80319c", 16)


@pytest.fixture
async def local(tmp_path: Path, template: Path) -> AsyncIterator[Service]:
    """A service that may call loopback, with an engine that refuses its first image and breaks at its third."""
    policy = FetchPolicy(allow_networks=("127.0.0.0/8",), allow_ports=tuple(range(1024, 65536)))
    engine = ToyEngine(fails={0: ImageRefused("No."), 2: RuntimeError("broke")})
    async with a_service(tmp_path, template=template, fetch_policy=policy, engines=[engine]) as made:
        yield made


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def tracing(service: Service, spans: InMemorySpanExporter) -> Service:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return replace(service, tracer=OpenTelemetry(provider))


async def a_whole_life(service: Service, receiver: Receiver, headers: dict[str, str]) -> httpx2.Response:
    async with client_of(service) as client:
        client.headers.update({**(await a_customer(service)).headers, **headers})
        body = {"input_image": figure_uri(), "num_images": 3, "webhook_url": receiver.url, "randomize_images": False}
        answer = await client.post(RUN, json=body)
    await run_all(service)
    assert await deliver_due(service, webhook_body(service)) == 1
    return answer


async def test_every_line_about_a_job_carries_both_ids(local: Service) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        async with receiving() as receiver:
            answer = await a_whole_life(local, receiver, {"X-Request-Id": "follow-me"})
    job_id = answer.json()["jobId"]
    assert answer.headers["X-Request-Id"] == "follow-me"
    events = [line["event"] for line in logs]
    for expected in ("job submitted", "request", "job started", "engine failed", "job completed", "webhook delivered"):
        assert expected in events
    assert {line["request_id"] for line in logs} == {"follow-me"}
    assert {line["job_id"] for line in logs if line["event"] != "request"} == {job_id}
    assert receiver.got[0][0]["webhook-id"] == logs[events.index("webhook delivered")]["message"]


async def test_ids_of_one_job_do_not_stick_to_the_next(local: Service) -> None:
    async with receiving() as receiver:
        await a_whole_life(local, receiver, {"X-Request-Id": "first"})
        with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
            await a_whole_life(local, receiver, {"X-Request-Id": "second"})
            structlog.get_logger().info("something else")
    assert {line.get("request_id") for line in logs} == {"second", None}
    assert "job_id" not in logs[-1]


def named(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans.get_finished_spans()}


async def test_one_trace_from_the_caller_through_the_job_to_the_webhook(
    local: Service, spans: InMemorySpanExporter
) -> None:
    async with receiving() as receiver:
        await a_whole_life(tracing(local, spans), receiver, {"traceparent": CALLER})
    found = named(spans)
    assert set(found) == {f"POST {RUN.replace('consistent-characters', '{apiId}')}", "take in", "job", "webhook"}
    assert {span.context.trace_id for span in found.values()} == {TRACE_ID}
    request = found[f"POST {RUN.replace('consistent-characters', '{apiId}')}"]
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" == CALLER.split("-")[2]
    for name in ("take in", "job", "webhook"):
        parent = found[name].parent
        assert parent is not None
        assert parent.span_id == request.context.span_id
    sent = receiver.got[0][0]["traceparent"].split("-")
    assert (int(sent[1], 16), sent[2]) == (TRACE_ID, f"{found['webhook'].context.span_id:016x}")


async def test_spans_say_what_happened_and_nothing_of_pictures(local: Service, spans: InMemorySpanExporter) -> None:
    async with receiving() as receiver:
        answer = await a_whole_life(tracing(local, spans), receiver, {"X-Request-Id": "r"})
    job = named(spans)["job"]
    said: dict[str, Any] = dict(job.attributes or {})
    assert said == {"job_id": answer.json()["jobId"], "engine": "toy", "attempt": 1, "status": "completed", "error": ""}
    (image,) = job.events
    assert image.name == "image"
    assert set(image.attributes or {}) == {"index", "generate", "screen", "score", "encode", "compare"}
    assert "data:" not in str([span.to_json() for span in spans.get_finished_spans()])


@pytest.mark.parametrize("header", ["", "nonsense", "00-zz-zz-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
async def test_a_caller_without_a_good_trace_starts_one(
    local: Service, spans: InMemorySpanExporter, header: str
) -> None:
    async with receiving() as receiver:
        await a_whole_life(tracing(local, spans), receiver, {"traceparent": header} if header else {})
    traces = {span.context.trace_id for span in spans.get_finished_spans()}
    assert len(traces) == 1
    assert traces != {0}


async def test_without_it_nothing_is_sent_kept_or_imported(local: Service) -> None:
    async with receiving() as receiver:
        await a_whole_life(local, receiver, {"traceparent": CALLER})
    assert "traceparent" not in receiver.got[0][0]
    code = "import sys, castlist.flow.service, castlist.flow.tracing as t; t.Tracer().carrier(); "
    code += "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
