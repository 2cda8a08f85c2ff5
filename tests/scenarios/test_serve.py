"""`castlist serve` as a whole: what a client sees, and what survives when its processes are killed."""

import asyncio
import hashlib
import io
import os
import socket
import subprocess
import sys
from collections import Counter

import httpx2
import pytest
from PIL import Image

RUN = "/api/v1/models/consistent-characters/run"


def landed(count):
    return lambda job: job["status"] == "processing" and job["progress"]["completed"] >= count


def test_a_picture_becomes_pictures(install, photo):
    here = install()
    key = here.key(10)
    here.start()
    submitted = here.submit(key, photo, num_images=3)
    assert submitted["status"] == "pending"
    assert (submitted["creditCost"], submitted["creditsRemaining"]) == (3, 7)
    job = here.wait(key, submitted["jobId"])
    assert job["status"] == "completed"
    assert len(job["output"]["images"]) == 3
    for url, asset in zip(job["output"]["images"], job["assets"], strict=True):
        answer = httpx2.get(url)  # without the key
        assert answer.status_code == 200
        assert hashlib.sha256(answer.content).hexdigest() == asset["sha256"]
        assert Image.open(io.BytesIO(answer.content)).size == (asset["width"], asset["height"])
    assert here.ledger() == [("grant", 10), ("hold", 3), ("capture", 3)]
    assert here.castlist("jobs", "show", submitted["jobId"])["status"] == "completed"
    assert here.terminate() == 0


def test_a_job_survives_kill_9_of_everything_and_is_charged_once(install, photo):
    here = install(seconds=0.5)
    key = here.key(4)
    here.start()
    job_id = here.submit(key, photo)["jobId"]
    here.wait(key, job_id, landed(1))
    here.kill_group()

    before = here.castlist("jobs", "show", job_id)
    assert before["status"] == "processing"
    here.start()
    job = here.wait(key, job_id)
    assert job["status"] == "completed"
    assert len(job["output"]["images"]) == 4
    after = here.castlist("jobs", "show", job_id)
    assert after["attempt"] == 2
    kept = len(before["images"])
    assert after["images"][:kept] == before["images"], "images that had landed were made again"
    assert here.ledger() == [("grant", 4), ("hold", 4), ("capture", 4)]


def test_the_job_in_hand_ends_before_the_server_does(install, photo):
    here = install(seconds=0.5)
    key = here.key(5)
    here.start()
    first, second = here.submit(key, photo)["jobId"], here.submit(key, photo, num_images=1)["jobId"]
    here.wait(key, first, landed(1))
    assert here.terminate() == 0
    assert here.castlist("jobs", "show", first)["status"] == "completed"
    assert here.castlist("jobs", "show", second)["status"] == "pending"
    here.start()
    assert here.wait(key, second)["status"] == "completed"
    assert here.castlist("jobs", "show", first)["attempt"] == 1


def test_a_second_signal_puts_the_job_down_at_once(install, photo):
    here = install(seconds=1.5)
    key = here.key(4)
    here.start()
    job_id = here.submit(key, photo)["jobId"]
    here.wait(key, job_id, landed(1))
    assert here.terminate(times=2) == 0
    assert "Traceback" not in here.log()

    assert here.castlist("jobs", "show", job_id)["status"] == "processing"
    here.start()
    assert here.wait(key, job_id)["status"] == "completed"
    assert here.ledger() == [("grant", 4), ("hold", 4), ("capture", 4)]


def test_a_killed_worker_is_replaced_and_its_job_goes_on(install, photo):
    here = install(seconds=0.5)
    key = here.key(4)
    here.start()
    job_id = here.submit(key, photo)["jobId"]
    here.wait(key, job_id, landed(1))
    os.kill(here.worker_pids()[-1], 9)
    assert here.wait(key, job_id)["status"] == "completed"
    assert len(here.worker_pids()) == 2
    assert here.ledger() == [("grant", 4), ("hold", 4), ("capture", 4)]


def test_a_worker_does_not_outlive_its_server(install, photo):
    here = install()
    key = here.key(1)
    here.start()
    here.wait(key, here.submit(key, photo, num_images=1)["jobId"])
    here.kill_parent()
    here.start()  # takes the lock that the first worker held, so that one is gone
    here.wait_for_workers(2)


def test_many_submits_at_once_never_overdraw(install, photo):
    here = install()
    key = here.key(50)
    here.start()

    async def all_at_once():
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(base_url=here.url, headers=headers, timeout=60) as client:
            body = {"input_image": photo, "num_images": 1}
            return await asyncio.gather(*(client.post(RUN, json=body) for _ in range(200)))

    answers = asyncio.run(all_at_once())
    assert Counter(answer.status_code for answer in answers) == {202: 50, 402: 150}
    refused = next(answer.json() for answer in answers if answer.status_code == 402)
    assert refused["error"]["code"] == "insufficient_credits"
    assert len({answer.json()["jobId"] for answer in answers if answer.status_code == 202}) == 50
    kinds = Counter(kind for kind, _ in here.ledger())
    assert (kinds["grant"], kinds["hold"], kinds["release"]) == (1, 50, 0)
    assert here.castlist("credits", "balance", "user")["balance"] == 0
    findings = {finding["what"]: finding["state"] for finding in here.castlist("doctor")["findings"]}
    assert findings["ledger"] == "ok"


def test_a_taken_port_is_said_in_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "castlist.cli", "serve", "--port", str(port), "--data-dir", str(tmp_path)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"Port {port} on 127.0.0.1 is taken" in done.stderr


def test_an_address_of_ipv6_is_printed_as_a_client_needs_it(install):
    if not has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    here = install()
    here.start("--host", "::1")
    assert here.url.startswith("http://[::1]:")
    assert httpx2.get(f"{here.url}/healthz").status_code == 200


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True
