"""Secrets belong where nobody looks: planted, then searched for in everything that the service gives out."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

ENGINE_SECRET = "canary-engine-5f3a/b+c=="
RUN = "/api/v1/models/consistent-characters/run"


class Gossip(BaseHTTPRequestHandler):
    """A service that repeats what it was sent in its errors, header by header."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        status = 401 if self.server.heard else 500  # type: ignore[attr-defined]
        self.server.heard += 1  # type: ignore[attr-defined]
        words = {"error": {"message": f"no: {dict(self.headers)} {ENGINE_SECRET}", "code": ENGINE_SECRET}}
        body = json.dumps(words).encode()
        self.send_response(status, ENGINE_SECRET)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def gossip() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gossip)
    server.heard = 0  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def everything(client: httpx2.Client, job_id: str) -> Iterator[tuple[str, str]]:
    """Ask for all that a customer can see, right and wrong."""
    for path in (
        f"jobs/{job_id}",
        "jobs",
        f"jobs/{job_id}/report",
        f"jobs/{job_id}/events",
        "credits",
        "usage",
        "models",
    ):
        yield path, client.get(f"/api/v1/{path}", headers={"Accept": "*/*"}).text
    yield "no such job", client.get("/api/v1/jobs/job_nothing").text
    yield "bad JSON", client.post(RUN, content="{").text
    yield "bad field", client.post(RUN, json={"input_image": "http://user:pass@127.0.0.1/", "seed": -1}).text
    yield "the document", client.get("/api/openapi").text


def test_no_secret_is_ever_told(install, photo: str, gossip: ThreadingHTTPServer) -> None:
    here = install()
    engine = {"base_url": f"http://127.0.0.1:{gossip.server_port}", "models": {"qwen-image-edit": "some-model"}}
    here.set(
        OPENAI_IMAGES_API_KEY=ENGINE_SECRET,
        CASTLIST_LOG_FORMAT="json",
        CASTLIST_ENGINES=json.dumps({"openai_images": engine}),
    )
    key = here.key(10)
    here.start()
    job_id = here.submit(key, photo, model_type="qwen-image-edit", num_images=1)["jobId"]
    job = here.wait(key, job_id)
    assert gossip.heard  # type: ignore[attr-defined]
    assert job["status"] == "failed"
    with here.client(key) as client:
        answers = dict(everything(client, job_id))
    here.terminate()
    secret = (here.folder / "secret").read_bytes()
    canaries = [ENGINE_SECRET.encode(), key.encode(), secret, secret.hex().encode()]
    told = {name: text.encode() for name, text in answers.items()}
    told["log"] = here.log().encode()
    assert b"[secret]" in told["log"], "what the service said is told, without the secret"
    for arguments in (("config",), ("engines",), ("jobs", "show", job_id), ("keys", "list"), ("doctor",)):
        told[" ".join(arguments)] = here.says(*arguments).encode()
    for file in here.folder.glob("castlist.sqlite*"):
        told[file.name] = file.read_bytes()
    for file in (path for path in (here.folder / "files").rglob("*") if path.is_file()):
        told[str(Path("files", file.name))] = file.read_bytes()
    assert {name for name, text in told.items() if any(canary in text for canary in canaries)} == set()
