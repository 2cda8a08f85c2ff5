"""The dashboard and the alerts ask for metrics that exist, by labels that they have, and leave none out."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from castlist.domain.metrics import METRICS, PREFIX, Metric

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana/castlist.json").read_text())
RULES = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"][0]["rules"]
SERIES: dict[str, Metric] = {name: metric for metric in METRICS.values() for name in metric.series}
OURS = re.compile(rf"\b{PREFIX}\w+")
SCRAPED = {"instance", "pod", "job"}
"""Labels that Prometheus adds."""

QUERIES = [
    (f"{panel['title']}: {target['legendFormat']}", target["expr"])
    for panel in DASHBOARD["panels"]
    for target in panel.get("targets", [])
]
ALERTS = [(rule["alert"], rule["expr"]) for rule in RULES]
ALL = [*QUERIES, *ALERTS]


def names(query: str) -> set[str]:
    return set(OURS.findall(query))


@pytest.mark.parametrize(("title", "query"), ALL, ids=[title for title, _ in ALL])
def test_a_query_asks_for_what_there_is(title: str, query: str) -> None:
    found = names(query)
    assert found
    assert found <= set(SERIES)
    labels = {label for name in found for label in SERIES[name].labels}
    labels |= {"le"} if any(name.endswith("_bucket") for name in found) else set()
    grouped = {label for group in re.findall(r"\b(?:by|without|on) ?\(([^)]*)\)", query) for label in _list(group)}
    selected = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", query))
    assert grouped <= labels | SCRAPED
    assert selected <= labels


@pytest.mark.parametrize(("title", "query"), ALL, ids=[title for title, _ in ALL])
def test_counters_are_read_as_rates_and_every_node_counts_once(title: str, query: str) -> None:
    for name in names(query):
        kind = SERIES[name].kind
        if kind in ("counter", "histogram"):
            assert re.search(rf"(?:rate|increase)\({name}\b", query), name
        assert re.search(rf"(?:max|min|absent)[^(]*(?:\([^)]*\) )?\((?:rate\(|increase\()?{name}\b", query), name


def _list(group: str) -> list[str]:
    return [label.strip() for label in group.split(",") if label.strip()]


@pytest.mark.parametrize(
    "panel", [one for one in DASHBOARD["panels"] if one["type"] != "row"], ids=lambda panel: panel["title"]
)
def test_legends_name_labels_that_the_query_keeps(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
            kept = [_list(group) for group in re.findall(r"\bby \(([^)]*)\)", target["expr"])]
            assert any(label in group for group in kept), target["expr"]


def test_every_metric_is_shown_somewhere() -> None:
    asked = {SERIES[name].name for _, query in ALL for name in names(query)}
    assert asked == set(METRICS)


def test_panels_stand_beside_each_other_and_not_on_each_other() -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells
    for panel in DASHBOARD["panels"]:
        assert panel["type"] == "row" or panel["description"]


def test_every_alert_says_what_to_do() -> None:
    for rule in RULES:
        assert rule["alert"].startswith("Castlist")
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["description"].endswith((".", ">"))


def test_a_metric_that_is_not_there_would_be_noticed() -> None:
    assert not names("sum(castlist_made_up_total)") <= set(SERIES)
