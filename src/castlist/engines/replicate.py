"""Replicate: all five families as official models, over its predictions.

Source: replicate.com/docs (HTTP API, prediction lifecycle) and model pages, replicate 1.0.7, @ai-sdk/replicate 2.0.57;
read 2026-11-22. Never run against the service; of the inputs of flux-2-dev the sources disagree.
"""

from typing import Any
from urllib.parse import quote

from pydantic import Field

from castlist.domain.cards import Card
from castlist.domain.tasks import Shot, Task
from castlist.domain.wire import Auth, Broken, Finished, Parsed, Pending, Refused, Reply, Request
from castlist.engines.base import Hosted, HostedOptions
from castlist.engines.parts import as_data_uri, json_of, nearest_ratio, said, trouble, versioned

AUTH = Auth("Authorization", "REPLICATE_API_TOKEN", "Bearer")
MODELS = {
    "flux-kontext": "black-forest-labs/flux-kontext-pro",
    "nano-banana-pro": "google/nano-banana-pro",
    "nano-banana-2": "google/nano-banana-2",
    "flux-2-dev": "black-forest-labs/flux-2-dev",
    "qwen-image-2-pro": "qwen/qwen-image-2-pro",
}
SIGNS_OF_REFUSAL = ("nsfw", "sensitive", "safety", "moderat", "content policy", "flagged", "(e005)", "prohibited")
"""Failed predictions carry a sentence and no code; these words in it mean that the content was declined."""


class ReplicateOptions(HostedOptions):
    """Options of replicate."""

    base_url: str = Field("https://api.replicate.com", description="Where the API answers.")
    extra: dict[str, dict[str, Any]] = Field(
        default_factory=dict[str, dict[str, Any]], description="Further input fields by model type; null takes one out."
    )


class ReplicateEngine(Hosted):
    """Creates a prediction, then asks for it."""

    card = Card(
        id="replicate",
        title="Replicate",
        summary="FLUX Kontext, Nano Banana, FLUX.2 dev and Qwen Image at Replicate, with one token.",
        model_types=tuple(MODELS),
        kind="hosted",
        distance=2,
        references=(1, 14),
        references_by={"flux-kontext": 1, "flux-2-dev": 4, "qwen-image-2-pro": 1},
        seed="best_effort",
        progress=True,
        cancel=True,
        secrets=("REPLICATE_API_TOKEN",),
        licence="Replicate terms of service and those of each model's maker",
        source="replicate.com/docs, replicate 1.0.7 and @ai-sdk/replicate 2.0.57, read 2026-11-22",
        cannot=("It cannot promise the same pixels for the same seed.", "Nano Banana ignores the seed here."),
        options=ReplicateOptions,
    )
    default_models = MODELS

    def build(self, task: Task, shot: Shot) -> Request:
        """See `engines.base.Hosted`."""
        fields = self._pictures(task) | {"prompt": self.prompt(task, shot), "output_format": "png"}
        if task.model_type.startswith("nano-banana"):
            fields |= {"aspect_ratio": nearest_ratio(task), "resolution": "1K"}
        elif task.model_type == "qwen-image-2-pro":
            fields |= {"seed": self.seed(shot), "size": f"{task.width_px}*{task.height_px}"}
            fields |= {"enable_prompt_expansion": False}
            del fields["output_format"]
        else:
            fields |= {"seed": self.seed(shot), "aspect_ratio": nearest_ratio(task)}
        extra: dict[str, Any] = getattr(self.options, "extra", {}).get(task.model_type, {})
        inputs = {name: value for name, value in {**fields, **extra}.items() if value is not None}
        url = f"{versioned(self.base_url, '/v1')}/models/{self.models[task.model_type]}/predictions"
        return Request("POST", url, body={"input": inputs}, auth=AUTH)

    def _pictures(self, task: Task) -> dict[str, Any]:
        pictures = [as_data_uri(reference) for reference in task.references]
        if task.model_type.startswith("nano-banana"):
            return {"image_input": pictures}
        if task.model_type.startswith("flux-2"):
            return {"input_images": pictures}
        return {"image" if task.model_type.startswith("qwen") else "input_image": pictures[0]}

    def parse(self, reply: Reply) -> Parsed:
        """See `engines.base.Hosted`."""
        if reply.status >= 400:
            return trouble(reply)
        match json_of(reply):
            case {"status": "succeeded", "output": str(url) | [str(url), *_], **rest}:
                return Finished((url,), said(rest.get("model")))
            case {"status": "failed", **rest}:
                return _failed(said(rest.get("error")))
            case {"status": "canceled" | "aborted" as state}:
                return Broken(f"the prediction was {state}", gone=True)
            case {"status": "starting" | "processing" as state, "id": str(name)} if name:
                # By the documented address and not the one in the answer, which names Replicate even behind a gateway.
                at = f"{versioned(self.base_url, '/v1')}/predictions/{quote(name, safe='')}"
                poll, stop = Request("GET", at, auth=AUTH), Request("POST", f"{at}/cancel", auth=AUTH)
                return Pending(name, poll, stop, 0.5 if state == "processing" else 0.05)
            case _:
                return trouble(reply)


def _failed(error: str) -> Refused | Broken:
    if any(sign in error.lower() for sign in SIGNS_OF_REFUSAL):
        return Refused(error)
    return Broken(f"the prediction failed: {error}", gone=True)
