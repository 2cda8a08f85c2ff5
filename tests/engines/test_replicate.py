"""Replicate against a stub that speaks its predictions."""

import pytest

from castlist.engines.replicate import ReplicateEngine
from castlist.testing.engine_kit import a_reference, a_task
from castlist.testing.hosted_kit import HostedContract
from castlist.testing.stub_service import Answer, Call, Dialect, Stub, Work


class ReplicateDialect(Dialect):
    def key_of(self, call: Call) -> str | None:
        return call.headers.get("authorization", "").removeprefix("Bearer ")

    def problem(self, status: int, message: str) -> Answer:
        return Answer(status, {"title": "Error", "detail": message, "status": status})

    def prediction(self, stub: Stub, work: Work, state: str, **fields: object) -> dict[str, object]:
        at = f"{stub.elsewhere}/v1/predictions/{work.id}"
        body = work.body if isinstance(work.body, dict) else {}
        return {
            "id": work.id, "model": "black-forest-labs/flux-kontext-pro", "version": "hidden", "status": state,
            "input": {"seed": body.get("input", {}).get("seed")}, "output": None, "error": None, "logs": "",
            "created_at": "2026-11-22T12:00:00Z", "urls": {"get": at, "cancel": f"{at}/cancel"}, **fields,
        }  # fmt: skip

    def answer(self, call: Call, stub: Stub) -> Answer:
        if call.path.endswith("/predictions"):
            if stub.mood.refuse == "before":
                failed = Work("refused", call.json())
                return Answer(201, self.prediction(stub, failed, "failed", error=f"E005 flagged: {self.reason}"))
            return Answer(201, self.prediction(stub, stub.accept(call), "starting"))
        name = call.path.split("/predictions/")[1].split("/")[0]
        work = stub.look(name)
        if work is None:
            return self.problem(404, "The requested resource could not be found.")
        if call.path.endswith("/cancel"):
            work.canceled = True
            return Answer(200, self.prediction(stub, work, "canceled"))
        return Answer(200, self.state(stub, work))

    def state(self, stub: Stub, work: Work) -> dict[str, object]:
        if not stub.done(work):
            return self.prediction(stub, work, "processing")
        if stub.mood.refuse == "after":
            return self.prediction(stub, work, "failed", error=f"NSFW: {self.reason}")
        if stub.mood.spoilt:
            return self.prediction(stub, work, "failed", error="CUDA out of memory")
        return self.prediction(stub, work, "succeeded", output=stub.file_url(work))


class TestReplicate(HostedContract):
    engine_class = ReplicateEngine
    dialect = ReplicateDialect()

    def submits(self, stub: Stub) -> int:
        return sum(call.path.endswith("/predictions") for call in stub.calls)


@pytest.mark.parametrize(
    ("model_type", "references", "model", "fields"),
    [
        (
            "flux-kontext",
            1,
            "black-forest-labs/flux-kontext-pro",
            {"input_image", "aspect_ratio", "seed", "output_format"},
        ),
        (
            "nano-banana-pro",
            9,
            "google/nano-banana-pro",
            {"image_input", "aspect_ratio", "resolution", "output_format"},
        ),
        ("flux-2-dev", 2, "black-forest-labs/flux-2-dev", {"input_images", "aspect_ratio", "seed", "output_format"}),
        ("qwen-image-2-pro", 1, "qwen/qwen-image-2-pro", {"image", "size", "seed", "enable_prompt_expansion"}),
    ],
)
def test_each_family_is_asked_in_its_own_fields(model_type: str, references: int, model: str, fields: set[str]) -> None:
    task = a_task(model_type, references=[a_reference(seed) for seed in range(references)])
    request = ReplicateEngine().build(task, task.shots[0])
    assert request.url == f"https://api.replicate.com/v1/models/{model}/predictions"
    assert set(request.body["input"]) == fields | {"prompt"}


def test_an_operator_can_add_and_take_out_fields() -> None:
    options = ReplicateEngine.card.options(extra={"flux-2-dev": {"input_images": None, "go_fast": True}})
    task = a_task("flux-2-dev")
    inputs = ReplicateEngine(options).build(task, task.shots[0]).body["input"]
    assert inputs["go_fast"] is True
    assert "input_images" not in inputs
