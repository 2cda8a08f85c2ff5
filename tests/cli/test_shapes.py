"""What would lose or double somebody's work does not start, and says in one sentence what to do."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from castlist.cli import refusals
from castlist.testing.postgres import Postgres

SECRET = "0123456789abcdef0123456789ABCDEF"
GPU = '{"gpu": {"engines": ["studio"], "jobs": 2}}'


@pytest.fixture
def url(postgres: Postgres):
    with postgres.a_database() as made:
        yield made


def refused(said, *words):
    assert said.code == 1
    assert said.err.count("\n") == 1, said.err
    for word in words:
        assert word in said.err
    return said.err


def test_a_node_refuses_a_database_that_was_not_migrated(castlist, url, monkeypatch):
    monkeypatch.setenv("CASTLIST_SECRET", SECRET)
    for shape in ("api", "worker"):
        refused(castlist(shape, "--database-url", url), "castlist migrate")
    assert castlist("migrate", "--database-url", url).code == 0
    assert castlist("migrate", "--database-url", url).code == 0
    monkeypatch.setenv("CASTLIST_DATABASE_URL", url)
    assert castlist("keys", "create", "--name", "a", "--json").json()["key"]


def test_a_node_on_sqlite_refuses_a_file_that_was_not_migrated(castlist):
    refused(castlist("api"), "castlist migrate")
    refused(castlist("worker"), "castlist migrate")


def test_a_newer_schema_is_left_alone(castlist, tmp_path):
    castlist("keys", "list")
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'data' / 'castlist.sqlite'}")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    for command in ("serve", "api", "worker", "migrate"):
        refused(castlist(command), "newer release")


def test_a_node_needs_the_secret_of_all(castlist, url, monkeypatch, tmp_path):
    monkeypatch.setenv("CASTLIST_DATABASE_URL", url)
    refused(castlist("api"), "share one secret", "CASTLIST_SECRET")
    monkeypatch.setenv("CASTLIST_SECRET", SECRET)
    assert castlist("migrate").code == 0
    monkeypatch.setenv("CASTLIST_SECRET", SECRET[::-1])
    for command in (("api",), ("worker",), ("keys", "list")):
        refused(castlist(*command), "not the one of this installation")
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    monkeypatch.delenv("CASTLIST_SECRET")
    monkeypatch.setenv("CASTLIST_SECRET_FILE", str(tmp_path / "secret"))
    assert castlist("keys", "list").code == 0


@pytest.mark.parametrize("weak", ["changeme", "x" * 64, "0123456789abcdef"])
def test_a_secret_that_can_be_guessed_is_refused(castlist, monkeypatch, weak):
    monkeypatch.setenv("CASTLIST_SECRET", weak)
    assert weak not in refused(castlist("serve"), "too easy to guess")


def test_nodes_that_keep_pictures_apart_do_not_start(castlist, url, monkeypatch, tmp_path):
    monkeypatch.setenv("CASTLIST_DATABASE_URL", url)
    monkeypatch.setenv("CASTLIST_SECRET", SECRET)
    assert castlist("migrate", "--adopt", "files").code == 0
    monkeypatch.setenv("CASTLIST_DATA_DIR", str(tmp_path / "another machine"))
    refused(castlist("api"), "lie elsewhere", "CASTLIST_FILES_URL")
    refused(castlist("worker"), "lie elsewhere")
    assert not list((tmp_path / "another machine").rglob("installation"))
    assert castlist("migrate", "--adopt", "files").code == 0
    monkeypatch.setenv("CASTLIST_DATA_DIR", str(tmp_path / "data"))
    refused(castlist("worker"), "lie elsewhere")


def test_a_bucket_is_named_by_its_address(castlist, monkeypatch):
    monkeypatch.setenv("CASTLIST_FILES_URL", "/mnt/pictures")
    refused(castlist("serve"), "s3://bucket")


def test_sqlite_takes_one_worker_and_no_pools(castlist, monkeypatch):
    refused(castlist("serve", "--workers", "2"), "SQLite takes one worker")
    monkeypatch.setenv("CASTLIST_POOLS", GPU)
    refused(castlist("serve"), "Pools need PostgreSQL")


def test_a_pool_has_to_be_named(castlist, url, monkeypatch):
    monkeypatch.setenv("CASTLIST_POOLS", GPU)
    monkeypatch.setenv("CASTLIST_SECRET", SECRET)
    refused(castlist("worker", "--pool", "gqu", "--database-url", url), "There is no pool gqu", "default, gpu")


def test_a_worker_whose_engine_cannot_run_does_not_start(castlist, url, monkeypatch):
    monkeypatch.setenv("CASTLIST_POOLS", '{"far": {"engines": ["gemini"]}}')
    monkeypatch.setenv("CASTLIST_SECRET", SECRET)
    assert castlist("migrate", "--database-url", url).code == 0
    refused(castlist("worker", "--pool", "far", "--database-url", url), "its engine gemini is not ready")


def test_sqlite_on_another_machines_disk_is_refused(castlist, monkeypatch):
    assert refusals.file_system(Path("/proc/self/status")) == "proc"
    monkeypatch.setattr(refusals, "REMOTE", {refusals.file_system(Path.cwd())})
    refused(castlist("serve"), "another machine's disk")
