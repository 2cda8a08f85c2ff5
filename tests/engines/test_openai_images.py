"""/v1/images/edits against a stub that speaks it as OpenAI, SGLang-Diffusion and vLLM-Omni do."""

import base64

from castlist.domain.wire import Request
from castlist.engines.openai_images import SECRET, OpenAiImagesEngine
from castlist.testing.engine_kit import a_reference, a_task
from castlist.testing.hosted_kit import HostedContract
from castlist.testing.stub_service import KEY, Answer, Call, Dialect, Stub

MODELS = {"flux-2-klein": "black-forest-labs/FLUX.2-klein-4B", "qwen-image-edit": "Qwen/Qwen-Image-Edit-2511"}


class OpenAiDialect(Dialect):
    def key_of(self, call: Call) -> str | None:
        return call.headers.get("authorization", "").removeprefix("Bearer ")

    def problem(self, status: int, message: str, code: str | None = None) -> Answer:
        return Answer(status, {"error": {"message": message, "type": "error", "param": None, "code": code}})

    def answer(self, call: Call, stub: Stub) -> Answer:
        if call.path != "/v1/images/edits":
            return self.problem(404, "no such path")
        fields = call.fields
        assert fields["model"][0].decode() in MODELS.values()
        assert all(data[:2] == b"\xff\xd8" for name in ("image", "image[]") for data in fields.get(name, []))
        if stub.mood.refuse:
            return self.problem(400, self.reason, "moderation_blocked")
        picture = {"b64_json": base64.b64encode(stub.file()).decode(), "revised_prompt": None}
        return Answer(200, {"created": 1, "data": [picture]})


class TestOpenAiImages(HostedContract):
    engine_class = OpenAiImagesEngine
    dialect = OpenAiDialect()
    options = {"models": MODELS}  # noqa: RUF012
    optional_secrets = (SECRET,)


class UrlDialect(OpenAiDialect):
    """A server that answers with addresses though it was asked for the file."""

    def answer(self, call: Call, stub: Stub) -> Answer:
        answer = super().answer(call, stub)
        if answer.status != 200:
            return answer
        return Answer(200, {"created": 1, "data": [{"url": stub.file_url(stub.accept(call))}]})


class TestOpenAiImagesByUrl(TestOpenAiImages):
    dialect = UrlDialect()


def ask(references: int = 1, **options: object) -> Request:
    engine = OpenAiImagesEngine(OpenAiImagesEngine.card.options(models=MODELS, **options))
    task = a_task("flux-2-klein", references=[a_reference(seed) for seed in range(references)])
    return engine.build(task, task.shots[0])


def test_one_picture_is_an_image_and_several_are_a_list() -> None:
    assert [part.name for part in ask(1).parts if part.filename] == ["image"]
    assert [part.name for part in ask(2).parts if part.filename] == ["image[]", "image[]"]


def test_fields_can_be_added_and_taken_out() -> None:
    parts = {
        part.name: part.data for part in ask(fields={"seed": "", "num_inference_steps": "4", "size": "auto"}).parts
    }
    assert "seed" not in parts
    assert parts["num_inference_steps"] == b"4"
    assert parts["size"] == b"auto"
    assert parts["model"] == MODELS["flux-2-klein"].encode()


def test_it_is_ready_when_somebody_said_which_models() -> None:
    engine, options = OpenAiImagesEngine, OpenAiImagesEngine.card.options
    assert "models" in str(engine(options(), {SECRET: KEY}).unready())
    assert SECRET in str(engine(options(models=MODELS)).unready())
    assert engine(options(models=MODELS), {SECRET: KEY}).unready() is None
    assert engine(options(models=MODELS, base_url="http://10.0.0.5:8000/v1")).unready() is None


def test_a_server_without_a_key_gets_none() -> None:
    assert ask().auth is not None  # names the secret; the driver leaves the header out where there is none
