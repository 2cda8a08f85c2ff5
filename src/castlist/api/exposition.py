"""Turns readings into the text that Prometheus scrapes. Pure but for the library that writes the form."""

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest

from castlist.domain.metrics import METRICS, PREFIX
from castlist.domain.metrics import Metric as Described
from castlist.store.meters import Key

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(readings: Mapping[Key, float]) -> bytes:
    """Return all metrics as text, those without a value included by their name and meaning.

    Args:
        readings: from `flow.survey.readings`. What no metric of this release explains is left out.
    """
    return generate_latest(_Readings(readings))  # pyright: ignore[reportArgumentType]  (all it asks for is `collect`)


class _Readings:
    def __init__(self, readings: Mapping[Key, float]) -> None:
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        for described in METRICS.values():
            yield _family(described, self._readings)


def _family(described: Described, readings: Mapping[Key, float]) -> Metric:
    name, labels = PREFIX + described.name, described.labels
    if described.kind == "histogram":
        histogram = HistogramMetricFamily(name, described.meaning, labels=labels)
        for values in _labels(readings, f"{described.name}_sum", labels):
            buckets = _cumulated(described, readings, values)
            histogram.add_metric(values, buckets, readings[f"{described.name}_sum", values])
        return histogram
    kind = CounterMetricFamily if described.kind == "counter" else GaugeMetricFamily
    family = kind(name.removesuffix("_total"), described.meaning, labels=labels)
    for values in _labels(readings, described.name, labels):
        family.add_metric(values, readings[described.name, values])
    return family


def _labels(readings: Iterable[Key], name: str, labels: tuple[str, ...]) -> list[tuple[str, ...]]:
    return sorted(values for found, values in readings if found == name and len(values) == len(labels))


def _cumulated(described: Described, readings: Mapping[Key, float], values: tuple[str, ...]) -> list[tuple[str, float]]:
    so_far = 0.0
    found: list[tuple[str, float]] = []
    for edge in (*(str(edge) for edge in described.buckets), "+Inf"):
        so_far += readings.get((f"{described.name}_bucket", (*values, edge)), 0.0)
        found.append((edge, so_far))
    return found
