"""fal.ai: all five families over one queue protocol.

Source: fal.ai/docs/documentation/model-apis (queue, errors), typed schemas of @fal-ai/client 1.10.1, fal_client 1.0.3;
read 2026-11-22. Never run against the service.
"""

from dataclasses import replace
from typing import Any

from pydantic import Field

from castlist.domain.cards import Card
from castlist.domain.tasks import Shot, Task
from castlist.domain.wire import Auth, Broken, Finished, Parsed, Pending, Refused, Reply, Request
from castlist.engines.base import Hosted, HostedOptions
from castlist.engines.parts import as_data_uri, json_of, nearest_ratio, said, trouble, whole

AUTH = Auth("Authorization", "FAL_KEY", "Key")
MODELS = {
    "flux-kontext": "fal-ai/flux-pro/kontext",
    "nano-banana-pro": "fal-ai/nano-banana-pro/edit",
    "nano-banana-2": "google/nano-banana-2.1/edit",
    "flux-2-dev": "fal-ai/flux-2/edit",
    "qwen-image-2-pro": "fal-ai/qwen-image-2/pro/edit",
    "flux-2-klein": "fal-ai/flux-2/klein/9b/edit",
    "qwen-image-edit": "fal-ai/qwen-image-edit-2511",
}
# What each family takes besides the pictures, the prompt and the seed. Rewriting of prompts is off wherever it exists.
BY_RATIO = ("flux-kontext", "nano-banana-pro", "nano-banana-2")
EXTRAS: dict[str, dict[str, Any]] = {
    "flux-kontext": {"enhance_prompt": False},
    "nano-banana-pro": {"resolution": "1K", "limit_generations": True},
    "nano-banana-2": {"resolution": "1K", "limit_generations": True},
    "flux-2-dev": {"enable_prompt_expansion": False},
    "qwen-image-2-pro": {"enable_prompt_expansion": False},
}
ITSELF = {"x-app-fal-disable-fallback": "true"}
"""The service may answer with another model when one is unhealthy; a picture names the model that made it."""
REFUSAL = "content_policy_violation"
LONGEST_PROMPTS = {"qwen-image-2-pro": 800}


class FalOptions(HostedOptions):
    """Options of fal."""

    base_url: str = Field("https://queue.fal.run", description="Where the queue answers.")
    trusted_hosts: tuple[str, ...] = Field(("fal.run",), description="Hosts to which the key may go besides.")
    extra: dict[str, Any] = Field(
        default_factory=dict[str, Any], description="Further input fields, e.g. { safety_tolerance = '2' }."
    )


class FalEngine(Hosted):
    """Submits to the queue, looks at the status, fetches the response."""

    card = Card(
        id="fal",
        title="fal",
        summary="FLUX Kontext, Nano Banana, FLUX.2 and Qwen Image at fal.ai, with one key.",
        model_types=tuple(MODELS),
        kind="hosted",
        distance=2,
        references=(1, 14),
        references_by={
            "flux-kontext": 4, "flux-2-dev": 4, "flux-2-klein": 4, "qwen-image-2-pro": 3, "qwen-image-edit": 3
        },
        seed="best_effort",
        progress=True,
        cancel=True,
        secrets=("FAL_KEY",),
        licence="fal.ai terms of service and those of each model's maker",
        source="fal.ai documentation and @fal-ai/client 1.10.1, read 2026-11-22",
        cannot=("It cannot promise the same pixels for the same seed.", "It cannot make a background transparent."),
        options=FalOptions,
    )  # fmt: skip
    default_models = MODELS
    longest_prompts = LONGEST_PROMPTS

    def build(self, task: Task, shot: Shot) -> Request:
        """See `engines.base.Hosted`."""
        kind, model = task.model_type, self.models[task.model_type]
        pictures: list[str] = [as_data_uri(reference) for reference in task.references]
        body: dict[str, Any] = {
            "prompt": self.prompt(task, shot),
            "seed": self.seed(shot),
            "num_images": 1,
            "output_format": "png",
            **EXTRAS.get(kind, {}),
        }
        if kind in BY_RATIO:
            body["aspect_ratio"] = nearest_ratio(task)
        else:
            body["image_size"] = {"width": task.width_px, "height": task.height_px}
        if kind == "flux-kontext" and len(pictures) == 1 and not model.endswith("/multi"):
            body["image_url"] = pictures[0]
        else:
            body["image_urls"] = pictures
            model = f"{model}/multi" if kind == "flux-kontext" and not model.endswith("/multi") else model
        body.update(getattr(self.options, "extra", {}))
        return Request("POST", f"{self.base_url}/{model}", headers=ITSELF, body=body, auth=AUTH)

    def parse(self, reply: Reply) -> Parsed:
        """See `engines.base.Hosted`."""
        if reply.status >= 400:
            return _error(reply)
        waiting = reply.awaited
        match json_of(reply):
            case {"images": [*images], **rest}:
                return _result(images, rest)
            case {"status": "IN_QUEUE" | "IN_PROGRESS" as state} if waiting is not None:
                return replace(waiting, fraction=0.5 if state == "IN_PROGRESS" else 0.05)
            case {"status": "COMPLETED"} if waiting is not None and waiting.then is not None:
                return Pending(waiting.remote_id, waiting.then, waiting.cancel, fraction=0.9, at_once=True)
            case {"request_id": str(name), "status_url": str(status), "response_url": str(response), **rest}:
                # The addresses as given: what follows the app's name is not in them.
                stop = said(rest.get("cancel_url"))
                poll, then = Request("GET", status, auth=AUTH), Request("GET", response, auth=AUTH)
                return Pending(name, poll, Request("PUT", stop, auth=AUTH) if stop else None, then=then)
            case _:
                return trouble(reply)


def _result(images: list[Any], rest: dict[str, Any]) -> Parsed:
    hidden = rest.get("has_nsfw_concepts")
    if isinstance(hidden, list) and hidden[:1] == [True]:
        return Refused("The service's safety check hid the picture.")
    urls = tuple(url for image in images if isinstance(image, dict) and (url := said(image.get("url"))))
    return Finished(urls, seed=whole(rest.get("seed"))) if urls else Broken("it finished without a picture")


def _error(reply: Reply) -> Parsed:
    """Read an error: of a submit, or of work that failed, in the place of its response."""
    match json_of(reply):
        case {"detail": [{"type": str(kind), **rest}, *_]}:
            words = said(rest.get("msg"))
        case {"detail": str(words), **rest}:
            kind = said(rest.get("error_type"), reply.headers.get("x-fal-error-type"))
        case _:
            kind = words = ""
    if kind == REFUSAL:
        return Refused(words)
    broken = trouble(reply)
    if reply.status == 403 and "balance" in words.lower():  # "User is locked. Reason: Exhausted balance. …"
        broken = replace(broken, fault="quota")
    if reply.awaited is None or not reply.awaited.at_once:
        return broken
    # The work itself ended so; fetching that answer again gives the same one.
    again = reply.headers.get("x-fal-retryable", "true" if broken.retry else "false") == "true"
    return Broken(broken.operator, gone=broken.gone or again)
