"""The services' own client libraries take our stubs for the real thing."""

import base64
import importlib
from collections.abc import Callable
from types import ModuleType

import pytest

from castlist.engines.parts import jpeg
from castlist.testing.engine_kit import a_reference
from castlist.testing.pictures import figure_file
from castlist.testing.stub_service import KEY, serve

PICTURE = figure_file()
Modules = Callable[[str], ModuleType]


def test_google_genai(module_of: Modules) -> None:
    genai = importlib.import_module("google.genai")
    types = importlib.import_module("google.genai.types")
    with serve(module_of("gemini").GeminiDialect(), PICTURE) as stub:
        client = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=stub.url))
        config = types.GenerateContentConfig(
            response_modalities=["IMAGE"], image_config=types.ImageConfig(aspect_ratio="1:1", image_size="1K"), seed=1
        )
        contents = [types.Part.from_bytes(data=PICTURE, mime_type="image/png"), "the same character, smiling"]

        def ask() -> object:
            return client.models.generate_content(model="gemini-3-pro-image", contents=contents, config=config)

        answer = ask()
        assert answer.candidates[0].content.parts[1].inline_data.data == PICTURE
        assert answer.model_version == "gemini-3-pro-image"
        stub.mood.refuse = "before"
        assert ask().prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT
        stub.mood.refuse = "after"
        assert ask().candidates[0].finish_reason == types.FinishReason.IMAGE_SAFETY


def test_fal_client(module_of: Modules, monkeypatch: pytest.MonkeyPatch) -> None:
    fal_client = importlib.import_module("fal_client")
    inner = importlib.import_module("fal_client.client")
    with serve(module_of("fal").FalDialect(), PICTURE) as stub:
        monkeypatch.setattr(inner, "QUEUE_URL_FORMAT", f"{stub.url}/")  # https is forced on every other way in
        client = fal_client.SyncClient(key=KEY)
        handle = client.submit("fal-ai/flux-2/edit", arguments={"prompt": "x", "image_urls": ["data:,"], "seed": 7})
        kinds = [type(event).__name__ for event in handle.iter_events(interval=0.01)]
        assert kinds[0] in ("Queued", "InProgress")
        assert kinds[-1] == "Completed"
        found = handle.get()
        assert found["seed"] == 7
        assert found["images"][0]["url"].startswith(stub.url)
        handle.cancel()
        assert stub.work[handle.request_id].canceled
        stub.mood.refuse = "after"
        refused = client.submit("fal-ai/flux-2/edit", arguments={"prompt": "x", "seed": 7})
        with pytest.raises(fal_client.FalClientHTTPError) as failure:
            refused.get()
        assert failure.value.status_code == 422


def test_replicate_client(module_of: Modules) -> None:
    replicate = importlib.import_module("replicate")
    with serve(module_of("replicate").ReplicateDialect(), PICTURE) as stub:
        client = replicate.Client(api_token=KEY, base_url=stub.url)
        client.poll_interval = 0.01
        model = "black-forest-labs/flux-kontext-pro"
        prediction = client.models.predictions.create(model, input={"prompt": "x", "seed": 7})
        assert prediction.status == "starting"
        prediction.wait()
        assert prediction.status == "succeeded"
        assert prediction.output.startswith(stub.url)
        stub.mood.refuse = "after"
        refused = client.models.predictions.create(model, input={"prompt": "x"})
        refused.wait()
        assert refused.status == "failed"
        refused.cancel()
        assert stub.work[refused.id].canceled


def test_openai_client(module_of: Modules) -> None:
    openai = importlib.import_module("openai")
    module = module_of("openai_images")
    with serve(module.OpenAiDialect(), PICTURE) as stub:
        client = openai.OpenAI(api_key=KEY, base_url=f"{stub.url}/v1", max_retries=0)

        def ask() -> object:
            two = [("a.jpg", jpeg(a_reference()), "image/jpeg"), ("b.jpg", jpeg(a_reference(1)), "image/jpeg")]
            model = module.MODELS["flux-2-klein"]
            return client.images.edit(model=model, image=two, prompt="x", size="1024x1024", extra_body={"seed": 1})

        assert base64.b64decode(ask().data[0].b64_json) == PICTURE
        stub.mood.refuse = "before"
        with pytest.raises(openai.BadRequestError) as refused:
            ask()
        assert refused.value.code in ("moderation_blocked", "content_policy_violation")
        stub.mood.refuse, stub.mood.status = "", 401
        with pytest.raises(openai.AuthenticationError):
            ask()
