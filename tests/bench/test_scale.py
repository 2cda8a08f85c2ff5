"""The bench of growth, overhead, formats and processes, at the smallest size: the real code with tiny numbers."""

import pytest

from bench import blocks
from bench.scale import formats, growth, nodes, overhead, page
from castlist.domain.jobs import JobStatus
from castlist.store import conservation
from castlist.testing.pictures import figure

ROWS = 60


@pytest.fixture(scope="module")
def few():
    return [figure(1024, 1024, seed) for seed in range(2)]


async def test_the_history_is_one_that_castlist_could_have_written(tmp_path):
    async with growth.a_bench(tmp_path, ROWS) as bench:
        async with bench.service.database.read() as tx:
            found = await conservation.verify(tx)
        jobs = (await bench.get("/jobs", limit="100"))["jobs"]
        assert found.faults == []
        assert len(jobs) == ROWS / 4
        assert {job["status"] for job in jobs} == {JobStatus.COMPLETED, JobStatus.FAILED}
        assert [len(job["assets"]) for job in jobs if job["status"] == "completed"] == [2] * 14


async def test_every_operation_is_done_and_leaves_nothing_open(tmp_path):
    async with growth.a_bench(tmp_path, ROWS) as bench:
        found = await growth.costs(bench, 1)
        assert set(found) == set(bench.operations())
        assert all(cost.cpu_ms > 0 for cost in found.values())
        done = (await bench.get("/jobs", limit="100"))["jobs"][:2]
        assert [job["status"] for job in done] == ["completed"] * 2
        assert (await bench.get("/jobs", status="pending"))["jobs"] == []


async def test_the_same_on_postgresql(tmp_path, postgres):
    with postgres.a_database() as url:
        found = await growth.at(tmp_path, ROWS, 1, (postgres, url))
    assert all(cost.cpu_ms > 0 for cost in found.values())


async def test_what_a_worker_adds_is_measured_for_every_image(tmp_path, few):
    found = await overhead.measure(tmp_path, few, jobs=1, images=2, pause_seconds=0.01)
    assert len(found.added_ms) == len(found.store_ms) == 2
    assert all(added >= store > 0 for added, store in zip(found.added_ms, found.store_ms, strict=True))


def test_waiting_for_the_image_before_is_not_added():
    stages = {"screen": 0.0, "score": 0.75, "compare": 0.25, "encode": 1.0, "store": 0.1}
    found = overhead.added([0.0, 1.0], [(2.5, stages), (5.0, stages)])
    assert found.added_ms == [500.0, 500.0]


def test_every_format_is_measured(few):
    found = {one.name: one for one in formats.measure(few, 1)}
    assert set(found) == {"png", "jpg", "webp"}
    assert all(one.size_bytes > 0 and len(one.runs) == len(few) for one in found.values())


def test_workers_and_nodes_are_measured(tmp_path):
    for name in ("workers", "nodes"):
        (tmp_path / name).mkdir()
    finished = nodes.finishing(tmp_path / "workers", 1, jobs=4, seconds=0.1)
    accepted = nodes.accepting(tmp_path / "nodes", 2, seconds=0.5)
    assert 0 < finished.completed_a_second < 10
    assert accepted.accepted_a_second > 0
    assert accepted.cpu_ms_a_job > 0


def test_the_page_says_what_was_not_measured_and_keeps_other_parts(tmp_path):
    cost = {"wall_ms": 2.0, "cpu_ms": 1.0}
    common = {"date": "2026-01-01", "hardware": "a machine", "load": 0.5}
    kept = {f"growth-sqlite-{rows}": {**common, "found": {"accept": {**cost, "cpu_ms": ms}}}
            for rows, ms in ((1000, 1.0), (10_000, 3.0))}  # fmt: skip
    text = page.text(kept)
    assert "| accept | 1.0 | 3.0 | 3.0 |" in text
    assert text.count("Not measured.") == 4
    where = tmp_path / "page.md"
    where.write_text("# Title\n\n<!-- other:begin -->\n\nkept\n\n<!-- other:end -->\n")
    blocks.put(where, "scale", text)
    assert len(blocks.all_of(where)) == 2
