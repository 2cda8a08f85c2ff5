"""The demo's side of the HTTP contract: what any client would do, and a check of every answer."""

import hashlib
import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2
import numpy as np
from PIL import Image
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from castlist.cli.common import Problem, console

MODEL = "/api/v1/models/consistent-characters/run"
LONGEST_SECONDS = 900.0
LEAST_DIFFERENCE = 2.0
"""Mean absolute difference of two pictures' pixel values (0–255) under which they count as the same picture."""
COMPARE_PX = 64


@dataclass(frozen=True, slots=True)
class Done:
    """A finished job: its assets as the server describes them, each with the `file` it was saved as."""

    job_id: str
    substituted: bool
    credit_cost: float
    credits_remaining: float
    assets: list[dict[str, Any]]


class Client:
    """A client of one server, with one key."""

    def __init__(self, url: str, key: str) -> None:
        self._http = httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60)
        self._anyone = httpx2.Client(timeout=60)  # signed URLs need no key

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
        self._anyone.close()

    def make(self, title: str, photo: Path, said: dict[str, Any], target: Path) -> Done:
        """Upload a photo, submit a job about it, follow it to its end and download what it made.

        Args:
            said: fields of the request beside `input_image`.
            target: pictures become `<target>-<number>-<pose>.<extension>`.

        Raises:
            Problem: anything at all was not as the contract says.
        """
        with photo.open("rb") as file:
            uploaded = _answer(self._http.post("/api/v1/uploads", files={"file": (photo.name, file)}), 201)
        submitted = _answer(self._http.post(MODEL, json={"input_image": uploaded["assetUrl"], **said}), 202)
        job = self._follow(title, submitted)
        assets = job["assets"]
        _require(job["output"]["images"] == [asset["url"] for asset in assets], "output and assets do not agree")
        _require(len(assets) == said.get("num_images", 4), f"{len(assets)} pictures came instead of 4")
        pictures = [self._download(asset, target, number) for number, asset in enumerate(assets, 1)]
        _require_different([Image.open(photo), *pictures])
        left = _answer(self._http.get("/api/v1/credits"), 200)["creditsRemaining"]
        _require(left == submitted["creditsRemaining"], "the balance is not what was announced")
        return Done(job["jobId"], job["substituted"], job["creditCost"], left, assets)

    def _follow(self, title: str, submitted: dict[str, Any]) -> dict[str, Any]:
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=console(stderr=True),
        )
        deadline = time.monotonic() + LONGEST_SECONDS
        with bar:
            line = bar.add_task(title, total=1.0)
            for name, told in self._events(submitted["statusUrl"]):
                _require(time.monotonic() < deadline, f"the job did not end within {LONGEST_SECONDS:.0f} s")
                if name == "progress":
                    bar.update(line, completed=told["fraction"])
            bar.update(line, completed=1.0)
        job = _answer(self._http.get(submitted["statusUrl"]), 200)
        _require(job["status"] == "completed", (job.get("error") or {}).get("message", "the job has not ended"))
        return job

    def _events(self, status_url: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what a job's stream tells, by name, until it ends: one request instead of many."""
        with self._http.stream("GET", f"{status_url}/events") as stream:
            _require(stream.status_code == 200, f"the events answered {stream.status_code}")
            name = ""
            for text in stream.iter_lines():
                field, _, value = text.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    yield name, json.loads(value)

    def _download(self, asset: dict[str, Any], target: Path, number: int) -> Image.Image:
        answer = self._anyone.get(asset["url"])
        _require(answer.status_code == 200, f"a picture could not be downloaded: {answer.status_code}")
        _require(answer.headers["content-type"] == asset["contentType"], "a picture has another type than announced")
        _require(hashlib.sha256(answer.content).hexdigest() == asset["sha256"], "a picture's hash does not match")
        picture = Image.open(io.BytesIO(answer.content))
        picture.load()
        _require(picture.size == (asset["width"], asset["height"]), "a picture has another size than announced")
        file = target.with_name(f"{target.name}-{number}-{asset['pose']}.{asset['contentType'].rpartition('/')[2]}")
        file.write_bytes(answer.content)
        asset["file"] = str(file)
        return picture


def _answer(response: httpx2.Response, status: int) -> dict[str, Any]:
    if response.status_code != status:
        asked = f"{response.request.method} {response.request.url.path}"
        raise Problem(f"{asked} answered {response.status_code}: {response.text[:300]}")
    return response.json()


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise Problem(f"The demo went wrong: {otherwise.rstrip('.')}.")


def _require_different(pictures: list[Image.Image]) -> None:
    small = [
        np.asarray(picture.convert("RGB").resize((COMPARE_PX, COMPARE_PX)), dtype=np.float32) for picture in pictures
    ]
    for index, one in enumerate(small):
        for other in small[index + 1 :]:
            _require(float(np.abs(one - other).mean()) >= LEAST_DIFFERENCE, "two pictures are the same")
