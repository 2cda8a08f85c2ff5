"""What is counted can be scraped, from any process, and says what happened."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from castlist.api.exposition import exposition
from castlist.domain.errors import ImageRefused
from castlist.domain.metrics import METRICS, PREFIX
from castlist.flow.meter import Meter
from castlist.flow.service import Service, Terms
from castlist.testing.engines import ToyEngine
from castlist.testing.http import API, RUN, client_of
from castlist.testing.pictures import figure_uri
from castlist.testing.queues import run_all
from castlist.testing.service import Clock, a_customer, a_service

Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]


def read(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[PREFIX + name, tuple(sorted(labels.items()))]


async def scraped(client: httpx2.AsyncClient) -> Samples:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return read(answer.text)


async def test_a_job_is_told_from_its_submission_to_its_end(
    client: httpx2.AsyncClient, service: Service, clock: Clock
) -> None:
    body = {"input_image": figure_uri(), "num_images": 2}
    assert (await client.post(RUN, json=body)).status_code == 202
    clock.advance(seconds=12)
    before = await scraped(client)
    assert value(before, "jobs_waiting", model_type="flux-kontext") == 1
    assert value(before, "queue_oldest_seconds") == 12
    assert value(before, "credits_held") == 2
    assert value(before, "jobs_submitted_total", model_type="flux-kontext") == 1
    await run_all(service)
    after = await scraped(client)
    assert value(after, "credits_held") == value(after, "queue_oldest_seconds") == 0
    assert value(after, "jobs_ended_total", status="completed", code="") == 1
    assert value(after, "images_total", engine="toy", outcome="delivered") == 2
    assert value(after, "credits_total", kind="held") == value(after, "credits_total", kind="captured") == 2
    assert value(after, "job_wait_seconds_sum", model_type="flux-kontext") == 12
    assert value(after, "job_wait_seconds_bucket", model_type="flux-kontext", le="10.0") == 0
    assert value(after, "job_wait_seconds_bucket", model_type="flux-kontext", le="30.0") == 1
    for stage in ("generate", "screen", "score", "encode", "compare", "store"):
        assert value(after, "stage_seconds_count", stage=stage, engine="toy") == 2
    assert value(after, "engine_ready", engine="toy") == 1
    assert value(after, "storage_free_bytes") > 0


async def test_what_another_process_counted_is_there_and_adds_up(service: Service, anyone: httpx2.AsyncClient) -> None:
    for _ in range(2):
        worker = Meter()
        worker.count("takes_total", 3, engine="toy")
        worker.observe("webhook_lag_seconds", 2.0)
        await worker.flush(service.database)
        await worker.flush(service.database)  # nothing new: nothing is added twice
    samples = await scraped(anyone)
    assert value(samples, "takes_total", engine="toy") == 6
    assert value(samples, "webhook_lag_seconds_count") == 2
    assert value(samples, "webhook_lag_seconds_sum") == 4
    assert value(samples, "webhook_lag_seconds_bucket", le="1.0") == 0
    assert value(samples, "webhook_lag_seconds_bucket", le="5.0") == 2


async def test_many_processes_add_to_the_same_sums_at_once(service: Service, anyone: httpx2.AsyncClient) -> None:
    workers = [Meter() for _ in range(8)]
    for number, worker in enumerate(workers):
        for engine in ("one", "two", "three")[:: 1 if number % 2 else -1]:
            worker.count("takes_total", engine=engine)
    await asyncio.gather(*(worker.flush(service.database) for worker in workers))
    samples = await scraped(anyone)
    assert [value(samples, "takes_total", engine=engine) for engine in ("one", "two", "three")] == [8, 8, 8]


async def test_a_flush_that_fails_loses_nothing(service: Service, anyone: httpx2.AsyncClient) -> None:
    class Away:
        def write(self) -> None:
            raise ConnectionError

    meter = Meter()
    meter.count("takes_total", engine="toy")
    with pytest.raises(ConnectionError):
        await meter.flush(Away())  # type: ignore[arg-type]
    await meter.flush(service.database)
    assert value(await scraped(anyone), "takes_total", engine="toy") == 1


async def test_requests_are_counted_by_route_and_never_by_what_a_caller_makes_up(client: httpx2.AsyncClient) -> None:
    for path in ("/one", "/two", "/" + "x" * 300):
        await client.get(path)
    for job in ("job_" + "a" * 22, "job_" + "b" * 22):
        await client.get(f"{API}/jobs/{job}")
    await client.request("BREW", f"{API}/credits")
    await client.head(f"{API}/models")
    samples = await scraped(client)
    assert value(samples, "http_requests_total", method="GET", route="none", status="404") == 3
    assert value(samples, "http_requests_total", method="GET", route=f"{API}/jobs/{{jobId}}", status="404") == 2
    assert value(samples, "http_requests_total", method="other", route=f"{API}/credits", status="405") == 1
    assert value(samples, "http_requests_total", method="HEAD", route=f"{API}/models", status="200") == 1
    assert value(samples, "http_seconds_count", route=f"{API}/jobs/{{jobId}}") == 2
    assert not any("x" * 300 in str(key) or "job_a" in str(key) for key in samples)


async def test_refusals_and_cancellations_count(client: httpx2.AsyncClient, service: Service) -> None:
    await client.post(RUN, json={"input_image": "data:image/png;base64,AAAA"})
    job = (await client.post(RUN, json={"input_image": figure_uri(), "num_images": 3})).json()
    await client.post(f"{API}/jobs/{job['jobId']}/cancel")
    samples = await scraped(client)
    assert value(samples, "inputs_refused_total", reason="unusable") == 1
    assert value(samples, "jobs_ended_total", status="failed", code="canceled") == 1
    assert value(samples, "credits_total", kind="released") == 3


async def test_lost_images_count_under_their_code(tmp_path, template) -> None:
    engine = ToyEngine(fails={0: ImageRefused("No.")})
    async with a_service(tmp_path, template=template, engines=[engine]) as service, client_of(service) as client:
        client.headers.update((await a_customer(service)).headers)
        await client.post(RUN, json={"input_image": figure_uri(), "num_images": 2})
        await run_all(service)
        samples = await scraped(client)
    assert value(samples, "images_total", engine="toy", outcome="refused") == 1
    assert value(samples, "images_total", engine="toy", outcome="delivered") == 1


async def test_a_token_closes_them(service: Service) -> None:
    guarded = replace(service, terms=Terms(metrics_token="open sesame"))
    async with client_of(guarded) as client:
        assert (await client.get("/metrics")).status_code == 401
        assert (await client.get("/metrics", headers={"Authorization": "Bearer wrong"})).status_code == 401
        good = {"Authorization": "Bearer open sesame"}
        assert (await client.get("/metrics", headers=good)).status_code == 200
    assert "open sesame" not in repr(guarded.terms)


def test_every_metric_is_named_even_before_anything_happened() -> None:
    text = exposition({}).decode()
    for metric in METRICS.values():
        assert f"# TYPE {PREFIX}{metric.name} {metric.kind}" in text


def test_unknown_names_and_labels_are_mistakes_of_ours() -> None:
    with pytest.raises(KeyError):
        Meter().count("nothing_total")
    with pytest.raises(ValueError, match="has the labels"):
        Meter().count("takes_total", colour="red")
