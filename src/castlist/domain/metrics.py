"""Every metric that there is: its name, kind, labels and meaning. Counters and histograms are added up by `flow.meter`,
gauges are read by `flow.survey`; the endpoint, the page of metrics and the test of the dashboard derive from this list.

All numbers are of the whole installation, whoever is asked. Labels take few values, such as engines, codes and routes;
never an account, a key, a job or anything that a caller can make up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PREFIX = "castlist_"
QUICK_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LONG_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)
DAYS_SECONDS = (1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 36_000.0, 86_400.0, 172_800.0, 345_600.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `name` is without the prefix; that of a counter ends in `_total`."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper ends of a histogram's buckets, in seconds."""

    @property
    def series(self) -> tuple[str, ...]:
        """The names under which it is scraped."""
        full = PREFIX + self.name
        return (f"{full}_bucket", f"{full}_sum", f"{full}_count") if self.kind == "histogram" else (full,)


_ALL = (
    Metric("http_requests_total", "counter", "Requests answered.", ("method", "route", "status")),
    Metric("http_seconds", "histogram", "Seconds to answer a request.", ("route",), QUICK_SECONDS),
    Metric("inputs_refused_total", "counter", "Pictures that came in and were refused.", ("reason",)),
    Metric("jobs_submitted_total", "counter", "Jobs accepted.", ("model_type",)),
    Metric("jobs_ended_total", "counter", "Jobs that ended; code is empty for those completed.", ("status", "code")),
    Metric("job_wait_seconds", "histogram", "Seconds from submission to a worker.", ("model_type",), LONG_SECONDS),
    Metric("job_seconds", "histogram", "Seconds from submission to the end.", ("model_type",), LONG_SECONDS),
    Metric("images_total", "counter", "Images by what came of them: delivered, or a code.", ("engine", "outcome")),
    Metric("takes_total", "counter", "Takes that the images needed.", ("engine",)),
    Metric(
        "stage_seconds",
        "histogram",
        "Seconds an image spent in a stage: generate, screen, score, encode, compare, store.",
        ("stage", "engine"),
        QUICK_SECONDS,
    ),
    Metric("credits_total", "counter", "Credits held, captured and released.", ("kind",)),
    Metric("webhook_tries_total", "counter", "Tries to deliver a webhook, by outcome.", ("outcome",)),
    Metric("webhook_lag_seconds", "histogram", "Seconds from a job's end to its delivered webhook.", (), DAYS_SECONDS),
    Metric("jobs_waiting", "gauge", "Jobs that wait for a worker.", ("model_type",)),
    Metric("jobs_running", "gauge", "Jobs that a worker has."),
    Metric("queue_oldest_seconds", "gauge", "For how long the oldest waiting job has waited; 0 when none waits."),
    Metric("workers", "gauge", "Workers with a valid lease.", ("pool",)),
    Metric("engine_ready", "gauge", "1 when an engine is configured and ready.", ("engine",)),
    Metric("engine_shut", "gauge", "1 while an engine is left alone after failures.", ("engine",)),
    Metric("engine_under_way", "gauge", "Images that an engine is asked for right now.", ("engine",)),
    Metric("webhooks_due", "gauge", "Webhooks whose time to be sent has come."),
    Metric("webhook_oldest_seconds", "gauge", "By how much the most overdue webhook is late; 0 when none is."),
    Metric("credits_held", "gauge", "Credits set aside for jobs that have not ended."),
    Metric("storage_free_bytes", "gauge", "Free space where pictures are kept; absent for a bucket."),
    Metric("info", "gauge", "Always 1; says which release answers.", ("version",)),
)
METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL}
