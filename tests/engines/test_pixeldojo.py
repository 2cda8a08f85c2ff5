"""Another server of this contract, against a stub of its public core and one of a castlist."""

from typing import ClassVar

import pytest

from castlist.domain.poses import POSES
from castlist.domain.seeds import draw
from castlist.domain.tasks import Shot
from castlist.engines.pixeldojo import PixelDojoEngine
from castlist.testing.engine_kit import a_task
from castlist.testing.hosted_kit import HostedContract
from castlist.testing.stub_service import Answer, Call, Dialect, Stub, Work

CORE = {"input_image", "num_images", "background", "randomize_images", "model_type", "prompt", "webhook_url"}
OURS = {"aspect_ratio", "seed", "output_format", "reference_images", "character_id", "min_identity", "on_drift"}


class ContractDialect(Dialect):
    known: ClassVar[set[str]] = CORE | OURS

    def key_of(self, call: Call) -> str | None:
        return call.headers.get("authorization", "").removeprefix("Bearer ")

    def problem(self, status: int, message: str, code: str = "server_error") -> Answer:
        return Answer(status, {"error": {"code": code, "message": message, "status": status, "requestId": "req_1"}})

    def answer(self, call: Call, stub: Stub) -> Answer:
        if call.path == "/api/v1/models/consistent-characters/run":
            return self.submit(call, stub)
        name = call.path.split("/jobs/")[1].split("/")[0]
        work = stub.look(name)
        if work is None:
            return self.problem(404, "There is no job of this id.", "job_not_found")
        if call.path.endswith("/cancel"):
            work.canceled = True
        return Answer(200, self.job(stub, work))

    def submit(self, call: Call, stub: Stub) -> Answer:
        if unknown := set(call.json()) - self.known:
            return self.problem(400, f"unknown: {unknown}", "invalid_request")
        if stub.mood.refuse == "before":
            return self.problem(422, self.reason, "input_image_rejected")
        name = stub.accept(call, call.headers.get("idempotency-key") if self.known >= OURS else None).id
        return Answer(202, {"jobId": name, "status": "pending", "statusUrl": f"{stub.elsewhere}/api/v1/jobs/{name}"})

    def job(self, stub: Stub, work: Work) -> dict[str, object]:
        job = {"jobId": work.id, "statusUrl": f"{stub.elsewhere}/api/v1/jobs/{work.id}", "modelType": "flux-kontext"}
        if not stub.done(work):
            return {**job, "status": "processing", "progress": {"completed": 0, "total": 1, "fraction": 0.3}}
        if stub.mood.refuse == "after":
            return {**job, "status": "failed", "error": {"code": "refused", "message": self.reason}}
        if stub.mood.spoilt:
            return {**job, "status": "failed", "error": {"code": "engine_failed", "message": "It failed."}}
        url = stub.file_url(work)
        asset = {"url": url, "seed": work.body.get("seed"), "model": "flux", "pose": "front"}
        return {**job, "status": "completed", "output": {"images": [url]}, "assets": [asset]}


class CoreDialect(ContractDialect):
    known: ClassVar[set[str]] = CORE


class TestAnotherCastlist(HostedContract):
    engine_class = PixelDojoEngine
    dialect = ContractDialect()
    options = {"references": 3}  # noqa: RUF012

    def submits(self, stub: Stub) -> int:
        return sum(call.path.endswith("/run") for call in stub.calls)


class TestThePublicCore(TestAnotherCastlist):
    dialect = CoreDialect()
    options = {"castlist": False}  # noqa: RUF012


@pytest.mark.parametrize("pose", POSES, ids=lambda pose: pose.id)
def test_a_castlist_draws_the_pose_from_the_seed(pose: object) -> None:
    engine = PixelDojoEngine(PixelDojoEngine.card.options(base_url="https://cast.example"))
    task = a_task("flux-kontext")
    shot = next(Shot(0, one, 4_294_967_290) for one in POSES if one is pose)
    body = engine.build(task, shot).body
    assert draw(POSES, 1, body["seed"]) == [pose]
    assert body["background"] == "white"
    assert "prompt" not in body


def test_the_public_core_hears_the_pose_in_the_prompt() -> None:
    task = a_task("flux-kontext", prompt="hiking on a trail")
    body = PixelDojoEngine().build(task, task.shots[1]).body
    assert set(body) <= CORE
    assert "hiking on a trail" in body["prompt"]
    assert task.shots[1].pose.words in body["prompt"]
