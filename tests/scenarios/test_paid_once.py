"""`kill -9` of a real worker around the moment at which a service accepts paid work: what is made, and what is paid."""

import importlib.util
import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from castlist.testing.pictures import figure_file
from castlist.testing.stub_service import KEY, Answer, Call, Dialect, Stub, serve

ENGINES = Path(__file__).parents[1] / "engines"
SECRETS = {"fal": "FAL_KEY", "bfl": "BFL_API_KEY", "pixeldojo": "PIXELDOJO_API_KEY"}
DIALECTS = {"fal": "FalDialect", "bfl": "BflDialect", "pixeldojo": "ContractDialect"}
UNDER_WAY = 10**6
SAID = {"model_type": "flux-kontext", "min_identity": 0}


def dialect(engine: str) -> Dialect:
    """Return what the service of an engine speaks, from beside the engine's test."""
    name = f"scenario_{engine}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ENGINES / f"test_{engine}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return getattr(sys.modules[name], DIALECTS[engine])()


class Slow(Dialect):
    """Accepts work at once and answers when `go` is set."""

    def __init__(self, inner: Dialect) -> None:
        self.inner, self.go = inner, threading.Event()

    def key_of(self, call: Call) -> str | None:
        return self.inner.key_of(call)

    def problem(self, status: int, message: str) -> Answer:
        return self.inner.problem(status, message)

    def answer(self, call: Call, stub: Stub) -> Answer:
        answer = self.inner.answer(call, stub)
        self.go.wait(60)
        return answer


@contextmanager
def behind(here: Any, engine: str, speaks: Dialect, **options: object) -> Iterator[Stub]:
    """Serve a stub of an engine's service and set the installation up for it."""
    with serve(speaks, figure_file()) as stub:
        here.set(
            CASTLIST_ENGINES=json.dumps({engine: {"base_url": stub.url, "poll_seconds": 2, **options}}),
            CASTLIST_ROUTES=json.dumps({"flux-kontext": [engine]}),
            **{SECRETS[engine]: KEY},
        )
        yield stub


def until(true: Callable[[], bool], here: Any) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, here.log()
        time.sleep(0.02)


def saved(here: Any) -> int:
    """Return of how many images it is on file where the service works on them."""
    with sqlite3.connect(here.folder / "castlist.sqlite") as database:
        rows = database.execute("SELECT remote FROM remotes").fetchall()
    return sum(json.loads(remote)["work"] is not None for (remote,) in rows)


@pytest.mark.parametrize("engine", ["fal", "bfl"])  # the kit does the same to every engine, in one process
def test_between_submit_and_poll(install, photo, engine):
    here = install()
    with behind(here, engine, dialect(engine)) as stub:
        stub.mood.looks = UNDER_WAY
        key = here.key(2)
        here.start()
        job_id = here.submit(key, photo, num_images=2, **SAID)["jobId"]
        until(lambda: saved(here) == 2, here)
        os.kill(here.worker_pids()[-1], 9)
        assert not any(work.looks for work in stub.work.values()), "nobody has asked for it yet"
        stub.mood.looks = 0
        job = here.wait(key, job_id)
    assert (job["status"], len(job["output"]["images"])) == ("completed", 2)
    assert len(stub.work) == 2, "each image is paid once"
    assert here.ledger() == [("grant", 2), ("hold", 2), ("capture", 2)]


def killed_while_it_asks(here: Any, photo: str, stub: Stub) -> dict[str, Any]:
    """Kill the worker after the service has accepted the work and before it has said so."""
    key = here.key(1)
    here.start()
    job_id = here.submit(key, photo, num_images=1, **SAID)["jobId"]
    until(lambda: len(stub.work) == 1, here)
    os.kill(here.worker_pids()[-1], 9)
    stub.dialect.go.set()
    return here.wait(key, job_id)


def test_before_the_answer_a_service_with_keys_makes_it_once(install, photo):
    here = install()
    with behind(here, "pixeldojo", Slow(dialect("pixeldojo"))) as stub:
        job = killed_while_it_asks(here, photo, stub)
    assert job["status"] == "completed"
    assert len(stub.work) == 1, "the same key is the same work"


def test_before_the_answer_others_are_asked_again_and_may_be_paid_twice(install, photo):
    here = install()
    with behind(here, "fal", Slow(dialect("fal"))) as stub:
        job = killed_while_it_asks(here, photo, stub)
    assert job["status"] == "completed"
    assert len(stub.work) == 2
    assert "it may have arrived" in here.log(), "the operator is told"
    assert here.ledger() == [("grant", 1), ("hold", 1), ("capture", 1)], "the customer pays once"


def test_before_the_answer_an_operator_may_have_it_given_up(install, photo):
    here = install()
    with behind(here, "fal", Slow(dialect("fal")), after_crash="give up") as stub:
        job = killed_while_it_asks(here, photo, stub)
    assert job["status"] == "failed"
    assert len(stub.work) == 1, "nothing is paid twice"
    assert here.ledger() == [("grant", 1), ("hold", 1), ("release", 1)]
