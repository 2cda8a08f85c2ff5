"""Settings, engines and the doctor from the command line."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest


def test_config_shows_every_setting_and_no_secret(castlist, monkeypatch):
    monkeypatch.setenv("CASTLIST_DATABASE_URL", "postgresql://me:hunter2@db.example/cast")
    monkeypatch.setenv("CASTLIST_ENGINES", json.dumps({"far": {"api_key": "hunter2", "seconds": 3}}))
    shown = castlist("config", "show", "--json")
    assert "hunter2" not in shown.out
    assert shown.json()["settings"]["database_url"] == "postgresql://me:…@db.example/cast"
    assert shown.json()["settings"]["engines"] == {"far": {"api_key": "…", "seconds": 3}}
    assert shown.json()["set"] == ["data_dir", "database_url", "engines"]
    text = castlist("config", "show")
    assert "hunter2" not in text.out
    assert "worker_jobs" in text.out


def test_castlist_toml_is_read_and_a_variable_overrules_it(castlist, monkeypatch):
    Path("castlist.toml").write_text("output_hours = 2\nupload_hours = 3\n")
    monkeypatch.setenv("CASTLIST_OUTPUT_HOURS", "5")
    settings = castlist("config", "show", "--json").json()["settings"]
    assert (settings["output_hours"], settings["upload_hours"]) == (5, 3)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("CASTLIST_OUTPUT_HOURS", "-1", "the setting output_hours is not valid: Input should be greater than 0"),
        ("CASTLIST_DEFAULT_PRICE", "dear", "the setting default_price is not valid"),
        ("CASTLIST_PRICES", "{", "the setting prices is not valid JSON"),
    ],
)
def test_a_bad_setting_is_named(castlist, monkeypatch, name, value, sentence):
    monkeypatch.setenv(name, value)
    said = castlist("engines")
    assert said.code == 1
    assert sentence in said.err
    assert said.err.count("\n") == 1


def test_a_broken_settings_file_is_named(castlist):
    Path("castlist.toml").write_text("output_hours = \n")
    said = castlist("engines")
    assert said.code == 1
    assert "castlist.toml cannot be read" in said.err


def test_a_database_that_is_away_is_one_sentence_without_its_password(castlist, monkeypatch):
    monkeypatch.setenv("CASTLIST_DATABASE_URL", "sqlite:////nowhere/at/all.sqlite")
    said = castlist("keys", "list")
    assert said.code == 1
    assert said.err == (
        "castlist: The database sqlite:////nowhere/at/all.sqlite cannot be used: No such file or directory.\n"
    )


def test_engines_say_what_answers_for_what(castlist):
    shown = castlist("engines", "--json").json()
    assert shown["broken"] == {}
    ready = [engine["id"] for engine in shown["engines"] if engine["ready"]]
    assert ready
    assert set(shown["routes"].values()) <= set(ready), "a fresh installation answers for every model type"
    assert ready[0] in castlist("engines").out


def test_the_doctor_finds_a_fresh_installation_well(castlist):
    found = castlist("doctor", "--json").json()
    assert found["ok"]
    states = {finding["what"]: finding["state"] for finding in found["findings"]}
    assert states["bundled files"] == states["database"] == states["ledger"] == states["data folder"] == "ok"
    assert states["storage"] == states["queue"] == states["outbox"] == states["credentials"] == "ok"
    assert states["safety"] == states["watching"] == "ok"
    assert states["workers"] == "note"


def test_the_doctor_tells_what_an_operator_turned_off_or_must_renew(castlist, tmp_path, monkeypatch):
    from castlist.provenance import issuer

    old = tmp_path / "old.pem"
    old.write_bytes(issuer.create(datetime.now(UTC) - timedelta(days=3640)).pem)
    monkeypatch.setenv("CASTLIST_SIGNING_FILE", str(old))
    monkeypatch.setenv("CASTLIST_SAFETY_INPUT", "false")
    monkeypatch.setenv("CASTLIST_METRICS_TOKEN", "open-sesame")
    said = castlist("doctor", "--json")
    found = {finding["what"]: finding for finding in said.json()["findings"]}
    assert found["credentials"]["state"] == "note"
    assert "the operator's certificate" in found["credentials"]["detail"]
    assert (found["safety"]["state"], "pictures made" in found["safety"]["detail"]) == ("note", True)
    assert "who know the token" in found["watching"]["detail"]
    assert "open-sesame" not in said.out + said.err


def test_traces_that_cannot_be_sent_stop_everything_with_one_sentence(castlist, monkeypatch):
    monkeypatch.setenv("CASTLIST_TRACE_TO", "http://127.0.0.1:4318/v1/traces")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    said = castlist("keys", "list")
    assert said.code == 1
    assert "the extra otel" in said.err


def test_the_doctor_says_what_is_wrong_and_goes_on(castlist, monkeypatch):
    monkeypatch.setenv("CASTLIST_DATABASE_URL", "sqlite:////nowhere/at/all.sqlite")
    said = castlist("doctor", "--json")
    assert said.code == 1
    found = {finding["what"]: finding for finding in json.loads(said.out)["findings"]}
    assert found["database"]["state"] == "wrong"
    assert found["bundled files"]["state"] == "ok"


def test_the_version_is_printed(castlist):
    from castlist import __version__

    assert castlist("--version").out == f"castlist {__version__}\n"
