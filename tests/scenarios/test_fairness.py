"""Two keys on one real server: whoever queues a lot queues behind itself. A canceled job frees its worker at once."""

import asyncio
import time
from collections import Counter

import httpx2

RUN = "/api/v1/models/consistent-characters/run"


def submit_many(here, key, photo, count):
    async def all_at_once():
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(base_url=here.url, headers=headers, timeout=120) as client:
            body = {"input_image": photo, "num_images": 1}
            return await asyncio.gather(*(client.post(RUN, json=body) for _ in range(count)))

    answers = asyncio.run(all_at_once())
    assert Counter(answer.status_code for answer in answers) == {202: count}


def test_two_hundred_jobs_of_one_key_do_not_delay_the_first_of_another(install, photo):
    here = install(seconds=0.3)
    many, one = here.key(300), here.castlist("keys", "create", "--name", "other", "--credits", "10")["key"]
    here.start()
    submit_many(here, many, photo, 200)
    first = here.submit(one, photo, num_images=1)["jobId"]
    assert here.wait(one, first)["status"] == "completed"
    ahead = here.started_between(first)
    assert len(ahead) <= 1, "only what the one worker had in hand, or was just taking, may go first"


def test_a_canceled_job_frees_its_worker_at_once(install, photo):
    here = install(seconds=60)
    key = here.key(10)
    here.start()
    slow = here.submit(key, photo, num_images=1)["jobId"]
    here.wait(key, slow, lambda job: job["status"] == "processing")
    waiting = here.submit(key, photo, num_images=1)["jobId"]
    with here.client(key) as client:
        began = time.monotonic()
        canceled = client.post(f"/api/v1/jobs/{slow}/cancel").json()
        assert (canceled["status"], canceled["error"]["code"], canceled["creditsRefunded"]) == ("failed", "canceled", 1)
    here.wait(key, waiting, lambda job: job["status"] == "processing")
    print(f"the worker was free after {time.monotonic() - began:.2f} s")
    with here.client(key) as client:
        assert client.post(f"/api/v1/jobs/{waiting}/cancel").status_code == 200
    assert here.ledger() == [("grant", 10), ("hold", 1), ("hold", 1), ("release", 1), ("release", 1)]


def test_a_repeated_key_means_the_same_job_after_a_restart(install, photo):
    here = install()
    key = here.key(10)
    here.start()

    def send():
        with here.client(key) as client:
            said = client.post(
                RUN, json={"input_image": photo, "num_images": 1}, headers={"Idempotency-Key": "order-7"}
            )
            assert said.status_code == 202
            return said.json()["jobId"]

    job_id = send()
    here.kill_group()
    here.start()
    assert send() == job_id
    assert here.wait(key, job_id)["status"] == "completed"
    assert [kind for kind, _ in here.ledger()] == ["grant", "hold", "capture"]
