"""Black Forest Labs' own API: FLUX Kontext, FLUX.2 klein, and the larger FLUX.2 where the operator maps them.

Source: docs.bfl.ai, github.com/black-forest-labs/skills (bfl-api), @ai-sdk/black-forest-labs 1.0.33, litellm 1.106.2;
read 2026-11-22. Never run against the service. It hosts no FLUX.2 [dev]; `flux-2-pro` is another model.
"""

from dataclasses import replace
from typing import Any

from pydantic import Field

from castlist.domain.cards import Card
from castlist.domain.tasks import Shot, Task
from castlist.domain.wire import Auth, Broken, Finished, Parsed, Pending, Refused, Reply, Request
from castlist.engines.base import Hosted, HostedOptions
from castlist.engines.parts import as_base64, json_of, nearest_ratio, said, trouble, versioned, whole

AUTH = Auth("x-key", "BFL_API_KEY")
MODELS = {"flux-kontext": "flux-kontext-pro", "flux-2-klein": "flux-2-klein-9b"}


class BflOptions(HostedOptions):
    """Options of bfl."""

    base_url: str = Field(
        "https://api.bfl.ai", description="Or a region: https://api.eu.bfl.ai, https://api.us.bfl.ai."
    )
    trusted_hosts: tuple[str, ...] = Field(
        ("bfl.ai",), description="Hosts to which the key may go besides: the service polls elsewhere than it submits."
    )
    safety_tolerance: int = Field(2, ge=0, le=6, description="0 is strictest; edits are held at 2 by the service.")


class BflEngine(Hosted):
    """Submits, then asks at the address it was given."""

    card = Card(
        id="bfl",
        title="Black Forest Labs",
        summary="FLUX Kontext and FLUX.2 at their maker.",
        model_types=tuple(MODELS),
        kind="hosted",
        distance=1,
        references=(1, 8),
        references_by={"flux-kontext": 4, "flux-2-klein": 4},
        seed="best_effort",
        progress=True,
        secrets=("BFL_API_KEY",),
        licence="FLUX API service terms",
        source="docs.bfl.ai and @ai-sdk/black-forest-labs 1.0.33, read 2026-11-22",
        cannot=(
            "It cannot promise the same pixels for the same seed.",
            "It cannot stop a picture that is being made.",
            "FLUX.2 [dev] is not hosted here; map flux-2-dev to flux-2-pro only if another model may answer for it.",
        ),
        options=BflOptions,
    )
    default_models = MODELS

    def build(self, task: Task, shot: Shot) -> Request:
        """See `engines.base.Hosted`."""
        model = self.models[task.model_type]
        body: dict[str, Any] = {
            "prompt": self.prompt(task, shot),
            "seed": self.seed(shot),
            "output_format": "png",
            "safety_tolerance": getattr(self.options, "safety_tolerance", 2),
            "prompt_upsampling": False,
        }
        for place, reference in enumerate(task.references, start=1):
            body["input_image" if place == 1 else f"input_image_{place}"] = as_base64(reference)
        if "kontext" in model:
            body["aspect_ratio"] = nearest_ratio(task)
        else:
            body["width"], body["height"] = task.width_px, task.height_px
        return Request("POST", f"{versioned(self.base_url, '/v1')}/{model}", body=body, auth=AUTH)

    def parse(self, reply: Reply) -> Parsed:
        """See `engines.base.Hosted`."""
        found = json_of(reply)
        if (end := _end(found, reply.awaited)) is not None:
            return end
        match found:
            case _ if reply.status >= 400:
                return trouble(reply)
            case {"status": "Ready", "result": {"sample": str(url), **rest}}:
                return Finished((url,), seed=whole(rest.get("seed")))
            case {"status": str(), **rest} if reply.awaited is not None:
                return _under_way(reply.awaited, rest.get("progress"))
            case {"id": str(name), "polling_url": str(url)}:
                return Pending(name, Request("GET", url, auth=AUTH))
            case _:
                return trouble(reply)


def _end(found: object, awaited: Pending | None) -> Refused | Broken | None:
    """Read an end without a picture, which is one whatever HTTP status comes with it: 503 has been seen."""
    match found:
        case {"status": "Request Moderated" | "Content Moderated" as state, **rest}:
            return Refused(_reason(state, rest))
        case {"status": "Error" | "Failed" | "Task not found" as state} if awaited is not None:
            return Broken(f"the work ended as {state}", gone=True)
        case _:
            return None


def _under_way(awaited: Pending, part: object) -> Pending:
    return replace(awaited, fraction=float(part) if isinstance(part, int | float) and 0 <= part <= 1 else 0.0)


def _reason(state: str, rest: dict[str, Any]) -> str:
    match rest.get("details"):
        case {"Moderation Reasons": [*reasons]}:
            named = ", ".join(one for one in reasons if isinstance(one, str))
        case other:
            named = said(other)
    what = "The request" if state.startswith("Request") else "The picture"
    return f"{what} was declined by moderation" + (f": {named}" if named else ".")
