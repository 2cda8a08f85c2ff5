"""Turns a valid request into a plan: who makes it, of what, at which price. Refuses, never drops.

Runs before the transaction, because it fetches pictures.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from castlist.domain.cards import TRANSPARENT, Card
from castlist.domain.errors import FieldProblem, InputImageRejected, InvalidRequest
from castlist.domain.poses import POSES, Pose
from castlist.domain.requests import OnDrift, RunRequest
from castlist.domain.seeds import SEED_LIMIT, draw
from castlist.domain.sizes import size_px
from castlist.flow.references import Kept, take_in
from castlist.flow.service import Service
from castlist.net.guard import check_url

ALPHA_FORMATS = ("png", "webp")


@dataclass(frozen=True, slots=True)
class Quote:
    """What a request would cost at most, in thousandths of a credit. The engine that makes an image changes nothing."""

    model_type: str
    route: tuple[str, ...]
    """The engines that may make it, in order; at least one."""
    substituted: bool
    num_images: int
    price_millis: int

    @property
    def engine(self) -> str:
        """The engine that is asked first."""
        return self.route[0]

    @property
    def cost_millis(self) -> int:
        return self.price_millis * self.num_images


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a worker needs, decided once and kept with the job."""

    quote: Quote
    seed: int
    references: tuple[Kept, ...]
    poses: tuple[Pose, ...]
    width_px: int
    height_px: int
    background: str
    prompt: str | None
    output_format: str
    min_identity: float | None
    on_drift: OnDrift
    webhook_url: str | None

    def as_json(self) -> dict[str, Any]:
        """Return what is stored with the job and read by `perform`."""
        return {
            "route": list(self.quote.route),
            "references": [kept.file for kept in self.references],
            "ingredients": [kept.original for kept in self.references if kept.original],
            "poses": [pose.id for pose in self.poses],
            "width_px": self.width_px,
            "height_px": self.height_px,
            "background": self.background,
            "prompt": self.prompt,
            "output_format": self.output_format,
            "min_identity": self.min_identity,
            "on_drift": self.on_drift,
            "webhook_url": self.webhook_url,
        }


def quote(service: Service, request: RunRequest) -> Quote:
    """Check a request against the cards of the engines that may take it, and price it.

    Raises:
        ModelUnavailable: no engine is ready for the model type.
        InvalidRequest: none of them can do it, with the fields that stand in the way of the first.
    """
    route = service.catalog.route(request.model_type)
    problems = {engine.card.id: _problems(service, engine.card, request) for engine in route.engines}
    able = tuple(name for name, found in problems.items() if not found)
    if not able:
        first = tuple(problems[route.engine.card.id])
        raise InvalidRequest("The request asks for something that cannot be done.", details=first)
    price = service.price_millis(request.model_type)
    return Quote(request.model_type, able, route.substituted, request.num_images, price)


async def plan(service: Service, request: RunRequest) -> Plan:
    """Quote a request and take in its pictures; raises as `quote` and `references.take_in`."""
    priced = quote(service, request)
    urls = [url for url in (request.input_image, *request.reference_images) if url]
    kept = [await take_in(service, url) for url in urls]
    seed = secrets.randbelow(SEED_LIMIT) if request.seed is None else request.seed
    width_px, height_px = size_px(request.aspect_ratio, (kept[0].width_px, kept[0].height_px))
    count = request.num_images
    return Plan(
        quote=priced,
        seed=seed,
        references=tuple(kept),
        poses=tuple(draw(POSES, count, seed) if request.randomize_images else POSES[:count]),
        width_px=width_px,
        height_px=height_px,
        background=request.background,
        prompt=request.prompt,
        output_format=request.output_format,
        min_identity=request.min_identity,
        on_drift=request.on_drift,
        webhook_url=request.webhook_url,
    )


def _problems(service: Service, card: Card, request: RunRequest) -> list[FieldProblem]:
    found: list[FieldProblem] = []
    if request.background not in card.backgrounds:
        found.append(FieldProblem("background", f"{card.title} offers: {', '.join(card.backgrounds)}."))
    if request.background == TRANSPARENT and request.output_format not in ALPHA_FORMATS:
        found.append(FieldProblem("output_format", "A transparent background needs png or webp."))
    if request.background == TRANSPARENT and request.prompt:
        found.append(FieldProblem("background", "A prompt sets a scene, so the background cannot be transparent."))
    most = card.most_references(request.model_type)
    if 1 + len(request.reference_images) > most:
        word = "picture" if most == 1 else "pictures"
        found.append(
            FieldProblem("reference_images", f"{card.title} takes at most {most} {word} of a character in all.")
        )
    if request.character_id is not None:
        found.append(FieldProblem("character_id", "There is no character of this id."))
    if request.webhook_url is not None and not _may_be_called(service, request.webhook_url):
        found.append(FieldProblem("webhook_url", "This is no public http(s) address."))
    return found


def _may_be_called(service: Service, url: str) -> bool:
    """Tell whether a webhook's address is a public one, as far as its text says; names are resolved when it is sent."""
    try:
        check_url(url, service.fetch_policy)
    except InputImageRejected:
        return False
    return True
