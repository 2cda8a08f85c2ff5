"""Alibaba Model Studio (DashScope): Qwen Image 2 Pro. One request, one picture, as an address in the answer.

Source: wire format of dashscope 2.0.2, alibabacloud.com/help/en/model-studio (Qwen image editing); read 2026-11-22.
Never run against the service.
"""

from dataclasses import replace
from typing import Any

from pydantic import Field

from castlist.domain.cards import Card
from castlist.domain.tasks import Shot, Task
from castlist.domain.wire import Auth, Broken, Finished, Parsed, Refused, Reply, Request
from castlist.engines.base import Hosted, HostedOptions
from castlist.engines.parts import as_data_uri, json_of, said, trouble, versioned

AUTH = Auth("Authorization", "DASHSCOPE_API_KEY", "Bearer")
MODELS = {"qwen-image-2-pro": "qwen-image-2.0-pro"}
LONGEST_PROMPTS = {"qwen-image-2-pro": 800}
REFUSALS = ("DataInspectionFailed", "data_inspection_failed", "IPInfringementSuspect")
PASSING = ("Throttling", "ServiceUnavailable", "InternalError", "SystemError", "RequestTimeOut", "ModelUnavailable")
"""Beginnings of codes that pass; some come with status 200."""
EMPTY = ("Arrearage", "AllocationQuota", "insufficient_quota")
"""Beginnings of codes of an account that owes or has used up what it was given."""


class DashscopeOptions(HostedOptions):
    """Options of dashscope."""

    base_url: str = Field(
        "https://dashscope-intl.aliyuncs.com",
        description="Singapore; Beijing is https://dashscope.aliyuncs.com. Keys are per region.",
    )
    request_seconds: float = Field(180, gt=0, description="Longest time for one request, which makes the picture.")


class DashscopeEngine(Hosted):
    """One multimodal generation a picture."""

    card = Card(
        id="dashscope",
        title="Alibaba Model Studio",
        summary="Qwen Image 2 Pro at its maker.",
        model_types=tuple(MODELS),
        kind="hosted",
        distance=1,
        references=(1, 3),
        seed="best_effort",
        secrets=("DASHSCOPE_API_KEY",),
        licence="Alibaba Cloud Model Studio service agreement",
        source="dashscope 2.0.2 and alibabacloud.com/help, read 2026-11-22",
        cannot=(
            "It cannot promise the same pixels for the same seed.",
            "It cannot stop a picture that is being made, nor find it again after a restart: it is made and paid anew.",
        ),
        options=DashscopeOptions,
    )
    queues = False
    default_models = MODELS
    longest_prompts = LONGEST_PROMPTS

    def build(self, task: Task, shot: Shot) -> Request:
        """See `engines.base.Hosted`."""
        content: list[dict[str, str]] = [{"image": as_data_uri(reference)} for reference in task.references]
        content.append({"text": self.prompt(task, shot)})
        body: dict[str, Any] = {
            "model": self.models[task.model_type],
            "input": {"messages": [{"role": "user", "content": content}]},
            "parameters": {
                "n": 1,
                "size": f"{task.width_px}*{task.height_px}",
                "seed": self.seed(shot),
                "prompt_extend": False,
                "watermark": False,
            },
        }
        url = f"{versioned(self.base_url, '/api/v1')}/services/aigc/multimodal-generation/generation"
        return Request("POST", url, body=body, auth=AUTH)

    def parse(self, reply: Reply) -> Parsed:
        """See `engines.base.Hosted`."""
        match json_of(reply):
            case {"code": str(code), **rest} if code:  # also with status 200
                return _error(reply, code, said(rest.get("message")))
            case {"output": {"choices": [{"message": {"content": [*content]}}, *_]}} if reply.status < 400:
                urls = tuple(url for one in content if isinstance(one, dict) and (url := said(one.get("image"))))
                return Finished(urls) if urls else Broken("it finished without a picture")
            case _:
                return trouble(reply)


def _error(reply: Reply, code: str, message: str) -> Parsed:
    if code in REFUSALS:
        return Refused(message or "The service declined the request.")
    broken = trouble(reply)
    if code.startswith(EMPTY):
        return replace(broken, retry=False, fault="quota")
    passing = broken.retry or code.startswith(PASSING)
    return replace(broken, retry=passing, fault="key" if code.startswith("InvalidApiKey") else broken.fault)
