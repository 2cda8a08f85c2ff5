"""Google's Gemini API: Nano Banana Pro and 2, over plain REST. One request, one picture, in the answer itself.

Source: wire format of google-genai 3.4.0 (`generateContent`), its enum of finish reasons, ai.google.dev/gemini-api/docs
(image generation, changelog); read 2026-11-22. Never run against the service.
"""

import base64
import binascii
from dataclasses import replace
from typing import Any

from pydantic import Field

from castlist.domain.cards import Card
from castlist.domain.tasks import Shot, Task
from castlist.domain.wire import Auth, Broken, Finished, Parsed, Refused, Reply, Request
from castlist.engines.base import Hosted, HostedOptions
from castlist.engines.parts import as_base64, json_of, nearest_ratio, said, trouble, versioned

AUTH = Auth("x-goog-api-key", "GEMINI_API_KEY")
MODELS = {"nano-banana-pro": "gemini-3-pro-image", "nano-banana-2": "gemini-nano-banana-2.1"}
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
REFUSALS = {
    "SAFETY": "safety",
    "PROHIBITED_CONTENT": "prohibited content",
    "BLOCKLIST": "blocked words",
    "SPII": "personal data",
    "RECITATION": "likeness to protected material",
    "IMAGE_SAFETY": "safety of the picture",
    "IMAGE_PROHIBITED_CONTENT": "prohibited content in the picture",
    "IMAGE_RECITATION": "likeness of the picture to protected material",
    "IMAGE_OTHER": "an unnamed reason",
    "NO_IMAGE": "no picture was made",
}


BAD_KEYS = ("API_KEY_INVALID", "API_KEY_EXPIRED", "API_KEY_SERVICE_BLOCKED")


class GeminiOptions(HostedOptions):
    """Options of gemini."""

    base_url: str = Field("https://generativelanguage.googleapis.com", description="Where the API answers.")
    request_seconds: float = Field(180, gt=0, description="Longest time for one request, which makes the picture.")


class GeminiEngine(Hosted):
    """One `generateContent` a picture."""

    card = Card(
        id="gemini",
        title="Gemini API",
        summary="Nano Banana Pro and Nano Banana 2 at Google.",
        model_types=tuple(MODELS),
        kind="hosted",
        distance=1,
        references=(1, 14),
        seed="best_effort",
        secrets=("GEMINI_API_KEY",),
        licence="Gemini API additional terms of service",
        source="google-genai 3.4.0 and ai.google.dev, read 2026-11-22",
        cannot=(
            "It cannot promise the same pixels for the same seed.",
            "It cannot stop a picture that is being made, nor find it again after a restart: it is made and paid anew.",
        ),
        options=GeminiOptions,
    )
    queues = False
    default_models = MODELS

    def build(self, task: Task, shot: Shot) -> Request:
        """See `engines.base.Hosted`."""
        parts: list[dict[str, Any]] = [
            {"inlineData": {"mimeType": "image/jpeg", "data": as_base64(reference)}} for reference in task.references
        ]
        body = {
            "contents": [{"role": "user", "parts": [*parts, {"text": self.prompt(task, shot)}]}],
            "generationConfig": {
                "responseModalities": ["IMAGE"],
                "imageConfig": {"aspectRatio": nearest_ratio(task, RATIOS), "imageSize": "1K"},
                "seed": self.seed(shot),
            },
        }
        base = versioned(self.base_url, "/v1beta", "/v1", "/v1alpha")
        url = f"{base}/models/{self.models[task.model_type]}:generateContent"
        return Request("POST", url, body=body, auth=AUTH)

    def parse(self, reply: Reply) -> Parsed:
        """See `engines.base.Hosted`."""
        found = json_of(reply)
        if reply.status >= 400 or not isinstance(found, dict):
            return _error(reply, found)
        match found:
            case {"promptFeedback": {"blockReason": str(why), **rest}}:
                return Refused(said(rest.get("blockReasonMessage"), _because(why)))
            case {"candidates": [{**candidate}, *_]}:
                return _candidate(candidate, said(found.get("modelVersion")))
            case _:
                return trouble(reply)


def _candidate(candidate: dict[str, Any], model: str) -> Parsed:
    parts: list[Any] = []
    match candidate:
        case {"content": {"parts": [*parts]}}:
            pass
        case _:
            pass
    # A model that thinks shows its sketches as parts marked `thought`; the picture is the last one that is not.
    finals = [part for part in parts if isinstance(part, dict) and not part.get("thought")]
    for part in reversed(finals):
        match part:
            case {"inlineData": {"data": str(data)}} | {"inline_data": {"data": str(data)}}:
                try:
                    return Finished((base64.b64decode(data, validate=True),), model)
                except (binascii.Error, ValueError):
                    return Broken("its picture is no valid base64")
            case _:
                continue
    why = candidate.get("finishReason")
    words = said(candidate.get("finishMessage"), *(part.get("text") for part in finals))
    if isinstance(why, str) and why in REFUSALS:
        return Refused(words or _because(why))
    if why == "STOP" and words:  # it answered in words, which is how it declines politely
        return Refused(words)
    return Broken(f"no picture, finish reason {why!r}")


def _because(why: str) -> str:
    return f"The service declined: {REFUSALS.get(why, why.lower().replace('_', ' '))}."


def _error(reply: Reply, found: object) -> Broken:
    """Read `{"error": {"details": […]}}`: a key that is none has status 400 here, and Retry-After is a `retryDelay`."""
    broken = trouble(reply)
    match found:
        case {"error": {"details": [*every]}}:
            details = [one for one in every if isinstance(one, dict)]
        case _:
            details = []
    if any(said(one.get("reason")) in BAD_KEYS for one in details):
        return replace(broken, fault="key")
    if reply.status == 429 and "PerDay" in broken.operator:
        return replace(broken, retry=False, fault="quota")
    for delay in (said(one.get("retryDelay")) for one in details):
        number = delay.removesuffix("s")
        if delay.endswith("s") and number.replace(".", "", 1).isdecimal() and number.isascii():
            return Broken(broken.operator, retry=broken.retry, wait_s=float(number[:9]))
    return broken
