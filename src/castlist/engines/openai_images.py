"""Any server or gateway with `POST /v1/images/edits`: SGLang-Diffusion, vLLM-Omni, sd-server, LiteLLM proxy, OpenAI.

Source: entry points of sglang 0.5.23 and vllm-omni 0.30.0, openai 2.54, sd-server of stable-diffusion-cpp-python 0.4.7;
read 2026-11-22. Never run against any of them.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field

from castlist.domain.cards import Card
from castlist.domain.tasks import Shot, Task
from castlist.domain.wire import Auth, Broken, Finished, Parsed, Part, Refused, Reply, Request
from castlist.engines.base import Hosted, HostedOptions
from castlist.engines.parts import jpeg, json_of, said, trouble, versioned

# Not OPENAI_API_KEY: that one may be around for other reasons, and base_url may be anybody's server.
SECRET = "OPENAI_IMAGES_API_KEY"
AUTH = Auth("Authorization", SECRET, "Bearer")
OPENAI = "https://api.openai.com"
FIELDS = {
    "model": "{model}",
    "n": "1",
    "size": "{width}x{height}",
    "seed": "{seed}",
    "response_format": "b64_json",
    "output_format": "png",
}
REFUSALS = ("moderation_blocked", "content_policy_violation", "content_filter")
EMPTY = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")


class OpenAiImagesOptions(HostedOptions):
    """Options of openai_images. It has no models of its own: name those your server has in `models`."""

    base_url: str = Field(OPENAI, description="The server's address.")
    request_seconds: float = Field(300, gt=0, description="Longest time for one request, which makes the picture.")
    fields: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="Form fields over the built-in ones, e.g. { num_inference_steps = '4' }; '' takes one out. "
        "{model}, {width}, {height} and {seed} are filled in.",
    )


class OpenAiImagesEngine(Hosted):
    """One multipart request a picture."""

    card = Card(
        id="openai_images",
        title="OpenAI-compatible images",
        summary="A server of your own, or a gateway, that speaks /v1/images/edits.",
        model_types=("flux-2-klein", "qwen-image-edit", "flux-2-dev", "flux-kontext"),
        kind="hosted",
        references=(1, 3),
        seed="best_effort",
        secrets=(SECRET,),
        licence="that of the model behind it",
        source="sglang 0.5.23, vllm-omni 0.30.0 and openai 2.54, read 2026-11-22",
        cannot=(
            "It says nothing of how far a picture is, and cannot stop one.",
            "It cannot find a picture again after a restart: it is made anew.",
        ),
        options=OpenAiImagesOptions,
    )
    queues = False

    def unready(self) -> str | None:
        """See `engines.base.Engine`. A server of one's own may need no key."""
        if not self.models:
            return "needs models, e.g. { flux-2-klein = 'black-forest-labs/FLUX.2-klein-4B' }"
        return super().unready() if self.base_url.startswith(OPENAI) else None

    def build(self, task: Task, shot: Shot) -> Request:
        """See `engines.base.Hosted`."""
        name = "image" if len(task.references) == 1 else "image[]"
        pictures = [
            Part(name, jpeg(reference), f"image-{place}.jpg", "image/jpeg")
            for place, reference in enumerate(task.references, start=1)
        ]
        values = {
            "{model}": self.models[task.model_type],
            "{width}": str(task.width_px),
            "{height}": str(task.height_px),
            "{seed}": str(self.seed(shot)),
        }
        wanted: dict[str, str] = {**FIELDS, **getattr(self.options, "fields", {})}
        fields = [Part(field, _filled(text, values).encode()) for field, text in wanted.items() if text]
        fields.append(Part("prompt", self.prompt(task, shot).encode()))
        return Request("POST", f"{versioned(self.base_url, '/v1')}/images/edits", parts=(*fields, *pictures), auth=AUTH)

    def parse(self, reply: Reply) -> Parsed:
        """See `engines.base.Hosted`."""
        match json_of(reply):
            case {"error": {"code": str(code), **rest}} if code in REFUSALS:
                return Refused(said(rest.get("message")))
            case {"error": {"code": str(code)}} if code in EMPTY:
                return replace(trouble(reply), retry=False, fault="quota")
            case {"data": [{**picture}, *_], **rest} if reply.status < 400:
                return _picture(picture, said(rest.get("model")))
            case _:
                return trouble(reply)


def _filled(text: str, values: Mapping[str, str]) -> str:
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text


def _picture(picture: dict[str, Any], model: str) -> Parsed:
    match picture:
        case {"b64_json": str(data)} if data:
            try:
                return Finished((base64.b64decode(data, validate=True),), model)
            except (binascii.Error, ValueError):
                return Broken("its picture is no valid base64")
        case {"url": str(url)} if url:
            return Finished((url,), model)
        case _:
            return Broken("it finished without a picture")
