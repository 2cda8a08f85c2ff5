"""One line an event, readable or JSON, and never a local variable."""

import json
import logging

import pytest
import structlog

from castlist.cli import logs


@pytest.fixture(autouse=True)
def restored():
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def fail():
    secret = "cl_live_hunter2"
    raise RuntimeError(f"broken after {len(secret)} characters")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_traceback_shows_no_local_variable(capsys, log_format):
    logs.set_up(log_format)
    try:
        fail()
    except RuntimeError:
        structlog.get_logger().exception("it broke", job_id="job_1")
    said = capsys.readouterr().err
    assert "broken after 15 characters" in said
    assert "hunter2" not in said


def test_json_lines_are_json_with_time_and_level(capsys):
    logs.set_up("json")
    structlog.get_logger().info("job started", job_id="job_1")
    logging.getLogger("some.library").warning("careful with %s", "that")
    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["level"], ours["job_id"]) == ("job started", "info", "job_1")
    assert (theirs["event"], theirs["level"]) == ("careful with that", "warning")
    assert ours["timestamp"].endswith("Z")


def test_text_is_one_line_an_event_and_libraries_keep_their_news(capsys):
    logs.set_up("text")
    structlog.get_logger().info("job started", job_id="job_1")
    logging.getLogger("uvicorn.error").info("Waiting for application startup.")
    assert capsys.readouterr().err.count("\n") == 1
