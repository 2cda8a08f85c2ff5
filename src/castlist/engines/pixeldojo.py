"""Another server of this very contract: PixelDojo, or a castlist elsewhere, so that installations chain.

The public core of the contract cannot name a pose, so there it goes into the prompt. A castlist takes the pose by its
seed and everything else as it is.

Source: the contract; pixeldojo.ai/api-docs, read 2026-11-22. Never run against PixelDojo.
"""

from typing import Any
from urllib.parse import quote

from pydantic import Field

from castlist.domain import prompts
from castlist.domain.cards import Card
from castlist.domain.poses import POSES
from castlist.domain.seeds import SEED_LIMIT, draw
from castlist.domain.tasks import Shot, Task
from castlist.domain.wire import Auth, Broken, Finished, Parsed, Pending, Refused, Reply, Request
from castlist.engines.base import Hosted, HostedOptions
from castlist.engines.parts import as_data_uri, json_of, nearest_ratio, said, trouble, versioned, whole

AUTH = Auth("Authorization", "PIXELDOJO_API_KEY", "Bearer")
PIXELDOJO = "https://pixeldojo.ai"
MODELS = {name: name for name in ("flux-kontext", "nano-banana-pro", "nano-banana-2", "flux-2-dev", "qwen-image-2-pro")}
REFUSALS = ("refused", "input_image_rejected", "content_policy_violation")


class PixelDojoOptions(HostedOptions):
    """Options of pixeldojo."""

    base_url: str = Field(PIXELDOJO, description="The server's address.")
    castlist: bool | None = Field(
        None, description="Whether it is a castlist, which takes more parameters; by default every other address is."
    )


class PixelDojoEngine(Hosted):
    """One job of one image a picture."""

    card = Card(
        id="pixeldojo",
        title="PixelDojo, or another castlist",
        summary="Hands jobs on to another server of the same contract.",
        model_types=tuple(MODELS),
        kind="hosted",
        distance=3,
        references=(1, 1),
        seed="best_effort",
        progress=True,
        cancel=True,
        secrets=("PIXELDOJO_API_KEY",),
        licence="that of the service it hands on to",
        source="pixeldojo.ai/api-docs, read 2026-11-22",
        cannot=(
            "It passes on notes about a character only together with a scene.",
            "It takes further references only where `references` says how many the other server takes.",
        ),
        options=PixelDojoOptions,
    )
    default_models = MODELS

    @property
    def speaks_castlist(self) -> bool:
        """Whether the other server takes more than the contract's public core."""
        chosen: bool | None = getattr(self.options, "castlist", None)
        return not self.base_url.startswith(PIXELDOJO) if chosen is None else chosen

    @property
    def key_header(self) -> str:
        """See `engines.base.Hosted`. PixelDojo documents none; a castlist keeps one for 30 days, by the contract."""
        return "Idempotency-Key" if self.speaks_castlist else ""

    def seed(self, shot: Shot) -> int:
        """Return the seed that is sent: the first from the shot's own on that draws its pose at the other server."""
        if not self.speaks_castlist:
            return shot.seed
        seeds = ((shot.seed + step) % SEED_LIMIT for step in range(100 * len(POSES)))
        return next((seed for seed in seeds if draw(POSES, 1, seed)[0] == shot.pose), shot.seed)

    def prompt(self, task: Task, shot: Shot) -> str:
        """See `engines.base.Hosted`."""
        return self._scene(task) if self.speaks_castlist else prompts.plain(task, shot)

    def _scene(self, task: Task) -> str:
        # A prompt sets a scene over there, so without one there is no room for words about the character.
        return " ".join(words for words in (task.prompt, task.character_notes) if words) if task.prompt else ""

    def build(self, task: Task, shot: Shot) -> Request:
        """See `engines.base.Hosted`."""
        first, *others = (as_data_uri(reference) for reference in task.references)
        body: dict[str, Any] = {
            "input_image": first,
            "num_images": 1,
            "background": task.background,
            "model_type": self.models[task.model_type],
        }
        if words := self.prompt(task, shot):
            body["prompt"] = words
        if self.speaks_castlist:
            # Scores and retakes are this side's business.
            body |= {"seed": self.seed(shot), "aspect_ratio": nearest_ratio(task), "min_identity": 0}
            body |= {"reference_images": others} if others else {}
        url = f"{versioned(self.base_url, '/api/v1')}/models/consistent-characters/run"
        return Request("POST", url, body=body, auth=AUTH)

    def parse(self, reply: Reply) -> Parsed:
        """See `engines.base.Hosted`."""
        match json_of(reply):
            case {"jobId": str(name), "status": str(state), **rest} if name and _goes_on(reply, state):
                # By the contract's address: `statusUrl` names the server as its other callers see it.
                at = f"{versioned(self.base_url, '/api/v1')}/jobs/{quote(name, safe='')}"
                poll, stop = Request("GET", at, auth=AUTH), Request("POST", f"{at}/cancel", auth=AUTH)
                return Pending(name, poll, stop, _fraction(rest))
            case {"error": {"code": str(code), **rest}} if code in REFUSALS:
                return Refused(said(rest.get("message")))
            case {"failures": [{"code": str(code), **rest}, *_], "status": "failed"} if code in REFUSALS:
                return Refused(said(rest.get("message")))
            case {"status": "completed", "output": {"images": [str(url), *_]}, **rest}:
                return _finished(url, rest)
            case {"status": "failed"}:
                return Broken(trouble(reply).operator, gone=True)
            case _:
                return trouble(reply)


def _goes_on(reply: Reply, state: str) -> bool:
    """Say whether to ask for a job: one under way, or of any state when a repeated request only names it."""
    return reply.status == 202 or (reply.status < 400 and state in ("pending", "processing"))


def _finished(url: str, rest: dict[str, Any]) -> Finished:
    match rest:
        case {"assets": [{**asset}, *_]}:
            return Finished((url,), said(asset.get("model")), whole(asset.get("seed")))
        case _:
            return Finished((url,))


def _fraction(rest: dict[str, Any]) -> float:
    match rest:
        case {"progress": {"fraction": int() | float() as fraction}} if 0 <= fraction <= 1:
            return float(fraction)
        case _:
            return 0.0
