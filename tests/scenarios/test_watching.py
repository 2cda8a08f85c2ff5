"""What real processes count and log is found where an operator looks."""

import json
import time

from tests.scenarios.test_serve import RUN


def test_what_the_worker_counts_and_logs_is_found_under_one_address_and_one_id(install, photo):
    here = install()
    here.set(CASTLIST_LOG_FORMAT="json")
    key = here.key(5)
    here.start()
    with here.client(key) as client:
        answer = client.post(RUN, json={"input_image": photo, "num_images": 2}, headers={"X-Request-Id": "follow-me"})
        job_id = answer.json()["jobId"]
        assert here.wait(key, job_id)["status"] == "completed"
        ready = client.get("/readyz").json()
        assert [check["name"] for check in ready["checks"]] == ["database", "storage", "queue"]
        deadline = time.monotonic() + 60
        wanted = 'castlist_jobs_ended_total{code="",status="completed"} 1.0'
        while wanted not in (text := client.get("/metrics").text) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert wanted in text  # the worker counted that, in a process of its own
        assert 'castlist_jobs_submitted_total{model_type="flux-kontext"} 1.0' in text  # and this process that
        assert 'castlist_workers{pool="default"} 1.0' in text
    assert here.terminate() == 0
    lines = [json.loads(line) for line in here.log().splitlines() if line.startswith("{")]
    followed = [line["event"] for line in lines if line.get("request_id") == "follow-me"]
    assert followed[:1] + followed[-1:] == ["job submitted", "job completed"]
    assert {line["job_id"] for line in lines if line["event"].startswith("job ")} == {job_id}
    here.start()
    with here.client(key) as client:
        assert wanted in client.get("/metrics").text  # counts outlive every process
